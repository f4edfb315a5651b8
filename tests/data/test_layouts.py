"""Files as people have them are read, each to the same images, or refused in one line."""

import gzip
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.data import dataset_files, load_dataset
from helpers.data.downloads import CACHE_VARIABLE
from helpers.lesson.files import ROOT

EMNIST_SPLITS = ["balanced", "byclass", "bymerge", "digits", "letters", "mnist"]
NOBODY = 12345  # a user without a name
PARTS = {
    "train_images": np.arange(12, dtype=np.uint8).reshape(2, 2, 3),
    "train_labels": np.array([0, 2], np.uint8),
    "test_images": np.arange(240, 246, dtype=np.uint8).reshape(1, 2, 3),
    "test_labels": np.array([1], np.uint8),
}
OTHERS = PARTS | {"train_images": PARTS["train_images"] + np.uint8(100)}


def idx(array):
    """Write a uint8 or int32 array in the IDX format."""
    kind = {"uint8": 8, "int32": 12}[array.dtype.name]
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return (
        bytes([0, 0, kind, array.ndim]) + sizes + array.astype(f">{array.dtype.str[1:]}").tobytes()
    )


def mnist(parts=PARTS):
    names = [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ]
    return dict(zip(names, map(idx, parts.values()), strict=True))


def emnist(split, first_label=0):
    turned = {
        part: array.transpose(0, 2, 1) if array.ndim == 3 else array + np.uint8(first_label)
        for part, array in PARTS.items()
    }
    return {f"emnist-{split}-{n.replace('t10k', 'test')}": c for n, c in mnist(turned).items()}


def qmnist_labels(labels):
    rows = np.arange(8 * len(labels), dtype=np.int32).reshape(-1, 8)
    rows[:, 0] = labels
    return idx(rows)


def qmnist():
    files = {f"qmnist-{n.replace('t10k', 'test')}": content for n, content in mnist().items()}
    for half in ("train", "test"):
        del files[f"qmnist-{half}-labels-idx1-ubyte"]
        files[f"qmnist-{half}-labels-idx2-int"] = qmnist_labels(PARTS[f"{half}_labels"])
    return files


def npz(**arrays):
    """Write an npz archive of arrays."""
    with tempfile.TemporaryFile() as file:
        np.savez_compressed(file, **arrays)
        file.seek(0)
        return file.read()


def kmnist(name="kmnist"):
    return {
        f"{name}-{part.replace('images', 'imgs').replace('_', '-')}.npz": npz(arr_0=array)
        for part, array in PARTS.items()
    }


def keras():
    return dict(zip(["x_train", "y_train", "x_test", "y_test"], PARTS.values(), strict=True))


def medmnist():
    columns = {part: a[:, None] if a.ndim == 1 else a for part, a in PARTS.items()}
    return columns | {"val_images": PARTS["test_images"], "val_labels": np.array([[0]])}


def below(folder, files):
    return {f"{folder}/{name}": content for name, content in files.items()}


def dotted(files):
    return {name.replace("-idx", ".idx"): content for name, content in files.items()}


def packed(files):
    return {f"{name}.gz": gzip.compress(content) for name, content in files.items()}


def in_own_folders(files):
    return {f"{name}/{name}": content for name, content in files.items()}


# What is there, and the path to give, below one folder called "mine".
LAYOUTS = {
    "dots": (dotted(mnist()), "."),
    "dots, packed": (packed(dotted(mnist())), "."),
    "capitals": ({name.upper(): content for name, content in mnist().items()}, "."),
    "capitals and dots, packed": (
        {name.upper(): content for name, content in packed(dotted(mnist())).items()},
        ".",
    ),
    "each in a folder of its own name": (in_own_folders(mnist()), "."),
    "packed in folders of their own names": (in_own_folders(packed(mnist())), "."),
    # as 7-Zip unpacks "train-images-idx3-ubyte.gz"
    "dots in folders with dashes": (
        {f"{n}/{n.replace('-idx', '.idx')}": c for n, c in mnist().items()},
        ".",
    ),
    "the same twice": (in_own_folders(mnist()) | dotted(mnist()), "."),
    "torchvision, from above": (below("MNIST/raw", mnist() | packed(mnist())), "."),
    "torchvision's other sets": (below("FashionMNIST/raw", mnist()), "."),
    "torchvision, one level up": (below("MNIST/raw", mnist()), "MNIST"),
    "torchvision itself": (below("MNIST/raw", mnist()), "MNIST/raw"),
    "EMNIST letters": (packed(emnist("letters", first_label=1)), "."),
    "EMNIST balanced, by torchvision": (below("EMNIST/raw", emnist("balanced")), "."),
    "QMNIST": (packed(qmnist()), "."),
    "QMNIST, by torchvision": (below("QMNIST/raw", qmnist()), "."),
    "QMNIST, labels both ways": (
        qmnist() | {"qmnist-test-labels-idx1-ubyte": idx(PARTS["test_labels"])},
        ".",
    ),
    "KMNIST": (kmnist(), "."),
    "K49": (kmnist("k49"), "."),
    "Keras": ({"mnist.npz": npz(**keras())}, "mnist.npz"),
    "MedMNIST": ({"breastmnist.npz": npz(**medmnist())}, "breastmnist.npz"),
    "the course's own, without names": ({"pets.npz": npz(**PARTS)}, "pets.npz"),
}


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def assert_is_parts(dataset):
    for part, array in PARTS.items():
        np.testing.assert_array_equal(getattr(dataset, part), array)


@pytest.fixture
def mine(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


# --- what is read -------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_images(layout, mine):
    files, path = LAYOUTS[layout]
    write(mine, files)
    dataset = load_dataset(mine / path)
    assert_is_parts(dataset)
    assert dataset.class_names == (("1", "2", "3") if "letters" in layout else ("0", "1", "2"))
    assert dataset.train_images.flags.writeable
    assert dataset.train_images.flags.c_contiguous


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_files_of_a_data_set_are_those_that_are_read(layout, mine):
    files, path = LAYOUTS[layout]
    write(mine, files | {"notes.txt": b"mine", "MNIST/processed/training.pt": b"no more"})
    found = dataset_files(mine / path)
    assert found == dataset_files(str(mine / path))
    assert len(set(found)) == len(found)
    everything = {file for file in mine.rglob("*") if file.is_file()}
    for file in everything - set(found):
        file.write_bytes(b"anything else")
    assert_is_parts(load_dataset(mine / path))
    for file in found:
        content = file.read_bytes()
        file.write_bytes(content[:-1])
        with pytest.raises(ValueError, match=re.escape(str(file))):
            load_dataset(mine / path)
        file.write_bytes(content)


@given(drawn=st.data())
def test_any_spelling_of_each_name_is_read(drawn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("idx")
    for name, content in mnist().items():
        change = drawn.draw(st.sampled_from([str, str.upper, str.title]))
        spelled = change(name.replace("-idx", drawn.draw(st.sampled_from(["-idx", ".idx"]))))
        if drawn.draw(st.booleans()):
            spelled, content = f"{spelled}.gz", gzip.compress(content)
        place = drawn.draw(st.sampled_from(["", f"{name}/", f"{name}.gz/", f"{name.upper()}/"]))
        write(folder, {place + spelled: content})
    assert_is_parts(load_dataset(folder))


@pytest.mark.parametrize(
    ("path", "source"),
    [(".", "MNIST"), ("MNIST", "MNIST"), ("MNIST/raw", "MNIST"), ("MNIST/raw/../..", "MNIST")],
)
def test_torchvisions_files_have_the_name_of_their_set_however_they_are_given(path, source, mine):
    write(mine, below("MNIST/raw", mnist()))
    assert load_dataset(mine / path).source == source


def test_a_learner_sees_that_images_of_emnist_are_turned(mine, capsys):
    write(mine, emnist("digits"))
    load_dataset(mine)
    assert capsys.readouterr().out == (
        "EMNIST stores its images transposed: they are turned upright here.\n"
    )


def test_a_learner_sees_that_a_validation_part_is_left_out(mine, capsys):
    write(mine, {"breastmnist.npz": npz(**medmnist())})
    load_dataset(mine / "breastmnist.npz")
    assert capsys.readouterr().out == (
        "The validation part (val_images, val_labels) is left out: the course uses two parts.\n"
    )


@pytest.mark.parametrize("layout", ["dots", "QMNIST", "KMNIST", "Keras"])
def test_nothing_is_said_where_nothing_is_changed(layout, mine, capsys):
    files, path = LAYOUTS[layout]
    write(mine, files)
    load_dataset(mine / path)
    assert capsys.readouterr().out == ""


def test_class_names_may_be_bytes(mine):
    names = np.array(["Katze", "Hündin", "Maus"])
    write(mine, {"pets.npz": npz(**PARTS, class_names=np.char.encode(names, "utf-8"))})
    assert load_dataset(mine / "pets.npz").class_names == ("Katze", "Hündin", "Maus")


def test_a_packed_copy_beside_the_plain_one_must_hold_the_same(mine):
    write(mine, mnist() | {f"{name}.gz": gzip.compress(held) for name, held in mnist().items()})
    assert_is_parts(load_dataset(mine))
    assert len(dataset_files(mine)) == 8
    name = "train-images-idx3-ubyte"
    (mine / f"{name}.gz").write_bytes(gzip.compress(mnist(OTHERS)[name]))
    with pytest.raises(ValueError, match=rf"{name} and .*{name}\.gz differ, so it is not clear"):
        load_dataset(mine)
    (mine / f"{name}.gz").write_bytes(b"half a fi")
    with pytest.raises(ValueError, match=rf"{name}\.gz is "):
        load_dataset(mine)


def test_without_names_a_class_below_the_lowest_training_label_keeps_its_number(mine):
    low = PARTS | {"train_labels": np.array([5, 6]), "test_labels": np.array([4])}
    write(mine, {"pets.npz": npz(**low)})
    dataset = load_dataset(mine / "pets.npz")
    assert dataset.class_names == ("4", "5", "6")
    assert dataset.train_labels.tolist() == [1, 2]
    assert dataset.test_labels.tolist() == [0]


# --- where two readings are possible ------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            below("MNIST/raw", mnist()) | below("FashionMNIST/raw", mnist(OTHERS)),
            r"mine holds 2 data sets, with MNIST/raw/train-images-idx3-ubyte, "
            r"FashionMNIST/raw/train-images-idx3-ubyte: give the folder of one of them",
        ),
        (
            mnist() | below("MNIST/raw", mnist()),
            r"holds 2 data sets, with train-images-idx3-ubyte, MNIST/raw/train-images-idx3-ubyte: "
            r"give the folder of one of them",
        ),
        (
            {name: content for split in EMNIST_SPLITS for name, content in emnist(split).items()},
            r"holds 6 data sets, with "
            + ", ".join(f"emnist-{split}-train-images-idx3-ubyte" for split in EMNIST_SPLITS)
            + r": move the four files of one into a folder of its own, and give that",
        ),
        (
            kmnist() | kmnist("k49"),
            r"holds 2 data sets, with kmnist-train-imgs\.npz, k49-train-imgs\.npz: move the four",
        ),
        (
            mnist() | qmnist(),
            r"2 data sets, with train-images-idx3-ubyte, qmnist-train-images-idx3-ubyte: move",
        ),
    ],
)
def test_two_data_sets_are_both_named_with_the_way_to_choose(files, message, mine):
    write(mine, files)
    for look in (load_dataset, dataset_files):
        with pytest.raises(ValueError, match=message) as caught:
            look(mine)
        assert "\n" not in str(caught.value)


def test_of_two_data_sets_the_named_folder_is_read(mine):
    write(mine, below("MNIST/raw", mnist()) | below("FashionMNIST/raw", mnist(OTHERS)))
    assert_is_parts(load_dataset(mine / "MNIST"))
    assert load_dataset(mine / "FashionMNIST/raw").train_images[0, 0, 0] == 100


@pytest.mark.parametrize(
    ("files", "first", "second"),
    [
        (
            mnist() | dotted(mnist(OTHERS)),
            "train-images-idx3-ubyte",
            "train-images.idx3-ubyte",
        ),
        (
            mnist() | {"TRAIN-LABELS-IDX1-UBYTE": idx(np.array([2, 0], np.uint8))},
            "TRAIN-LABELS-IDX1-UBYTE",
            "train-labels-idx1-ubyte",
        ),
        (
            qmnist() | {"qmnist-test-labels-idx1-ubyte": idx(np.array([2], np.uint8))},
            "qmnist-test-labels-idx2-int",
            "qmnist-test-labels-idx1-ubyte",
        ),
    ],
)
def test_copies_that_differ_are_both_named(files, first, second, mine):
    write(mine, files)
    message = f"{mine / first} and {mine / second} differ, so it is not clear which to read: move"
    with pytest.raises(ValueError, match=re.escape(message)):
        load_dataset(mine)


def test_an_archive_with_two_data_sets_is_refused_with_both(mine):
    write(mine, {"both.npz": npz(**PARTS, **keras())})
    message = (
        r"both\.npz holds two data sets, in train_images, train_labels, test_images, test_labels "
        r"and in x_train, y_train, x_test, y_test: save the one you mean in a file of its own"
    )
    with pytest.raises(ValueError, match=message):
        load_dataset(mine / "both.npz")


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        (
            qmnist() | {"qmnist-test-labels-idx2-int": qmnist_labels([1])[:-4]},
            ".",
            r"idx2-int is damaged: its header promises 44 bytes and it has 40",
        ),
        (
            qmnist() | {"qmnist-test-labels-idx2-int": idx(np.zeros((1, 7), np.int32))},
            ".",
            r"idx2-int has 7 columns, but QMNIST's labels have 8",
        ),
        (
            qmnist() | {"qmnist-test-labels-idx2-int": idx(np.zeros((1, 8), np.uint8))},
            ".",
            r"idx2-int holds uint8 values: labels called idx2-int must be int32",
        ),
        (
            qmnist() | {"qmnist-train-labels-idx2-int": qmnist_labels([0, 2_000_000_000])},
            ".",
            r"mine: train_labels go from 0 to 2000000000, too far for class numbers",
        ),
        (
            qmnist() | {"qmnist-train-labels-idx2-int": qmnist_labels([0, -1])},
            ".",
            r"train_labels hold the label -1",
        ),
        (
            kmnist() | {"kmnist-test-imgs.npz": kmnist()["kmnist-test-imgs.npz"][:-9]},
            ".",
            r"kmnist-test-imgs\.npz is not an npz archive, or is cut short",
        ),
        (
            kmnist() | {"kmnist-test-imgs.npz": npz(images=PARTS["test_images"])},
            ".",
            r"kmnist-test-imgs\.npz must hold one array, arr_0.*; it holds: images\.",
        ),
        (
            kmnist() | {"kmnist-test-labels.npz": npz(arr_0=np.array([None], object))},
            ".",
            r"kmnist-test-labels\.npz: arr_0 holds pickled Python objects",
        ),
        (
            kmnist(),
            "kmnist-train-imgs.npz",
            r"lacks train_images.*; it holds: arr_0\. .* of KMNIST's four files give the folder",
        ),
        (
            {"p.npz": npz(**{f"a{number}": np.zeros(1) for number in range(99)})},
            "p.npz",
            r"it holds: a0, a1, a2, a3, a4, a5, \.\.\.\. Save",
        ),
        (
            {"p.npz": npz(**PARTS | {"train_labels": np.eye(3, dtype=int)[:2]})},
            "p.npz",
            r"p\.npz: train_labels are int64 of shape \(2, 3\), .*, not several columns",
        ),
        (
            {"p.npz": npz(**PARTS | {"train_images": np.zeros((2, 2, 3, 2), np.uint8)})},
            "p.npz",
            r"p\.npz: train_images have shape \(2, 2, 3, 2\), but images must be",
        ),
        (
            {"p.npz": npz(**PARTS | {"train_labels": np.array(["cat", "dog"])})},
            "p.npz",
            r"p\.npz: train_labels are <U3 of shape \(2,\), but labels must be integers",
        ),
        (
            {"p.npz": npz(**PARTS | {"train_labels": np.zeros(0, int)})},
            "p.npz",
            r"p\.npz: train_labels hold 0 labels for 2 images",
        ),
        (
            {"p.npz": npz(**PARTS | {"train_labels": np.array([0, 2**64 - 1], np.uint64)})},
            "p.npz",
            r"p\.npz: train_labels go from 0 to 18446744073709551615, too far",
        ),
        (
            {"p.npz": npz(**PARTS, class_names=np.array([b"caf\xe9", b"b", b"c"]))},
            "p.npz",
            r"p\.npz: class_names are bytes that are no text in UTF-8: save them as text",
        ),
    ],
)
def test_what_is_damaged_or_unsound_is_refused_in_one_line(files, path, message, mine):
    write(mine, files)
    with pytest.raises(ValueError, match=message) as caught:
        load_dataset(mine / path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {name: c for name, c in kmnist().items() if "test-labels" not in name},
            r"mine lacks kmnist-test-labels\.npz .*; it holds: kmnist-test-imgs\.npz",
        ),
        (
            below("MNIST/raw", dict(list(mnist().items())[:3])),
            r"mine/MNIST/raw lacks t10k-labels-idx1-ubyte .* it holds: t10k-images-idx3-ubyte",
        ),
        (
            {"mnist.npz": npz(**keras())},
            r"it holds: mnist\.npz\. Give the folder .* of MNIST, .*, or an \.npz file",
        ),
        ({"train-images-idx3-ubyte/else": b""}, r"lacks train-images-idx3-ubyte, train-labels"),
    ],
)
def test_the_nearest_layout_is_named_where_files_are_missing(files, message, mine):
    write(mine, files)
    for look in (load_dataset, dataset_files):
        with pytest.raises(FileNotFoundError, match=message.replace("/", re.escape(os.sep))):
            look(mine)


def test_an_archive_that_holds_an_array_twice_is_refused(mine):
    write(mine, {"pets.npz": npz(**PARTS)})
    with zipfile.ZipFile(mine / "pets.npz", "a") as archive, pytest.warns(UserWarning):
        archive.writestr("train_images.npy", archive.read("train_images.npy"))
    with pytest.raises(ValueError, match=r"pets\.npz is damaged \(one name stands for two arrays"):
        load_dataset(mine / "pets.npz")


def test_an_archive_that_promises_more_than_the_memory_holds_is_refused(mine):
    header = io.BytesIO()
    promise = {"descr": "|u1", "fortran_order": False, "shape": (2**50, 2, 3)}
    np.lib.format.write_array_header_1_0(header, promise)
    write(mine, {"pets.npz": npz(**{n: a for n, a in PARTS.items() if n != "train_images"})})
    with zipfile.ZipFile(mine / "pets.npz", "a") as archive:
        archive.writestr("train_images.npy", header.getvalue())
    with pytest.raises(ValueError, match=r"pets\.npz is damaged, or too large for the memory \("):
        load_dataset(mine / "pets.npz")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_file_name_of_two_lines_is_listed_in_one(mine):
    (mine / "two\nlines").touch()
    with pytest.raises(FileNotFoundError, match=r"it holds: 'two\\nlines'\. Give"):
        load_dataset(mine)


def test_a_large_tree_is_not_searched(mine, monkeypatch):
    write(mine, {f"library {number}/{number}/file": b"" for number in range(50)})
    write(mine, below("library 0/MNIST/raw", mnist()))
    looked_into, iterdir = [], Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: looked_into.append(path) or iterdir(path))
    with pytest.raises(FileNotFoundError, match="lacks train-images-idx3-ubyte"):
        dataset_files(mine)
    assert set(looked_into) == {mine}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(mine):
    os.mkfifo(mine / "pets.npz")
    for look in (load_dataset, dataset_files):
        with pytest.raises(FileNotFoundError, match=r"no ordinary file or folder at .*pets\.npz"):
            look(mine / "pets.npz")


@pytest.mark.parametrize(
    "path",
    [
        "~nobody/x",
        "~no-such-user/x",
        "a" * 300,
        "./" + "a" * 300 + ".npz",
        "/" + "a/" * 5000,
        "a\0b",
        "./a\0b.npz",
        "./\ud800",
    ],
    ids=lambda path: ascii(path[:20]),
)
def test_what_can_be_no_path_is_refused_in_one_line(path):
    for look in (load_dataset, dataset_files):
        with pytest.raises((FileNotFoundError, ValueError)) as caught:
            look(path)
        assert type(caught.value) in (FileNotFoundError, ValueError)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300
        assert "give" in str(caught.value)


# --- another user -------------------------------------------------------------------------------


def told_to_another_user(look, **environment):
    """Load a data set as a user without a name and without rights, and return what it says.

    Everything is imported before: the course's own folder may be closed to others.
    """
    if sys.platform == "win32":
        pytest.skip("Windows has no such users")
    code = f"""
import os, pooch
from helpers.data import dataset_files, load_dataset
from helpers.data.downloads import cache_folder
if os.geteuid() == 0:
    try:
        os.setgroups([])
        os.setgid({NOBODY})
        os.setuid({NOBODY})
    except OSError:
        raise SystemExit("cannot be another user")
try:
    print(repr({look}))
except Exception as error:
    print(type(error).__name__, error)
"""
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tempfile.gettempdir(),
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], **environment},
        capture_output=True,
        encoding="utf-8",
    )
    if "cannot be another user" in process.stderr:
        pytest.skip("this process may not become another user")
    assert process.returncode == 0, process.stderr
    return process.stdout


@pytest.fixture
def public():
    """Return a folder with a sound data set that everybody may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).resolve()
        path.chmod(0o755)
        write(path, mnist() | {"sets/pets.npz": npz(**PARTS)})
        yield path
        (path / "sets").chmod(0o755)


@pytest.mark.parametrize("look", ["load_dataset", "dataset_files"])
@pytest.mark.parametrize("closed", ["sets", "t10k-labels-idx1-ubyte", "sets/pets.npz"])
def test_what_another_user_may_not_read_is_refused_in_one_line(closed, look, public):
    given = public if closed.startswith("t10k") else public / closed
    (public / closed).chmod(0)
    told = told_to_another_user(f"{look}({str(given)!r})")
    if look == "dataset_files" and given != public / "sets":
        assert str(public / closed) in told
        assert "Error" not in told  # names may be seen, and no more is looked at
    else:
        assert told.startswith(f"ValueError {public / closed} cannot be read (Permission denied): ")
        assert told.count("\n") == 1


def test_a_file_in_a_folder_that_another_user_may_not_enter_is_refused_in_one_line(public):
    (public / "sets").chmod(0)
    told = told_to_another_user(f"load_dataset({str(public / 'sets' / 'pets.npz')!r})")
    assert told.startswith(f"ValueError the path '{public}/sets/pets.npz' cannot be followed (Perm")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("closed", "message"),
    [
        ("mnist", r"FileNotFoundError http\S+ could not be downloaded: use the bundled"),
        (
            "mnist/train-images-idx3-ubyte.gz",
            r"FileNotFoundError \S+/train-images-idx3-ubyte\.gz cannot be read, and http",
        ),
    ],
)
def test_a_cache_that_another_user_may_not_read_is_told_in_one_line(closed, message, public):
    write(public, below("mnist", packed(mnist())))
    (public / closed).chmod(0)
    told = told_to_another_user("load_dataset('mnist')", **{CACHE_VARIABLE: str(public)})
    (public / closed).chmod(0o755)
    assert re.match(message, told), told
    assert "Permission denied" in told
    assert told.count("\n") == 1


NO_CACHE = (
    "ValueError there is no place for downloads, because the home folder is not known: set "
    f"{CACHE_VARIABLE} to the full path of a folder\n"
)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root")
@pytest.mark.parametrize(
    ("look", "environment", "message"),
    [
        (
            "load_dataset('~/x')",
            {},
            "ValueError the path '~/x' cannot be followed (Could not determine home directory.): "
            "give the full path of a folder or an .npz file that you may read\n",
        ),
        (
            "load_dataset('mnist')",
            {},
            NO_CACHE,
        ),
        (
            "cache_folder()",
            {CACHE_VARIABLE: "~/course"},
            NO_CACHE,
        ),
    ],
)
def test_a_user_without_a_home_folder_is_told_what_to_give(look, environment, message):
    assert told_to_another_user(look, **environment) == message
