"""A damaged file: refused with the file and the remedy named, found by `verify`, rebuilt or named by `repair`."""

from __future__ import annotations

import errno
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from fault_server import COUNT, FAIL, KILL, Json, Server, copy_of, pick

Mutation = Callable[[bytes, random.Random], bytes | None]


def _truncate(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def _flip(data: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << draw.randrange(8))]) + data[place + 1 :]


def _zero(data: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(data))
    size = min(len(data) - place, draw.choice((1, 16, 512, 4096)))
    return data[:place] + bytes(size) + data[place + size :]


def _noise(data: bytes, draw: random.Random) -> bytes:
    place = draw.randrange(len(data))
    size = min(len(data) - place, draw.choice((1, 4, 64)))
    return data[:place] + draw.randbytes(size) + data[place + size :]


def _extend(data: bytes, draw: random.Random) -> bytes:
    return data + draw.randbytes(draw.choice((1, 100, 5000)))


def _delete(data: bytes, draw: random.Random) -> None:
    return None


MUTATIONS: tuple[Mutation, ...] = (_truncate, _flip, _flip, _flip, _zero, _noise, _noise, _extend, _delete)
GROUPS = ("manifest.json", "store.sqlite", "store.sqlite", "store.sqlite", "vectors.faiss", "columns.npz", "lexical/")


SHARED = ("-wal", "-shm")
"""SQLite's files beside the store, empty while nobody writes: taken seldom."""


def _mutate(library: Path, draw: random.Random) -> str:
    """Damage one file; its name and what was done."""
    group = draw.choice(GROUPS)
    files = sorted(path for path in library.rglob("*") if path.is_file() and path.name != "lock")
    matching = [path for path in files if group in f"{path.relative_to(library)}" and not path.name.endswith(SHARED)]
    path = draw.choice(matching if draw.random() < 0.9 else files)
    mutation = draw.choice(MUTATIONS)
    data = path.read_bytes()
    changed = mutation(data, draw) if data or mutation is _delete else b"x"
    # Derived files are hard links of those of earlier generations: a new file harms this one only.
    path.unlink()
    if changed is not None:
        path.write_bytes(changed)
    return f"{path.relative_to(library)} {mutation.__name__}"


def _check(answer: Json, library: Path, whole: Json, what: str) -> str:
    """Judge what came after a mutation; "same", "restored", "named" or "refused"."""
    assert "repair" in answer, (what, answer)
    reader, repair = answer["reader"], answer["repair"]
    if reader["outcome"] == "ok":
        assert reader["found"]["exact"] == whole["exact"], (what, answer)
    else:
        assert "LibraryError" in reader["kinds"], (what, reader)
        assert str(library) in reader["text"] and "rag repair" in reader["text"], (what, reader)
        assert not answer["verify"]["ok"], (what, answer)
    return _check_repair(answer, repair, whole, what)


def _check_repair(answer: Json, repair: Json, whole: Json, what: str) -> str:
    if repair["outcome"] != "ok":
        assert repair["outcome"] == "LibraryCorrupt" and not answer["verify"]["ok"], (what, answer)
        assert "cannot" in repair["text"], (what, repair)
        return "refused"
    assert answer["end_verify"]["ok"] and answer["end"]["outcome"] == "ok", (what, answer)
    assert answer["second"]["found"]["problems"] == [], (what, answer)
    lost = {one["id"] for one in repair["found"]["lost"]}
    left = answer["end"]["found"]["articles"]
    assert left == {id_: text for id_, text in whole["articles"].items() if id_ not in lost}, (what, answer)
    if lost:
        return "named"
    assert answer["end"]["found"]["state"] == whole["state"], (what, answer)
    return "same" if answer["verify"]["ok"] else "restored"


@pytest.mark.parametrize("count", [60, pytest.param(10_000, marks=pytest.mark.long)], ids=["short", "long"])
@pytest.mark.timeout(14_400)
def test_mutations(
    count: int, server: Server, scratch: Path, old: Path, record_property: Callable[[str, object], None]
) -> None:
    whole = server.ask(work="observe", library=str(old))["found"]
    results: Counter[str] = Counter()
    for seed in range(count):
        place = copy_of(old, scratch / "mutated")
        what = f"seed {seed}: {_mutate(place, random.Random(seed))}"
        answer = server.ask(work="mutated", library=str(place), seconds=20)
        results[_check(answer, place, whole, what)] += 1
    record_property("results", dict(results))
    assert results["restored"] > count // 5, results


def _edit_store(library: Path, *statements: str) -> None:
    db = sqlite3.connect(library / "store.sqlite")
    try:
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close()


# What random damage seldom hits, and what SQLite itself does not notice.
EDITS = {
    "row numbers exchanged": (
        "UPDATE articles SET row = 1000 WHERE id = 'gecko'",
        "UPDATE articles SET row = (SELECT row FROM articles WHERE id = 'heron') + 500 WHERE id = 'heron'",
        "UPDATE articles SET row = (SELECT row - 500 FROM articles WHERE id = 'heron') WHERE id = 'gecko'",
    ),
    "a text changed": ("UPDATE articles SET text = replace(text, 'week 3', 'week 4') WHERE id = 'gecko'",),
    "a title changed": ("UPDATE articles SET title = 'Another title' WHERE id = 'gecko'",),
    "a source changed": ("UPDATE articles SET source = 'elsewhere' WHERE id = 'gecko'",),
    "an id changed": ("UPDATE articles SET id = 'lizard' WHERE id = 'gecko'",),
    "an article deleted": ("DELETE FROM articles WHERE id = 'gecko'",),
    "a chunk deleted": ("DELETE FROM chunks WHERE row = (SELECT max(row) FROM chunks)",),
    "an offset changed": ("UPDATE chunks SET start = start + 1 WHERE row = (SELECT max(row) FROM chunks)",),
    "a vector changed": ("UPDATE chunks SET vector = zeroblob(64) WHERE row = (SELECT max(row) FROM chunks)",),
    "chunks of nobody": (
        "INSERT INTO chunks SELECT 9999, 777, ordinal, start, end, vector, digest FROM chunks LIMIT 1",
    ),
    "an article buried": ("UPDATE articles SET dead = 1 WHERE id = 'gecko'",),
    "an article unborn": ("UPDATE articles SET born = NULL WHERE id = 'gecko'",),
    "an article born later": ("UPDATE articles SET born = 99 WHERE id = 'gecko'",),
    "the identity changed": ("UPDATE generations SET identity = 'x'",),
    "the record lost": ("DELETE FROM generations", "DELETE FROM meta"),
    "an index emptied": (
        "DROP INDEX articles_state",
        "CREATE INDEX articles_state ON articles (born, dead) WHERE row < 0",
    ),
}
HARMLESS_TO_READERS = {
    "chunks of nobody", "an article buried", "an article unborn", "an article born later", "an article deleted",
    "an offset changed", "a vector changed", "a chunk deleted", "an index emptied",
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_edits_of_the_store(edit: str, server: Server, scratch: Path, old: Path) -> None:
    whole = server.ask(work="observe", library=str(old))["found"]
    place = copy_of(old, scratch / "edited")
    _edit_store(place, *EDITS[edit])
    answer = server.ask(work="mutated", library=str(place))
    outcome = _check(answer, place, whole, edit)
    assert not answer["verify"]["ok"] or edit == "an index emptied", answer
    assert answer["reader"]["outcome"] == "LibraryCorrupt" or edit in HARMLESS_TO_READERS, answer
    assert outcome in ("named", "restored", "same"), answer


@pytest.mark.parametrize("edit", ["an article buried", "an article unborn", "a text changed", "an article deleted"])
def test_a_writer_does_not_carry_damage_on(
    edit: str, server: Server, scratch: Path, old: Path, new_articles: Path
) -> None:
    place = copy_of(old, scratch / "edited")
    _edit_store(place, *EDITS[edit])
    answer = server.ask(work="synced", articles=str(new_articles), library=str(place))
    if edit == "a text changed":
        # Only the text's own seal is broken; what is written anew is checked by reading it.
        assert answer["outcome"] in ("ok", "LibraryCorrupt"), answer
        return
    assert answer["outcome"] == "LibraryCorrupt" and "rag repair" in answer["text"], answer


def test_an_old_copy_of_the_manifest(server: Server, scratch: Path, old: Path, new: Path, new_articles: Path) -> None:
    place = copy_of(new, scratch / "mixed")
    (place / "manifest.json").write_bytes((old / "manifest.json").read_bytes())
    before = server.ask(work="synced", articles=str(new_articles), library=str(place))
    assert before["outcome"] == "LibraryCorrupt", before
    answer = server.ask(work="repaired", library=str(place))
    assert answer["outcome"] == "ok" and answer["found"]["lost"] == [], answer
    seen = [server.ask(work="observe", library=str(folder))["found"]["state"] for folder in (place, new)]
    assert seen[0] == seen[1]


def test_lost_manifest_and_derived_files(server: Server, scratch: Path, old: Path) -> None:
    import shutil

    place = copy_of(old, scratch / "store-only")
    (place / "manifest.json").unlink()
    shutil.rmtree(place / "generations")
    answer = server.ask(work="repaired", library=str(place))
    assert answer["outcome"] == "ok" and answer["found"]["lost"] == [], answer
    seen = [server.ask(work="observe", library=str(folder))["found"]["state"] for folder in (place, old)]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("mode", [KILL, FAIL], ids=["killed", "failing"])
@pytest.mark.parametrize("count", [12, pytest.param(None, marks=pytest.mark.long)], ids=["short", "every"])
def test_a_repair_that_does_not_end(
    mode: int, count: int | None, server: Server, shimmed: Server, scratch: Path, old: Path
) -> None:
    """The next repair ends it, and the lost article is named all the same."""
    hurt, place = copy_of(old, scratch / "hurt"), scratch / "hurt-copy"
    _edit_store(hurt, *EDITS["a vector changed"])
    next(iter((hurt / "generations").rglob("*.faiss"))).write_bytes(b"")
    copy_of(hurt, place)
    calls = shimmed.ask(work="armed_repair", library=str(place), mode=COUNT, nth=0)["calls"]
    end = server.ask(work="observe", library=str(place))["found"]["state"]
    for nth in pick(calls, count, seed=mode):
        copy_of(hurt, place)
        first = shimmed.ask(work="armed_repair", library=str(place), mode=mode, nth=nth, error=errno.EIO)
        assert first["outcome"] in ("ok", "signal 9", "StorageError"), (nth, first)
        second = server.ask(work="repaired", library=str(place))
        assert second["outcome"] == "ok", (nth, first, second)
        assert server.ask(work="observe", library=str(place))["found"]["state"] == end
        assert server.ask(work="verified", library=str(place))["ok"]
        (written,) = place.glob("lost-*.jsonl")
        named = [json.loads(line) for line in written.read_text("utf-8").splitlines()]
        assert [bool(one["text"]) for one in named] == [True], (nth, named)


@pytest.mark.parametrize("leftover", ["nothing", "an empty store"])
def test_repair_does_not_make_a_library(leftover: str, server: Server, scratch: Path) -> None:
    place = copy_of(Path("absent"), scratch / "none")
    if leftover == "an empty store":
        place.mkdir()
        (place / "store.sqlite").write_bytes(b"")
    assert server.ask(work="repaired", library=str(place))["outcome"] == "LibraryNotFound"
