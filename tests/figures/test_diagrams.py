"""The picture of the pipeline shows what it is told, and says so in words."""

import numpy as np
import pytest

from helpers.figures.diagrams import pair_of_views, pipeline

IMAGE = np.array([[0, 255], [100, 50]], dtype=np.uint8)


def words(figure):
    return {text.get_text() for text in figure.axes[0].texts}


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


def test_a_notebook_gets_a_picture_and_its_alternative_text():
    figure = pipeline(IMAGE, "7")
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


def test_two_views_go_one_way_to_the_loss_and_the_alternative_text_tells_it():
    views = np.rot90(IMAGE), IMAGE.T
    figure = pair_of_views(IMAGE, views, "near\neach other?")
    shown = [image.get_array() for image in figure.axes[0].images]
    for picture, expected in zip(shown, (IMAGE, *views), strict=True):
        np.testing.assert_array_equal(picture, expected)
    written = [text.get_text() for text in figure.axes[0].texts]
    assert [written.count(part) for part in ("encoder", "projector", "embedding")] == [2, 2, 2]
    assert "loss:\nnear\neach other?" in written
    for word in ("two views", "near each other?", "projector is thrown away", "probes read"):
        assert word in figure.alt_text


def test_a_pair_with_a_predictor_has_it_on_one_side_and_stops_the_gradient_on_the_other():
    figure = pair_of_views(IMAGE, (IMAGE.T, IMAGE[::-1]), "alike?", predictor=True)
    written = [text.get_text() for text in figure.axes[0].texts]
    assert [written.count(part) for part in ("projector", "predictor", "embedding")] == [2, 1, 1]
    assert any("no gradient" in text for text in written)
    assert "a predictor follows, and no gradient flows back" in figure.alt_text


def test_a_loss_of_one_view_is_not_drawn():
    with pytest.raises(ValueError, match="shorter"):
        pair_of_views(IMAGE, (IMAGE,), "near?")
