import re

import pytest
from tiny_course import write_notebook

from helpers.runner.errors import InputError
from helpers.runner.lessons import read_lessons
from helpers.runner.profiles import read_profiles

GOOD = """
ci:
  description: quick
  cell_timeout: 60
  strict: false
  lessons:
    01_dot:
      epochs: 1  # enough to see that it trains
      label_counts: [10]
"""


@pytest.fixture
def lessons(tmp_path):
    write_notebook(tmp_path / "01_dot.ipynb")
    return read_lessons(tmp_path)[0]


def read(tmp_path, text, lessons):
    path = tmp_path / "profiles.yaml"
    path.write_text(text)
    return read_profiles(path, lessons)


def test_a_profile_is_read(tmp_path, lessons):
    profile = read(tmp_path, GOOD, lessons)["ci"]
    assert (profile.name, profile.cell_timeout, profile.strict) == ("ci", 60, False)
    assert profile.lessons == {"01_dot": {"epochs": 1, "label_counts": [10]}}


def test_a_file_without_a_profile_is_refused(tmp_path, lessons):
    with pytest.raises(InputError, match="has no profile: give it one, such as 'laptop'"):
        read(tmp_path, "{}", lessons)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("01_dot", "01_dott", "profile ci: unknown lesson '01_dott'; did you mean '01_dot'?"),
        ("epochs:", "epoch:", "01_dot: unknown parameter 'epoch'; did you mean 'epochs'?"),
        ("epochs: 1 ", "epochs: 0 ", "epochs=0 is outside its range, 1 to 200"),
        ("epochs: 1 ", "epochs: one ", "epochs is a whole number (int), got 'one'"),
        ("[10]", "10", "label_counts is a list of int, got 10"),
        ("strict: false", "strict: no", "strict is true or false, got 'no'"),
        ("60", "0", "cell_timeout is a whole number of seconds, at least 1, got 0"),
        ("60", "true", "cell_timeout is a whole number of seconds, at least 1, got True"),
        ("60", "soon", "cell_timeout is a whole number of seconds, at least 1, got 'soon'"),
        ("quick", "[quick]", "description is text, got a list"),
        ("description", "describtion", "unknown key 'describtion'; did you mean 'description'?"),
        ("  strict: false\n", "", "the key 'strict' is missing"),
        ("ci:", "../ci:", "profile ../ci: a profile's name is that of its folder in build/"),
        ("ci:", "sweeps:", "profile sweeps: a profile's name is that of its folder in build/"),
        ("ci:", '"":', "profile : a profile's name is that of its folder in build/"),
        ("ci:", "ci: 5\nother:", "profile ci: expected 'name: value' lines, got 5"),
        ("  strict:", "  strict: true\n  strict:", "the key 'strict' appears twice"),
        ("quick", "!!python/name:os.system", "the tag '!!python/name:os.system' is not allowed"),
    ],
)
def test_a_profile_that_does_not_suit_the_lessons_is_refused(tmp_path, lessons, old, new, message):
    assert old in GOOD
    with pytest.raises(InputError, match=re.escape(message)) as refusal:
        read(tmp_path, GOOD.replace(old, new), lessons)
    assert "profiles.yaml" in str(refusal.value)
    assert "\n" not in str(refusal.value)
