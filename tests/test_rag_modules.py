"""The packages as commands, their files, and the project's own scripts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | changes,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def script(folder: Path, name: str, body: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    "arguments",
    [["ui", "--host", "8.8.8.8"], ["index"], ["eval", "nothing.jsonl"]],
    ids=["ui", "index", "eval"],
)
def test_a_package_run_as_a_command_says_and_returns_its_error(arguments: list[str], tmp_path: Path) -> None:
    done = run(sys.executable, "-m", *arguments, ARTICLE_RAG_LIBRARY=str(tmp_path / "library"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr


def test_every_pattern_of_package_data_has_a_file() -> None:
    section = (ROOT / "pyproject.toml").read_text("utf-8").split("[tool.setuptools.package-data]\n")[1].split("\n\n")[0]
    patterns = [
        (line.partition(" ")[0], pattern) for line in section.splitlines() for pattern in re.findall(r'"(.+?)"', line)
    ]
    assert len(patterns) >= 6
    assert [(package, pattern) for package, pattern in patterns if not list((ROOT / package).glob(pattern))] == []


@pytest.mark.parametrize(("published", "asked"), [(False, ["index", "ui"]), (True, ["ui"])], ids=["empty", "made"])
def test_make_ui_makes_the_sample_library_where_the_folder_has_none(
    published: bool, asked: list[str], tmp_path: Path
) -> None:
    script(tmp_path / "bin", "rag", 'echo "$1"')
    (tmp_path / "library").mkdir()
    if published:
        (tmp_path / "library" / "manifest.json").touch()
    (tmp_path / "stamp").touch()
    made = [
        f"{name}={tmp_path / place}" for name, place in (("BIN", "bin"), ("LIBRARY", "library"), ("STAMP", "stamp"))
    ]
    done = run("make", "--silent", "ui", *made)
    assert (done.returncode, [line for line in done.stdout.splitlines() if "/" not in line]) == (0, asked)


def test_ci_installs_a_compiler_and_a_browser_where_there_are_none(tmp_path: Path) -> None:
    for name in ("apt-get", "make"):
        script(tmp_path, name, f'echo {name} "$@" >&2')
    script(tmp_path, "id", "echo 0")
    script(tmp_path, "dirname", "echo .ci")
    done = run("/bin/bash", ".ci/run", PATH=str(tmp_path))
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core gcc libc6-dev",
        "make test",
    ]


@pytest.mark.parametrize(("ci", "says"), [("1", "1 error"), ("", "1 skipped")], ids=["ci", "at-home"])
def test_without_a_compiler_the_fault_tests_fail_in_ci(ci: str, says: str, tmp_path: Path) -> None:
    one = "tests/fault/test_fault_disk.py::test_a_call_of_the_first_sync_that_fails"
    done = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", one, PATH=str(tmp_path), CI=ci)
    assert says in done.stdout
