"""Files that are whole or absent: write-new, fsync, rename, fsync the folder; locks that die with their process."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from rag.errors import LibraryLocked, StorageError


def beside(library: Path, what: str) -> Path:
    """Where `what` of a library lies that is not part of it: `NAME-what` beside the folder NAME."""
    library = library.resolve()
    return library.with_name(f"{library.name}-{what}")


def write_atomic(path: Path, data: bytes | memoryview) -> None:
    """Put `data` at `path` so that a crash leaves the old file or the new one.

    Raises OSError while the old file is in place, StorageError where the new one is but may not survive a power cut.
    """
    scratch = path.with_name(f".{path.name}.new")
    try:
        write_synced(scratch, data)
        scratch.replace(path)
    except OSError:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise
    try:
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"{path} was replaced, but the disk did not confirm that it keeps it ({error.strerror}): check the disk, "
            "then run the same command again."
        ) from error


def write_synced(path: Path, data: bytes | memoryview) -> None:
    """Write a new file and force it to the disk, its name excepted.  Raises OSError."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_file(path: Path) -> None:
    """Force the content of a file that somebody else wrote to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Force the names in a folder to the disk."""
    sync_file(path)


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn an OSError into a StorageError that says what was being done and what to do."""
    try:
        yield
    except OSError as error:
        remedy = {
            errno.ENOSPC: "the disk is full: free some space",
            errno.EDQUOT: "the disk quota is used up: free some space",
            errno.EFBIG: "the file size limit was reached: raise it",
            errno.EROFS: "the file system is read-only: choose another --library",
            errno.EACCES: "permission was denied: choose another --library or change its permissions",
        }.get(error.errno or 0, f"the disk reported {error.strerror or error}")
        raise StorageError(
            f"Could not finish {doing}: {remedy}, then run the same command again.  "
            "What was published before is unchanged."
        ) from error


@contextmanager
def writer_lock(path: Path) -> Iterator[None]:
    """Hold the one writer's lock.  Raises LibraryLocked at once if another process has it, StorageError."""
    with ExitStack() as stack:
        with storage_errors(f"locking {path.parent}"):
            # Unbuffered: a write that fails must not be tried again when the file is closed.
            file = stack.enter_context(path.open("ab+", buffering=0))
            if not _lock(file, fcntl.LOCK_EX):
                file.seek(0)
                holder = file.read(100).decode(errors="replace").strip() or "another process"
                raise LibraryLocked(
                    f"{path.parent} is being written by {holder}; only one process may write at a time.  "
                    "Wait for it to end (questions can be asked meanwhile), then run the command again."
                )
            file.truncate(0)
            file.write(f"process {os.getpid()}".encode())
        yield


class Lease:
    """A reader's shared lock on a generation, released when closed or when the process dies."""

    def __init__(self, path: Path) -> None:
        """Raises FileNotFoundError if the generation was cleared away, also while we took the lease, and OSError."""
        self._file = path.open("rb")
        # A lock that we cannot share is the writer's: it is clearing the generation away.
        gone = not _lock(self._file, fcntl.LOCK_SH)
        try:
            gone = gone or os.fstat(self._file.fileno()).st_ino != path.stat().st_ino
        except FileNotFoundError:
            gone = True
        if gone:
            self._file.close()
            raise FileNotFoundError(errno.ENOENT, "cleared away", str(path))

    def close(self) -> None:
        self._file.close()


@contextmanager
def unleased(path: Path) -> Iterator[bool]:
    """Whether no reader holds a lease on `path`; while in the block, none can take it if so."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield True
        return
    with file:
        yield _lock(file, fcntl.LOCK_EX)


def _lock(file: IO[Any], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True
