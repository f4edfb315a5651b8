"""The contract of a lesson, checked on the notebooks as they are committed."""

import ast
import re
from statistics import median

import nbformat
import papermill
import pytest
import yaml

from helpers.lesson.exercises import exercises_of
from helpers.lesson.files import NOTEBOOKS_FOLDER, ROOT
from helpers.lesson.results import METRICS_MIME
from helpers.runner.jobs import read_course

PATHS = sorted(NOTEBOOKS_FOLDER.glob("*.ipynb"))
PYTORCH_PATHS = [path for path in PATHS if path.stem.endswith("_pytorch")]
ALLOWED_TAGS = {
    "parameters",
    "nbval-check-output",
    "nbval-ignore-output",
    "hide-input",
    "remove-input",
    "nbval-skip",
    "skip-execution",
}
SECTIONS = [
    "What you will learn",
    "Before you start",
    "Setup",
    "What we found",
    "Exercises",
    "Further reading",
]
WORDS_A_MINUTE, CODE_LINES_A_MINUTE = 200, 30
FRAMEWORKS = {"keras": {"keras"}, "pytorch": {"torch"}}
PRIVATE = re.compile(r"/(home|root|Users|tmp|work)/|[A-Z]:\\\\Users")


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def prose(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def tags(cell):
    return set(cell.metadata.get("tags", []))


def test_there_are_lessons_to_check():
    assert len(PATHS) >= 4


def test_the_notebook_is_valid_and_its_cells_have_unique_ids(notebook):
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


def test_the_name_says_order_and_framework(path, code, frameworks_loaded_by):
    assert re.fullmatch(r"\d\d_[a-z_]+", path.stem)
    loaded = frameworks_loaded_by("\n".join(cell.source for cell in code))
    assert loaded == FRAMEWORKS.get(path.stem.rpartition("_")[2], set())


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        ("from helpers.models.losses import nt_xent", {"torch"}),
        ("from helpers.models import training", {"torch"}),
        ("import helpers.models.losses", {"torch"}),
        ("from helpers.models.torch_models import encoder_of", {"torch"}),
        ("from helpers.pretext.views import two_views", {"torch"}),
        ("from helpers.pretext import views", {"torch"}),
        ("def later():\n    import torch.nn", {"torch"}),
        ("from helpers.models.keras_models import scaled", {"keras"}),
        ("import tensorflow as tf", {"keras"}),
        ("from helpers.pretext import masking, rotation_task", set()),
        ("from helpers import data, evaluation, figures, lesson, pretext", set()),
    ],
)
def test_a_framework_is_noticed_behind_modules_of_ours(code, loaded, frameworks_loaded_by):
    assert frameworks_loaded_by(code) == loaded


@pytest.mark.parametrize("path", PYTORCH_PATHS, ids=lambda path: path.stem)
def test_pytorch_is_loaded_only_once_prepare_torch_has_said_how(code, frameworks_loaded_by):
    lines = "\n".join(cell.source for cell in code)
    before, call, _ = lines.partition("\nprepare_torch(")
    assert call
    assert frameworks_loaded_by(before) == set()


def test_one_title_and_the_sections_of_a_lesson_in_order(prose):
    headings = re.findall(r"^(#+) (.+)$", prose, flags=re.MULTILINE)
    assert [level for level, _ in headings].count("#") == 1
    assert headings[0][0] == "#"
    assert [text for _, text in headings if text in SECTIONS] == SECTIONS


def test_the_beginning_says_how_long_reading_and_exercises_take(path, prose, code):
    stated = re.search(r"Reading takes about (\d+) minutes, the\s+exercises about (\d+)", prose)
    tasks = exercises_of(path.stem[:2]).values()
    asked = {text for task in tasks for text in (task.markdown(), task.stub())}
    lines = sum(len(cell.source.splitlines()) for cell in code if cell.source not in asked)
    words = len(prose.split()) - sum(len(task.markdown().split()) for task in tasks)
    reading = words / WORDS_A_MINUTE + lines / CODE_LINES_A_MINUTE
    exercises = sum(task.minutes for task in tasks)
    assert abs(int(stated[1]) - reading) <= 5
    assert abs(int(stated[2]) - exercises) <= 5
    assert reading <= 45


def test_it_was_executed_top_to_bottom_without_errors_or_warnings(code):
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def test_it_holds_no_path_of_the_machine_it_ran_on(path):
    assert not PRIVATE.search(path.read_text(encoding="utf-8"))


def test_it_is_small_enough_for_a_repository_page(path):
    assert path.stat().st_size < 1_500_000


def test_metadata_holds_the_kernel_and_nothing_else(notebook):
    assert notebook.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    assert all(set(cell.metadata) <= {"tags", "jupyter"} for cell in notebook.cells)


def test_a_cell_is_folded_on_pages_and_in_jupyter_alike(code):
    for cell in code:
        folded = {"source_hidden": True} if "hide-input" in tags(cell) else None
        assert cell.metadata.get("jupyter") == folded


def test_only_safe_tags_are_used(notebook):
    for cell in notebook.cells:
        assert tags(cell) <= ALLOWED_TAGS
        assert ("nbval-skip" in tags(cell)) == ("skip-execution" in tags(cell))


def test_every_parameter_is_used_in_a_later_cell(code, path):
    (position,) = [i for i, cell in enumerate(code) if "parameters" in tags(cell)]
    later = "\n".join(cell.source for cell in code[position + 1 :])
    used = {node.id for node in ast.walk(ast.parse(later)) if isinstance(node, ast.Name)}
    assert set(read_course(NOTEBOOKS_FOLDER).lessons[path.stem].parameters) <= used


def test_papermill_explains_every_parameter(path):
    explained = papermill.inspect_notebook(path)
    for name, parameter in read_course(NOTEBOOKS_FOLDER).lessons[path.stem].parameters.items():
        assert explained[name]["help"].startswith(parameter.meaning)


def test_cells_are_short_and_preceded_by_prose(notebook, code):
    lengths = [len(cell.source.splitlines()) for cell in code]
    assert max(lengths) <= 40
    assert median(lengths) <= 12
    words = sum(len(c.source.split()) for c in notebook.cells if c.cell_type == "markdown")
    assert words / sum(lengths) >= 3


def test_every_figure_says_what_it_shows(code):
    pictures = [o for cell in code for o in cell.outputs if "image/png" in o.get("data", {})]
    for picture in pictures:
        assert len(picture.metadata["image/png"]["alt"].split()) >= 8
    assert len(pictures) >= 2


def test_no_stored_table_cuts_its_words(code):
    outputs = [
        o.data["text/html"] for c in code for o in c.outputs if "text/html" in o.get("data", {})
    ]
    assert not [html for html in outputs if "...</td>" in html or "...</th>" in html]


def test_no_stored_output_shows_an_address_in_memory(code):
    shown = [o.get("data", {}).get("text/plain", "") for cell in code for o in cell.outputs]
    assert not [text for text in shown if re.search(r"\bat 0x[0-9a-f]+", text)]


def test_there_are_compared_outputs_and_recorded_metrics(code):
    compared = [cell for cell in code if "nbval-check-output" in tags(cell)]
    assert compared
    assert all(cell.outputs for cell in compared)
    assert any(METRICS_MIME in o.get("data", {}) for cell in code for o in cell.outputs)


def test_all_conclusions_hold(code):
    text = "".join(o.text for cell in code for o in cell.outputs if o.output_type == "stream")
    assert "✔ holds here" in text
    assert "✘" not in text


@pytest.mark.parametrize("habit", ["!pip", "%pip", "git clone", "sys.exit", "filterwarnings"])
def test_bad_habits_are_absent(code, habit):
    assert not [cell.source for cell in code if habit in cell.source]


def test_links_to_files_of_the_course_lead_somewhere(prose):
    for target in re.findall(r"\]\((?!http)([^)#]+)", prose):
        assert (NOTEBOOKS_FOLDER / target).exists(), target


def test_what_the_text_calls_by_its_name_in_helpers_is_there(prose):
    for name in re.findall(r"`(helpers[./][\w./]+)", prose):
        module, _, attribute = name.removesuffix(".py").replace("/", ".").rpartition(".")
        module = "" if name.endswith((".py", "/")) else module
        path = ROOT / (module.replace(".", "/") if module else name.rstrip("/"))
        if path.is_dir() and module:
            path = path / "__init__.py"
        found = path if path.exists() else path.with_suffix(".py")
        assert found.exists(), name
        assert not module or attribute in found.read_text(encoding="utf-8"), name


def test_the_ci_profile_changes_every_parameter():
    profiles = yaml.safe_load((NOTEBOOKS_FOLDER / "profiles.yaml").read_text(encoding="utf-8"))
    for name, lesson in read_course(NOTEBOOKS_FOLDER).lessons.items():
        overrides = profiles["ci"]["lessons"].get(name, {})
        assert set(overrides) == set(lesson.parameters)
        for parameter, value in overrides.items():
            assert value != lesson.parameters[parameter].default, f"{name}: {parameter}"


def test_no_notebook_is_left_out():
    assert read_course(NOTEBOOKS_FOLDER).left_out == {}


def test_every_lesson_makes_a_promise():
    promises = yaml.safe_load((NOTEBOOKS_FOLDER / "lessons.yaml").read_text(encoding="utf-8"))
    assert sorted(promises) == [path.stem for path in PATHS]


def test_nothing_at_the_top_but_what_belongs_there():
    expected = {"notebooks", "helpers", "tests", "data", "build"}
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")}
    assert {name for name in folders if not name.endswith(".egg-info")} <= expected
