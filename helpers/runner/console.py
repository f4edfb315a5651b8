"""What the command line shows while lessons and sweeps run, and when they are done."""

import sys
from pathlib import Path

import click
from tqdm import tqdm

from helpers.runner.doctor import expect, home_row, kernel_row, semaphore_row
from helpers.runner.errors import ExitStatus
from helpers.runner.execution import BAR, finished_lessons, run_jobs
from helpers.runner.jobs import Course, Job
from helpers.runner.reports import Failed, Finished, relative, write_results
from helpers.runner.sweeps import Sweep, run_sweep
from helpers.runner.tables import results_table


def run_and_report(course: Course, jobs: list[Job], folder: Path, force: bool) -> int:
    """Run lessons, report each as it ends, and close with the table; return the exit status.

    The name of ``folder``, where the results go, is the profile's.
    """
    expect(kernel_row(), home_row())
    finished: list[Finished] = []
    failed: list[Failed] = []
    interrupted = False
    try:
        for outcome in run_jobs(jobs, force):
            if isinstance(outcome, Failed):
                failed.append(outcome)
                _say(outcome.message())
            else:
                finished.append(outcome)
                before = ", finished before (--force repeats it)" if outcome.kept else ""
                _say(f"{outcome.lesson}: {outcome.seconds:.1f} s{before}")
    except KeyboardInterrupt:
        interrupted = True
    results = folder / "results.json"
    stopped = {failure.lesson for failure in failed}
    valid = [run for run in finished_lessons(course, folder) if run.lesson not in stopped]
    write_results(results, folder.name, valid)
    if finished:
        click.echo(f"\n{results_table(finished, course.promises)}\n")
    click.echo(f"results: {relative(results)}")
    for failure in failed:
        click.echo(f"failed:  {failure.lesson}, see {relative(failure.notebook)}")
    if interrupted:
        left = len(jobs) - len(finished) - len(failed)
        click.echo(f"stopped with Ctrl-C: {len(finished)} finished, {left} left to run")
        return ExitStatus.INTERRUPTED
    return ExitStatus.FAILED if failed else ExitStatus.DONE


def sweep_and_report(
    sweep: Sweep, jobs: list[Job], folder: Path, scheduler: str | None, workers: int, force: bool
) -> int:
    """Run a sweep, report what fails, and write table and figure, also if it is stopped.

    The other arguments are those of ``run_sweep``. Returns the exit status.
    """
    # pandas, Matplotlib and scikit-learn take two seconds, which 'run' need not wait for.
    from helpers.runner.sweep_reports import sweep_table, write_sweep

    if scheduler is None:
        expect(kernel_row(), home_row(), semaphore_row())
    outcomes: dict[int, Finished | Failed] = {}
    interrupted = False
    points = sweep.points()
    try:
        with tqdm(
            total=len(jobs), desc=sweep.name, unit="points", bar_format=BAR, disable=None
        ) as bar:
            for index, outcome in run_sweep(jobs, scheduler, workers, force):
                outcomes[index] = outcome
                bar.update()
                if isinstance(outcome, Failed):
                    settings = ", ".join(f"{k}={v}" for k, v in points[index].items())
                    _say(f"{settings}: {outcome.message()}")
    except KeyboardInterrupt:
        interrupted = True
    finally:
        table = sweep_table(sweep, outcomes)
        written = write_sweep(sweep, table, folder) if outcomes else []
    states = table["state"].value_counts()
    before = sum(isinstance(outcome, Finished) and outcome.kept for outcome in outcomes.values())
    click.echo(table.drop(columns=["error", "notebook"]).to_string(index=False))
    for path in written:
        click.echo(f"written: {relative(path)}")
    click.echo(
        f"{len(jobs)} points: {states.get('finished', 0)} finished ({before} of them before), "
        f"{states.get('failed', 0)} failed, {states.get('not run', 0)} not run"
    )
    if interrupted:
        click.echo("stopped with Ctrl-C: the same command continues the sweep")
        return ExitStatus.INTERRUPTED
    return ExitStatus.FAILED if "failed" in states else ExitStatus.DONE


def _say(message: str) -> None:
    tqdm.write(message, file=sys.stderr)
