import re
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType

from helpers.runner.errors import InputError
from helpers.runner.strict_yaml import as_structure, expect_mapping, read_mapping, read_value


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


Share = Annotated[float, Meta(ge=0, description="a share of the images")]


class Part(Struct):
    share: Share = 0.5
    bound: Annotated[float | str | UnsetType, Meta(description="a bound")] = UNSET
    names: Annotated[tuple[str, ...], Meta(min_length=1, description="a list of names")] = ("a",)


class Whole(Struct):
    name: str
    count: int
    strict: bool = False
    parts: dict[str, Part] = {}
    others: dict[str, object] = {}


def test_a_mapping_becomes_a_structure():
    content = {"count": 2, "parts": {"a": {"share": 1, "bound": "b"}}, "others": {"b": [None]}}
    whole = as_structure(content, Whole, "here", name="given")
    assert whole == Whole("given", 2, False, {"a": Part(1.0, "b", ("a",))}, {"b": [None]})
    assert Part().bound is UNSET


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "here: expected 'name: value' lines, got nothing"),
        ({}, "here: the key 'count' is missing"),
        ({"count": 2, "cuont": 2}, "here: unknown key 'cuont'; did you mean 'count'?"),
        ({"count": 2, "name": "mine"}, "here: unknown key 'name'"),
        ({"count": True}, "here: count is a whole number, got True"),
        ({"count": 2.0}, "here: count is a whole number, got 2.0"),
        ({"count": 2, "strict": "no"}, "here: strict is true or false, got 'no'"),
        ({"count": 2, "strict": None}, "here: strict is true or false, got nothing"),
        ({"count": 2, "parts": []}, "here, parts: expected 'name: value' lines, got an empty list"),
        ({"count": 2, "parts": {"a": 5}}, "here, parts, a: expected 'name: value' lines, got 5"),
        ({"count": 2, "parts": {1: {}}}, "here, parts: the key 1 is not text"),
        ({"count": 2, "parts": {"a": {"shar": 1}}}, "here, parts, a: unknown key 'shar'; did you"),
        ({"count": 2, "parts": {"a": {"share": -1}}}, "a: share is a share of the images, got -1"),
        ({"count": 2, "parts": {"a": {"share": None}}}, "a share of the images, got nothing"),
        ({"count": 2, "parts": {"a": {"bound": None}}}, "a: bound is a bound, got nothing"),
        ({"count": 2, "parts": {"a": {"bound": True}}}, "a: bound is a bound, got True"),
        ({"count": 2, "parts": {"a": {"names": "b"}}}, "a: names is a list of names, got 'b'"),
        ({"count": 2, "parts": {"a": {"names": []}}}, "is a list of names, got an empty list"),
        ({"count": 2, "parts": {"a": {"names": [1]}}}, "a: each value of names is text, got 1"),
    ],
)
def test_a_mapping_that_is_no_such_structure_is_refused_in_one_line(content, message):
    with pytest.raises(InputError, match=re.escape(message)) as refusal:
        as_structure(content, Whole, "here", name="given")
    assert "\n" not in str(refusal.value)


def test_a_mapping_is_told_from_other_values():
    assert expect_mapping({"a": 1}, "here") == {"a": 1}
    with pytest.raises(InputError, match="here: expected 'name: value' lines, got nothing"):
        expect_mapping(None, "here")
