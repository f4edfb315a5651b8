"""Seeds that ran before: read from ``data/tables``, and joined with the runs made here."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from helpers.lesson.files import DATA_FOLDER, build_folder, written_whole
from helpers.lesson.results import conclude


def stored_runs(
    table: str, settings: pd.DataFrame, wanted: bool = True, **reading: Any
) -> pd.DataFrame:
    """Return the rows of ``data/tables/<table>.csv`` that were made with one of these settings.

    >>> rows = stored_runs("contrastive", pd.DataFrame({"dataset": ["mnist-5k"], "labels": [100]}))
    >>> rows["seed"].nunique()
    10

    ``settings`` has a row for each setting; its columns are columns of the table. None is returned
    if they are not ``wanted``. ``reading`` goes to ``pandas.read_csv``.
    """
    rows = pd.read_csv(DATA_FOLDER / "tables" / f"{table}.csv", **reading).merge(settings)
    return rows if wanted else rows[:0]


def missing_runs(
    stored: pd.DataFrame, planned: Iterable[tuple], columns: Sequence[str], seed_count: int
) -> set[tuple]:
    """Return those of the planned experiments, named by the values of ``columns``, not in store.

    >>> stored = pd.DataFrame({"dataset": ["digits"], "labels": [10]})
    >>> missing_runs(stored, [("digits", 10), ("digits", 20)], ["dataset", "labels"], seed_count=3)
    {('digits', 20)}

    A ``ValueError`` says so if they would rest on a single seed, which gives no interval.
    """
    missing = set(planned) - set(stored[list(columns)].itertuples(index=False, name=None))
    if missing and seed_count == 1:
        raise ValueError("no stored seeds for these settings: set seed_count to 2 or more")
    return missing


def with_stored_runs(
    table: str,
    made_here: pd.DataFrame,
    stored: pd.DataFrame,
    results: Sequence[str] = ("accuracy",),
) -> pd.DataFrame:
    """Write the runs made here to ``build``, check them against stored ones, and return both.

    Both have a row for each run: its ``results``, ``accuracy`` among them, and all that names it,
    the ``seed`` too. Where a run is in both, the stored one is kept, so that a table of ten seeds
    does not change with the machine; processors round differently.
    """
    with written_whole(build_folder() / "tables" / f"{table}.csv") as temporary:
        made_here.to_csv(temporary, index=False, float_format="%.4f")
    key = [column for column in made_here.columns if column not in results]
    everything = pd.concat([stored, made_here]).drop_duplicates(key)
    here, in_all = made_here["seed"].nunique(), everything["seed"].nunique()
    print(f"seeds run here: {here}, with the stored ones {in_all}")
    both = made_here.merge(stored, on=key, suffixes=("_here", "_stored"))
    if len(both):
        gaps = (both["accuracy_here"] - both["accuracy_stored"]).abs()
        print(f"accuracies in both: {len(both)}, at most {100 * gaps.max():.1f} points apart")
        conclude(
            "The runs made here agree with the stored ones: within 2 points on average, all "
            "within 6.",
            gaps.mean() < 0.02 and gaps.max() < 0.06,
        )
    return everything
