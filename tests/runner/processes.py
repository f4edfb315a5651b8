"""Processes that tests start, and what tests wait for."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from threading import Thread


def start_helpers(*arguments, **options) -> subprocess.Popen:
    """Start ``python -m helpers``; it hears Ctrl-C even if the tests are run so that they do not.

    A child inherits a signal that is ignored, but never one that is handled.
    """
    command = [sys.executable, "-m", "helpers", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command, **pipes, **options)
    finally:
        signal.signal(signal.SIGINT, before)


def wait_until(condition: Callable[[], object], process: subprocess.Popen | None = None) -> None:
    """Wait at most two minutes for something to happen while a process goes on."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.05)


def as_soon_as(condition: Callable[[], object], action: Callable[[], object]) -> None:
    """Do something in the background as soon as something has happened."""

    def wait_and_act() -> None:
        wait_until(condition)
        action()

    Thread(target=wait_and_act, daemon=True).start()
