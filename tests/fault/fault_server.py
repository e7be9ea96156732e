"""Runs trials in forked children, so that each starts with everything imported and may be killed.

As a program it reads one JSON request a line and answers each with one JSON line; `Server` is the other end.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SECONDS = 60.0
"""A trial that takes longer hangs."""
COUNT, KILL, FAIL = 1, 2, 3

Json = dict[str, Any]


class Server:
    """The child process that forks; `ask` is thread-safe."""

    def __init__(self, shim: Path | None = None) -> None:
        environment = dict(os.environ)
        if shim is not None:
            environment["LD_PRELOAD"] = str(shim)
        paths = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(HERE)])
        self._child = subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {paths.split(os.pathsep)!r}; "
             "import fault_server; fault_server.main()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True,
        )  # fmt: skip
        self._lock = threading.Lock()

    def ask(self, **request: Any) -> Json:
        with self._lock:
            assert self._child.stdin and self._child.stdout
            self._child.stdin.write(json.dumps(request) + "\n")
            self._child.stdin.flush()
            answer: Json = json.loads(self._child.stdout.readline())
            return answer

    def close(self) -> None:
        assert self._child.stdin and self._child.stdout
        self._child.stdin.close()
        self._child.wait(10)
        self._child.stdout.close()


def main() -> None:
    """The server: fork for each request."""
    import faiss
    import tantivy
    from fakes import SMALL_CHUNKS, FakeEncoder

    import index.repair
    import index.stream
    import index.sync
    import rag.language
    import rag.retrieve
    import rag.verify

    assert faiss and tantivy and index.repair and index.sync and rag.retrieve and rag.verify
    # What each trial would load again.
    rag.language.likelihoods("The pilots of the harbour waited at the quay.")
    index.sync.Chunker(SMALL_CHUNKS, FakeEncoder().count_tokens, FakeEncoder().passage_budget)
    faiss.omp_set_num_threads(1)
    # The trials are about the library folder; starting a process for each would take most of their time.
    index.stream.Reader = InProcess  # type: ignore[misc, assignment]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_forked(json.loads(line))) + "\n")
        answers.flush()


class InProcess:
    """Reads good files without a child process."""

    def read(self, path: Path, fields: Any = None) -> Iterator[Any]:
        from index.load import read_file

        yield from read_file(path, fields)

    def give_up(self) -> None:
        pass

    def close(self) -> None:
        pass


def _forked(request: Json) -> Json:
    kill_after = request.pop("kill_after", None)
    limit = time.monotonic() + request.pop("seconds", SECONDS)
    if kill_after is not None:
        limit = time.monotonic() + kill_after
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(here)
        _run(request, there)
    os.close(there)
    answer, timed_out = _collect(here, limit)
    os.close(here)
    if timed_out:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"outcome": "hang" if timed_out and kill_after is None else f"signal {os.WTERMSIG(status)}"}
    found: Json = json.loads(answer) if answer else {"outcome": f"exit {os.WEXITSTATUS(status)}"}
    return found


def _collect(pipe: int, limit: float) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, limit - time.monotonic()))
        if not ready:
            return b"", True
        block = os.read(pipe, 1 << 20)
        if not block:
            return b"".join(parts), False
        parts.append(block)


def _run(request: Json, pipe: int) -> None:
    """In the child: never returns."""
    code = 0
    try:
        # The trial's process must be its own, also for SQLite's locks, and must not read our requests.
        os.close(0)
        answer = WORK[request.pop("work")](**request)
        with os.fdopen(pipe, "w") as file:
            json.dump(answer, file)
    except BaseException:
        traceback.print_exc()
        code = 3
    finally:
        os._exit(code)


# -- what a trial does ------------------------------------------------------------------------------------------


def guarded(work: Callable[[], Any]) -> Json:
    """Outcome "ok", or the name and text of what was raised; `kinds` are the names of its base classes."""
    try:
        found = work()
    except BaseException as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        return {"outcome": type(error).__name__, "kinds": kinds, "text": str(error)}
    return {"outcome": "ok", "found": found}


def observe(library: str) -> Json:
    """What a new reader sees, as digests: `state` of the articles and what finds them, `exact` with all scores."""
    from rag.snapshot import open_snapshot

    def work() -> Json:
        snapshot = open_snapshot(Path(library))
        try:
            return seen(snapshot)
        finally:
            snapshot.close()

    return guarded(work)


def seen(snapshot: Any) -> Json:
    from fakes import MARKERS, FakeEncoder

    from rag.retrieve import merged, rank, single
    from rag.types import Filters, Settings

    encoder = FakeEncoder()
    columns = snapshot.columns
    articles = {
        str(id_): snapshot.store.article(int(row))
        for id_, row in zip(columns.article_id, columns.article_row, strict=True)
    }
    owners = [str(columns.article_id[i]) for i in columns.chunk_article]
    chunks = sorted(zip(owners, columns.start.tolist(), columns.end.tolist(), strict=True))
    facts = [
        (id_, one.id, one.title, one.text, one.source, str(one.published), one.origin, list(one.noise))
        for id_, one in sorted(articles.items())
    ]
    lexical: Json = {}
    exact: list[Any] = []
    for marker in (*MARKERS, "brontosaurus", "keepers"):
        rows, _ = snapshot.lexical.search([marker], 50, Filters(), [])
        places = [int(place) for place in columns.chunk_row.searchsorted(rows)]
        lexical[marker] = sorted({owners[place] for place in places})
        ranking = rank(snapshot, encoder, f"the {marker} house animals", Settings(), Filters())
        exact.append([ranking.positions.tolist(), ranking.dense.tolist(), ranking.lexical.tolist()])
        for found in (*merged(snapshot, ranking, 5), *single(snapshot, ranking, 5)):
            passage = found.passage
            if articles[passage.article_id].text[passage.start : passage.end] != passage.text:
                raise AssertionError(f"a passage of {passage.article_id} is not in its text")
            exact.append([passage.article_id, passage.start, passage.end, passage.text, passage.score])
    nearest = {
        f"{owner} {start}": owners[int(snapshot.dense.search(vector, 1)[0][0])]
        for (owner, start, end) in chunks
        for vector in [encoder.encode_query(articles[owner].title + "\n" + articles[owner].text[start:end])]
    }
    state = [facts, chunks, lexical, nearest]
    return {
        "state": _digest(state),
        "exact": _digest([state, exact]),
        "articles": {id_: _digest(one.text) for id_, one in articles.items()},
        "generation": snapshot.manifest.generation,
    }


def _digest(plain: Any) -> str:
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]


def verified(library: str) -> Json:
    """`{"ok": ..., "bad": [names and details]}`."""
    from fakes import FakeEncoder

    from rag.verify import verify

    report = verify(Path(library), encoder=FakeEncoder(), sample=8)
    return {"ok": report.ok, "bad": [f"{check.name}: {check.detail}" for check in report.checks if not check.ok]}


def synced(articles: str, library: str) -> Json:
    from fakes import SMALL_CHUNKS, FakeEncoder

    from index.sync import Options, sync

    def work() -> Json:
        report = sync(
            [Path(articles)], Path(library), encoder=FakeEncoder(), chunker=SMALL_CHUNKS, options=Options(prune=True)
        )
        return {"added": report.added, "changed": report.changed, "removed": report.removed}

    return guarded(work)


def _shim() -> Any:
    library = ctypes.CDLL(None)
    library.shim_disarm.restype = ctypes.c_long
    library.shim_trace.restype = ctypes.c_char_p
    library.shim_arm.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_long, ctypes.c_int, ctypes.c_int]
    return library


def armed_sync(articles: str, library: str, mode: int, nth: int, error: int = 0, persists: bool = False) -> Json:
    """A sync with the shim armed; `calls` and `trace` are what it counted."""
    shim = _shim()
    shim.shim_arm(library.encode(), mode, nth, error, int(persists))
    answer = synced(articles, library)
    answer["calls"] = shim.shim_disarm()
    answer["trace"] = shim.shim_trace().decode()
    return answer


def failing_sync(articles: str, library: str, nth: int, error: int, persists: bool) -> Json:
    """A sync during which a call fails, between what two readers see, then the same sync again."""
    from rag.snapshot import open_snapshot

    before = open_snapshot(Path(library))
    answer: Json = {"sync": armed_sync(articles, library, FAIL, nth, error, persists)}
    answer["before"] = guarded(lambda: seen(before))
    before.close()
    answer["after"] = observe(library)
    return answer | recovered(articles, library)


def recovered(articles: str, library: str) -> Json:
    """After a fault: what a reader sees and whether it verifies, and both again after the same sync."""
    answer: Json = {"reader": observe(library), "verify": verified(library)}
    answer["again"] = synced(articles, library)
    return answer | {"end": observe(library), "end_verify": verified(library)}


def limited_sync(articles: str, library: str, limit: int) -> Json:
    """A sync that may not write a file over `limit` bytes."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    answer = synced(articles, library)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    return answer


def repaired(library: str) -> Json:
    from dataclasses import asdict

    from index.repair import repair

    return guarded(lambda: asdict(repair(Path(library))))


def mutated(library: str) -> Json:
    """After a mutation: a reader, `verify`, `repair`, and the reader again."""
    answer: Json = {"reader": observe(library), "verify": verified(library)}
    answer["repair"] = repaired(library)
    return answer | {"end": observe(library), "end_verify": verified(library), "second": repaired(library)}


def armed_repair(library: str, mode: int, nth: int, error: int = 0) -> Json:
    """A repair with the shim armed."""
    shim = _shim()
    shim.shim_arm(library.encode(), mode, nth, error, 0)
    answer = repaired(library)
    answer["calls"] = shim.shim_disarm()
    return answer


WORK: dict[str, Callable[..., Json]] = {
    "observe": observe,
    "verified": verified,
    "synced": synced,
    "armed_sync": armed_sync,
    "failing_sync": failing_sync,
    "recovered": recovered,
    "limited_sync": limited_sync,
    "repaired": repaired,
    "armed_repair": armed_repair,
    "mutated": mutated,
}


def copy_of(folder: Path, place: Path) -> Path:
    """A copy of a library in which to do damage, at `place`, whatever was there."""
    shutil.rmtree(place, ignore_errors=True)
    if folder.exists():
        shutil.copytree(folder, place)
    return place


def pick(total: int, count: int | None, seed: int = 0) -> list[int]:
    """All of 1..total, or `count` of them, spread evenly and not the same for each seed."""
    if count is None or count >= total:
        return list(range(1, total + 1))
    step = total / count
    offset = random.Random(seed).random() * step
    return [min(total, int(offset + step * i) + 1) for i in range(count)]
