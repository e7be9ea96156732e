"""What the Articles tab adds and removes: files that come through the page, the folder that keeps them, the one job.

The library's own writer lock stands behind all this; a job of another process is told of by its sentence.
"""

from __future__ import annotations

import filecmp
import json
import re
import secrets
import shutil
import threading
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.disk import beside, storage_errors
from rag.errors import Interrupted, LoadError, RagError
from ui import render
from ui.guard import MAX_UPLOAD
from ui.markup import counted, esc, plain
from ui.parts import guarded

if TYPE_CHECKING:
    from fastapi import FastAPI, Request
    from fastapi.responses import Response

    from index.draft import Issue
    from index.report import Progress, SyncReport
    from rag.encoder import Encoder
    from ui.ask import Desk

MOST_WAITING = 1_000
"""Uploaded files that wait to be indexed; a folder that holds more is added by its path."""
STALE_SECONDS = 86_400.0
"""Uploads that nobody had indexed are forgotten after this long."""
MOST_NAME_BYTES = 200
MOST_ISSUES = 200
"""Issues that are shown one by one."""
TELL_EVERY = 0.25
"""Seconds between two looks at the progress of a job."""

BUSY = "Another job is changing the library from this page. Wait for it to end, then try again."
UNREADABLE = "The page sent an order that cannot be read: reload the page and try again."
STOPPED = "Stopped. Nothing was published; what was embedded is kept, so adding the same again goes on from there."

_TOKEN = re.compile(r"[0-9a-f]{32}")

Tell = Callable[[float, str], None]
"""Told how much is done, 0 to 1, and what is being done."""


class TooLarge(LoadError):
    """An upload has more bytes than are taken."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An uploaded file under its own name; `previous` is the different file whose place it took."""

    token: str
    path: Path
    previous: Path | None


class Uploads:
    """The folder beside a library that keeps uploaded files under their own names, and those that wait in it.

    A file of a name that is there already takes its place: that is how an article is edited.
    """

    def __init__(self, library: Path) -> None:
        self.folder = beside(library, "uploads")
        self._waiting = self.folder / ".incoming"

    async def receive(self, name: str, blocks: AsyncIterator[bytes]) -> str:
        """Keep a file aside until it is placed; the token to place it by.  Raises TooLarge, LoadError, StorageError."""
        name = safe_name(name)
        token = secrets.token_hex(16)
        scratch = self._waiting / token
        with storage_errors(f"keeping {name}"):
            self._make_room()
            scratch.mkdir(parents=True)
            try:
                size = 0
                with (scratch / name).open("xb") as file:
                    async for block in blocks:
                        size += len(block)
                        if size > MAX_UPLOAD:
                            raise TooLarge(f"{name} has more than {MAX_UPLOAD >> 20} MB; add it by its path.")
                        file.write(block)
            except BaseException:
                shutil.rmtree(scratch, ignore_errors=True)
                raise
        return token

    def _make_room(self) -> None:
        if not self._waiting.is_dir():
            return
        waiting = list(self._waiting.iterdir())
        stale = [one for one in waiting if time.time() - one.lstat().st_mtime > STALE_SECONDS]
        for one in stale:
            shutil.rmtree(one, ignore_errors=True)
        if len(waiting) - len(stale) >= MOST_WAITING:
            raise LoadError(f"{MOST_WAITING:,} files are waiting already; for more, add their folder by its path.")

    def place(self, tokens: Sequence[str]) -> tuple[list[Placed], list[Issue]]:
        """Give waiting files their own names, and say which could not get one.  Raises StorageError."""
        from index.draft import Issue

        placed: list[Placed] = []
        issues: list[Issue] = []
        for token in dict.fromkeys(tokens):
            file = self._find(token)
            if file is None:
                issues.append(Issue("An uploaded file", "is not there any more; choose it again"))
                continue
            target = self.folder / file.name
            if any(one.path == target for one in placed):
                issues.append(Issue(file.name, "has the name of another file of this selection; rename one of them"))
                shutil.rmtree(file.parent, ignore_errors=True)
                continue
            with storage_errors(f"keeping {file.name}"):
                placed.append(Placed(token, target, _replace(file, target)))
        return placed, issues

    def _find(self, token: str) -> Path | None:
        folder = self._waiting / token
        if not _TOKEN.fullmatch(token) or not folder.is_dir():
            return None
        return next((file for file in folder.iterdir() if file.is_file()), None)

    def settle(self, placed: Sequence[Placed], useless: set[str]) -> None:
        """Take out the files of `useless` paths, from which nothing could be read, and put back what was there."""
        for one in placed:
            with suppress(OSError):
                if str(one.path) in useless and one.previous:
                    one.previous.replace(one.path)
                elif str(one.path) in useless:
                    one.path.unlink(missing_ok=True)
            shutil.rmtree(self._waiting / one.token, ignore_errors=True)

    def forget(self, origins: Sequence[str]) -> int:
        """Delete the kept files that each were one removed article; how many."""
        from index.load import HOLDERS, ROWS, suffix_of

        own = [Path(origin) for origin in origins if Path(origin).parent == self.folder]
        found = [path for path in own if path.is_file() and suffix_of(path) not in (*ROWS, *HOLDERS)]
        for path in found:
            with suppress(OSError):
                path.unlink()
        return len(found)


def _replace(file: Path, target: Path) -> Path | None:
    """Move `file` to `target`; where the different file lies now that was there."""
    previous = None
    if target.exists() and not filecmp.cmp(file, target, shallow=False):
        previous = file.with_name(".previous")
        target.replace(previous)
    file.replace(target)
    return previous


def safe_name(name: str) -> str:
    """The last part of a file's name, which can be a name here and is of a kind that is read.  Raises LoadError."""
    from index.discover import UNKNOWN_KIND
    from index.load import suffix_of

    base = unicodedata.normalize("NFC", plain(name)).replace("\\", "/").rpartition("/")[2].strip()
    base = "".join("_" if unicodedata.category(sign) in {"Cc", "Cs"} else sign for sign in base)
    if not base.strip(".") or base.startswith("."):
        raise LoadError("The file has no name that it can be kept under: rename it.")
    if not suffix_of(Path(base)):
        raise LoadError(f"{base} {UNKNOWN_KIND}.")
    if len(base.encode()) > MOST_NAME_BYTES:
        raise LoadError(f"{base[:60]}… has a name of more than {MOST_NAME_BYTES} bytes: give it a shorter one.")
    return base


def add_upload(app: FastAPI, desk: Desk) -> None:
    """Takes files at `/part/upload?name=NAME`; the guard before it has looked at where the request comes from."""
    from fastapi.responses import JSONResponse, PlainTextResponse
    from starlette.requests import ClientDisconnect

    async def upload(request: Request) -> Response:
        try:
            name = request.query_params.get("name", "")
            token = await _uploads(desk).receive(name, request.stream())
        except TooLarge as error:
            return PlainTextResponse(str(error), 413)
        except LoadError as error:
            return PlainTextResponse(str(error), 422)
        except RagError as error:
            return PlainTextResponse(str(error), 507)
        except ClientDisconnect:
            return PlainTextResponse("The file did not arrive whole.", 400)
        return JSONResponse({"token": token})

    app.add_route("/part/upload", upload, methods=["POST"])


def _library(desk: Desk) -> Path:
    return Path(str(desk.library.info.path))


def _uploads(desk: Desk) -> Uploads:
    return Uploads(_library(desk))


class Intake:
    """Adds articles to the library and removes them, one job at a time; says in HTML what it did, and never raises."""

    def __init__(self, desk: Desk, *, encoder: Encoder | None = None) -> None:
        self._desk = desk
        self._encoder = encoder
        self._one = threading.Lock()
        self._stopped = threading.Event()

    def carry_out(self, order: str | None, tell: Tell) -> str:
        """What the page's script orders as JSON: `uploads` to index, by their tokens, or ids to `remove`."""

        def work() -> str:
            kind, names = _read(order)
            return self._index_uploads(names, tell) if kind == "uploads" else self._remove(names)

        return self._alone(work)

    def add_path(self, typed: str | None, tell: Tell) -> str:
        """Index a file or folder of this machine."""

        def work() -> str:
            return summary(self._sync([_path(typed)], tell), [])

        return self._alone(work)

    def stop(self) -> None:
        """End the job at its next step."""
        self._stopped.set()

    def _alone(self, work: Callable[[], str]) -> str:
        if not self._one.acquire(blocking=False):
            return _result(render.problem(BUSY), False)
        try:
            self._stopped.clear()
            shown = guarded(work)
            self._desk.refresh()
        finally:
            self._one.release()
        return _result(shown, "rag-done" in shown)

    def _sync(self, paths: Sequence[Path], tell: Tell) -> SyncReport:
        from index.sync import sync

        tell(0.0, "Looking at the files")
        # The one that questions are asked with, which is loaded already.
        encoder = self._encoder or self._desk.library.encoder
        return sync(paths, _library(self._desk), encoder=encoder, on_progress=self._reporter(tell))

    def _reporter(self, tell: Tell) -> Callable[[Progress], None]:
        told = 0.0

        def report(progress: Progress) -> None:
            nonlocal told
            if self._stopped.is_set():
                raise Interrupted(STOPPED)
            now = time.monotonic()
            if now - told < TELL_EVERY:
                return
            told = now
            share = min(progress.done / progress.total, 1.0) if progress.total else 0.0
            name = f" {progress.current}" if progress.current else ""
            done = f"{counted(progress.articles, 'article')}, {counted(progress.chunks, 'passage')}"
            tell(share, plain(f"{progress.stage.capitalize()}{name} · {done}"))

        return report

    def _index_uploads(self, tokens: Sequence[str], tell: Tell) -> str:
        uploads = _uploads(self._desk)
        placed, issues = uploads.place(tokens)
        if not placed:
            return render.problem("No file was left to index.") + _issues(issues)
        try:
            report = self._sync([one.path for one in placed], tell)
        except RagError as error:
            uploads.settle(placed, set())
            where = f"The files are kept in {uploads.folder}: add that folder by its path to try again."
            return render.problem(str(error)) + f'<p dir="auto">{esc(where)}</p>'
        uploads.settle(placed, {issue.origin for issue in report.issues if issue.skipped})
        notes = [
            f"{one.path.name} took the place of the file of the same name that was added before."
            for one in placed
            if one.previous
        ]
        return summary(report, notes, issues)

    def _remove(self, ids: Sequence[str]) -> str:
        from index.sync import remove

        library = self._desk.library
        origins = [library.article(article_id).origin for article_id in ids]
        report = remove(ids, _library(self._desk))
        deleted = _uploads(self._desk).forget(origins)
        notes = [f"{counted(deleted, 'uploaded file')} deleted with them."] if deleted else []
        if deleted < len(ids):
            notes.append("The files that they were read from stay where they are: index them to have them back.")
        return summary(report, notes)


def _read(order: str | None) -> tuple[str, list[str]]:
    try:
        given: Any = json.loads(order or "")
        ((kind, names),) = given.items()
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise LoadError(UNREADABLE) from None
    whole = isinstance(names, list) and names and all(isinstance(name, str) for name in names)
    if kind not in {"uploads", "remove"} or not whole:
        raise LoadError(UNREADABLE)
    return kind, list(names)


def _path(typed: str | None) -> Path:
    text = (typed or "").strip()
    if not text:
        raise LoadError("Type the path of a file or folder on this machine first.")
    try:
        if "\0" in text:
            raise ValueError
        return Path(plain(text)).expanduser()
    except (ValueError, RuntimeError):
        raise LoadError(f"{plain(text)} is not a path on this machine.") from None


def summary(report: SyncReport, notes: Sequence[str], others: Sequence[Issue] = ()) -> str:
    """What a job did: counts, remarks, and what was wrong with each file."""
    counts = [
        f"{counted(count, 'article')} {word}"
        for count, word in ((report.added, "added"), (report.changed, "changed"), (report.removed, "removed"))
        if count
    ]
    if report.unchanged and not report.removed:
        counts.append(f"{report.unchanged:,} unchanged")
    told = ", ".join(counts) or "Nothing was added"
    remarks = "".join(f'<p dir="auto">{esc(note)}</p>' for note in notes)
    return f'<p class="rag-done"><strong>{told}.</strong></p>{remarks}{_issues([*others, *report.issues])}'


def _issues(issues: Sequence[Issue]) -> str:
    if not issues:
        return ""
    rows = "".join(
        f'<li class="{"rag-skipped" if issue.skipped else "rag-remark"}"><bdi>{esc(issue.origin)}</bdi> '
        f"{esc(issue.message)}</li>"
        for issue in issues[:MOST_ISSUES]
    )
    more = f"<li>and {len(issues) - MOST_ISSUES:,} more</li>" if len(issues) > MOST_ISSUES else ""
    return f'<ul class="rag-issues" aria-label="What was not taken">{rows}{more}</ul>'


def _result(shown: str, done: bool) -> str:
    """What a job did, told apart from what the job before it did, for the page's script."""
    return f'<div class="rag-result" data-job="{time.time_ns()}" data-done="{int(done)}">{shown}</div>'
