"""How often lesson 10's verdict finds something where there is nothing to be found.

Run it when the machine has time:

    python tests/benchmarks/false_verdicts.py --experiments 400

Encoders that no picture has touched take the places of the method and of its rival, on the bundled
drawings. An experiment has its own test pictures, its own pool of labels, and new encoders in every
draw. It asserts nothing, and prints how many of the 95 % intervals exclude zero: 5 % are wanted.
Beside it stand the interval over draws alone, one encoder for all draws, and how often the whole
verdict, with two ways and Holm's correction, says that something is worth it.
"""

import argparse
from collections import Counter

import numpy as np

from helpers.data import load_dataset
from helpers.evaluation import (
    balanced_accuracy,
    compare_crossed,
    fit_probe,
    label_budgets,
    paired_difference,
    worth_it,
)
from helpers.lesson.environment import prepare_torch

prepare_torch(0)

import torch  # noqa: E402

from helpers.models.torch_models import convolutional_encoder  # noqa: E402
from helpers.models.training import encode  # noqa: E402

DRAWS, LABELS, TESTED, POOL, SIZE = 5, 50, 300, 1200, 16


def answers(images, labels, test, pool, label_seeds, encoder_seeds):
    """Return which test pictures each draw gets right, ``(draws, pictures)``."""
    right = []
    for label_seed, encoder_seed in zip(label_seeds, encoder_seeds, strict=True):
        torch.manual_seed(encoder_seed)
        encoder = convolutional_encoder(SIZE, 3)
        chosen = pool[label_budgets(labels[pool], [LABELS], label_seed)[LABELS]]
        probe = fit_probe(encode(encoder, images[chosen]), labels[chosen])
        right.append(probe.predict(encode(encoder, images[test])) == labels[test])
    return np.stack(right)


def excludes_zero(difference):
    """Tell whether an interval lies on one side of zero."""
    return difference.low > 0 or difference.high < 0


def experiment(images, labels, generator):
    """Return which of the ways to judge found something in this experiment."""
    order = generator.permutation(len(images))
    test, pool = order[:TESTED], order[TESTED : TESTED + POOL]
    label_seeds = generator.integers(2**31, size=DRAWS).tolist()
    ours, ours_too, theirs = (
        answers(images, labels, test, pool, label_seeds, seeds)
        for seeds in generator.integers(2**31, size=(3, DRAWS)).tolist()
    )
    fixed = [
        answers(images, labels, test, pool, label_seeds, DRAWS * [seed])
        for seed in generator.integers(2**31, size=2).tolist()
    ]
    first, second = (compare_crossed(way, theirs, labels[test]) for way in (ours, ours_too))
    shares = [[balanced_accuracy(row, labels[test]) for row in arm] for arm in (ours, theirs)]
    said, _ = worth_it({LABELS: {"one": {"rival": first}, "other": {"rival": second}}})[LABELS]
    return {
        "draws and pictures": excludes_zero(first.difference),
        "over draws alone": excludes_zero(paired_difference(*shares)),
        "one encoder for all draws": excludes_zero(
            compare_crossed(*fixed, labels[test]).difference
        ),
        "said to be worth it": said == "worth it",
    }


def main():
    """Repeat the experiment, and print how often each way found something."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--experiments", type=int, default=400)
    count = parser.parse_args().experiments
    data = load_dataset("emoji-48")
    images = np.concatenate([data.train_images, data.test_images])[:, ::3, ::3]
    labels = np.concatenate([data.train_labels, data.test_labels])
    generator, found = np.random.default_rng(0), Counter()
    for _ in range(count):
        found.update(experiment(np.ascontiguousarray(images), labels, generator))
    for name, times in found.items():
        print(f"{name}: {100 * times / count:.1f} % of {count}")


if __name__ == "__main__":
    main()
