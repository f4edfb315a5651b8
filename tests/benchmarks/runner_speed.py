"""What the runner costs beyond papermill, and how much a second worker gains.

Run it alone on an idle machine:

    python tests/benchmarks/runner_speed.py
    python tests/benchmarks/runner_speed.py --seconds 5 --points 4

It asserts nothing: times depend on the machine. It prints each ratio beside what it should be.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import papermill

from helpers.lesson.environment import available_cores
from helpers.runner.execution import KERNEL, QUIET_KERNEL, run_job
from helpers.runner.identity import environment_fingerprint, run_identity
from helpers.runner.jobs import Course, Job, plan, read_course
from helpers.runner.reports import Finished
from helpers.runner.sweeps import read_sweep, run_sweep, sweep_jobs

sys.path.insert(0, str(Path(__file__).parents[1] / "runner"))
from tiny_course import PROFILES, PROMISE, RECORD, write_course

REPEATS = 7
WORK = """
total = 0
for number in range({loops}):
    total += number * number
"""
SWEEP = """
description: equal, compute-bound points
lesson: 01_dot
parameters: {{epochs: [{epochs}]}}
figure: {{x: epochs, y: [accuracy], label: accuracy}}
"""


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def loops_for(wanted: float) -> int:
    """Return how many loops keep one core busy for about so many seconds."""
    loops = 2_000_000
    taken = min(seconds(lambda: exec(WORK.format(loops=loops), {})) for _ in range(3))
    return int(loops * wanted / taken)


def course_of(folder: Path, *sources: str) -> Course:
    """Write a course of one lesson, and read it."""
    profiles = {name: {**value, "cell_timeout": 3600} for name, value in PROFILES.items()}
    written = write_course(folder, {"01_dot": [*sources, RECORD]}, {"01_dot": PROMISE}, profiles)
    return read_course(written)


def plain_papermill(job: Job, output: Path) -> float:
    """Return how long papermill alone takes for a job."""
    return seconds(
        lambda: papermill.execute_notebook(
            job.lesson.path,
            output,
            job.overrides,
            kernel_name=KERNEL,
            cwd=job.lesson.path.parent,
            progress_bar=False,
            extra_arguments=[QUIET_KERNEL],
        )
    )


def cost_of_a_run(folder: Path) -> None:
    """Print how much longer a run takes than papermill alone; an empty lesson, in turns."""
    (job,) = plan(course_of(folder), [], "ci", [], folder / "build")

    def run() -> None:
        outcome = run_job(job, run_identity(job, environment_fingerprint()))
        assert isinstance(outcome, Finished), outcome

    run()
    pairs = [(plain_papermill(job, folder / "plain.ipynb"), seconds(run)) for _ in range(REPEATS)]
    plain, ours = (statistics.median(values) for values in zip(*pairs, strict=True))
    print(f"one run: papermill {plain:.2f} s, runner {ours:.2f} s")
    print(f"  the runner adds {ours - plain:.2f} s (at most 1.5)")


def cost_of_a_sweep(folder: Path, wanted: float, points: int) -> None:
    """Print what a sweep costs beyond papermill, and how much faster two workers are than one."""
    course = course_of(folder, WORK.format(loops=loops_for(wanted)))
    path = folder / "equal.yaml"
    path.write_text(SWEEP.format(epochs=", ".join(str(n + 1) for n in range(points))))
    jobs = sweep_jobs(read_sweep(path, course), course, folder / "build")
    plain = sum(plain_papermill(job, folder / "plain.ipynb") for job in jobs)

    def sweep(workers: int) -> float:
        outcomes: dict[int, object] = {}
        taken = seconds(lambda: outcomes.update(run_sweep(jobs, None, workers, force=True)))
        assert all(isinstance(outcome, Finished) for outcome in outcomes.values()), outcomes
        return taken

    one, two = sweep(1), sweep(2)
    print(f"{points} points of about {plain / points:.1f} s: papermill alone {plain:.1f} s")
    print(f"  1 worker {one:.1f} s, {100 * (one / plain - 1):+.1f} % (at most +5 % at 20 s)")
    print(f"  2 workers {two:.1f} s, {one / two:.2f} times as fast as one (at least 1.6)")


def main() -> None:
    """Read the command line and run both benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="length of a sweep's point")
    parser.add_argument("--points", type=int, default=8, help="number of the sweep's points")
    options = parser.parse_args()
    print(f"{available_cores()} cores")
    with TemporaryDirectory() as folder:
        cost_of_a_run(Path(folder) / "run")
        cost_of_a_sweep(Path(folder) / "sweep", options.seconds, options.points)


if __name__ == "__main__":
    main()
