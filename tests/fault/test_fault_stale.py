"""Deleted and edited articles are not found any more, and their text is gone from the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder, article_text

from index.sync import Options, remove, sync
from rag.retrieve import merged, rank
from rag.snapshot import Snapshot, open_snapshot
from rag.types import Filters, Settings
from rag.verify import verify


def _secret(number: int, edition: int) -> str:
    return f"zq{number}x{edition}"


def _write(folder: Path, number: int, edition: int) -> None:
    secret = _secret(number, edition)
    body = " ".join(f"Sentence {line} tells of {secret} and of nothing else." for line in range(9))
    (folder / f"story-{number}.txt").write_text(f"Story number {number} is told here\n\n{body}\n", "utf-8")


def _check_hits(snapshot: Snapshot, encoder: FakeEncoder, gone: list[str], there: list[str]) -> None:
    columns = snapshot.columns
    texts = {int(row): snapshot.store.article(int(row)).text for row in columns.article_row}
    for secret in gone:
        rows, _ = snapshot.lexical.search([secret], 10, Filters(), [])
        assert len(rows) == 0, f"{secret} is still in the lexical index"
        ranking = rank(snapshot, encoder, f"what of {secret}", Settings(), Filters())
        for found in merged(snapshot, ranking, 10):
            assert secret not in found.article.text and secret not in found.passage.text
    for secret in there:
        rows, _ = snapshot.lexical.search([secret], 10, Filters(), [])
        places = columns.chunk_row.searchsorted(rows)
        assert len(rows) and all(secret in texts[int(columns.article_row[columns.chunk_article[p]])] for p in places)


def _on_disk(library: Path, secrets: list[str]) -> list[str]:
    store = b"".join(path.read_bytes() for path in library.glob("store.sqlite*"))
    return [secret for secret in secrets if secret.encode() in store]


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.long)], ids=["short", "long"])
def test_deleted_and_edited_articles_are_never_found(count: int, tmp_path: Path, encoder: FakeEncoder) -> None:
    folder, library = tmp_path / "articles", tmp_path / "library"
    folder.mkdir()
    for number in range(count):
        _write(folder, number, 0)
    sync([folder], library, encoder=encoder, chunker=SMALL_CHUNKS, options=Options(keep_days=0))
    reader = open_snapshot(library)
    third = count // 3
    for number in range(third):
        (folder / f"story-{number}.txt").unlink()
    for number in range(third, 2 * third):
        _write(folder, number, 1)
    report = sync([folder], library, encoder=encoder, options=Options(prune=True))
    assert (report.removed, report.changed, report.unchanged) == (third, third, count - 2 * third)
    gone = [_secret(number, 0) for number in range(2 * third)]
    there = [_secret(number, 1) for number in range(third, 2 * third)]
    there += [_secret(number, 0) for number in range(2 * third, count)]
    fresh = open_snapshot(library)
    _check_hits(fresh, encoder, gone, there)
    fresh.close()
    assert verify(library, encoder=encoder).ok
    _check_hits(reader, encoder, [], [_secret(number, 0) for number in range(count)])
    reader.close()
    assert sync([folder], library, encoder=encoder).unchanged == count - third
    assert _on_disk(library, gone) == []
    assert len(_on_disk(library, there)) == len(there)
    assert verify(library, encoder=encoder).ok


def test_removal_by_id(library: Path, encoder: FakeEncoder) -> None:
    assert remove(["gecko", "heron"], library).removed == 2
    snapshot = open_snapshot(library)
    _check_hits(snapshot, encoder, ["gecko", "heron"], ["echidna"])
    snapshot.close()
    assert _on_disk(library, [article_text("gecko"), article_text("heron")]) == []
    assert _on_disk(library, [article_text("echidna")]) != []
    assert verify(library, encoder=encoder).ok


def test_an_article_that_comes_back_is_found_again(library: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    remove(["gecko"], library)
    assert sync([articles_folder], library, encoder=encoder).added == 1
    snapshot = open_snapshot(library)
    _check_hits(snapshot, encoder, [], ["gecko"])
    snapshot.close()


def test_many_small_changes(library: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    """The lexical index grows by hard links and merges its segments; nothing stale may survive that."""
    for turn in range(8):
        (articles_folder / "gecko.txt").write_text(
            f"The gecko of turn {turn} is here\n\nIt says {_secret(turn, 7)} all day long.\n", "utf-8"
        )
        sync([articles_folder], library, encoder=encoder)
    snapshot = open_snapshot(library)
    _check_hits(snapshot, encoder, [_secret(turn, 7) for turn in range(7)], [_secret(7, 7)])
    snapshot.close()
    assert verify(library, encoder=encoder).ok
