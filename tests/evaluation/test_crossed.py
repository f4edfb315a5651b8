"""The verdict on one's own pictures: over draws and test pictures, and against every baseline."""

import nbformat
import numpy as np
import pytest

from helpers.evaluation import (
    Comparison,
    Interval,
    balanced_accuracy,
    compare_crossed,
    hardest_rival,
    paired_difference,
    worth_it,
)
from helpers.evaluation.crossed import LEVEL, holm
from helpers.lesson.files import NOTEBOOKS_FOLDER


def answers(generator, draws, by_picture):
    """Answer each picture with its own probability of being right, anew in every draw."""
    return generator.random((draws, len(by_picture))) < by_picture


def compared(difference, p_value):
    return Comparison(Interval(difference, difference - 0.01, difference + 0.01, 5), p_value)


def test_every_class_counts_alike():
    labels = np.array([0] * 9 + [1])
    always_first = labels == 0
    assert balanced_accuracy(always_first, labels) == pytest.approx(0.5)
    assert balanced_accuracy(np.stack([always_first, always_first]), labels) == pytest.approx(0.5)


def test_of_even_classes_it_is_the_accuracy():
    right = np.random.default_rng(0).random(40) < 0.7
    assert balanced_accuracy(right, np.repeat([0, 1], 20)) == pytest.approx(right.mean())


def test_with_many_pictures_that_do_not_differ_it_is_the_paired_interval_over_draws():
    generator, labels = np.random.default_rng(1), np.repeat([0, 1], 20_000)
    shift = generator.normal(0, 0.05, (2, 6, 1))
    right = generator.random((2, 6, len(labels))) < 0.7 + shift
    got = compare_crossed(*right, labels).difference
    plain = paired_difference(*right.mean(axis=2))
    assert (got.estimate, got.low, got.high) == pytest.approx(
        (plain.estimate, plain.low, plain.high), abs=0.005
    )


def test_a_small_test_part_makes_the_interval_wide():
    generator = np.random.default_rng(2)
    widths = []
    for count in (30, 3000):
        ours, theirs = (np.tile(generator.random(count) < share, (5, 1)) for share in (0.8, 0.7))
        ours ^= generator.random(ours.shape) < 0.02
        interval = compare_crossed(ours, theirs, np.arange(count) % 2).difference
        widths.append(interval.high - interval.low)
    assert widths[0] > 5 * widths[1]


@pytest.mark.parametrize(("draws", "pictures"), [(5, 60), (5, 400), (10, 60)])
def test_where_nothing_is_to_be_found_about_one_interval_in_twenty_excludes_zero(draws, pictures):
    generator, false = np.random.default_rng(3), 0
    labels = np.arange(pictures) % 3
    for _ in range(600):
        easy = generator.normal(1, 1, pictures)
        luck = generator.normal(0, 0.3, (2, draws, 1)) + generator.normal(0, 0.5, (2, 1, pictures))
        ours, theirs = generator.normal(size=(2, draws, pictures)) < easy + luck
        gap = compare_crossed(ours, theirs, labels).difference
        false += gap.low > 0 or gap.high < 0
    assert 0.02 <= false / 600 <= 0.08


def test_the_p_value_and_the_interval_agree():
    generator, labels = np.random.default_rng(4), np.repeat([0, 1, 2], 30)
    for advantage in np.linspace(0, 0.2, 30):
        easy = generator.random(90) * 0.7
        found = compare_crossed(
            answers(generator, 5, easy + advantage), answers(generator, 5, easy), labels
        )
        outside = found.difference.low > 0 or found.difference.high < 0
        assert outside == (found.p_value < 0.05)


def test_arms_with_the_same_answers_do_not_differ():
    right = np.random.default_rng(5).random((4, 20)) < 0.5
    found = compare_crossed(right, right, np.arange(20) % 2)
    assert (found.difference.low, found.difference.high, found.p_value) == (0, 0, 1)


@pytest.mark.parametrize("shape", [(1, 20), (5, 1), (20,)])
def test_too_little_to_compare_is_refused(shape):
    right = np.zeros(shape, bool)
    with pytest.raises(ValueError, match="needed|need"):
        compare_crossed(right, right, np.arange(shape[-1]) % 2)


def test_holm_is_that_of_the_textbook():
    assert holm([0.045, 0.002, 0.015, 0.2, 0.008]) == pytest.approx([0.09, 0.01, 0.045, 0.2, 0.032])


def test_lesson_08_writes_out_the_same_correction():
    cells = nbformat.read(NOTEBOOKS_FOLDER / "08_does_it_help_pytorch.ipynb", as_version=4).cells
    names = {"np": np}
    exec(next(cell.source for cell in cells if cell.id == "holm-code"), names)
    for p_values in np.random.default_rng(0).random((200, 6)) ** 4:  # many small ones
        assert (names["holm"](p_values) == (holm(p_values) <= LEVEL)).all()


def test_worth_it_needs_every_baseline():
    strong, weak = compared(0.1, 1e-4), compared(0.1, 0.3)
    assert worth_it({50: {"probe": {"a": strong, "b": strong}}})[50] == ("worth it", "probe")
    assert worth_it({50: {"probe": {"a": strong, "b": weak}}})[50][0] == "not established"


def test_one_way_is_enough_to_be_worth_it_and_all_must_fail_not_to_be():
    good, bad = {"a": compared(0.1, 1e-4)}, {"a": compared(-0.1, 1e-4)}
    assert worth_it({50: {"probe": bad, "tuned": good}})[50] == ("worth it", "tuned")
    assert worth_it({50: {"probe": bad, "tuned": bad}})[50][0] == "not worth it"
    unsure = {"a": compared(-0.1, 0.2)}
    assert worth_it({50: {"probe": bad, "tuned": unsure}})[50][0] == "not established"


def test_more_verdicts_read_together_need_more_evidence():
    found = {"a": compared(0.1, 0.02)}
    assert worth_it({50: {"probe": found}})[50][0] == "worth it"
    unsure = {"a": compared(0.0, 0.9)}
    several = {count: {"probe": found, "tuned": unsure} for count in (50, 100)}
    assert {said for said, _ in worth_it(several).values()} == {"not established"}


def test_where_nothing_is_to_be_found_it_is_seldom_worth_it():
    generator, false = np.random.default_rng(6), 0
    labels = np.arange(90) % 3
    for _ in range(300):
        easy = generator.random(90)
        right = {arm: answers(generator, 5, easy) for arm in "abcde"}
        false += (
            worth_it(
                {
                    20: {
                        way: {
                            rival: compare_crossed(right[way], right[rival], labels)
                            for rival in "cde"
                        }
                        for way in "ab"
                    }
                }
            )[20][0]
            != "not established"
        )
    assert false / 300 <= 0.05


def test_the_hardest_rival_is_the_one_least_surely_beaten():
    wide = Comparison(Interval(0.1, -0.1, 0.3, 5), 0.4)
    assert hardest_rival({"narrow": compared(0.05, 0.01), "wide": wide}) == "wide"


def test_pictures_of_one_group_count_as_one():
    generator, labels = np.random.default_rng(0), np.repeat([0, 1], 30)
    ours, theirs = generator.random((5, 60)) < 0.8, generator.random((5, 60)) < 0.6
    alone = compare_crossed(ours, theirs, labels)
    thrice = [np.repeat(answers, 3, axis=1) for answers in (ours, theirs)]
    groups = np.repeat(np.arange(60), 3)
    together = compare_crossed(*thrice, np.repeat(labels, 3), groups)
    assert together.difference.low == pytest.approx(alone.difference.low)
    assert together.p_value == pytest.approx(alone.p_value)
    careless = compare_crossed(*thrice, np.repeat(labels, 3)).difference
    assert careless.low > alone.difference.low
