"""Reading files in a child process, so that a bomb, a crash or a hang costs that file only.

The parent sends a path and the names of its fields a line, as JSON; the child answers with JSON lines and ends each
file with `{"done": true}`.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from index.draft import Draft, Issue
from index.load import read_file
from rag.disk import storage_errors
from rag.types import Mark

MEMORY_BYTES = 1024**3
SECONDS = 30.0
"""Between two documents; a file of many articles may take longer as a whole."""


class _Failure(NamedTuple):
    """Why the child did not finish a file, and whether a fresh child might."""

    message: str
    again: bool


class Reader:
    """A child process that parses files within limits; started when first needed and again after it died."""

    def __init__(self, *, memory: int = MEMORY_BYTES, seconds: float = SECONDS) -> None:
        self._memory = memory
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._files = 0
        self._given_up = False

    def read(self, path: Path, fields: Mapping[str, str] | None = None) -> Iterator[Draft | Issue]:
        """The drafts and issues of one file; never raises for what is in it.  Raises StorageError without a child.

        `fields` names the columns or keys of tables that hold our fields.
        """
        used = self._files > 0
        for taken, item in enumerate(self._read(path, fields)):
            if isinstance(item, _Failure):
                if self._given_up:
                    return
                if used and not taken and item.again:
                    # The files before may have used up the child's memory: judge this one by itself.
                    yield from self.read(path, fields)
                else:
                    yield Issue(str(path), item.message)
                return
            yield item

    def _read(self, path: Path, fields: Mapping[str, str] | None) -> Iterator[Draft | Issue | _Failure]:
        child = self._start()
        assert child.stdin is not None
        self._files += 1
        try:
            child.stdin.write(json.dumps([str(path), dict(fields or {})]).encode() + b"\n")
            child.stdin.flush()
            while "done" not in (message := json.loads(self._line(child))):
                yield _from_message(message)
        except TimeoutError:
            failure = _Failure(f"took longer than {self._seconds:.0f} seconds to read and was given up", False)
        except (EOFError, OSError, ValueError, KeyError, TypeError):
            limit = f"{self._memory // 1024**2} MB of memory"
            failure = _Failure(f"could not be read: it needs more than {limit}, or breaks the parser", True)
        except GeneratorExit:
            # The caller wants no more; what the child still sends must not be taken for the next file.
            self.close()
            raise
        else:
            return
        self.close()
        yield failure

    def give_up(self) -> None:
        """End a file that is being read in another thread; nothing more is read."""
        self._given_up = True
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """End the child process."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe:
                    _close_quietly(pipe)
            self._child = None
        self._buffer = b""
        self._files = 0

    def _start(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            code = "import sys; sys.path.insert(0, sys.argv[1]); from index.worker import main; main(int(sys.argv[2]))"
            package_root = str(Path(__file__).resolve().parent.parent)
            with storage_errors("starting the process that reads files"):
                self._child = subprocess.Popen(
                    [sys.executable, "-c", code, package_root, str(self._memory)],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=package_root,
                    start_new_session=True,
                )  # fmt: skip
        return self._child

    def _line(self, child: subprocess.Popen[bytes]) -> bytes:
        assert child.stdout is not None
        parts = [self._buffer]
        while b"\n" not in parts[-1]:
            with selectors.DefaultSelector() as selector:
                selector.register(child.stdout, selectors.EVENT_READ)
                if not selector.select(self._seconds):
                    raise TimeoutError
            block = os.read(child.stdout.fileno(), 1 << 20)
            if not block:
                raise EOFError
            parts.append(block)
        last, _, self._buffer = parts.pop().partition(b"\n")
        return b"".join([*parts, last])


def _close_quietly(pipe: Any) -> None:
    # The child may have died with our last line unread.
    with suppress(OSError):
        pipe.close()


def _from_message(message: dict[str, Any]) -> Draft | Issue:
    if "issue" in message:
        return Issue(**message["issue"])
    fields = message["draft"]
    fields["published"] = date.fromisoformat(fields["published"]) if fields["published"] else None
    fields["marks"] = tuple(Mark(*mark) for mark in fields["marks"])
    return Draft(**fields)


def main(memory: int) -> None:
    """Child process: read the files that stdin names until it closes."""
    limit(memory)
    _die_with_parent()
    # What a parser prints must not get between our messages.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        for line in sys.stdin.buffer:
            path, fields = json.loads(line)
            for item in read_file(Path(path), fields):
                kind = "draft" if isinstance(item, Draft) else "issue"
                _send(answers, {kind: asdict(item)})
            _send(answers, {"done": True})


def limit(memory: int) -> None:
    """Bound this process's memory in bytes, and let it leave no core file."""
    import resource

    # Other systems may refuse this limit; there the time limit alone must do.
    refusals: tuple[type[Exception], ...] = () if sys.platform == "linux" else (ValueError, OSError)
    with suppress(*refusals):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_parent() -> None:
    """Where the system can, end with the parent even in the middle of a bomb; elsewhere the next write ends us."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _send(answers: BinaryIO, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, default=lambda day: day.isoformat()).encode() + b"\n")
    answers.flush()
