"""What the pages that one plays with need to know, as scripts that also load from a folder."""

import base64
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from bs4 import BeautifulSoup
from scipy.stats import t

from helpers.data import load_dataset
from helpers.evaluation import mean_interval
from helpers.lesson import DATA_FOLDER, LAYERS
from helpers.pretext import ANGLES, rotation_task
from helpers.runner.errors import InputError
from helpers.site.networks import (
    DATASET,
    POINTS,
    SHAPES,
    fresh_weights,
    last_layer,
    read_arrays,
)

QUIZ_PICTURES = 200
MISTAKES_SHOWN = 12
MOVED_PICTURES = 250
NEIGHBOURS_AMONG = 500  # training images
# Stored tables: a title, and the two arms that are compared at first.
TABLES = {
    "contrastive": ("Contrastive (lesson 05)", "contrastive, fine-tuned", "from scratch"),
    "fine_tuning": (
        "Rotations, fine-tuned (lesson 02)",
        "rotation, convolutions frozen",
        "from scratch",
    ),
    "comparison": ("Six methods, read by a probe (lesson 08)", "contrastive, last layer", "pixels"),
}
# Tables that a lesson shows: notebook, cell, and the rows by what is moved; then rows beside them.
SHOWN = {
    "The share of an image that is hidden": (
        *("04_masked_images_pytorch", "a6b7182a"),
        {f"{share} %": f"{share}% hidden" for share in (25, 50, 75, 88)},
        ("untrained patch network", "untrained convolutions"),
    ),
    "Views and temperature": (
        *("05_contrastive_views_pytorch", "b8149762"),
        {
            "all views, temperature 0.2": "all views",
            "all views, temperature 1": "temperature 1",
            "no cropping, temperature 0.2": "without cropping",
            "noise alone, temperature 0.2": "noise alone",
        },
        ("untrained",),
    ),
}
DATASETS = ("mnist-5k", "fashion-mnist-20k")  # in the order of the lessons' tables
SHOWN_LABELS = 100
INTERVAL = re.compile(r"(-?[\d.]+) \[(-?[\d.]+), (-?[\d.]+)\]")


def data_scripts(notebooks: Path) -> dict[str, str]:
    """Return the scripts that hold each demonstration's data, by name."""
    return {
        "rotations-data": _script("ROTATIONS", _rotations()),
        "draw-data": _script("DRAW", _draw()),
        "sliders-data": _script("SLIDERS", _sliders(notebooks)),
        "map-data": _script("MAP", _map()),
    }


def _rotations() -> dict:
    digits = load_dataset(DATASET)
    answers = read_arrays("rotation")["answers"]  # copies of all test images, angle after angle
    turned, angles = rotation_task(digits.test_images)
    guesses = answers.argmax(axis=1)
    wrong = np.flatnonzero(guesses != angles)
    surest = wrong[np.argsort(-answers[wrong].max(axis=1).astype(float), kind="stable")]
    shown = surest[:MISTAKES_SHOWN]
    first = answers.reshape(len(ANGLES), -1, len(ANGLES))
    return {
        "pictures": _text(digits.test_images[:QUIZ_PICTURES]),
        "answers": np.round(first[:, :QUIZ_PICTURES].astype(float), 3).tolist(),
        "accuracy": round(float((guesses == angles).mean()), 5),
        "asked": len(angles),
        "moved": _accuracy_when_moved(digits.test_images[:MOVED_PICTURES]),
        "moved_asked": MOVED_PICTURES * len(ANGLES),
        "mistakes": {
            "pictures": _text(turned[shown]),
            "angles": angles[shown].tolist(),
            "guesses": guesses[shown].tolist(),
            "sure": np.round(answers[shown].max(axis=1).astype(float), 3).tolist(),
        },
    }


def _accuracy_when_moved(images: np.ndarray) -> float:
    """How often the network is right once the images lie a pixel further up and to the left.

    MNIST's makers put the centre of mass of each digit into a pixel beside the middle, and turning
    takes it to another side of the middle.
    """
    weights = read_arrays("rotation")
    turned, angles = rotation_task(np.roll(images, (-1, -1), axis=(1, 2)))
    logits = last_layer(weights, turned) @ weights["head"].astype(np.float32)
    guesses = (logits + weights["head_bias"]).argmax(axis=1)
    return round(float((guesses == angles).mean()), 4)


def _draw() -> dict:
    digits = load_dataset(DATASET)
    images = digits.train_images[:NEIGHBOURS_AMONG]
    stored = read_arrays("rotation")
    networks = {
        "untrained": fresh_weights(),
        "trained": {name: stored[name] for name in fresh_weights()},
    }
    return {
        "shapes": SHAPES,
        "pictures": _text(images),
        "labels": digits.train_labels[:NEIGHBOURS_AMONG].tolist(),
        "examples": _text(digits.test_images[:20]),
        "networks": {
            name: {
                "weights": {part: _text(array) for part, array in weights.items()},
                "features": _text(last_layer(weights, images).astype(np.float16)),
            }
            for name, weights in networks.items()
        },
    }


def _map() -> dict:
    digits = load_dataset(DATASET)
    maps = {
        way: dict(
            zip(("untrained", "trained"), points.astype(float).round(3).tolist(), strict=True)
        )
        for way, points in read_arrays("features").items()
    }
    return {
        "pictures": _text(digits.test_images[:POINTS]),
        "labels": digits.test_labels[:POINTS].tolist(),
        "maps": maps,
    }


def _sliders(notebooks: Path) -> dict:
    tables = [_table(name, *about) for name, about in TABLES.items()]
    lists = [seeds for table in tables for seeds in _leaves(table["groups"])]
    quantiles = {
        count: float(t.ppf(0.975, count - 1)) for count in range(2, max(map(len, lists)) + 1)
    }
    shown = {title: _shown(notebooks, *place) for title, place in SHOWN.items()}
    shown["How many images without labels"] = _unlabelled_images()
    return {"tables": tables, "quantiles": quantiles, "shown": shown}


def _table(name: str, title: str, arm: str, baseline: str) -> dict:
    """Read a stored table: accuracies by data set, number of labels and arm, a list of seeds."""
    scores = pd.read_csv(DATA_FOLDER / "tables" / f"{name}.csv")
    if "trained_on" in scores:
        most = scores.groupby(["dataset", "trained_on"])["unlabelled_images"].transform("max")
        own = scores["trained_on"].isin(["nothing"]) | (scores["trained_on"] == scores["dataset"])
        scores = scores[own & (scores["unlabelled_images"] == most)]
        read = ", " + scores["layer"].map(LAYERS)
        scores = scores.assign(arm=scores["arm"] + read.fillna(""))
    keys = ["dataset", "labels"]
    groups: dict[str, dict] = {}
    for (dataset, labels), budget in scores.groupby(keys, sort=True):
        groups.setdefault(dataset, {})[str(labels)] = {
            arm: rows.sort_values("seed")["accuracy"].tolist()
            for arm, rows in budget.groupby("arm", sort=False)
        }
    return {"title": title, "arm": arm, "baseline": baseline, "groups": groups}


def _unlabelled_images() -> dict:
    """Read what a contrastive encoder's last layer is worth by the images it was trained on."""
    scores = pd.read_csv(DATA_FOLDER / "tables" / "comparison.csv")
    own = scores["trained_on"].isin(["nothing"]) | (scores["trained_on"] == scores["dataset"])
    last = scores["layer"].isin(["last", "pixels"])
    accuracy = (
        scores[own & last & (scores["labels"] == SHOWN_LABELS)]
        .groupby(["dataset", "arm", "unlabelled_images"])["accuracy"]
        .agg(_in_percent)
    )
    return {
        "lesson": "08_does_it_help_pytorch",
        "sets": {
            dataset: {
                "moved": [
                    (f"{count:,}", interval)
                    for count, interval in accuracy[dataset]["contrastive"].items()
                ],
                "beside": [
                    (arm, accuracy[dataset][arm].iloc[0]) for arm in ("untrained", "pixels")
                ],
            }
            for dataset in accuracy.index.unique("dataset")[::-1]
        },
    }


def _in_percent(seeds: pd.Series) -> list[float]:
    return [round(value, 1) for value in mean_interval(seeds).in_points("accuracy").values()]


def _shown(
    notebooks: Path, lesson: str, cell_id: str, moved: dict[str, str], beside: Sequence[str]
) -> dict:
    """Read accuracies with their intervals, for each data set, from a lesson's stored table."""
    notebook = nbformat.read(notebooks / f"{lesson}.ipynb", as_version=4)
    texts = [
        output.data["text/html"]
        for cell in notebook.cells
        if cell.id == cell_id
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    rows = [
        [cell.get_text() for cell in row.find_all(["th", "td"])]
        for row in BeautifulSoup("".join(texts), "html.parser").find_all("tr")
    ]
    found = {
        name: [
            [float(number) for number in intervals[0].groups()]  # the accuracy's, which is first
            for row in rows
            if name in row and (intervals := list(filter(None, map(INTERVAL.fullmatch, row))))
        ]
        for name in [*moved.values(), *beside]
    }
    for name, intervals in found.items():
        if not intervals:
            raise InputError(
                f"{lesson}, cell {cell_id}, shows no accuracy of {name!r}: say in "
                "helpers/site/demonstrations.py which cell does"
            )
    count = min(map(len, found.values()))
    return {
        "lesson": lesson,
        "sets": {
            dataset: {
                "moved": [(value, found[name][at]) for value, name in moved.items()],
                "beside": [(name, found[name][at]) for name in beside],
            }
            for at, dataset in enumerate(DATASETS[:count])
        },
    }


def _leaves(content: dict | list) -> Iterator[list]:
    if isinstance(content, list):
        yield content
    else:
        for inner in content.values():
            yield from _leaves(inner)


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def _script(name: str, content: dict) -> str:
    return f"const {name} = {json.dumps(content, ensure_ascii=False)};\n"
