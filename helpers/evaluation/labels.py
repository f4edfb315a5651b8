"""Which images' labels a method may see: the same number of each class, nested by budget."""

from collections.abc import Iterable
from itertools import chain, zip_longest
from numbers import Integral

import numpy as np


def label_budgets(labels: np.ndarray, counts: Iterable[int], seed: int) -> dict[int, np.ndarray]:
    """Draw stratified, nested subsets: which images' labels a method may see at each budget.

    >>> labels = np.array([3, 7, 3, 7, 3, 7])
    >>> {count: labels[chosen] for count, chosen in label_budgets(labels, [2, 4], seed=0).items()}
    {2: array([3, 7]), 4: array([3, 7, 3, 7])}

    The images are dealt like cards, one of each class per round, in an order that the seed fixes.
    A budget of ``count`` labels is the first ``count`` cards: it contains all smaller ones, class
    sizes differ by at most one, and every method gets the same labels.
    """
    labels = np.asarray(labels)
    check_labels(labels, "labels")
    counts = list(counts)
    generator = np.random.default_rng(seed)
    classes = generator.permutation(np.unique(labels))
    queues = [generator.permutation(np.flatnonzero(labels == name)) for name in classes]
    for count in counts:
        _check_budget(count, classes, queues)
    cards = chain(*zip_longest(*queues))  # None where a class is used up
    dealt = np.array([card for card in cards if card is not None])
    return {int(count): dealt[:count] for count in sorted(counts)}


def check_labels(labels: np.ndarray, name: str) -> None:
    """Raise a ``ValueError`` unless labels have shape ``(n,)`` and are of two classes or more."""
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"{name} must have shape (n,), got {labels.shape}")
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(f"{name} hold a single class, {classes[0]}: at least two are needed")


def _check_budget(count: int, classes: np.ndarray, queues: list[np.ndarray]) -> None:
    if not isinstance(count, Integral) or count < len(classes):
        raise ValueError(
            f"a budget must be a whole number of labels, at least one for each of the "
            f"{len(classes)} classes, got {count}"
        )
    for place, (name, queue) in enumerate(zip(classes, queues, strict=True)):
        asked = len(range(place, count, len(classes)))
        if asked > len(queue):
            raise ValueError(
                f"a budget of {count} labels asks for {asked} of class {name}, "
                f"which has only {len(queue)}"
            )
