import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers.lesson.files import BUILD_VARIABLE
from helpers.lesson.learner import learner_file, read_learner, update_learner


@pytest.fixture(autouse=True)
def own_build_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path))


def count(known):
    return {**known, "tries": known.get("tries", 0) + 1}


def test_nothing_is_known_at_first_and_what_is_changed_stays():
    assert read_learner("exercises", "00.1") == {}
    assert update_learner("exercises", "00.1", count) == {"tries": 1}
    assert update_learner("exercises", "00.1", count) == {"tries": 2}
    assert read_learner("exercises", "00.1") == {"tries": 2}
    assert read_learner("predictions", "00.1") == {}


def test_notebooks_that_write_at_once_lose_nothing():
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda _: update_learner("exercises", "00.1", count), range(40)))
    assert read_learner("exercises", "00.1") == {"tries": 40}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"exercises": 3}', '{"exercises": {"a": 1}}']
)
def test_a_damaged_record_counts_as_none(text):
    learner_file().parent.mkdir(parents=True)
    learner_file().write_text(text)
    assert read_learner("exercises", "00.1") == {}
    assert update_learner("exercises", "00.1", count) == {"tries": 1}
    assert json.loads(learner_file().read_text()) == {"exercises": {"00.1": {"tries": 1}}}


def test_a_crash_while_writing_leaves_the_old_record(monkeypatch):
    update_learner("exercises", "00.1", count)
    monkeypatch.setattr("json.dumps", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        update_learner("exercises", "00.1", count)
    assert read_learner("exercises", "00.1") == {"tries": 1}


def test_where_nothing_can_be_written_the_lesson_goes_on(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path / "file"))
    assert update_learner("exercises", "00.1", count) == {"tries": 1}
    assert update_learner("exercises", "00.1", count) == {"tries": 1}
