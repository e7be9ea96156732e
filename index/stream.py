"""Files to articles in a thread of its own: what is read, cleaned and sketched while others are being embedded."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from index.clean import author_in, find_noise
from index.discover import FoundFile
from index.draft import Draft, Issue
from index.duplicate import sketch
from index.language import detect
from index.ledger import Fields, FileState, as_key
from index.plan import Looked
from index.worker import Reader
from rag.spec import file_sha256
from rag.types import Noise

MOST_WAITING_CHARS = 4_000_000
"""Text that may wait to be embedded: memory stays flat however many articles there are."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft with all that can be told of it before it is compared with what is stored."""

    draft: Draft
    noise: tuple[Noise, ...]
    sketch: bytes
    language: str | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A file is through; `state` is what to remember of it, None where it changed while it was read."""

    file: FoundFile
    state: FileState | None


Event = Prepared | Issue | Finished


class _Ended(Exception):
    """The consumer wants no more."""


class Stream:
    """Reads files ahead of the one who iterates over it, by as much text as may wait; a context manager."""

    def __init__(self, files: Sequence[FoundFile], looked: Looked, *, most: int = MOST_WAITING_CHARS) -> None:
        self._files = files
        self._looked = looked
        self._most = most
        self._waiting: deque[Event | BaseException | None] = deque()
        self._chars = 0
        self._changed = threading.Condition()
        self._closed = False
        self._reader = Reader()
        self._thread = threading.Thread(target=self._run, name="article-rag-reading", daemon=True)

    def __enter__(self) -> Stream:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        # It may be in the middle of a file that takes long.
        self._reader.give_up()
        self._thread.join()

    def __iter__(self) -> Iterator[Event]:
        """What each file gives, in order.  Raises what the thread could not deal with."""
        while True:
            with self._changed:
                # In short waits, so that Ctrl-C is seen at once.
                while not self._waiting:
                    self._changed.wait(0.2)
                event = self._waiting.popleft()
                self._chars -= _weight(event)
                self._changed.notify_all()
            if event is None:
                return
            if isinstance(event, BaseException):
                raise event
            yield event

    def _put(self, event: Event | BaseException | None) -> None:
        with self._changed:
            while self._chars > self._most and not self._closed:
                self._changed.wait()
            if self._closed:
                raise _Ended
            self._waiting.append(event)
            self._chars += _weight(event)
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            for file in self._files:
                self._read(file)
            self._put(None)
        except _Ended:
            pass
        except BaseException as error:
            with suppress(_Ended):
                self._put(error)
        finally:
            self._reader.close()

    def _read(self, file: FoundFile) -> None:
        fields = self._looked.fields_of(file.path)
        articles = 0
        problems: list[str] = []
        again = False
        for item in self._reader.read(file.path, fields):
            if isinstance(item, Issue):
                again = again or item.again
                problems += [item.message] if item.skipped else []
                self._put(item)
            else:
                articles += 1
                self._put(prepare(item))
        problem = problems[0] + (f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else "") if problems else ""
        self._put(Finished(file, None if again else _state(file, fields, articles, problem)))


def prepare(draft: Draft) -> Prepared:
    """What can be told of a draft by itself."""
    language = detect(draft.text, draft.language)
    noise = find_noise(draft.text, draft.title, language)
    draft = replace(draft, author=draft.author or author_in(draft.text, noise))
    return Prepared(draft, noise, sketch(draft.text, noise), language)


def _state(file: FoundFile, fields: Fields, articles: int, problem: str) -> FileState | None:
    seen = time.time_ns()
    try:
        digest = file_sha256(file.path)
        now = Path(file.path).stat()
    except OSError:
        return None
    if (now.st_size, now.st_mtime_ns) != (file.size, file.mtime_ns):
        return None
    return FileState(file.size, file.mtime_ns, digest, seen, as_key(fields), articles, problem)


def _weight(event: Event | BaseException | None) -> int:
    return len(event.draft.text) if isinstance(event, Prepared) else 200
