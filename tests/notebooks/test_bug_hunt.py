"""The bug hunt is no lesson, but it is read and run like one."""

import re

import nbformat

from helpers.lesson.files import NOTEBOOKS_FOLDER
from helpers.runner.parameters import read_parameters

NOTEBOOK = NOTEBOOKS_FOLDER / "exercises" / "bug_hunt.ipynb"


def test_it_was_executed_from_top_to_bottom_and_holds_nothing_of_the_machine():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [o for cell in code for o in cell.outputs if o.output_type in ("error", "stream")]
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_it_has_one_cell_of_parameters_each_of_them_used_later():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    parameters = read_parameters(notebook, NOTEBOOK.stem, NOTEBOOK.parent)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    (position,) = [
        i for i, cell in enumerate(code) if "parameters" in cell.metadata.get("tags", [])
    ]
    later = "\n".join(cell.source for cell in code[position + 1 :])
    assert parameters
    assert all(re.search(rf"\b{name}\b", later) for name in parameters)
