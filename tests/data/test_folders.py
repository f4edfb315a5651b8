"""Folders as people keep them: what is wrong is named, what is right is read."""

import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.data import dataset_files, load_dataset, load_pair, read_folder, whole_picture
from helpers.data import folders as folders_module
from helpers.data.downloads import CACHE_VARIABLE
from helpers.data.example_folder import (
    animated,
    bomb,
    cut_short,
    jpeg,
    overwritten,
    sixteen_bits,
    transparent,
    turned,
)

SIZE = 16


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))


def picture(seed, width=40, height=40):
    """Make a picture in colour that is like no other: a few coarse blocks."""
    blocks = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((width, height), Image.Resampling.NEAREST)


def save(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


@pytest.fixture
def classes(tmp_path):
    """Make a folder with two classes of twelve sound pictures."""
    root = tmp_path / "photos"
    for number in range(24):
        save(root / ("cat", "dog")[number % 2] / f"{number:02}.png", picture(number))
    return root


def read(root, **options):
    return read_folder(root, size=SIZE, **options)


def test_sub_folders_are_classes_and_files_keep_their_names(classes):
    found = read(classes)
    assert found.class_names == ("cat", "dog")
    assert found.images.shape == (24, SIZE, SIZE, 3)
    assert found.images.dtype == np.uint8
    assert found.files == tuple(sorted(found.files))
    assert [found.class_names[label] for label in found.labels] == [
        file.split("/")[0] for file in found.files
    ]
    assert np.bincount(found.labels[found.test]).tolist() == [2, 2]
    assert found.findings == {}


def test_pixels_are_those_of_the_file(classes):
    found = read(classes)
    expected = np.asarray(picture(0).resize((SIZE, SIZE), Image.Resampling.LANCZOS))
    assert np.abs(found.images[0].astype(int) - expected).max() <= 1


def test_the_split_is_always_the_same_and_does_not_hang_on_the_folders_place(
    classes, tmp_path, monkeypatch
):
    first = read(classes)
    moved = classes.rename(tmp_path / "elsewhere")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "another cache"))
    assert np.array_equal(read(moved).test, first.test)


# name, what is put into the folder, the finding, and whether the file is still used
DEFECTS = {
    "a truncated JPEG": ("cut.jpg", lambda p: cut_short(p, picture(90, 60, 60)), "damaged", False),
    "a PNG with zeros inside": (
        "noise.png",
        lambda p: overwritten(p, picture(91)),
        "damaged",
        False,
    ),
    "an empty file": ("empty.jpg", lambda p: p.touch(), "empty", False),
    "a text": ("text.jpg", lambda p: p.write_text("no picture"), "no picture inside", False),
    "a web page": ("page.png", lambda p: p.write_text("<html>404"), "no picture inside", False),
    "only a header": ("head.png", lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n"), "", False),
    "zeros": ("zeros.bmp", lambda p: p.write_bytes(bytes(500)), "no picture inside", False),
    "HEIC": ("photo.HEIC", lambda p: p.write_bytes(b"ftypheic"), "install pillow-heif", False),
    "DICOM": ("scan.dcm", lambda p: p.write_bytes(bytes(200)), "install pydicom", False),
    "a raw file": ("raw.nef", lambda p: p.write_bytes(bytes(200)), "raw file", False),
    "a drawing": ("plan.svg", lambda p: p.write_text("<svg/>"), "render it to PNG", False),
    "a video": ("clip.mp4", lambda p: p.write_bytes(bytes(200)), "extract frames", False),
    "a note": ("notes.txt", lambda p: p.write_text("hello"), "no picture by its ending", False),
    "no ending": ("README", lambda p: p.write_text("hello"), "no picture by its ending", False),
    "a hidden file": (".DS_Store", lambda p: p.write_bytes(bytes(9)), None, False),
    "a hidden picture": ("._00.png", lambda p: p.write_bytes(bytes(9)), None, False),
    "Thumbs.db": ("Thumbs.db", lambda p: p.write_bytes(bytes(9)), None, False),
    "turned by a camera": (
        "turned.jpg",
        lambda p: turned(p, picture(106), 6),
        "turned as its camera",
        True,
    ),
    "mirrored by a camera": (
        "mirror.jpg",
        lambda p: turned(p, picture(102), 2),
        "turned as its camera",
        True,
    ),
    "upright says the camera": ("upright.jpg", lambda p: turned(p, picture(101), 1), None, True),
    "a nonsense orientation": ("odd.jpg", lambda p: turned(p, picture(199), 99), None, True),
    "a palette": ("pal.png", lambda p: picture(60).convert("P").save(p), None, True),
    "a palette of 2": ("two.gif", lambda p: picture(61).quantize(2).save(p), None, True),
    "transparency": (
        "clear.png",
        lambda p: transparent(picture(62)).save(p),
        "laid on white",
        True,
    ),
    "a clear palette": ("clear.gif", lambda p: clear_palette(p), "laid on white", True),
    "grey and alpha": (
        "la.png",
        lambda p: transparent(picture(63)).convert("LA").save(p),
        "white",
        True,
    ),
    "CMYK": ("print.jpg", lambda p: picture(64).convert("CMYK").save(p), "CMYK", True),
    "1 bit": ("bit.png", lambda p: picture(65).convert("1").save(p), None, True),
    "16 bits": ("deep.png", lambda p: sixteen_bits(picture(66)).save(p), "16 bits", True),
    "16 bits in TIFF": ("deep.tif", lambda p: sixteen_bits(picture(67)).save(p), "16 bits", True),
    "floats": ("float.tif", lambda p: floats(68, 1).save(p), None, True),
    "dark in 16 bits": ("night.png", lambda p: dark(68).save(p), "16 bits", True),
    "no numbers": ("nan.tif", lambda p: floats(58, np.nan).save(p), "or missing", False),
    "floats out of range": ("wild.tif", lambda p: floats(69, -3).save(p), "values below 0", False),
    "grey": ("grey.png", lambda p: picture(70).convert("L").save(p), None, True),
    "an animation": ("film.gif", lambda p: animated(p, picture(71)), "several pictures", True),
    "a stack": ("stack.tif", lambda p: animated(p, picture(72)), "several pictures", True),
    "WebP": ("new.webp", lambda p: picture(73).save(p), None, True),
    "a panorama": ("wide.png", lambda p: picture(74, 400, 40).save(p), "cut away", True),
    "a tower": ("tall.png", lambda p: picture(75, 40, 400).save(p), "cut away", True),
    "a tiny one": ("tiny.png", lambda p: picture(76, 5, 5).save(p), "enlarged", True),
    "a single pixel": ("dot.png", lambda p: picture(77, 1, 1).save(p), "one colour", True),
    "a blank one": ("blank.png", lambda p: Image.new("RGB", (40, 40)).save(p), "one colour", True),
    "a bomb": ("bomb.png", lambda p: bomb(p, None), "most_pixels", False),
    "a wrong ending": ("really.png", lambda p: p.write_bytes(jpeg(picture(78))), None, True),
    "capitals": ("LOUD.JPG", lambda p: p.write_bytes(jpeg(picture(79))), None, True),
    "another script": ("кошка 猫 ñ.png", lambda p: picture(80).save(p), None, True),
    "a space in front": (" space.png", lambda p: picture(81).save(p), None, True),
    "a line break": ("a\nb.png", lambda p: picture(82).save(p), None, True),
    "a link": ("link.png", lambda p: p.symlink_to(away(p, 83)), None, True),
    "a broken link": ("lost.png", lambda p: p.symlink_to("nowhere"), "leads nowhere", False),
    "a link to itself": ("self.png", lambda p: p.symlink_to(p.name), "leads nowhere", False),
    "a pipe": ("pipe.png", lambda p: os.mkfifo(p), "no ordinary file", False),
    "a linked folder": ("loop", lambda p: p.symlink_to(".."), "not followed", False),
}


def clear_palette(path):
    picture(59).quantize(8).save(path, transparency=0)


def dark(seed):
    return Image.fromarray(np.asarray(picture(seed).convert("L"), np.uint16))


def floats(seed, scale):
    return Image.fromarray(np.asarray(picture(seed).convert("L"), np.float32) / 255 * scale)


def away(path, seed):
    return save(path.parents[2] / "away" / f"{seed}.png", picture(seed))


@pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and names of other systems")
@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_named_rightly_and_nothing_else_is_touched(name, classes):
    file, make, finding, used = DEFECTS[name]
    make(classes / "cat" / file)
    found = read(classes)
    assert (f"cat/{file}" in found.files) == used
    assert len(found.files) == 24 + used
    mentioned = [text for text, files in found.findings.items() if f"cat/{file}" in files]
    if finding is None:
        assert mentioned == []
    else:
        assert any(finding in text for text in mentioned)
        assert [text for text in found.findings if text not in mentioned] == []
    assert read(classes).report() == found.report()  # from the cache


@pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and names of other systems")
def test_a_folder_with_all_defects_at_once_is_read_and_reported(classes):
    for file, make, _, _ in DEFECTS.values():
        make(classes / "dog" / file)
    (classes / "dog" / "two\nlines.png").touch()
    with pytest.raises(ValueError, match=r"files of .* cannot be read, such as .*most_unreadable"):
        read(classes)
    found = read(classes, most_unreadable=0.5)
    assert len(found.files) == 24 + sum(used for *_, used in DEFECTS.values())
    report = found.report()
    assert "turned as its camera says" in report
    assert "two\\nlines.png" in report
    assert "two\nlines.png" not in report


def test_orientation_is_applied(classes):
    upright = picture(200)
    turned(classes / "cat" / "turned.jpg", upright)
    found = read(classes)
    image = found.images[found.files.index("cat/turned.jpg")].astype(int)
    expected = np.asarray(upright.resize((SIZE, SIZE), Image.Resampling.LANCZOS), int)
    assert np.abs(image - expected).mean() < 12


def test_sixteen_bits_are_not_clipped(classes):
    values = np.linspace(0, 65535, 1600).reshape(40, 40).astype(np.uint16)
    Image.fromarray(values).save(classes / "cat" / "ramp.png")
    found = read(classes)
    ramp = found.images[found.files.index("cat/ramp.png")]
    assert ramp.min() < 10 and ramp.max() > 245
    assert 110 < np.median(ramp) < 145


def test_transparency_is_laid_on_white(classes):
    transparent(picture(300)).save(classes / "cat" / "clear.png")
    found = read(classes)
    assert (found.images[found.files.index("cat/clear.png")][:, :5] > 245).all()


def test_grey_pictures_alone_make_a_grey_set(tmp_path):
    for number in range(10):
        save(tmp_path / "p" / "ab"[number % 2] / f"{number}.png", picture(number).convert("L"))
    assert read(tmp_path / "p").images.shape == (10, SIZE, SIZE)


def test_an_exact_copy_in_training_of_a_test_picture_is_removed(classes):
    found = read(classes)
    asked = found.files[int(np.flatnonzero(found.test)[0])]
    name = f"{asked.split('/')[0]}/copy of it.png"
    (classes / name).write_bytes((classes / asked).read_bytes())
    again = read(classes, group_pattern="")
    copies = {text: files for text, files in again.findings.items() if "copy" in text}
    assert sum(map(len, copies.values())) == 1
    assert again.copies == {name: asked} or again.copies == {asked: name}
    shown = {image.tobytes() for image in again.images[~again.test]}
    assert not any(image.tobytes() in shown for image in again.images[again.test])


def test_a_near_copy_is_found_and_different_pictures_are_none(classes):
    for number in (0, 1):
        folder = classes / ("cat", "dog")[number]
        picture(number).resize((90, 90)).save(folder / f"saved again {number}.jpg", quality=40)
    found = read(classes)
    near = [
        file for text, files in found.findings.items() if "nearly a copy" in text for file in files
    ]
    assert len(near) == 2
    everything = read(classes, test_share=0.5)
    training = [f for f, t in zip(everything.files, everything.test, strict=True) if not t]
    testing = [f for f, t in zip(everything.files, everything.test, strict=True) if t]
    for one, other in (
        ("cat/00.png", "cat/saved again 0.jpg"),
        ("dog/01.png", "dog/saved again 1.jpg"),
    ):
        assert not ({one, other} & set(training) and {one, other} & set(testing))


def test_groups_never_stand_on_both_sides(tmp_path):
    for number in range(60):
        name = f"patient{number // 6}_{number}.png"
        save(tmp_path / "p" / "ab"[number % 2] / name, picture(number))
    found = read(tmp_path / "p", group_pattern=r"(patient\d+)_")
    patients = [file.split("/")[1].split("_")[0] for file in found.files]
    on_test = {p for p, test in zip(patients, found.test, strict=True) if test}
    on_training = {p for p, test in zip(patients, found.test, strict=True) if not test}
    assert on_test and on_training and not on_test & on_training
    assert len(found.files) == 60
    numbers = dict(zip(patients, found.groups.tolist(), strict=True))
    assert sorted(numbers.values()) == list(range(10))
    assert [numbers[patient] for patient in patients] == found.groups.tolist()
    again = read(tmp_path / "p", group_pattern=r"(patient\d+)_")
    assert np.array_equal(again.groups, found.groups)


def test_of_a_group_that_is_tested_on_nothing_is_left_in_training(tmp_path):
    root = tmp_path / "p"
    flat(root)
    lines = [f"{n}.png,{'xy'[n % 2]},{'test' if n > 13 else 'train'},{n % 7}" for n in range(20)]
    table(root, "file,label,split,group\n" + "\n".join(lines))
    found = read(root)
    removed = found.findings["of a group that is also tested on, removed from training"]
    groups = [int(Path(file).stem) % 7 for file in found.files]
    on_test = {group for group, test in zip(groups, found.test, strict=True) if test}
    assert on_test == set(range(6))
    assert {group for group, test in zip(groups, found.test, strict=True) if not test} == {6}
    assert len(removed) == 12


def test_a_pattern_that_no_file_has_is_refused_and_files_without_it_are_named(tmp_path):
    for number in range(60):
        name = f"patient{number // 6}_{number}.png" if number < 54 else f"{number}.png"
        save(tmp_path / "p" / "ab"[number % 2] / name, picture(number))
    with pytest.raises(ValueError, match="no file of .* has"):
        read(tmp_path / "p", group_pattern=r"(person\d+)_")
    findings = read(tmp_path / "p", group_pattern=r"(patient\d+)_").findings
    assert len(findings["without a group, a group of its own"]) == 6


def test_copies_with_another_label_are_said(classes):
    (classes / "dog" / "same.png").write_bytes((classes / "cat" / "00.png").read_bytes())
    findings = read(classes).findings
    assert len(findings["an exact copy of a picture with another label"]) == 1


def test_many_pictures_that_are_nearly_alike_are_compared_in_time(tmp_path):
    frame = np.asarray(picture(1), np.int16)
    for number in range(400):
        noise = np.random.default_rng(number).integers(-3, 4, frame.shape)
        image = Image.fromarray(np.clip(frame + noise, 0, 255).astype(np.uint8))
        save(tmp_path / "p" / f"{number}.png", image)
    for number in range(400, 440):
        save(tmp_path / "p" / f"{number}.png", picture(number))
    found = read(tmp_path / "p")
    leaked = found.findings["nearly a copy of a test picture, removed from training"]
    assert len(leaked) > 300
    assert not {int(Path(name).stem) for name in leaked} & set(range(400, 440))


def test_folders_called_train_and_test_are_kept_apart(tmp_path):
    for number in range(24):
        part = "train" if number < 16 else "test"
        save(tmp_path / "p" / part / "ab"[number % 2] / f"{number}.png", picture(number))
    found = read(tmp_path / "p")
    assert found.class_names == ("a", "b")
    assert [file.startswith("test/") for file in found.files] == found.test.tolist()


def test_a_validation_part_is_for_training_and_that_is_said(tmp_path):
    for number in range(36):
        part = ("train", "val", "test")[number % 3]
        save(tmp_path / "p" / part / "ab"[number % 2] / f"{number}.png", picture(number))
    found = read(tmp_path / "p")
    assert found.class_names == ("a", "b")
    assert found.test.sum() == 12
    assert len(found.findings["of a validation part, used for training"]) == 12


def test_parts_beside_other_folders_and_parts_without_a_class_are_refused(tmp_path):
    for number in range(16):
        part = ("train", "test")[number % 2]
        save(tmp_path / "p" / part / "ab"[number // 2 % 2] / f"{number}.png", picture(number))
    save(tmp_path / "p" / "more" / "1.png", picture(99))
    with pytest.raises(ValueError, match="more beside them: move these out"):
        read(tmp_path / "p")
    (tmp_path / "p" / "more").rename(tmp_path / "more")
    for path in (tmp_path / "p" / "test" / "b").iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="class 'b' of .* has no picture in the test part"):
        read(tmp_path / "p")


def test_groups_that_leave_a_part_empty_are_refused(tmp_path):
    for number in range(24):
        save(tmp_path / "p" / "ab"[number % 2] / f"video{number % 2}_{number}.png", picture(number))
    with pytest.raises(ValueError, match="no picture of .* is left for the training part"):
        read(tmp_path / "p", group_pattern=r"(video\d)_")


def test_sixteen_dark_bits_stay_dark(classes):
    dark(68).save(classes / "cat" / "night.png")
    found = read(classes)
    assert found.images[found.files.index("cat/night.png")].max() <= 1


def table(root, text, **options):
    root.mkdir(parents=True, exist_ok=True)
    (root / "labels.csv").write_text(text, encoding="utf-8", **options)


def flat(root, count=20):
    for number in range(count):
        save(root / f"{number}.png", picture(number))


def test_a_table_names_the_files(tmp_path):
    root = tmp_path / "p"
    flat(root)
    lines = [f"{n}.png,{'xy'[n % 2]},{'test' if n > 15 else 'train'},{n // 2}" for n in range(20)]
    table(root, "\ufefffile,label,split,group\n" + "\n".join(lines))
    found = read(root)
    assert found.class_names == ("x", "y")
    assert found.test.sum() == 4
    assert len(found.files) == 20
    (root / "labels.csv").write_text(
        "file;label\n" + "\n".join(f"{n}.png;{'xy'[n % 2]}" for n in range(20))
    )
    assert read(root).class_names == ("x", "y")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs a line 'file,label'"),
        ("name,class\n0.png,x", "its columns are name, class"),
        ("file,label\n../0.png,x", "leads out of the folder"),
        ("file,label\n0.png,x\n0.png,y", "what an earlier line does not"),
        ("file,label,split\n0.png,x,later", "write train or test"),
        ("file,label,split\n0.png,x,test\n1.png,y,", "to all files or to none"),
        ("file,label\nnothing.png,x", "none of the 1 files of"),
        ("file,label,split\n0.png,x,train\n0.png,x,test", "what an earlier line does not"),
        ('file,label\n"0.png,x' + 200_000 * "y", "mend that line"),
        ("file,label\n0.png,x\n1.png,x\n2.png,x\n3.png,x", "has one class, 'x'"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_in_one_line(tmp_path, text, said):
    flat(tmp_path / "p")
    table(tmp_path / "p", text)
    with pytest.raises(ValueError, match=".") as refused:
        read(tmp_path / "p")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_the_table_forgets_is_named(tmp_path):
    root = tmp_path / "p"
    flat(root)
    lines = [f"{n}.png,{'xy'[n % 2]}" for n in range(18)] + ["gone.png,x", "0.png,x"]
    table(root, "file,label\n" + "\n".join(lines))
    findings = read(root).findings
    assert findings["not in labels.csv, left out"] == ["18.png", "19.png"]
    assert findings["in labels.csv, but not in the folder"] == ["gone.png"]
    assert findings["twice in labels.csv, read once"] == ["0.png"]


def test_a_table_in_another_encoding_is_refused(tmp_path):
    flat(tmp_path / "p")
    (tmp_path / "p" / "labels.csv").write_bytes("file,label\n0.png,größe".encode("latin-1"))
    with pytest.raises(ValueError, match="no text in UTF-8"):
        read(tmp_path / "p")


def test_pictures_without_labels_are_read_without(tmp_path):
    flat(tmp_path / "p")
    found = read(tmp_path / "p")
    assert (found.labels == -1).all()
    assert found.class_names == ()
    assert found.test.sum() == 4
    with pytest.raises(ValueError, match="pictures and no labels"):
        load_dataset(tmp_path / "p")


def test_where_some_have_labels_the_others_are_all_to_learn_from(tmp_path):
    flat(tmp_path / "p")
    lines = [f"{n}.png,{'xy'[n % 2] if n < 12 else ''}" for n in range(20)]
    table(tmp_path / "p", "file,label\n" + "\n".join(lines))
    found = read(tmp_path / "p")
    assert (found.labels == -1).sum() == 8
    assert not found.test[found.labels == -1].any()
    assert found.test.any()


def test_a_picture_is_shown_whole_and_upright(tmp_path):
    image = picture(1, width=120, height=40)
    turned(tmp_path / "turned.jpg", image)
    whole = whole_picture(tmp_path / "turned.jpg", longer=60)
    assert whole.shape == (20, 60, 3)
    upright = np.asarray(image.resize((60, 20))).astype(int)
    assert np.abs(whole - upright).mean() < 20


def test_files_beside_the_classes_and_classes_without_pictures_are_named(classes):
    picture(500).save(classes / "cover.png")
    (classes / "bird").mkdir()
    (classes / "fish").mkdir()
    (classes / "fish" / "note.txt").write_text("soon")
    findings = read(classes).findings
    assert findings["beside the folders of the classes, left out"] == ["cover.png"]
    assert findings["a class without pictures"] == ["bird", "fish"]


def test_names_that_differ_in_capitals_alone_are_named(classes):
    picture(600).save(classes / "cat" / "A.png")
    picture(601).save(classes / "cat" / "a.png")
    if len(list((classes / "cat").iterdir())) == 14:  # a file system that tells them apart
        assert read(classes).findings["named like another but for capitals or accents"] == [
            "cat/A.png",
            "cat/a.png",
        ]


def test_one_class_and_too_few_pictures_are_refused(tmp_path):
    for number in range(6):
        save(tmp_path / "one" / "cat" / f"{number}.png", picture(number))
        save(tmp_path / "few" / "cat" / f"{number}.png", picture(number))
    for number in range(2):
        save(tmp_path / "few" / "dog" / f"{number}.png", picture(10 + number))
    with pytest.raises(ValueError, match="has one class, 'cat'"):
        read(tmp_path / "one")
    with pytest.raises(ValueError, match="class 'dog' of .* has 2 readable pictures"):
        read(tmp_path / "few")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 4}, "size must be a whole number from 8 to 96"),
        ({"size": 500}, "size must be a whole number from 8 to 96"),
        ({"size": 16.0}, "size must be a whole number"),
        ({"test_share": "x"}, "test_share must lie"),
        ({"group_pattern": 3}, "is no pattern"),
        ({"test_share": 0}, "test_share must lie between 0 and 1"),
        ({"test_share": float("nan")}, "test_share"),
        ({"group_pattern": "("}, "is no pattern"),
        ({"group_pattern": "patient"}, "needs a bracket"),
        ({"most_unreadable": 2}, "most_unreadable"),
        ({"most_files": 5}, "more than 5 files and folders"),
    ],
)
def test_nonsense_is_refused_before_a_picture_is_read(classes, options, said, monkeypatch):
    monkeypatch.setattr(folders_module, "_picture", lambda *_: 1 / 0)
    with pytest.raises(ValueError, match=said):
        read_folder(classes, **{"size": SIZE, **options})


def test_a_folder_that_is_none_is_refused(tmp_path, classes):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no pictures"):
        read(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match="is not there"):
        read(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="is a file"):
        read(classes / "cat" / "00.png")
    with pytest.raises(ValueError, match="the whole disk"):
        read(Path(tmp_path.anchor))
    (tmp_path / "self").symlink_to(tmp_path / "self")
    with pytest.raises((ValueError, FileNotFoundError), match="self"):
        read(tmp_path / "self")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read it all")
def test_a_folder_without_permission_is_refused_in_one_line(classes):
    (classes / "cat").chmod(0)
    try:
        with pytest.raises(ValueError, match="cannot be read"):
            read(classes)
    finally:
        (classes / "cat").chmod(0o700)


def test_the_second_reading_comes_from_the_cache_and_a_change_is_noticed(classes, monkeypatch):
    first = read(classes)
    monkeypatch.setattr(folders_module, "_picture", lambda *_: 1 / 0)
    second = read(classes)
    assert np.array_equal(first.images, second.images)
    assert (first.files, first.findings, first.report()) == (
        second.files,
        second.findings,
        second.report(),
    )
    monkeypatch.undo()
    before = (classes / "cat" / "00.png").stat()
    picture(999).save(classes / "cat" / "00.png")
    os.utime(classes / "cat" / "00.png", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not np.array_equal(read(classes).images, first.images)


def test_a_damaged_cache_is_made_again(classes, monkeypatch):
    first = read(classes)
    (cached,) = folders_module.cache_folder().rglob("*.npz")
    for content in (b"", b"nonsense", cached.read_bytes()[:1000]):
        cached.write_bytes(content)
        assert np.array_equal(read(classes).images, first.images)
    with zipfile.ZipFile(cached) as archive:
        assert archive.testzip() is None


def test_stopped_half_way_nothing_is_kept(classes, monkeypatch):
    def stops(path, *_):
        raise KeyboardInterrupt

    monkeypatch.setattr(folders_module, "_picture", stops)
    with pytest.raises(KeyboardInterrupt):
        read(classes)
    assert not list(folders_module.cache_folder().rglob("*.*"))


def test_a_folder_of_pictures_is_a_data_set_for_the_lessons(tmp_path, capsys):
    root = tmp_path / "photos"
    for number in range(1400):
        folder = root / ("cat", "dog")[number % 2]
        save(folder / f"{number:04}.png", picture(number))
    first, _ = load_pair(root, "mnist-5k")
    assert first.train_images.shape == (1120, 28, 28)
    assert first.class_names == ("cat", "dog")
    assert first.source == "photos"
    printed = capsys.readouterr().out
    assert "1,400 pictures of 28×28 pixels, in colour" in printed
    assert "brought to grey" in printed
    assert len(dataset_files(root)) == 1400


def test_the_files_of_a_folder_with_a_table_hold_the_table(tmp_path):
    flat(tmp_path / "p")
    table(tmp_path / "p", "file,label\n" + "\n".join(f"{n}.png,{'xy'[n % 2]}" for n in range(20)))
    assert tmp_path / "p" / "labels.csv" in dataset_files(tmp_path / "p")
