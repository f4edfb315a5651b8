"""The pictures of the pipeline and of the course show what they are told, and say so in words."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.figures.diagrams import course_map, number_title_framework, pipeline
from helpers.lesson.files import NOTEBOOKS_FOLDER

IMAGE = np.array([[0, 255], [100, 50]], dtype=np.uint8)
START, ROTATION, TUNING, AUTOENCODER, VERDICT = LESSONS = (
    "00_start_here",
    "01_rotation_pretext_keras",
    "02_fine_tuning_keras",
    "03_autoencoder_pytorch",
    "07_does_it_help",
)
NEEDS = {START: (), ROTATION: (), TUNING: (ROTATION,), AUTOENCODER: (), VERDICT: (ROTATION,)}


def words(figure):
    return {text.get_text() for text in figure.axes[0].texts}


def boxes(figure):
    return [patch.get_bbox() for patch in figure.axes[0].patches if hasattr(patch, "get_bbox")]


def lines(figure):
    return [line.get_xydata() for line in figure.axes[0].lines]


def test_the_pipeline_shows_the_image_upright_and_turned():
    shown = [image.get_array() for image in pipeline(IMAGE, "7").axes[0].images]
    upright, turned = IMAGE, np.rot90(IMAGE)
    for picture, expected in zip(shown, [upright, turned, turned, upright, upright], strict=True):
        np.testing.assert_array_equal(picture, expected)


def test_the_pipeline_names_its_three_steps_and_the_question():
    steps = {"1 Pretext task", "2 Feature learning", "3 Transfer", "Did it help?"}
    figure = pipeline(IMAGE, "ankle boot")
    assert steps | {"encoder", "ankle boot", "label: ankle boot"} <= words(figure)
    for word in ("pretext task", "feature learning", "transfer", "did it help", "ankle boot"):
        assert word in figure.alt_text


@pytest.mark.parametrize("draw", [lambda: pipeline(IMAGE, "7"), lambda: course_map(NEEDS)])
def test_a_notebook_gets_a_picture_and_its_alternative_text(draw):
    figure = draw()
    data, metadata = figure._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata == {"image/png": {"alt": figure.alt_text}}


@pytest.mark.parametrize(
    ("image", "found"),
    [
        (IMAGE[np.newaxis], r"uint8 of shape \(1, 2, 2\)"),
        (IMAGE[:1], r"uint8 of shape \(1, 2\)"),
        (IMAGE / 255, r"float64 of shape \(2, 2\)"),
    ],
)
def test_the_pipeline_refuses_what_is_not_one_square_picture(image, found):
    with pytest.raises(ValueError, match=f"one square uint8 image .*got {found}"):
        pipeline(image, "7")


@pytest.mark.parametrize(
    ("lesson", "number", "title", "framework"),
    [
        (START, "00", "Start here", "NumPy and scikit-learn"),
        (ROTATION, "01", "Rotation pretext", "Keras"),
        (AUTOENCODER, "03", "Autoencoder", "PyTorch"),
        ("12_keras_or_pytorch", "12", "Keras or", "PyTorch"),
    ],
)
def test_a_lesson_is_described_by_its_name(lesson, number, title, framework):
    assert number_title_framework(lesson) == (number, title, framework)


def test_the_map_has_every_lesson_once_and_no_other():
    figure = course_map(NEEDS)
    named = {word for word in words(figure) if word[:2].isdecimal()}
    assert named == {"{}  {}".format(*number_title_framework(name)) for name in NEEDS}
    assert len(boxes(figure)) == len(NEEDS)


def test_the_map_lists_the_lessons_from_top_to_bottom_in_the_column_of_their_framework():
    placed = boxes(course_map(NEEDS))
    heights = [box.y0 for box in placed]
    assert heights == sorted(heights, reverse=True)
    start, rotation, tuning, autoencoder, verdict = (round(box.x0, 6) for box in placed)
    assert start == verdict < rotation == tuning < autoencoder


def test_the_map_in_words_says_what_builds_on_what():
    assert course_map(NEEDS).alt_text == (
        "The lessons in reading order: 00 Start here (NumPy and scikit-learn); "
        "01 Rotation pretext (Keras); 02 Fine tuning (Keras, uses what 01 saved); "
        "03 Autoencoder (PyTorch); "
        "07 Does it help (NumPy and scikit-learn, uses what 01 saved)."
    )


@pytest.mark.parametrize(
    ("source", "target", "corners"),
    [
        (ROTATION, TUNING, 2),  # straight down
        (ROTATION, VERDICT, 3),  # across, then down
        (START, VERDICT, 4),  # around the lessons between them
    ],
)
def test_an_arrow_leads_from_the_box_of_one_lesson_to_the_box_of_the_other(source, target, corners):
    figure = course_map({**dict.fromkeys(LESSONS, ()), target: (source,)})
    (way,) = lines(figure)
    assert len(way) == corners
    placed = dict(zip(LESSONS, boxes(figure), strict=True))
    for lesson, end in ((source, way[0]), (target, way[-1])):
        box = placed[lesson].padded(1e-6)
        assert box.contains(*end)
        assert not box.padded(-1e-3).contains(*end)


@settings(max_examples=15)
@given(st.data())
def test_no_horizontal_part_of_an_arrow_runs_over_a_box(data):
    endings = ("keras", "pytorch", "anywhere")
    kinds = data.draw(st.lists(st.sampled_from(endings), min_size=2, max_size=8))
    names = [f"{number:02}_lesson_{kind}" for number, kind in enumerate(kinds)]
    needs = {
        name: data.draw(st.lists(st.sampled_from(names[:row]), unique=True)) if row else []
        for row, name in enumerate(names)
    }
    figure = course_map(needs)
    assert len(lines(figure)) == sum(map(len, needs.values()))
    for way in lines(figure):
        for (x0, y0), (x1, y1) in pairwise(way):
            if y0 == y1:
                middle = ((x0 + x1) / 2, y0)
                assert not any(box.padded(-1e-3).contains(*middle) for box in boxes(figure))


def test_arrows_are_explained_where_there_are_any():
    assert "arrow: uses what that lesson saved" in words(course_map(NEEDS))
    assert "arrow: uses what that lesson saved" not in words(course_map({START: ()}))


def test_a_map_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one lesson"):
        course_map({})


def test_a_need_that_is_no_lesson_is_refused_by_name():
    with pytest.raises(ValueError, match=r"02_fine_tuning_keras needs '01_rotation_pretext_keras'"):
        course_map({TUNING: (ROTATION,)})


def test_a_need_that_comes_later_is_refused():
    with pytest.raises(ValueError, match="which is not a lesson before it"):
        course_map({TUNING: (ROTATION,), ROTATION: ()})


def test_the_course_itself_can_be_drawn():
    names = sorted(path.stem for path in NOTEBOOKS_FOLDER.glob("[0-9]*_*.ipynb"))
    assert course_map(dict.fromkeys(names, ())).alt_text.count("(") == len(names)
