"""Where PyTorch comes from, proved with pip and a small package index on this machine."""

import functools
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from helpers import install

# A build backend that needs no package, so that '-e .' needs no network.
BACKEND = """
from pathlib import Path

def build_editable(*_):
    raise NotImplementedError

def prepare_metadata_for_build_editable(folder, *_):
    (Path(folder) / "tiny-1.dist-info").mkdir()
    text = "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n"
    (Path(folder) / "tiny-1.dist-info" / "METADATA").write_text(text)
    return "tiny-1.dist-info"
"""
PROJECT = """
[project]
name = "tiny"
version = "1"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def put_wheel(folder, name, version):
    folder.mkdir(parents=True)
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")


@pytest.fixture(scope="module")
def indexes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("indexes")
    put_wheel(folder / "ordinary" / "torch", "torch", "2.13.0")
    put_wheel(folder / "ordinary" / "other", "other", "1.0")
    put_wheel(folder / "cpu" / "torch", "torch", "2.13.0+cpu")
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def course(tmp_path, monkeypatch, indexes):
    """A course of three packages on Linux, without a GPU; pip only says what it would install."""
    folder = tmp_path / "a course"
    (folder / "helpers" / "runner").mkdir(parents=True)
    (folder / "requirements.txt").write_text("torch==2.13.0\nother\n")
    (folder / "constraints.txt").write_text("torch==2.13.0\nother==1.0\n")
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "backend.py").write_text(BACKEND)
    for name in os.environ:
        if name.startswith("PIP_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    settings = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"{indexes}/ordinary",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_DRY_RUN": "1",
        "PIP_IGNORE_INSTALLED": "1",
        "PIP_REPORT": str(tmp_path / "report.json"),
        install.INDEX_VARIABLE: f"{indexes}/cpu",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(install, "ROOT", folder)
    monkeypatch.setattr(install.platform, "system", lambda: "Linux")
    monkeypatch.setattr(install, "has_nvidia_gpu", lambda: False)
    return folder


def chosen(tmp_path):
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    packages = [package["metadata"] for package in report["install"]]
    return {package["name"]: package["version"] for package in packages}


def test_without_a_gpu_the_cpu_build_is_taken(course, tmp_path, capfd):
    assert install.main() == 0
    assert chosen(tmp_path) == {"torch": "2.13.0+cpu", "other": "1.0", "tiny": "1"}
    line = capfd.readouterr().out.splitlines()[0]
    assert line == "PyTorch: the CPU build, because no NVIDIA GPU answers"


def test_with_a_gpu_the_ordinary_build_is_taken(course, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(install, "has_nvidia_gpu", lambda: True)
    assert install.main() == 0
    assert chosen(tmp_path)["torch"] == "2.13.0"
    assert "the ordinary index, with CUDA, because an NVIDIA GPU answers" in capfd.readouterr().out


@pytest.mark.parametrize("listens", [False, True], ids=["closed port", "never answers"])
def test_an_index_out_of_reach_costs_seconds(course, tmp_path, capfd, monkeypatch, listens):
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        if listens:
            port.listen()
        index = f"http://127.0.0.1:{port.getsockname()[1]}"
        monkeypatch.setenv(install.INDEX_VARIABLE, index)
        start = time.monotonic()
        options, line = install.torch_source()
        assert time.monotonic() - start < install.SECONDS_TO_ANSWER + 2
        assert (options, line.count("\n")) == ([], 0)
        monkeypatch.setattr(install, "SECONDS_TO_ANSWER", 0.2)
        assert install.main() == 0
    assert chosen(tmp_path)["torch"] == "2.13.0"
    assert (
        f"the ordinary index, often with CUDA, because {index} does not" in capfd.readouterr().out
    )


def test_an_index_that_trickles_or_whose_name_is_never_found_costs_seconds(monkeypatch):
    def trickle(*_, **__):
        time.sleep(60)
        raise OSError  # nobody waits for it any more

    monkeypatch.setattr(install, "urlopen", trickle)
    monkeypatch.setattr(install, "SECONDS_TO_ANSWER", 0.1)
    start = time.monotonic()
    assert not install.answers("http://somewhere")
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("page", ["nothing-here", "cpu/torch/torch-2.13.0"])
def test_an_index_without_torch_does_not_count(indexes, page):
    assert install.answers(f"{indexes}/cpu")
    assert not install.answers(f"{indexes}/{page}")


def test_an_index_that_is_no_address_does_not_count():
    assert not install.answers("no address")


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_elsewhere_the_ordinary_build_is_a_small_one(monkeypatch, system):
    monkeypatch.setattr(install.platform, "system", lambda: system)
    monkeypatch.setattr(install, "answers", lambda index: pytest.fail("asked an index"))
    options, line = install.torch_source()
    assert options == []
    assert "the ordinary index, whose build is small on this system" in line


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo 'GPU 0: NVIDIA T4 (UUID: GPU-1)'", True),
        ("echo 'No devices were found'", False),
        ("echo 'NVIDIA-SMI has failed'; exit 9", False),
        (None, False),
    ],
)
def test_a_gpu_counts_only_if_the_driver_lists_one(tmp_path, monkeypatch, script, expected):
    if script:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install.has_nvidia_gpu() is expected


def test_a_broken_nvidia_smi_is_no_gpu(tmp_path, monkeypatch):
    (tmp_path / "nvidia-smi").write_text("no program at all")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install.has_nvidia_gpu() is False


def test_one_clear_line_when_pip_fails(course, capfd):
    (course / "requirements.txt").write_text("torch==2.13.0\nnever-written==1\n")
    assert install.main() == 1
    message = capfd.readouterr().err
    assert "never-written" in message
    assert message.splitlines()[-1].startswith("Not everything is installed, and pip says above")


def test_ctrl_c_is_no_success(course, capfd, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(install.subprocess, "run", interrupted)
    assert install.main() == 130
    assert "give the same command again" in capfd.readouterr().err


def test_it_runs_as_a_file_with_the_standard_library_alone(course, tmp_path):
    script = course / "helpers" / "install.py"
    shutil.copy(install.__file__, script)
    # The folder's other modules and rooms must hide nothing that the script imports.
    for room in Path(install.__file__).parent.glob("*/__init__.py"):
        (script.parent / f"{room.parent.name}.py").touch()
    command = [sys.executable, "-S", str(script)]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    assert set(chosen(tmp_path)) == {"torch", "other", "tiny"}
