import pytest

from helpers.runner.errors import InputError, describe, expect_known, unknown


@pytest.mark.parametrize(
    ("name", "known", "advice"),
    [
        ("epoch", ["epochs", "seed"], "did you mean 'epochs'?"),
        ("EPOCHS", ["epochs", "seed"], "did you mean 'epochs'?"),
        ("zzz", ["epochs", "seed"], "choose from epochs, seed"),
        ("zzz", [], "there is none to choose from"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, known, advice):
    assert str(unknown("parameter", name, known)) == f"unknown parameter {name!r}; {advice}"


def test_a_known_name_is_let_through():
    expect_known("parameter", "epochs", ["epochs"], "here")
    with pytest.raises(InputError, match="here: unknown parameter 'epoch'; did you mean 'epochs'"):
        expect_known("parameter", "epoch", ["epochs"], "here")


def test_a_value_is_described_on_one_short_line():
    assert describe(None) == "nothing"
    assert describe([1]) == "a list"
    assert describe([]) == "an empty list"
    assert describe({}) == "a mapping"
    assert describe("two\nlines") == r"'two\nlines'"
    assert len(describe("x" * 1000)) == 60
