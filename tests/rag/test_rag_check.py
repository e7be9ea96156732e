"""Saved answers held against the library: intact, changed or gone, and the earlier texts that prove it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder

from index.sync import Options, remove, sync
from rag.check import Checked, check, earlier_texts
from rag.cli import main
from rag.errors import AnswerError
from rag.library import Library
from rag.manifest import read_manifest
from rag.store import Store
from rag.types import SCHEMA_VERSION
from rag.verify import verify

QUOTE = "The pilots went home on Friday."
TEXT = f"The harbour was closed for a week.  {QUOTE}  Nobody saw them leave.\n"


class Archive:
    """A folder of articles, the library made of it, and an answer that cites one of them."""

    def __init__(self, place: Path) -> None:
        self.files = place / "files"
        self.files.mkdir()
        self.library = place / "library"
        self.answer = place / "answer.json"
        self.write(TEXT)
        self.sync()
        start = self.text().index(QUOTE)
        self.save(start=start, end=start + len(QUOTE))

    def write(self, text: str, name: str = "a.txt") -> None:
        (self.files / name).write_text(text, "utf-8")

    def sync(self, keep_days: int | None = None) -> None:
        options = Options(prune=True, keep_days=keep_days)
        sync([self.files], self.library, encoder=FakeEncoder(), chunker=SMALL_CHUNKS, options=options)

    def text(self) -> str:
        with Library(self.library, encoder=FakeEncoder()) as opened:
            return opened.article("a").text

    def save(self, schema: int = SCHEMA_VERSION, **changes: Any) -> None:
        citation: dict[str, Any] = {"number": 1, "article_id": "a", "title": "Pilots", "quote": QUOTE} | changes
        plain = {"question": "Who?", "schema": schema, "provenance": {}, "citations": [citation]}
        self.answer.write_text(json.dumps(plain))

    def check(self) -> Checked:
        return check(self.answer, self.library)

    def kept(self) -> list[str]:
        store = Store(self.library)
        try:
            return [one.text for one in earlier_texts(store, "a", read_manifest(self.library).generation)]
        finally:
            store.close()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def test_a_quote_that_stands_is_intact(archive: Archive) -> None:
    found = archive.check()
    assert found.ok
    assert [(one.state, one.told) for one in found.citations] == [("intact", "The quote stands where it stood.")]


def test_an_edit_elsewhere_leaves_the_quote_intact(archive: Archive) -> None:
    archive.write(TEXT + "They came back on Sunday.\n")
    archive.sync()
    assert archive.check().ok


def test_a_quote_that_moved_is_found(archive: Archive) -> None:
    archive.write("Corrected.  " + TEXT)
    archive.sync()
    (one,) = archive.check().citations
    assert one.state == "changed" and one.now is not None
    assert archive.text()[one.now.start : one.now.end] == QUOTE
    assert "still stands in it" in one.told


def test_a_quote_that_was_edited_away_is_in_the_earlier_text(archive: Archive) -> None:
    archive.write(TEXT.replace("Friday", "Saturday"))
    archive.sync()
    (one,) = archive.check().citations
    assert (one.state, one.now) == ("changed", None)
    assert one.earlier is not None
    assert archive.kept() == [TEXT]
    assert "is no longer in it; the earlier text, replaced on" in one.told
    assert not archive.check().ok


def test_earlier_texts_are_kept_newest_first(archive: Archive) -> None:
    for day in ("Saturday", "Sunday"):
        archive.write(TEXT.replace("Friday", day))
        archive.sync()
    assert archive.kept() == [TEXT.replace("Friday", "Saturday"), TEXT]


def test_an_edit_of_the_source_alone_keeps_no_earlier_text(archive: Archive) -> None:
    archive.write(f"---\ntitle: T\nsource: Echo\n---\n{TEXT}", "b.md")
    archive.sync()
    archive.write(f"---\ntitle: T\nsource: Courier\n---\n{TEXT}", "b.md")
    archive.sync()
    store = Store(archive.library)
    assert earlier_texts(store, "b", read_manifest(archive.library).generation) == []
    store.close()


def test_a_text_that_is_read_while_it_is_replaced_is_kept_when_its_reader_is_done(archive: Archive) -> None:
    with Library(archive.library, encoder=FakeEncoder()):
        archive.write(TEXT.replace("Friday", "Saturday"))
        archive.sync()
    archive.sync()
    assert archive.kept() == [TEXT]


def test_what_is_removed_leaves_nothing_behind(archive: Archive) -> None:
    archive.write(TEXT.replace("Friday", "Saturday"))
    archive.sync()
    remove(["a"], archive.library)
    assert [one.state for one in archive.check().citations] == ["gone"]
    assert archive.kept() == []
    raw = b"".join(path.read_bytes() for path in archive.library.rglob("*") if path.is_file())
    assert b"The pilots went home" not in raw


def test_how_long_texts_are_kept_is_a_setting(archive: Archive) -> None:
    archive.sync(keep_days=0)
    archive.write(TEXT.replace("Friday", "Saturday"))
    archive.sync()
    archive.write(TEXT.replace("Friday", "Sunday"))
    archive.sync()
    assert len(archive.kept()) <= 1
    assert TEXT not in archive.kept()
    (one,) = archive.check().citations
    assert "and no earlier text that holds it is kept" in one.told


def test_a_damaged_earlier_text_is_not_shown_and_verify_finds_it(archive: Archive) -> None:
    archive.write(TEXT.replace("Friday", "Saturday"))
    archive.sync()
    with sqlite3.connect(archive.library / "store.sqlite") as db:
        db.execute("UPDATE versions SET text = replace(text, 'week', 'year')")
    db.close()
    assert archive.kept() == []
    bad = [found for found in verify(archive.library, sample=0).checks if not found.ok]
    assert [found.name for found in bad] == ["earlier texts"]


def test_answers_of_earlier_schemas_can_be_checked(archive: Archive) -> None:
    start = archive.text().index(QUOTE)
    archive.save(schema=1, start=start, end=start + len(QUOTE))
    assert archive.check().ok


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"start": "x", "end": 3}, "has a citation that cannot be read", id="an offset that is no number"),
        pytest.param({"start": True, "end": 3}, "has a citation that cannot be read", id="a truth value as offset"),
        pytest.param({"schema": 99, "start": 0, "end": 1}, "is of schema 99", id="a schema from the future"),
    ],
)
def test_a_file_that_is_no_answer_is_an_error(archive: Archive, changes: dict[str, Any], message: str) -> None:
    archive.save(**changes)
    with pytest.raises(AnswerError, match=message):
        archive.check()


@pytest.mark.parametrize(("start", "end"), [(-9, -1), (0, 0), (5, 2), (10**9, 10**9 + 5)])
def test_offsets_of_nonsense_find_nothing_at_their_place(archive: Archive, start: int, end: int) -> None:
    archive.save(start=start, end=end, quote="")
    assert [one.state for one in archive.check().citations] == ["changed"]


def test_the_command_tells_people_and_programs(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["check", str(archive.answer), "--library", str(archive.library)]
    assert main(command) == 0
    assert "[1] intact" in capsys.readouterr().out
    archive.write(TEXT.replace("Friday", "Saturday"))
    archive.sync()
    assert main([*command, "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["citations"][0]["state"]) == (False, "changed")
    assert told["citations"][0]["earlier"] == asdict(archive.check())["citations"][0]["earlier"].isoformat()
