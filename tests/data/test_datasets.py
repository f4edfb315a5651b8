"""Every way to a data set gives the images that were put there, or says what is wrong with them."""

import gzip
import hashlib
import io
import re
import socket
import threading
import zipfile
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from helpers.data import datasets as data
from helpers.data import downloads
from helpers.data.datasets import BUNDLED, ImageDataset, load_dataset, load_pair
from helpers.data.downloads import CACHE_VARIABLE, CLOTHES, DIGITS, PUBLISHED, cache_folder
from helpers.data.layouts import IDX, find_dataset
from helpers.data.readers import read_dataset, read_idx, read_npz
from helpers.lesson.files import DATA_FOLDER

# Two training images and one test image of 2 x 3 pixels, spelled out byte by byte.
TINY_IDX = {
    "train-images-idx3-ubyte": (
        b"\x00\x00\x08\x03"
        b"\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00\x03"
        b"\x00\x01\x02\x03\x04\x05"
        b"\xfa\xfb\xfc\xfd\xfe\xff"
    ),
    "train-labels-idx1-ubyte": b"\x00\x00\x08\x01\x00\x00\x00\x02\x00\x03",
    "t10k-images-idx3-ubyte": (
        b"\x00\x00\x08\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x0a\x0b\x0c\x0d\x0e\x0f"
    ),
    "t10k-labels-idx1-ubyte": b"\x00\x00\x08\x01\x00\x00\x00\x01\x02",
}


def idx_bytes(array):
    """Write a uint8 array in the IDX format."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


@pytest.fixture
def folder(tmp_path):
    """Return a folder of the four tiny IDX files, each of which a test may spoil."""
    folder = tmp_path / "letters"
    folder.mkdir()
    for name, content in TINY_IDX.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def tiny():
    """Return the arrays of a sound data set of six images in two classes."""
    images = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)
    return {
        "train_images": images[:4],
        "train_labels": np.array([0, 1, 1, 0]),
        "test_images": images[4:],
        "test_labels": np.array([1, 0]),
        "class_names": np.array(["cat", "dog"]),
    }


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Return an empty cache folder of this test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    return folder


@pytest.fixture
def no_network(monkeypatch):
    """Make every attempt to reach the network fail, as on a laptop in a train."""

    def unreachable(*_):
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    monkeypatch.setattr(socket.socket, "connect", unreachable)


@pytest.fixture
def published_tiny(monkeypatch):
    """Publish the tiny data set under the name ``mnist``: compressed, with its own checksums."""
    files = {f"{name}.gz": gzip.compress(content) for name, content in TINY_IDX.items()}
    checksums = {name: f"md5:{hashlib.md5(content).hexdigest()}" for name, content in files.items()}
    monkeypatch.setitem(PUBLISHED, "mnist", replace(PUBLISHED["mnist"], checksums=checksums))
    return files


def write_files(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


# --- the bundled sets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "per_class_train", "per_class_test", "class_names"),
    [("mnist-5k", 400, 100, DIGITS), ("fashion-mnist-20k", 2000, 200, CLOTHES)],
)
def test_a_bundled_set_has_the_promised_images_in_balanced_classes(
    name, per_class_train, per_class_test, class_names
):
    dataset = load_dataset(name)
    assert dataset.source == name
    assert dataset.class_names == class_names
    assert dataset.train_images.shape == (10 * per_class_train, 28, 28)
    assert dataset.test_images.shape == (10 * per_class_test, 28, 28)
    assert dataset.train_images.dtype == dataset.test_images.dtype == np.uint8
    assert np.bincount(dataset.train_labels).tolist() == [per_class_train] * 10
    assert np.bincount(dataset.test_labels).tolist() == [per_class_test] * 10


@pytest.mark.parametrize("name", BUNDLED)
def test_no_bundled_image_is_there_twice_so_none_is_shared_by_training_and_test(name):
    dataset = load_dataset(name)
    images = [*dataset.train_images, *dataset.test_images]
    assert len({image.tobytes() for image in images}) == len(images)


@pytest.mark.parametrize("name", BUNDLED)
def test_the_first_images_of_a_bundled_set_are_a_mixture_of_all_classes(name):
    dataset = load_dataset(name)
    assert set(dataset.train_labels[:100]) == set(dataset.test_labels[:100])
    assert set(dataset.train_labels[:100]) == set(range(len(dataset.class_names)))


@pytest.mark.parametrize("name", BUNDLED)
def test_the_dataset_card_states_size_and_checksum_of_each_bundled_file(name):
    card = (DATA_FOLDER / "README.md").read_text(encoding="utf-8")
    content = (DATA_FOLDER / BUNDLED[name]).read_bytes()
    rows = {
        cells[0]: dict(zip(BUNDLED, cells[1:], strict=True))
        for cells in (
            [cell.strip(" `") for cell in line.strip("| ").split("|")]
            for line in card.partition("```")[0].splitlines()
            if line.startswith(("| file", "| bytes", "| SHA-256"))
        )
    }
    assert rows["file"][name] == BUNDLED[name]
    assert rows["bytes"][name] == f"{len(content):,}"
    assert rows["SHA-256"][name] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_file_names_its_data_set(name):
    with np.load(DATA_FOLDER / BUNDLED[name], allow_pickle=False) as archive:
        assert str(archive["source"]) == name


def test_the_bundled_drawings_are_in_colour_and_in_the_promised_numbers():
    drawings = load_dataset("emoji-48")
    assert drawings.train_images.shape == (2937, 48, 48, 3)
    assert drawings.test_images.shape == (1248, 48, 48, 3)
    counts = np.bincount(drawings.train_labels), np.bincount(drawings.test_labels)
    assert len(drawings.class_names) == len(counts[0]) == len(counts[1]) == 8
    np.testing.assert_allclose(counts[1] / (counts[0] + counts[1]), 0.3, atol=0.02)


def test_lessons_for_grey_images_get_drawings_in_grey_and_say_so(capsys):
    drawings, digits = load_pair("emoji-48", "mnist-5k")
    assert drawings.train_images.shape == (2937, *digits.train_images.shape[1:])
    assert drawings.source == "emoji-48"
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert "emoji-48 is in colour, 48 × 48 pixels: brought here to grey and 28 × 28" in printed[0]
    assert "Where the text says digits, read emoji-48; for clothes, read mnist-5k." in printed[1]


def test_digits_are_the_default():
    assert load_dataset().source == "mnist-5k"


def test_a_missing_bundled_file_is_reported_with_the_way_to_restore_it(monkeypatch, tmp_path):
    monkeypatch.setattr(data, "DATA_FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"mnist_5k\.npz is missing.*git checkout"):
        load_dataset("mnist-5k")


# --- names and paths ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mnst-5k", "mnist-5k"),
        ("mnist_5k", "mnist-5k"),
        ("MNIST", "mnist"),
        ("fashion_mnist", "fashion-mnist"),
        ("fashion-mnist-2k", "fashion-mnist-20k"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_nearest_and_the_list(typed, meant):
    with pytest.raises(ValueError, match=f"'{typed}': did you mean '{meant}'") as caught:
        load_dataset(typed)
    assert all(name in str(caught.value) for name in [*BUNDLED, *PUBLISHED])


@pytest.mark.parametrize("typed", ["cifar", "", " "])
def test_a_name_like_no_other_is_answered_with_the_list_alone(typed):
    with pytest.raises(ValueError, match=f"unknown data set '{typed}': There are mnist-5k,"):
        load_dataset(typed)


@pytest.mark.parametrize("typed", ["./mnst", "digits.npz", Path("digits"), "../nowhere/digits"])
def test_a_missing_path_is_named_in_full(typed, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    absolute = re.escape(str(Path(typed).resolve()))
    with pytest.raises(FileNotFoundError, match=f"no file or folder at {absolute}: give one of"):
        load_dataset(typed)


def test_a_name_wins_over_a_folder_and_a_dot_asks_for_the_folder(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    folder.rename(folder.with_name("mnist-5k"))
    assert len(load_dataset("mnist-5k").train_images) == 4000
    assert len(load_dataset("./mnist-5k").train_images) == 2


def test_a_data_set_shows_itself_in_one_line(folder):
    assert repr(load_dataset(folder)) == (
        "letters: 2 training and 1 test images of 2 × 3 pixels, 4 classes (0, 1, 2, 3)"
    )


# --- IDX ----------------------------------------------------------------------------------------


def assert_tiny(dataset):
    assert dataset.train_images.tolist() == [
        [[0, 1, 2], [3, 4, 5]],
        [[250, 251, 252], [253, 254, 255]],
    ]
    assert dataset.train_labels.tolist() == [0, 3]
    assert dataset.test_images.tolist() == [[[10, 11, 12], [13, 14, 15]]]
    assert dataset.test_labels.tolist() == [2]


def test_a_folder_of_idx_files_is_read_byte_for_byte(folder):
    dataset = load_dataset(str(folder))
    assert_tiny(dataset)
    assert dataset.source == "letters"
    assert dataset.class_names == ("0", "1", "2", "3")
    assert dataset.train_labels.dtype == dataset.test_labels.dtype == np.int64


def test_plain_and_compressed_idx_files_may_stand_side_by_side(folder):
    for name in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    assert_tiny(load_dataset(folder))


def test_a_file_that_a_browser_unpacked_but_still_calls_gz_is_read(folder):
    plain = folder / "train-images-idx3-ubyte"
    plain.rename(folder / f"{plain.name}.gz")
    assert_tiny(load_dataset(folder))


def test_images_can_be_written_to_as_pytorch_demands(folder):
    for dataset in (load_dataset(folder), load_dataset("mnist-5k")):
        assert dataset.train_images.flags.writeable
        assert dataset.test_images.flags.writeable


@pytest.mark.parametrize("dimensions", [1, 3])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@given(drawn=st.data())
def test_any_array_written_as_idx_is_read_back(dimensions, pack, drawn, tmp_path_factory):
    shape = array_shapes(min_dims=dimensions, max_dims=dimensions, min_side=0, max_side=6)
    array = drawn.draw(arrays(np.uint8, shape))
    path = tmp_path_factory.mktemp("idx") / "array"
    path.write_bytes(pack(idx_bytes(array)))
    read = read_idx(path, dimensions)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@given(drawn=st.data())
def test_an_idx_file_cut_short_anywhere_is_refused_by_name(pack, drawn, tmp_path_factory):
    content = pack(TINY_IDX["train-images-idx3-ubyte"])
    path = tmp_path_factory.mktemp("idx") / "train-images-idx3-ubyte"
    path.write_bytes(content[: drawn.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(
        ValueError, match=f"{re.escape(str(path))} (is|has|holds) .*(download|check)"
    ):
        read_idx(path, 3)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "train-images-idx3-ubyte",
            b"<html>not found</html>",
            r"is not an IDX file: it begins with 3c 68 74 6d where 00 00 08 03 belongs; download",
        ),
        ("t10k-labels-idx1-ubyte", b"", r"is not an IDX file: it begins with nothing where"),
        (
            "train-images-idx3-ubyte",
            b"\x00\x00\x07\x03" + bytes(12),
            r"is not an IDX file: it begins with 00 00 07 03",
        ),
        (
            "train-images-idx3-ubyte",
            b"\x00\x00\x0d\x03" + bytes(12),
            r"holds float32 values: images and labels must be uint8",
        ),
        (
            "train-images-idx3-ubyte",
            TINY_IDX["train-labels-idx1-ubyte"],
            r"has 1 dimensions, not 3: image files have 3 and label files 1; .* swapped",
        ),
        (
            "train-images-idx3-ubyte",
            TINY_IDX["train-images-idx3-ubyte"][:-1],
            r"is damaged: its header promises 28 bytes and it has 27; copy or download it again",
        ),
        (
            "train-labels-idx1-ubyte",
            TINY_IDX["train-labels-idx1-ubyte"] + b"\x00",
            r"is damaged: its header promises 10 bytes and it has 11",
        ),
        (
            "train-images-idx3-ubyte",
            b"\x00\x00\x08\x03" + b"\xff" * 12,
            r"is damaged: its header promises [\d,]{30,} bytes and it has 16",
        ),
        (
            "train-images-idx3-ubyte",
            gzip.compress(TINY_IDX["train-images-idx3-ubyte"], mtime=0)[:-9],
            r"is cut short or damaged \(.*\): copy or download it again",
        ),
        (
            "train-images-idx3-ubyte",
            gzip.compress(TINY_IDX["train-images-idx3-ubyte"], mtime=0)[:-8] + bytes(8),
            r"is cut short or damaged \(CRC check failed",
        ),
    ],
)
def test_a_spoiled_idx_file_is_refused_with_its_name_and_a_remedy(folder, file, content, message):
    (folder / file).write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(str(folder / file)) + " " + message):
        load_dataset(folder)


def test_missing_idx_files_are_all_named_beside_what_the_folder_holds(folder):
    (folder / "t10k-images-idx3-ubyte").rename(folder / "test-images-idx3-ubyte")
    (folder / "train-labels-idx1-ubyte").unlink()
    message = (
        r"letters lacks train-labels-idx1-ubyte, t10k-images-idx3-ubyte \(plain or \.gz\); "
        r"it holds: t10k-labels-idx1-ubyte, test-images-idx3-ubyte, train-images-idx3-ubyte\. Give"
    )
    with pytest.raises(FileNotFoundError, match=message):
        load_dataset(folder)


def test_of_a_crowded_folder_only_the_first_names_are_shown(tmp_path):
    for number in range(9):
        (tmp_path / f"{number}.dat").touch()
    with pytest.raises(FileNotFoundError, match=r"0\.dat, .*, 5\.dat, \.\.\.\. Give"):
        load_dataset(tmp_path)


def test_an_empty_folder_is_called_empty(tmp_path):
    with pytest.raises(FileNotFoundError, match="it holds: nothing"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("file", "array", "message"),
    [
        (
            "train-labels-idx1-ubyte",
            np.zeros(3, np.uint8),
            "train_labels hold 3 labels for 2 images: every image needs exactly one",
        ),
        (
            "t10k-labels-idx1-ubyte",
            np.array([4], np.uint8),
            "test_labels hold the label 4, but the 4 class names only allow 0 to 3",
        ),
        (
            "t10k-images-idx3-ubyte",
            np.zeros((0, 2, 3), np.uint8),
            r"test_images are empty, of shape \(0, 2, 3\)",
        ),
        (
            "t10k-images-idx3-ubyte",
            np.zeros((1, 3, 3), np.uint8),
            "train_images are 2 × 3 pixels and test_images 3 × 3: resize",
        ),
    ],
)
def test_sound_idx_files_that_do_not_fit_together_are_refused(folder, file, array, message):
    (folder / file).write_bytes(idx_bytes(array))
    with pytest.raises(ValueError, match=f"{re.escape(str(folder))}: {message}"):
        load_dataset(folder)


def test_a_folder_whose_training_part_is_empty_is_refused_as_empty(folder):
    (folder / "train-images-idx3-ubyte").write_bytes(idx_bytes(np.zeros((0, 2, 3), np.uint8)))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(0, np.uint8)))
    with pytest.raises(ValueError, match="train_images are empty"):
        load_dataset(folder)


# --- npz ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz_of_ones_own_is_read_as_it_was_saved(save, tiny, tmp_path):
    path = tmp_path / "my pets.npz"
    save(path, **tiny)
    dataset = load_dataset(path)
    assert dataset.source == "my pets"
    assert dataset.class_names == ("cat", "dog")
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        np.testing.assert_array_equal(getattr(dataset, name), tiny[name])


def test_the_stored_source_does_not_decide_where_artefacts_go(tiny, tmp_path):
    np.savez(tmp_path / "pets.npz", **tiny, source=np.array("../../elsewhere"))
    assert load_dataset(tmp_path / "pets.npz").source == "pets"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cat", "cat"], "class_names hold the name 'cat' twice: give every class a name of its"),
        (["cat", " "], "class_names hold an empty name: give every class a name of its own"),
    ],
)
def test_class_names_that_do_not_tell_classes_apart_are_refused(tiny, tmp_path, names, message):
    np.savez(tmp_path / "pets.npz", **tiny | {"class_names": np.array(names)})
    with pytest.raises(ValueError, match=message):
        load_dataset(tmp_path / "pets.npz")


def test_a_part_without_images_is_named(tiny, tmp_path):
    none = {"test_images": tiny["test_images"][:0], "test_labels": tiny["test_labels"][:0]}
    without_names = {name: array for name, array in tiny.items() if name != "class_names"}
    np.savez(tmp_path / "pets.npz", **without_names | none)
    with pytest.raises(ValueError, match="test_images are empty"):
        load_dataset(tmp_path / "pets.npz")


def own(folder, name, shape=(28, 28), train=1000, test=250):
    draw = np.random.default_rng(0)
    np.savez(
        folder / f"{name}.npz",
        train_images=draw.integers(0, 256, (train, *shape), dtype=np.uint8),
        train_labels=np.arange(train) % 3,
        test_images=draw.integers(0, 256, (test, *shape), dtype=np.uint8),
        test_labels=np.arange(test) % 3,
    )
    return folder / f"{name}.npz"


def test_two_data_sets_that_lessons_can_compare_are_loaded(tmp_path):
    first, second = load_pair(own(tmp_path, "leaves"), "mnist-5k")
    assert (first.source, second.source) == ("leaves", "mnist-5k")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ({"train": 999}, "leaves has 999 training images, and the lessons need at least 1,000"),
        ({"test": 249}, "leaves has 249 test images, and the lessons need at least 250"),
        ({"shape": (20, 30)}, "leaves has images of 20 × 30 pixels, and the lessons need squares"),
        ({"shape": (9, 9)}, "leaves has images of 9 × 9 pixels, and the networks need at least 10"),
        (
            {"shape": (32, 32)},
            "leaves has images of 32 × 32 pixels and mnist-5k of 28 × 28: choose",
        ),
    ],
)
def test_data_sets_that_lessons_cannot_compare_are_refused(tmp_path, kind, message):
    with pytest.raises(ValueError, match=message):
        load_pair(own(tmp_path, "leaves", **kind), "mnist-5k")


def change(path, **arrays):
    with np.load(path) as stored:
        np.savez(path, **dict(stored) | arrays)
    return path


def arrays_of(path):
    with np.load(path) as stored:
        return dict(stored)


def test_images_that_are_sorted_by_class_are_shuffled_and_a_line_says_so(tmp_path, capsys):
    path = own(tmp_path, "leaves")
    stored = arrays_of(path)
    order = np.argsort(stored["train_labels"], kind="stable")
    change(
        path, train_images=stored["train_images"][order], train_labels=np.sort(np.arange(1000) % 3)
    )
    leaves, _ = load_pair(path, "mnist-5k")
    assert np.bincount(leaves.train_labels[:100]).min() > 20
    by_image = dict(
        zip((i.tobytes() for i in stored["train_images"]), stored["train_labels"], strict=True)
    )
    assert [by_image[i.tobytes()] for i in leaves.train_images] == leaves.train_labels.tolist()
    again, _ = load_pair(path, "mnist-5k")
    assert again.checksum == leaves.checksum
    assert "leaves is sorted by class: its images are shuffled here." in capsys.readouterr().out


def test_images_in_random_order_stay_in_their_order(tmp_path, capsys):
    path = own(tmp_path, "leaves")
    labels = np.random.default_rng(1).choice(3, 1000, p=[0.9, 0.05, 0.05])
    leaves, _ = load_pair(change(path, train_labels=labels), "mnist-5k")
    assert leaves.train_labels.tolist() == labels.tolist()
    output = capsys.readouterr().out
    assert output == "Where the text says digits, read leaves; for clothes, read mnist-5k.\n"


def test_the_sets_of_the_course_are_loaded_without_a_word(capsys):
    load_pair("fashion-mnist-20k", "mnist-5k")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            lambda stored: {"train_images": stored["train_images"] // 16},
            "the brightest pixel of leaves's training images is 15, but white is 255",
        ),
        (
            lambda stored: {"test_images": stored["test_images"] // 255},
            "the brightest pixel of leaves's test images is 1, but white is 255",
        ),
        (
            lambda stored: {"train_labels": np.where(np.arange(1000) < 9, 3, np.arange(1000) % 3)},
            "class '3' of leaves has 9 training images, and the lessons need at least 10",
        ),
        (
            lambda stored: {"train_labels": stored["train_labels"] + 1},
            "class '0' of leaves has 0 training images",
        ),
        (
            lambda stored: {"test_labels": np.where(np.arange(250) < 1, 2, np.arange(250) % 2)},
            "class '2' of leaves has 1 test images, and the lessons need at least 2",
        ),
        (
            lambda stored: {"test_images": stored["train_images"][:250]},
            "250 of leaves's 250 test images are training images too: test on others",
        ),
    ],
)
def test_own_images_that_would_give_wrong_numbers_are_refused(tmp_path, changed, message):
    path = own(tmp_path, "leaves")
    change(path, **changed(arrays_of(path)))
    with pytest.raises(ValueError, match=message):
        load_pair(path, "mnist-5k")


def test_floats_below_zero_are_not_to_be_multiplied_by_255(tiny, tmp_path):
    tiny["train_images"] = tiny["train_images"] / 127.5 - 1
    np.savez(tmp_path / "pets.npz", **tiny)
    with pytest.raises(ValueError, match="from 0 to 255: bring them into that range and convert"):
        load_dataset(tmp_path / "pets.npz")


def test_a_missing_label_is_not_taken_for_a_class_without_a_name(tiny, tmp_path):
    tiny["train_labels"] = np.array([0, -1, 1, 0])
    np.savez(tmp_path / "pets.npz", **tiny)
    with pytest.raises(ValueError, match="train_labels hold the label -1, but classes count from"):
        load_dataset(tmp_path / "pets.npz")


def test_a_gzip_file_that_unpacks_beyond_the_memory_is_refused_in_one_line(tmp_path, monkeypatch):
    for name, content in TINY_IDX.items():
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))

    def beyond(content):
        raise MemoryError

    monkeypatch.setattr(gzip, "decompress", beyond)
    with pytest.raises(ValueError, match="unpacks to more than the memory holds: check what it is"):
        load_dataset(tmp_path)


def test_a_copy_under_another_name_is_no_second_data_set(tmp_path):
    first, second = own(tmp_path, "leaves"), own(tmp_path, "copy")
    with pytest.raises(ValueError, match="leaves and copy hold the same images: choose two sets"):
        load_pair(first, second)


def test_a_data_set_is_not_compared_with_itself():
    with pytest.raises(ValueError, match="dataset and second_dataset are both 'mnist-5k': choose"):
        load_pair("mnist-5k", "mnist-5k")


@pytest.mark.parametrize("name", ["mnist-5k", "mnist"])
def test_own_images_under_a_name_of_the_course_get_another(tmp_path, tiny, name):
    np.savez(tmp_path / f"{name}.npz", **tiny)
    assert load_dataset(tmp_path / f"{name}.npz").source == f"own {name}"


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, ">i2"])
def test_labels_of_any_integer_dtype_become_int64(dtype, tiny, tmp_path):
    tiny["train_labels"] = tiny["train_labels"].astype(dtype)
    np.savez(tmp_path / "pets.npz", **tiny)
    labels = load_dataset(tmp_path / "pets.npz").train_labels
    assert labels.dtype == np.int64
    assert labels.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"train_images": np.full((4, 4, 5), 0.5)},
            r"train_images are float64, but images must be uint8 from 0 to 255: multiply by 255",
        ),
        (
            {"test_images": np.full((2, 4, 5), 255.0, np.float32)},
            r"test_images are float32, but images must be uint8 from 0 to 255: bring them into",
        ),
        (
            {"train_images": np.zeros((4, 20), np.uint8)},
            r"train_images have shape \(4, 20\), but images must be \(n, height, width\)",
        ),
        (
            {"train_images": np.zeros((4, 4, 5, 4), np.uint8)},
            r"train_images have shape \(4, 4, 5, 4\), but images must be",
        ),
        (
            {"train_images": np.zeros((4, 4, 5, 3), np.uint8)},
            r"one of train_images and test_images is grey and the other in colour",
        ),
        (
            {"test_images": np.zeros((0, 4, 5), np.uint8), "test_labels": np.zeros(0, int)},
            r"test_images are empty",
        ),
        (
            {"train_images": np.zeros((4, 0, 5), np.uint8)},
            r"train_images are empty, of shape \(4, 0, 5\)",
        ),
        (
            {"train_labels": np.array([0, 1, 1])},
            r"train_labels hold 3 labels for 4 images",
        ),
        (
            {"train_labels": np.array([0.0, 1.0, 1.0, 0.0])},
            r"train_labels are float64 of shape \(4,\), but labels must be integers",
        ),
        (
            {"train_labels": np.eye(2, dtype=int)[[0, 1, 1, 0]]},
            r"train_labels are int64 of shape \(4, 2\), but labels must be integers",
        ),
        (
            {"train_labels": np.array([1, 2, 2, 1])},
            r"train_labels hold the label 2, but the 2 class names only allow 0 to 1",
        ),
        ({"test_labels": np.array([1, -1])}, r"test_labels hold the label -1"),
        (
            {"test_labels": np.array([1, 2**64 - 1], np.uint64)},
            r"test_labels hold the label 18446744073709551615",
        ),
        (
            {"class_names": np.array([0, 1])},
            r"class_names must be a list of text, one name for each label, got int64",
        ),
        ({"class_names": np.array("cat dog")}, r"class_names must be .* of shape \(\)"),
        ({"class_names": np.zeros(0, "U1")}, r"the 0 class names"),
    ],
)
def test_an_npz_of_unsound_arrays_is_refused_with_its_name(changed, message, tiny, tmp_path):
    path = tmp_path / "pets.npz"
    np.savez(path, **(tiny | changed))
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: .*{message}"):
        load_dataset(path)


def test_an_npz_with_other_keys_is_refused_with_both_lists(tmp_path, tiny):
    path = tmp_path / "keras.npz"
    np.savez(path, x_train=tiny["train_images"], test_labels=tiny["test_labels"])
    message = (
        r"keras\.npz lacks train_images, train_labels, test_images; "
        r"it holds: x_train, test_labels\. Save the arrays as train_images, .* or as x_train, y_t"
    )
    with pytest.raises(ValueError, match=message):
        load_dataset(path)


def test_an_npz_of_nothing_is_said_to_hold_nothing(tmp_path):
    np.savez(tmp_path / "pets.npz")
    with pytest.raises(ValueError, match=r"pets\.npz lacks train_images.*it holds: nothing\."):
        load_dataset(tmp_path / "pets.npz")


@pytest.mark.parametrize("name", ["train_images", "test_labels", "class_names"])
def test_pickled_objects_are_refused_unread(name, tiny, tmp_path):
    class Explosive:
        def __reduce__(self):
            return pytest.fail, ("a pickle was read",)

    path = tmp_path / "pets.npz"
    np.savez(path, allow_pickle=True, **(tiny | {name: np.array([Explosive()], object)}))
    with pytest.raises(ValueError, match=rf"pets\.npz: {name} holds pickled Python objects"):
        load_dataset(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"not an archive", b"\x80\x04N.", TINY_IDX["train-images-idx3-ubyte"]],
    ids=["empty", "text", "pickle", "idx"],
)
def test_a_file_that_is_no_archive_is_refused_with_what_to_give_instead(content, tmp_path):
    path = tmp_path / "pets.npz"
    path.write_bytes(content)
    message = "is not an npz archive, or is cut short: give a folder of IDX files or an .npz"
    with pytest.raises(ValueError, match=f"{re.escape(str(path))} {message}"):
        load_dataset(path)


def test_a_member_that_is_no_array_is_refused(tiny, tmp_path):
    path = tmp_path / "pets.npz"
    labels = tiny.pop("train_labels")
    np.savez(path, **tiny)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("train_labels", labels.tobytes())
    with pytest.raises(ValueError, match=r"pets\.npz: train_labels is not an array"):
        load_dataset(path)


def test_a_member_with_a_broken_header_is_refused(tiny, tmp_path):
    path = tmp_path / "pets.npz"
    tiny.pop("train_labels")
    np.savez(path, **tiny)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("train_labels.npy", b"\x93NUMPY\x01\x00\x04\x00{no}")
    with pytest.raises(ValueError, match=r"pets\.npz: train_labels is damaged"):
        load_dataset(path)


@given(drawn=st.data())
def test_an_npz_with_any_one_byte_changed_is_read_or_refused_by_name(drawn, tmp_path_factory):
    images = np.arange(40, dtype=np.uint8).reshape(2, 4, 5)
    labels = np.array([0, 1])
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        train_images=images,
        train_labels=labels,
        test_images=images,
        test_labels=labels,
        class_names=np.array(["cat", "dog"]),
    )
    content = bytearray(buffer.getvalue())
    content[drawn.draw(st.integers(0, len(content) - 1))] ^= drawn.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("npz") / "pets.npz"
    path.write_bytes(content)
    try:
        read, class_names = read_npz(path)
    except ValueError as error:
        assert str(path) in str(error)
    else:
        np.testing.assert_array_equal(read["train_images"], images)
        assert class_names in (("cat", "dog"), None)  # one byte can hide the archive's last entry


# --- the data set itself ------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["", ".", "..", "../up", "a/b", "a\\b"])
def test_a_source_that_cannot_name_a_folder_is_refused(source, tiny):
    tiny["class_names"] = ("cat", "dog")
    with pytest.raises(ValueError, match="cannot name a folder"):
        ImageDataset(**tiny, source=source)


def test_lists_in_place_of_arrays_are_refused(tiny):
    tiny |= {"class_names": ("cat", "dog"), "train_labels": [0, 1, 1, 0]}
    with pytest.raises(ValueError, match=r"must be NumPy arrays, got ndarray and list: use np\."):
        ImageDataset(**tiny, source="pets")


# --- the full sets ------------------------------------------------------------------------------


def test_a_full_set_in_the_cache_is_found_without_a_network(cache, published_tiny, no_network):
    write_files(cache / "mnist", published_tiny)
    dataset = load_dataset("mnist")
    assert_tiny(dataset)
    assert dataset.source == "mnist"
    assert dataset.class_names == DIGITS


@pytest.mark.parametrize("name", PUBLISHED)
def test_without_a_network_the_message_names_the_bundled_set_and_the_cache(
    name, cache, no_network, capfd
):
    with pytest.raises(FileNotFoundError) as caught:
        load_dataset(name)
    message = str(caught.value)
    assert "could not be downloaded" in message
    assert f"use the bundled '{PUBLISHED[name].bundled}'" in message
    assert f"put the four files into {cache / name} ({CACHE_VARIABLE} moves that cache)" in message
    assert "\n" not in message
    assert capfd.readouterr().err == ""


def test_a_wrong_file_in_the_cache_is_told_from_a_missing_one(cache, published_tiny, no_network):
    write_files(cache / "mnist", published_tiny | {"t10k-labels-idx1-ubyte.gz": b"half a fi"})
    wrong = re.escape(str(cache / "mnist" / "t10k-labels-idx1-ubyte.gz"))
    with pytest.raises(FileNotFoundError, match=f"^{wrong} is not the published file, and http"):
        load_dataset("mnist")


@pytest.fixture
def server(tmp_path, monkeypatch, published_tiny):
    """Serve the tiny data set on this machine, and return the folder it is served from."""
    folder = tmp_path / "served"
    write_files(folder, published_tiny)
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setitem(PUBLISHED, "mnist", replace(PUBLISHED["mnist"], base_url=address))
        yield folder
        server.shutdown()


def test_a_full_set_is_downloaded_once_and_quietly(cache, server, capfd):
    assert_tiny(load_dataset("mnist"))
    assert sorted(path.name for path in (cache / "mnist").iterdir()) == sorted(
        PUBLISHED["mnist"].checksums
    )
    for path in server.iterdir():
        path.unlink()
    assert_tiny(load_dataset("mnist"))
    assert capfd.readouterr().err == ""


def test_a_wrong_file_in_the_cache_is_replaced_from_the_network(cache, server):
    write_files(cache / "mnist", {"t10k-labels-idx1-ubyte.gz": b"half a fi"})
    assert_tiny(load_dataset("mnist"))


def test_a_download_with_the_wrong_checksum_is_refused_and_not_kept(cache, server):
    (server / "train-labels-idx1-ubyte.gz").write_bytes(b"<html>Please log in</html>")
    message = r"train-labels-idx1-ubyte\.gz has the wrong checksum.*bundled 'mnist-5k'"
    with pytest.raises(ValueError, match=message):
        load_dataset("mnist")
    assert [path.name for path in (cache / "mnist").iterdir()] == ["train-images-idx3-ubyte.gz"]


def test_a_file_that_the_server_lacks_is_reported_with_its_answer(cache, server):
    (server / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"could not be downloaded.*HTTPError: 404"):
        load_dataset("mnist")


def test_the_cache_lies_where_the_variable_says_else_where_the_system_wants(monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, "~/course cache")
    assert cache_folder() == Path.home() / "course cache"
    monkeypatch.delenv(CACHE_VARIABLE)
    assert "ssl-course" in cache_folder().parts


def test_every_full_set_publishes_the_four_files_that_a_folder_needs():
    expected = {f"{names[0]}.gz" for names in IDX.names().values()}
    for published in downloads.PUBLISHED.values():
        assert set(published.checksums) == expected
        assert published.bundled in BUNDLED


def test_the_reader_of_folders_keeps_the_names_of_the_parts_apart(folder):
    shapes = {name: array.shape for name, array in read_dataset(find_dataset(folder))[0].items()}
    assert shapes == {
        "train_images": (2, 2, 3),
        "train_labels": (2,),
        "test_images": (1, 2, 3),
        "test_labels": (1,),
    }


def test_only_the_published_files_of_the_cache_are_read(cache, published_tiny, no_network):
    # A plain copy beside them has no checksum; in a folder of one's own it would be read first.
    write_files(cache / "mnist", published_tiny | {"train-images-idx3-ubyte": b"anything"})
    assert_tiny(load_dataset("mnist"))
