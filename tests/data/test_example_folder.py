"""The example folder has every defect that it names, and the reader finds each."""

import numpy as np
import pytest

from helpers.data import read_folder
from helpers.data.downloads import CACHE_VARIABLE
from helpers.data.example_folder import COPIES, GROUP_PATTERN, write_example_folder


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example") / "drawings"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        planted = write_example_folder(folder)
        found = read_folder(folder, size=48, group_pattern=GROUP_PATTERN)
    return folder, planted, found


def test_what_is_planted_is_found_and_what_is_no_picture_is_not_used(example):
    _, planted, found = example
    removed = {
        file
        for finding, files in found.findings.items()
        if finding.endswith("removed from training")
        for file in files
    }
    for defect in planted:
        said = [finding for finding, files in found.findings.items() if defect.file in files]
        kept = defect.file in found.files
        assert kept == (defect.used and defect.file not in removed), defect
        if "copy" not in defect.what:
            assert any(defect.finding in finding for finding in said) or not defect.finding, defect


def test_copies_cross_from_training_to_test_and_are_removed(example):
    _, planted, found = example
    for kind in ("an exact copy", "nearly a copy"):
        assert sum(kind in defect.what for defect in planted) == COPIES
        assert len(found.findings[f"{kind} of a test picture, removed from training"]) >= 2


def test_a_thing_is_never_on_both_sides(example):
    _, _, found = example
    things = np.array([file.rpartition("_")[0] for file in found.files])
    named = np.array(["_" in file for file in found.files])
    assert not set(things[named & found.test]) & set(things[named & ~found.test])
    assert named.sum() > 1400 and len(set(things[named])) > 450


def test_it_is_small_and_always_the_same(example, tmp_path):
    folder, planted, _ = example
    again = tmp_path / "drawings"
    assert write_example_folder(again) == planted
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert all((folder / file).read_bytes() == (again / file).read_bytes() for file in files)
    assert sum((folder / file).stat().st_size for file in files) < 4e6


def test_another_folder_is_left_alone_and_an_older_example_replaced(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "photo.png").touch()
    with pytest.raises(FileExistsError, match="not made by the course: give another name"):
        write_example_folder(own)
    assert (own / "photo.png").is_file()
    folder = tmp_path / "drawings"
    write_example_folder(folder)
    (folder / "animals" / "old.png").touch()
    write_example_folder(folder)
    assert not (folder / "animals" / "old.png").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
