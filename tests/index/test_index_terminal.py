"""`rag sync` and `rag status` as people type them: plans, mappings, forgetting, watching, quarantine, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from rag.cli import main

BODY = "The {0} of the harbour waited at the quay on Monday. Nobody came to relieve the {0} until the evening.\n"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text(BODY.format("pilots"))
    return folder


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ARTICLE_RAG_LIBRARY", str(tmp_path / "library"))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        out, err = capfd.readouterr()
        return code, " ".join(out.split()), " ".join(err.split())

    return call


def test_a_plan_then_the_sync_then_nothing_to_do(run: Run, files: Path) -> None:
    code, _, err = run("sync", str(files), "--dry-run")
    assert code == 0
    assert err == f"new {files / 'a.txt'} 1 new. Nothing was written."
    assert "There is no library in" in run("status")[2]
    code, _, err = run("sync", str(files))
    assert code == 0 and "1 added (1 chunks embedded" in err and "generation 1)" in err
    assert "1 unchanged (0 chunks embedded" in run("sync")[2]
    code, out, _ = run("status")
    assert (code, out) == (0, f"generation 1, 1 articles follows {files}: 1 files")


def test_the_plan_as_json_names_every_kind_of_change(run: Run, files: Path) -> None:
    for name in ("b", "c", "d"):
        (files / f"{name}.txt").write_text(BODY.format(name))
    run("sync", str(files))
    (files / "a.txt").write_text(BODY.format("bakers"))
    (files / "b.txt").rename(files / "moved.txt")
    (files / "c.txt").unlink()
    (files / "new.txt").write_text(BODY.format("smiths"))
    plan = json.loads(run("sync", "--dry-run", "--json")[1])
    assert {kind: len(plan[kind]) for kind in ("new", "edited", "moved", "gone", "again")} == {
        "new": 1, "edited": 1, "moved": 1, "gone": 1, "again": 0,
    }  # fmt: skip
    assert plan["moved"] == [f"{files / 'b.txt'} -> {files / 'moved.txt'}"]
    assert plan["unchanged"] == 1
    told = json.loads(run("sync", "--json")[1])
    assert {kind: told[kind] for kind in ("added", "changed", "moved", "removed", "unchanged")} == {
        "added": 1, "changed": 1, "moved": 1, "removed": 1, "unchanged": 1,
    }  # fmt: skip


def test_a_bad_file_is_told_with_its_reason_and_kept_in_quarantine(run: Run, files: Path) -> None:
    (files / "bad.txt").write_bytes(b"\0" * 50)
    code, _, err = run("sync", str(files))
    assert code == 3
    assert f"skipped {files / 'bad.txt'}: is binary, not text" in err
    code, _, err = run("sync")
    assert code == 0 and "1 in quarantine (rag status)" in err
    out = run("status")[1]
    assert f"quarantined {files / 'bad.txt'}: is binary, not text" in out
    assert "They are tried again when they change, or with rag sync --retry." in out
    assert run("sync", "--retry")[0] == 3


def test_columns_are_mapped_and_remembered(run: Run, files: Path) -> None:
    (files / "t.csv").write_text(f'Kopf,Beitrag\nPilots at sea,"{BODY.format("pilots").strip()}"\n')
    assert run("sync", str(files))[0] == 3
    code, _, err = run("sync", str(files), "--field", "title=Kopf", "--field", "text=Beitrag")
    assert code == 0 and "1 added, 1 unchanged" in err
    assert f"follows {files} (text=Beitrag, title=Kopf): 2 files" in run("status")[1]
    code, _, err = run("sync", str(files), "--field", "heading=Kopf")
    assert code == 1 and "--field 'heading=Kopf' names no column: write FIELD=COLUMN" in err


def test_places_are_forgotten_and_addresses_refused_without_being_asked_for(run: Run, files: Path) -> None:
    run("sync", str(files))
    code, _, err = run("sync", "--forget", str(files))
    assert code == 0 and "is no longer followed; its articles stay in" in err
    assert "follows nothing (rag sync FOLDER)" in run("status")[1]
    code, _, err = run("sync")
    assert code == 1 and "follows nothing yet: name a folder, as in rag sync FOLDER." in err
    code, _, err = run("sync", "https://news.example/feed.xml")
    assert code == 1 and "nothing is fetched unless you ask for it: add --web." in err


@pytest.mark.usefixtures("socket_enabled")
def test_an_address_inside_this_network_is_refused_by_name(run: Run) -> None:
    code, _, err = run("sync", "--web", "http://127.0.0.1/feed.xml")
    assert code == 3
    assert "http://127.0.0.1/feed.xml: " in err and "which is never fetched" in err


def test_watching_follows_changes_until_it_is_stopped(tmp_path: Path, files: Path) -> None:
    library = tmp_path / "library"
    command = [sys.executable, "-c", "import sys; from rag.cli import main; sys.exit(main())", "sync", str(files)]
    log = tmp_path / "log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [*command, "--watch", "--library", str(library)],
            stderr=out,
            stdout=out,
            env=os.environ | {"COLUMNS": "200"},
        )
    try:
        assert _said(log, "Watching 1 of 1 places"), log.read_text()
        time.sleep(1.0)
        (files / "b.txt").write_text(BODY.format("bakers"))
        assert _said(log, "1 added, 1 unchanged"), log.read_text()
        (files / "a.txt").unlink()
        assert _said(log, "1 unchanged, 1 removed"), log.read_text()
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 0
        assert _said(log, "Stopped watching.")
    finally:
        child.kill()
        child.wait()


def test_an_interrupt_that_meets_a_destructor_still_ends_the_watch(
    run: Run, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python drops a KeyboardInterrupt that is raised in one."""

    def dropped(*given: object) -> None:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("index.terminal._again", dropped)
    before = signal.getsignal(signal.SIGINT)
    guard = threading.Timer(60, signal.raise_signal, [signal.SIGINT])
    guard.start()
    begun = time.monotonic()
    try:
        code, _, err = run("sync", str(files), "--watch")
    finally:
        guard.cancel()
    assert code == 0 and err.endswith("Stopped watching.")
    assert time.monotonic() - begun < 50, "by the first interrupt"
    assert signal.getsignal(signal.SIGINT) is before


def _said(log: Path, words: str, seconds: float = 90.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if words in " ".join(log.read_text().split()):
            return True
        time.sleep(0.1)
    return False
