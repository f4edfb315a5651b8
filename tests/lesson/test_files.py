"""Files appear whole or not at all, where the settings say."""

from pathlib import Path

import pytest

from helpers.lesson.files import (
    BUILD_VARIABLE,
    PROFILE_VARIABLE,
    ROOT,
    build_folder,
    build_root,
    written_whole,
)


def test_the_build_folder_stands_at_the_top_of_the_course(monkeypatch):
    monkeypatch.delenv(BUILD_VARIABLE, raising=False)
    assert build_root() == ROOT / "build"
    assert build_folder() == ROOT / "build" / "laptop"
    assert (ROOT / "requirements.txt").is_file()


def test_the_environment_moves_the_build_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path))
    monkeypatch.setenv(PROFILE_VARIABLE, "ci")
    assert build_folder() == tmp_path / "ci"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(BUILD_VARIABLE, "~/made here")
    assert build_root() == tmp_path / "made here"


def test_a_file_appears_only_when_its_block_is_through(tmp_path):
    target = tmp_path / "new folder" / "result.txt"
    with written_whole(target) as temporary:
        temporary.write_text("whole")
        assert temporary.parent == target.parent
        assert temporary.suffix == target.suffix
        assert not target.exists()
    assert target.read_text() == "whole"
    assert list(target.parent.iterdir()) == [target]


def test_a_crash_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "result.txt"
    target.write_text("old")

    def crash(temporary: Path):
        temporary.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), written_whole(target) as temporary:
        crash(temporary)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
