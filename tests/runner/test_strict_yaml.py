import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.runner.strict_yaml import (
    InputError,
    describe,
    expect_keys,
    expect_mapping,
    read_mapping,
    read_value,
    unknown,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("-3", -3),
        ("1_000", 1000),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("true", True),
        ("", None),
        ("~", None),
        ("[1, 2.5, a]", [1, 2.5, "a"]),
        ("{a: [1]}", {"a": [1]}),
        ("no", "no"),
        ("010", "010"),
        ("12:30", "12:30"),
        ("0x10", "0x10"),
        ("2020-01-01", "2020-01-01"),
        ("'5'", "5"),
    ],
)
def test_plain_values_are_read_as_yaml_1_2_reads_them(text, value):
    read = read_value(text, "here")
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2", "here: not valid YAML"),
        ("a: b: c", "here: not valid YAML"),
        ("{a: 1, a: 2}", "the key 'a' appears twice"),
        ("!!python/object/apply:os.system [ls]", "the tag '!!python/object/apply:os.system'"),
        ("!anything 5", "the tag '!anything' is not allowed"),
        ("&name [1]", "the anchor or alias 'name'"),
        ("[&x 1, *x]", "the anchor or alias 'x'"),
        ("? [1]\n: 2", "here, line 1: not valid YAML"),
        ("1\n---\n2", "not valid YAML"),
        ("9" * 5000, "too many digits"),
        ("[" * 5000, "nested too deeply"),
        ("\x00", "not text that YAML allows"),
    ],
)
def test_anything_but_plain_values_is_refused_in_one_line(text, message):
    with pytest.raises(InputError) as refusal:
        read_value(text, "here")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@given(st.text(max_size=40))
def test_no_text_at_all_raises_anything_but_one_line(text):
    try:
        read_value(text, "here")
    except InputError as refusal:
        assert "\n" not in str(refusal)


def test_a_mapping_is_read_from_a_file(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text("name: value\n", encoding="utf-8")
    assert read_mapping(path) == {"name": "value"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: fill it in"),
        (b"# only a comment\n", "is empty: fill it in"),
        (b"- a\n- b\n", "expected 'name: value' lines, got a list"),
        (b"5\n", "expected 'name: value' lines, got 5"),
        (b"1: a\n", "the key 1 is not text"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"a: 1\nb: 2\na: 3\n", "settings.yaml, line 3: not valid YAML: the key 'a' appears twice"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "settings.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"settings\.yaml") as refusal:
        read_mapping(path)
    assert message in str(refusal.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_mapping(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="cannot read"):
        read_mapping(tmp_path)


def test_keys_are_neither_missing_nor_unknown():
    expect_keys({"a": 1, "b": 2}, "here", ["a"], ["b"])
    with pytest.raises(InputError, match="here: the key 'a' is missing"):
        expect_keys({"b": 2}, "here", ["a"], ["b"])
    with pytest.raises(InputError, match="here: unknown key 'colour'; did you mean 'color'"):
        expect_keys({"colour": 2}, "here", [], ["color"])


def test_a_mapping_is_told_from_other_values():
    assert expect_mapping({"a": 1}, "here") == {"a": 1}
    with pytest.raises(InputError, match="here: expected 'name: value' lines, got nothing"):
        expect_mapping(None, "here")


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


def test_a_value_is_described_on_one_short_line():
    assert describe(None) == "nothing"
    assert describe([1]) == "a list"
    assert describe({}) == "a mapping"
    assert describe("two\nlines") == r"'two\nlines'"
    assert len(describe("x" * 1000)) == 60
