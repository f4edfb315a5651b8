"""What checking an exercise costs: each in a process of its own, beside starting Python for it.

Run it alone on an idle machine:

    python tests/benchmarks/exercise_checks.py

It asserts nothing: times depend on the machine. A check should take under two seconds; most of it
is a new Python that imports NumPy and SciPy.
"""

import statistics
import subprocess
import sys
import time

from helpers.lesson.examiner import examine_apart
from helpers.lesson.exercises import exercises_of

IMPORTS = "import numpy, scipy.stats, cloudpickle, psutil"
SETS = [*(f"{number:02}" for number in range(100)), "bug_hunt"]


def seconds(work) -> float:
    """Measure how long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Check every exercise's own solution, and print how long that took."""
    bare = [seconds(lambda: subprocess.run([sys.executable, "-c", IMPORTS])) for _ in range(9)]
    python = statistics.median(bare)
    checks = {
        number: seconds(lambda task=task: examine_apart(task.number, task.reference))
        for name in SETS
        for number, task in exercises_of(name).items()
    }
    slowest = max(checks, key=checks.get)
    median = statistics.median(checks.values())
    print(f"Python with its imports: {python:.2f} s")
    print(f"a check: {median:.2f} s, {median / python:.1f} times that, the median of {len(checks)}")
    print(f"the slowest, {slowest}: {checks[slowest]:.2f} s")


if __name__ == "__main__":
    main()
