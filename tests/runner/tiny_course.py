"""A course of tiny notebooks that a test writes where it likes."""

from pathlib import Path

import nbformat
import yaml

PARAMETERS = """\
# Comments of their own are allowed.
epochs: int = 5  # passes over the images [1 to 200]
learning_rate: float = 1e-3  # step size [0.0001 to 1]
dataset: str = "mnist-5k"  # data set by name, or a path [mnist-5k | fashion-mnist-20k | mnist]
label_counts: list = [100, 1000]  # labelled images [10 to 60000]
verbose: bool = False  # say more
title: str = "digits"  # shown above the figure
"""

DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg"
    "=="
)
RECORD = f"""\
import base64
from IPython.display import display
from helpers.lesson import record
record(accuracy=0.5 + epochs / 1000, chance=0.1)
display({{"image/png": "{DOT}"}}, raw=True, metadata={{"image/png": {{"alt": "one dot"}}}})
"""

PROMISE = {
    "summary": "a dot",
    "figures": 1,
    "metrics": {"accuracy": {"above": "chance"}, "chance": {}},
    "headline": "accuracy {accuracy:.3f}, chance {chance:.2f}",
}
PROFILES = {
    "ci": {
        "description": "quick",
        "cell_timeout": 60,
        "strict": False,
        "lessons": {"01_dot": {"epochs": 1}},
    },
    "laptop": {
        "description": "as it is read",
        "cell_timeout": 60,
        "strict": True,
        "lessons": {},
    },
}


def write_data_names(folder: Path) -> Path:
    """Make a folder with four files that are named as a data set's, and empty."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte").touch()
        (folder / f"{part}-labels-idx1-ubyte").touch()
    return folder


def write_notebook(path: Path, *sources: str, parameters: str | None = PARAMETERS) -> Path:
    """Write a notebook with a title, a parameters cell and one code cell for each source."""
    cells = [nbformat.v4.new_markdown_cell("# A tiny lesson")]
    if parameters is not None:
        tagged = nbformat.v4.new_code_cell(parameters.rstrip(), metadata={"tags": ["parameters"]})
        cells.append(tagged)
    cells += [nbformat.v4.new_code_cell(source.rstrip()) for source in sources]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def write_course(
    top: Path,
    lessons: dict[str, list[str]] | None = None,
    promises: dict | None = None,
    profiles: dict | None = None,
) -> Path:
    """Write lessons (one, ``01_dot``, by default) with their settings; return their folder."""
    lessons = {"01_dot": [RECORD]} if lessons is None else lessons
    promises = {"01_dot": PROMISE} if promises is None else promises
    folder = top / "notebooks"
    for name, sources in lessons.items():
        write_notebook(folder / f"{name}.ipynb", *sources)
    described = {name: promises.get(name, {"summary": name}) for name in lessons}
    (folder / "lessons.yaml").write_text(yaml.safe_dump(described, sort_keys=False))
    profiles = PROFILES if profiles is None else profiles
    if "01_dot" not in lessons:
        profiles = {name: {**profile, "lessons": {}} for name, profile in profiles.items()}
    (folder / "profiles.yaml").write_text(yaml.safe_dump(profiles, sort_keys=False))
    (top / "README.md").write_text("# Top\n<!-- lessons:start -->\n<!-- lessons:end -->\nEnd\n")
    return folder
