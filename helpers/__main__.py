"""The course's command line: ``python -m helpers``, or ``ssl-course`` once installed."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpers.lesson.environment import available_cores, threads
from helpers.lesson.files import NOTEBOOKS_FOLDER, build_root
from helpers.runner.errors import ExitStatus, InputError

if TYPE_CHECKING:
    from helpers.runner.jobs import Course


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--notebooks",
    type=click.Path(path_type=Path),
    default=NOTEBOOKS_FOLDER,
    help="Folder with the lessons, profiles.yaml and lessons.yaml; the course's own by default.",
)
@click.option(
    "--build",
    type=click.Path(path_type=Path),
    help="Folder for everything that is made; build/ of the course by default.",
)
@click.pass_context
def cli(context: click.Context, notebooks: Path, build: Path | None) -> None:
    """Run the lessons of a course on self-supervised learning, and collect what they found.

    \b
    Look around:         python -m helpers list
    Check this machine:  python -m helpers doctor
    Run every lesson:    python -m helpers run
    """  # noqa: D301
    try:
        threads()
        build = build or build_root()
    except ValueError as error:
        raise InputError(str(error)) from error
    context.obj = {"notebooks": notebooks.resolve(), "build": build.resolve()}


@cli.command("list")
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.pass_obj
def list_lessons(folders: dict[str, Path], names: tuple[str, ...]) -> None:
    """Show the lessons and their parameters.

    They are read from the notebooks themselves. Each parameter is shown with its type, the
    lesson's own value, the values it allows and what it means.

    \b
    Examples:
      python -m helpers list
      python -m helpers list 01_rotation_pretext_keras
    """  # noqa: D301
    from helpers.runner.tables import lessons_listing

    click.echo(lessons_listing(_course(folders["notebooks"]), names))


@cli.command()
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.option(
    "--profile",
    default="laptop",
    show_default=True,
    help="A named set of parameters from profiles.yaml: ci, laptop or full.",
)
@click.option(
    "-p",
    "assignments",
    metavar="NAME=VALUE",
    multiple=True,
    help="Give one parameter another value, for every chosen lesson that has it. Repeat for more.",
)
@click.option("--force", is_flag=True, help="Repeat runs that are finished already.")
@click.pass_obj
def run(
    folders: dict[str, Path],
    names: tuple[str, ...],
    profile: str,
    assignments: tuple[str, ...],
    force: bool,
) -> None:
    """Run lessons: all, unless some are named, each after those it builds on.

    Names, types and ranges are checked before anything starts. Executed notebooks, their HTML
    pages and results.json go to build/PROFILE/. A run that is finished is not repeated as long as
    its notebook, parameters, data and packages are the same. A lesson that fails does not stop
    the others; the exit status is then 1. It is 2 if what was asked for does not exist.

    \b
    Examples:
      python -m helpers run
      python -m helpers run 03_autoencoder_pytorch
      python -m helpers run --profile ci
      python -m helpers run 01_rotation_pretext_keras -p epochs=8 -p image_count=2000
      python -m helpers run 02_fine_tuning_keras -p few_labels=50 -p seed_count=3 --force
    """  # noqa: D301
    from helpers.runner.jobs import plan

    course = _course(folders["notebooks"])
    jobs = plan(course, names, profile, assignments, folders["build"])
    lessons = f"{len(jobs)} lesson{'s' if len(jobs) != 1 else ''}"
    click.echo(f"{lessons}, profile {profile}: {course.profiles[profile].description}", err=True)
    from helpers.runner.console import run_and_report

    raise SystemExit(run_and_report(course, jobs, folders["build"] / profile, force))


@cli.command()
@click.argument("file", metavar="SWEEP.yaml", type=click.Path(path_type=Path))
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler, as tcp://host:port.")
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Workers of the local cluster, each a process with one thread; one a core by default.",
)
@click.option("--force", is_flag=True, help="Repeat points that are finished already.")
@click.option("--yes", is_flag=True, help="Start also more than 1,000 points without a question.")
@click.pass_obj
def sweep(
    folders: dict[str, Path],
    file: Path,
    scheduler: str | None,
    workers: int | None,
    force: bool,
    yes: bool,
) -> None:
    """Run a lesson with every combination of some values, side by side.

    The points are run on a Dask cluster: one of this machine, unless another is named. Results go
    to build/sweeps/NAME/: a table (CSV and Parquet), a figure, and each point's notebook. A point
    that is finished is not run again, so a sweep that was stopped continues where it was.

    \b
    Examples:
      python -m helpers sweep notebooks/sweeps/rotation_epochs.yaml
      python -m helpers sweep notebooks/sweeps/label_efficiency.yaml --workers 2
      python -m helpers sweep notebooks/sweeps/label_efficiency.yaml --scheduler tcp://host:8786

    \b
    A cluster of your own, on machines that see this folder under the same path:
      dask scheduler
      dask worker tcp://host:8786 --nthreads 1 --nworkers 8
    """  # noqa: D301
    from helpers.runner.addresses import host_and_port

    if scheduler and workers:
        raise InputError("--workers is for a local cluster: leave it out beside --scheduler")
    if scheduler is not None:
        host_and_port(scheduler)
    from helpers.runner.profiles import SWEEPS_FOLDER
    from helpers.runner.sweeps import MANY_POINTS, describe_size, read_sweep, sweep_jobs

    course = _course(folders["notebooks"])
    plan = read_sweep(file, course)
    workers = workers or (1 if scheduler else available_cores())
    if plan.size() > MANY_POINTS and not yes:
        from helpers.runner.refresh import committed_results

        results = committed_results(folders["notebooks"], [plan.lesson])
        seconds = results["lessons"].get(plan.lesson, {}).get("seconds")
        _confirm(describe_size(plan, seconds, workers))
    folder = folders["build"] / SWEEPS_FOLDER / plan.name
    jobs = sweep_jobs(plan, course, folder)
    click.echo(f"{plan.name}, {len(jobs)} points: {plan.description}", err=True)
    from helpers.runner.console import sweep_and_report

    raise SystemExit(sweep_and_report(plan, jobs, folder, scheduler, workers, force))


@cli.command()
@click.pass_obj
def doctor(folders: dict[str, Path]) -> None:
    """Check this machine: Python, packages, kernel, home, memory, folders, GPU, disk.

    Prints a line each, with the remedy where something is wrong; the exit status is then 1.
    """
    from helpers.runner.doctor import examine

    rows = examine(folders["notebooks"], folders["build"])
    width = max(len(subject) for subject, _, _ in rows)
    for subject, found, remedy in rows:
        click.echo(f"{subject:<{width}}  {found}" + (f"  -> {remedy}" if remedy else ""))
    problems = sum(bool(remedy) for _, _, remedy in rows)
    click.echo(f"\n{problems} to mend, see the arrows" if problems else "\nall is well")
    raise SystemExit(ExitStatus.FAILED if problems else ExitStatus.DONE)


@cli.command()
@click.argument("names", metavar="[LESSON]...", nargs=-1)
@click.pass_obj
def refresh(folders: dict[str, Path], names: tuple[str, ...]) -> None:
    """Store the last run's outputs in the notebooks (for maintainers).

    Takes the executed notebooks of build/laptop, copies their outputs into the course's own
    notebooks, and brings notebooks/results.json and the table in README.md up to date. Refuses if
    a notebook has changed since it ran, or ran with other parameters than its own.

    \b
    Example:
      python -m helpers run && python -m helpers refresh
    """  # noqa: D301
    from helpers.runner.refresh import refresh_lessons

    course = _course(folders["notebooks"])
    for line in refresh_lessons(course, names, folders["notebooks"], folders["build"]):
        click.echo(line)


@cli.command()
@click.option(
    "--exercises",
    type=click.Choice(["shown", "hidden"]),
    default="shown",
    show_default=True,
    help="hidden: also write notebooks for a class, whose outputs hold no hints and solutions.",
)
@click.pass_obj
def teach(folders: dict[str, Path], exercises: str) -> None:
    """Make one page for teachers from the lessons, in build/teach/.

    It has, for each lesson, its time, what it needs, its key points, the exercises with solutions
    and usual mistakes, the questions with answers, and the figures.

    \b
    Examples:
      python -m helpers teach
      python -m helpers teach --exercises hidden
    """  # noqa: D301
    from helpers.runner.reports import relative
    from helpers.runner.teach import write_class_notebooks, write_page

    course = _course(folders["notebooks"])
    folder = folders["build"] / "teach"
    click.echo(relative(write_page(course, folders["notebooks"], folder / "for_teachers.html")))
    if exercises == "hidden":
        for path in write_class_notebooks(course, folders["notebooks"], folder / "notebooks"):
            click.echo(relative(path))


@cli.command("check-folder")
@click.argument("folder", type=click.Path(path_type=Path))
def check_handed_in(folder: Path) -> None:
    """Say for a folder of handed-in notebooks who solved which exercises.

    \b
    ✔ solved   ✘ not yet   ◌ not attempted

    It runs strangers' code: only the functions that are checked and what they use, each in a
    process of its own, for 20 seconds, without Python's network functions, and on Linux with
    1 GiB of memory beyond what Python takes. It can still read and write your files: for a class
    that you do not know, run it in a container.

    \b
    Example:
      python -m helpers check-folder ~/handed_in
    """  # noqa: D301
    from helpers.runner.handed_in import check_folder

    for line in check_folder(folder):
        click.echo(line)


def _course(folder: Path) -> "Course":
    from helpers.runner.jobs import read_course

    course = read_course(folder)
    for reason in course.left_out.values():
        click.echo(f"left out: {reason}", err=True)
    return course


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; ``sys.argv`` is read by default.

    It is 0 if all went well, 1 if a lesson failed or a file could not be written, 2 if what was
    asked for does not exist, 130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a folder's name may not suit a console
            stream.reconfigure(errors="backslashreplace")
    try:
        cli.main(arguments, prog_name="python -m helpers", standalone_mode=False)
    except SystemExit as finished:
        return int(finished.code or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitStatus.REFUSED
    except (click.ClickException, InputError) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.echo(f"error: {' '.join(message.split())}", err=True)
        return ExitStatus.REFUSED
    except OSError as error:
        click.echo(f"error: {_explain(error)}", err=True)
        return ExitStatus.FAILED
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped with Ctrl-C", err=True)
        return ExitStatus.INTERRUPTED
    except RuntimeError as error:
        if "home directory" not in str(error):  # Path.home(), when Jupyter's packages are imported
            raise
        click.echo("error: no home folder is known: set HOME to a folder of your own", err=True)
        return ExitStatus.REFUSED
    return ExitStatus.DONE


def _confirm(size: str) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(f"{size}: add --yes to run them, or leave out values")
    if not click.confirm(f"{size}: run them?", err=True):
        raise InputError("nothing was run: leave out values, or answer yes")


def _explain(error: OSError) -> str:
    if error.errno is None:
        return str(error)
    where = f" {error.filename}" if error.filename else ""
    return (
        f"cannot read or write{where}: {error.strerror}; check the space and the permission, "
        "or choose another folder with --build"
    )


if __name__ == "__main__":
    sys.exit(main())
