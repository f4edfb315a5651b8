from dataclasses import replace

import pytest
from tiny_course import PROMISE, RECORD, write_course

from helpers.runner.jobs import plan, read_course
from helpers.runner.strict_yaml import InputError


def test_a_plan_has_the_chosen_lessons_after_those_they_need(tmp_path):
    lessons = {"01_dot": [RECORD], "02_other": ["rows = label_counts"]}
    promises = {"01_dot": {**PROMISE, "needs": ["02_other"]}}
    course = read_course(write_course(tmp_path, lessons, promises))
    names = [job.lesson.name for job in plan(course, [], "laptop", [], tmp_path)]
    assert names == ["02_other", "01_dot"]
    assert [job.lesson.name for job in plan(course, ["01_dot"], "laptop", [], tmp_path)] == [
        "01_dot"
    ]


def test_what_is_given_on_the_command_line_overrides_the_profile_and_ends_strictness(tmp_path):
    course = read_course(write_course(tmp_path))
    (own,) = plan(course, [], "laptop", [], tmp_path)
    (quick,) = plan(course, [], "ci", ["verbose=true"], tmp_path)
    (given,) = plan(course, [], "laptop", ["epochs=9"], tmp_path)
    assert (own.overrides, own.strict) == ({}, True)
    assert (quick.overrides, quick.strict) == ({"epochs": 1, "verbose": True}, False)
    assert (given.overrides, given.strict) == ({"epochs": 9}, False)
    assert quick.folder == tmp_path / "ci"


def test_a_lesson_that_is_given_minutes_may_take_them(tmp_path):
    (job,) = plan(read_course(write_course(tmp_path)), [], "laptop", [], tmp_path)
    assert job.seconds_for_a_cell == job.cell_timeout
    given = replace(job, overrides={"minutes": 10.0})
    assert given.seconds_for_a_cell == job.cell_timeout + 5 * 600


@pytest.mark.parametrize(
    ("names", "profile", "assignments", "message"),
    [
        (["01_dott"], "laptop", [], "unknown lesson '01_dott'; did you mean '01_dot'"),
        ([], "labtop", [], "unknown profile 'labtop'; did you mean 'laptop'"),
        ([], "laptop", ["epoch=3"], "unknown parameter 'epoch'; did you mean 'epochs'"),
        ([], "laptop", ["epochs"], "write it as NAME=VALUE"),
        ([], "laptop", ["=3"], "write it as NAME=VALUE"),
        ([], "laptop", ["epochs=3", "epochs=4"], "'epochs' is given twice"),
        ([], "laptop", ["epochs=0"], "01_dot: epochs=0 is outside its range"),
    ],
)
def test_what_does_not_exist_is_refused_before_anything_runs(
    tmp_path, names, profile, assignments, message
):
    course = read_course(write_course(tmp_path))
    with pytest.raises(InputError, match=message):
        plan(course, names, profile, assignments, tmp_path / "build")
    assert not (tmp_path / "build").exists()
