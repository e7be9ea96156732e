"""Following places: every kind of change, nothing lost by a missing disk, and what is written when nothing changed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder

from index import follow as following
from index.follow import Order, follow, forget, preview, status
from index.plan import Plan
from index.report import SyncReport
from rag.encoder import Vectors
from rag.errors import LibraryNotFound, LoadError, StorageError
from rag.library import Library
from rag.manifest import read_manifest
from rag.types import Article
from rag.verify import verify

BODY = "The {0} of the harbour waited at the quay on Monday. Nobody came to relieve the {0} until the evening.\n"


class CountingEncoder(FakeEncoder):
    """Counts the passages that it encodes."""

    encoded = 0

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.encoded += len(texts)
        return super().encode_passages(texts)


class Newsroom:
    """Folders of files, a library that follows them, and what became of its articles."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.files = place / "files"
        self.files.mkdir()
        self.library = place / "library"
        self.encoder = CountingEncoder()

    def write(self, name: str, word: str) -> Path:
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BODY.format(word), "utf-8")
        # Long ago, so that its time alone tells whether it changed.
        self.age(path)
        return path

    def age(self, path: Path, seconds: float = 1_000.0) -> None:
        then = time.time() - seconds
        os.utime(path, (then, then))

    def sync(self, *paths: Path, **order: object) -> SyncReport:
        self.encoder.encoded = 0
        return follow(
            self.library, Order(paths, **order), encoder=self.encoder, chunker=SMALL_CHUNKS,  # type: ignore[arg-type]
        )  # fmt: skip

    def preview(self, *paths: Path, **order: object) -> Plan:
        return preview(self.library, Order(paths, **order))[0]  # type: ignore[arg-type]

    def articles(self) -> dict[str, Article]:
        with Library(self.library, encoder=self.encoder) as opened:
            return {article.id: article for article in opened.articles()}

    def written(self) -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_size, path.stat().st_mtime_ns)
            for path in sorted(self.library.rglob("*"))
            if path.is_file() and path.name != "lock"
        }


@pytest.fixture
def room(memory_path: Path) -> Newsroom:
    return Newsroom(memory_path)


def counts(report: SyncReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.moved, report.removed, report.unchanged


def test_a_place_is_remembered(room: Newsroom) -> None:
    room.write("a.txt", "pilots")
    assert counts(room.sync(room.files)) == (1, 0, 0, 0, 0)
    room.write("b.txt", "sailors")
    assert counts(room.sync()) == (1, 0, 0, 0, 1)
    assert [root.path for root in status(room.library).roots] == [str(room.files)]


def test_every_kind_of_change_in_one_sync_and_one_commit(room: Newsroom) -> None:
    for name, word in (("same", "pilots"), ("edit", "sailors"), ("rename", "bakers"), ("move", "smiths"), ("go", "x")):
        room.write(f"{name}.txt", word)
    room.sync(room.files)
    room.age(room.write("edit.txt", "sailors and cooks"), 500)
    (room.files / "rename.txt").rename(room.files / "renamed.txt")
    (room.files / "deep").mkdir()
    (room.files / "move.txt").rename(room.files / "deep" / "move.txt")
    (room.files / "go.txt").unlink()
    room.write("new.txt", "weavers")
    plan = room.preview()
    assert [len(part) for part in (plan.new, plan.edited, plan.moved, plan.gone, plan.same)] == [1, 1, 2, 1, 1]
    report = room.sync()
    assert (counts(report), report.generation) == ((1, 1, 2, 1, 1), 2)
    assert room.encoder.encoded == report.embedded == 2
    stored = room.articles()
    assert {id_: Path(article.origin).name for id_, article in stored.items()} == {
        "same": "same.txt", "edit": "edit.txt", "rename": "renamed.txt", "move": "move.txt", "new": "new.txt",
    }  # fmt: skip
    assert stored["edit"].text == BODY.format("sailors and cooks")
    assert verify(room.library, encoder=room.encoder).ok


def test_a_sync_that_changes_nothing_writes_nothing_and_opens_no_file(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        room.write(f"{number}.txt", f"pilots{number}")
    room.sync(room.files)
    before = room.written()

    def fail(*_: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("index.worker.Reader.read", fail)
    monkeypatch.setattr("index.plan.file_sha256", fail)
    assert counts(room.sync()) == (0, 0, 0, 0, 5)
    assert room.written() == before


def test_a_preview_writes_nothing_not_even_a_library(room: Newsroom) -> None:
    room.write("a.txt", "pilots")
    assert [file.path.name for file in room.preview(room.files).new] == ["a.txt"]
    assert not room.library.exists()


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
def test_a_place_that_is_missing_or_empty_loses_nothing_until_it_is_said(room: Newsroom, left: str) -> None:
    room.write("a.txt", "pilots")
    room.sync(room.files)
    (room.files / "a.txt").unlink()
    if left == "nothing":
        room.files.rmdir()
    report = room.sync()
    assert counts(report) == (0, 0, 0, 0, 0)
    assert [issue.origin for issue in report.issues] == [str(room.files)]
    assert "is its disk connected?" in report.issues[0].message and "--allow-empty" in report.issues[0].message
    assert list(room.articles()) == ["a"]
    assert counts(room.sync(allow_empty=True)) == (0, 0, 0, 1, 0)
    assert room.articles() == {}


def test_one_missing_place_does_not_stop_the_others(room: Newsroom) -> None:
    other = room.place / "other"
    other.mkdir()
    (other / "b.txt").write_text(BODY.format("bakers"))
    room.write("a.txt", "pilots")
    room.sync(room.files, other)
    (room.files / "a.txt").unlink()
    room.files.rmdir()
    (other / "c.txt").write_text(BODY.format("cooks"))
    report = room.sync()
    assert (counts(report), report.skipped) == ((1, 0, 0, 0, 1), 1)
    assert set(room.articles()) == {"a", "b", "c"}


def test_what_was_indexed_from_elsewhere_is_left_alone(room: Newsroom) -> None:
    from index.sync import sync

    elsewhere = room.place / "elsewhere.txt"
    elsewhere.write_text(BODY.format("bakers"))
    room.write("a.txt", "pilots")
    room.sync(room.files)
    sync([elsewhere], room.library, encoder=room.encoder)
    elsewhere.unlink()
    assert counts(room.sync()) == (0, 0, 0, 0, 1)
    assert set(room.articles()) == {"a", "elsewhere"}


def test_a_forgotten_place_keeps_its_articles(room: Newsroom) -> None:
    room.write("a.txt", "pilots")
    room.sync(room.files)
    forget(room.library, str(room.files))
    (room.files / "a.txt").unlink()
    assert status(room.library).roots == ()
    assert list(room.articles()) == ["a"]
    with pytest.raises(LoadError, match="follows nothing yet: name a folder"):
        room.sync()
    with pytest.raises(LoadError, match=r"is not followed by .*; followed: nothing"):
        forget(room.library, str(room.files))


def test_a_new_place_that_does_not_exist_is_an_error_and_nothing_is_made(room: Newsroom) -> None:
    with pytest.raises(LoadError, match="does not exist"):
        room.sync(room.place / "absent")
    assert not room.library.exists()
    with pytest.raises(LibraryNotFound):
        status(room.library)


def test_a_bad_file_is_quarantined_named_once_and_tried_again_when_asked(room: Newsroom) -> None:
    room.write("a.txt", "pilots")
    bad = room.files / "bad.txt"
    bad.write_bytes(b"\0" * 50)
    room.age(bad)
    report = room.sync(room.files)
    assert [issue.origin for issue in report.issues] == [str(bad)]
    (trouble,) = status(room.library).trouble
    assert (trouble.path, trouble.problem, trouble.articles) == (str(bad), "is binary, not text", 0)
    again = room.sync()
    assert (again.issues, again.quarantined) == ((), 1)
    assert [issue.origin for issue in room.sync(retry=True).issues] == [str(bad)]
    bad.write_text(BODY.format("bakers"))
    mended = room.sync()
    assert (mended.added, mended.quarantined, status(room.library).trouble) == (1, 0, ())


def test_a_file_that_turns_bad_keeps_what_it_gave(room: Newsroom) -> None:
    file = room.write("a.txt", "pilots")
    room.sync(room.files)
    file.write_bytes(b"\0" * 50)
    assert room.sync().removed == 0
    assert room.sync().removed == 0
    assert room.articles()["a"].text == BODY.format("pilots")


def test_lines_that_are_gone_from_a_file_are_gone(room: Newsroom) -> None:
    lines = [f'{{"id": "{name}", "text": "{BODY.format(name).strip()}"}}\n' for name in ("x", "y")]
    file = room.files / "news.jsonl"
    file.write_text("".join(lines))
    room.sync(room.files)
    file.write_text(lines[1])
    assert counts(room.sync()) == (0, 1, 0, 1, 0)
    assert list(room.articles()) == ["y"]


def test_a_moved_file_of_many_articles_takes_them_along(room: Newsroom) -> None:
    file = room.files / "news.jsonl"
    file.write_text("".join(f'{{"text": "{BODY.format(name).strip()}"}}\n' for name in ("x", "y")))
    room.sync(room.files)
    file.rename(room.files / "old-news.jsonl")
    assert counts(room.sync()) == (0, 0, 2, 0, 0)
    assert room.encoder.encoded == 0
    assert {id_: Path(article.origin).name for id_, article in room.articles().items()} == {
        "news-1": "old-news.jsonl#1", "news-2": "old-news.jsonl#2",
    }  # fmt: skip


def test_a_mapping_of_columns_is_remembered_with_its_place(room: Newsroom) -> None:
    table = room.files / "t.csv"
    table.write_text(f'Kopf,Inhalt\nPilots,"{BODY.format("pilots").strip()}"\n')
    report = room.sync(room.files, fields={"title": "Kopf", "text": "Inhalt"})
    assert counts(report) == (1, 0, 0, 0, 0)
    table.write_text(f'Kopf,Inhalt\nPilots at sea,"{BODY.format("pilots").strip()}"\n')
    assert counts(room.sync()) == (0, 1, 0, 0, 0)
    assert [article.title for article in room.articles().values()] == ["Pilots at sea"]


def test_what_ragignore_names_leaves_the_library(room: Newsroom) -> None:
    room.write("a.txt", "pilots")
    room.write("drafts/b.txt", "bakers")
    room.sync(room.files)
    (room.files / ".ragignore").write_text("drafts/\n")
    assert counts(room.sync()) == (0, 0, 0, 1, 1)
    assert list(room.articles()) == ["a"]


def test_addresses_are_not_paths(room: Newsroom) -> None:
    assert following.is_address("https://example.org/feed.xml")
    assert not following.is_address("/home/news/https.txt")
    assert following.web_folder(room.library) == room.library.with_name("library-web")


def test_the_pages_of_followed_addresses_are_followed(room: Newsroom) -> None:
    pages = following.web_folder(room.library)
    pages.mkdir()
    (pages / "page.html").write_text(f"<html><body><article><p>{BODY.format('pilots')}</p></article></body></html>")
    report = room.sync(addresses=("https://example.org/feed.xml",))
    assert counts(report) == (1, 0, 0, 0, 0)
    assert following.addresses(room.library) == ["https://example.org/feed.xml"]
    assert following.places(room.library) == [pages]


def test_an_interrupted_sync_goes_on_where_it_stopped(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    from index import embed
    from rag.errors import Interrupted

    monkeypatch.setattr(embed, "BATCH_CHUNKS", 2)
    for number in range(12):
        room.write(f"{number:02}.txt", f"pilots{number}")
    encode = CountingEncoder.encode_passages

    def stop(self: CountingEncoder, texts: Sequence[str]) -> Vectors:
        if self.encoded >= 6:
            raise KeyboardInterrupt
        return encode(self, texts)

    monkeypatch.setattr(CountingEncoder, "encode_passages", stop)
    with pytest.raises(Interrupted):
        room.sync(room.files)
    assert read_manifest(room.library).generation == 0
    monkeypatch.setattr(CountingEncoder, "encode_passages", encode)
    report = room.sync(room.files)
    assert (report.added, report.reused, room.encoder.encoded) == (12, 6, 6)


# -- what must not be lost, and what must not stay --------------------------------------------------------------------


def no_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a sync ends after its commit, before its notes, as if it were killed there."""

    def fail(*_: object) -> None:
        raise StorageError("killed")

    monkeypatch.setattr("index.sync._remember", fail)


def test_a_rename_whose_notes_were_lost_loses_nothing(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.write("a.txt", "pilots")
    room.sync(room.files)
    (room.files / "a.txt").rename(room.files / "renamed.txt")
    with monkeypatch.context() as killed:
        no_notes(killed)
        report = room.sync()
    assert report.moved == 1 and "keeps no note of its files" in report.issues[0].message
    for _ in range(2):
        assert counts(room.sync()) == (0, 0, 0, 0, 1)
    assert list(room.articles()) == ["a"]


def test_an_edit_whose_notes_were_lost_and_that_is_taken_back_is_taken_back(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = room.write("a.txt", "pilots")
    then = file.stat().st_mtime
    room.sync(room.files)
    room.age(room.write("a.txt", "bakers"), 500)
    with monkeypatch.context() as killed:
        no_notes(killed)
        room.sync()
    room.write("a.txt", "pilots")
    os.utime(file, (then, then))
    room.sync()
    assert room.articles()["a"].text == BODY.format("pilots")


def test_a_deleted_file_whose_notes_were_lost_comes_back(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    file = room.write("a.txt", "pilots")
    room.write("b.txt", "bakers")
    room.sync(room.files)
    file.rename(room.place / "a.txt")
    with monkeypatch.context() as killed:
        no_notes(killed)
        assert room.sync().removed == 1
    (room.place / "a.txt").rename(file)
    assert room.sync().added == 1


def test_a_bad_row_keeps_itself_and_not_the_rows_that_were_deleted(room: Newsroom) -> None:
    table = room.files / "t.csv"
    rows = {name: f'{name},"{BODY.format(name).strip()}"\n' for name in ("x", "y", "z")}
    table.write_text("id,text\n" + "".join(rows.values()))
    room.sync(room.files)
    table.write_text("id,text\n" + rows["x"] + "y,\n")
    report = room.sync()
    assert (report.removed, [Path(issue.origin).name for issue in report.issues]) == (1, ["t.csv#3"])
    assert set(room.articles()) == {"x", "y"}


def test_the_second_file_with_an_id_takes_over_when_the_first_is_deleted(room: Newsroom) -> None:
    for name, word in (("a.md", "pilots"), ("b.md", "bakers")):
        room.age(room.write(name, word))
        (room.files / name).write_text(f"---\nid: x\ntitle: {word}\n---\n{BODY.format(word)}")
    report = room.sync(room.files)
    assert (report.added, report.skipped) == (1, 1)
    (trouble,) = status(room.library).trouble
    assert "ids that other files have" in trouble.problem
    (room.files / "a.md").unlink()
    room.sync()
    assert [article.title for article in room.articles().values()] == ["bakers"]
    assert status(room.library).trouble == ()


def test_a_new_file_of_the_same_name_does_not_take_the_place_of_one_on_an_unplugged_disk(room: Newsroom) -> None:
    disk = room.place / "disk"
    disk.mkdir()
    (disk / "notes.txt").write_text(BODY.format("pilots"))
    room.sync(room.files, disk)
    (disk / "notes.txt").rename(room.place / "unplugged")
    room.write("notes.txt", "bakers")
    assert room.sync().added == 1
    (room.place / "unplugged").rename(disk / "notes.txt")
    room.sync()
    assert {article.text for article in room.articles().values()} == {BODY.format("pilots"), BODY.format("bakers")}


def test_a_mount_point_with_a_hidden_file_is_bare_too(room: Newsroom) -> None:
    file = room.write("a.txt", "pilots")
    room.sync(room.files)
    file.unlink()
    (room.files / ".Trash-1000").mkdir()
    report = room.sync()
    assert (report.removed, report.skipped) == (0, 1)


def test_a_followed_folder_that_becomes_a_link_to_its_new_place_is_moved(room: Newsroom) -> None:
    room.write("a.txt", "pilots")
    room.sync(room.files)
    room.files.rename(room.place / "elsewhere")
    room.files.symlink_to(room.place / "elsewhere")
    assert counts(room.sync(room.files)) == (0, 0, 1, 0, 0)
    (room.place / "elsewhere" / "a.txt").unlink()
    room.write("b.txt", "bakers")
    room.sync()
    assert list(room.articles()) == ["b"]


def test_a_place_named_again_keeps_its_mapping(room: Newsroom) -> None:
    table = room.files / "t.csv"
    table.write_text(f'Kopf,Inhalt\nPilots,"{BODY.format("pilots").strip()}"\n')
    room.sync(room.files, fields={"title": "Kopf", "text": "Inhalt"})
    assert counts(room.sync(room.files)) == (0, 0, 0, 0, 1)
    assert status(room.library).roots[0].fields == {"title": "Kopf", "text": "Inhalt"}


def test_a_name_that_looks_like_the_member_of_an_archive_is_refused(room: Newsroom) -> None:
    room.write("backup.zip#1/x.txt", "pilots")
    report = room.sync(room.files)
    assert (report.added, report.skipped) == (0, 1)
    assert "rename it" in report.issues[0].message


def test_files_that_were_read_while_new_are_compared_by_content_once(room: Newsroom) -> None:
    (room.files / "a.txt").write_text(BODY.format("pilots"))
    room.sync(room.files)
    assert [file.path.name for file in room.preview().touched] == ["a.txt"]
    room.age(room.files / "a.txt", 100)
    room.sync()
    assert room.preview().touched == ()


def test_a_long_id_is_not_taken_for_another_that_begins_alike(room: Newsroom) -> None:
    lines = [f'{{"id": "{"u" * 250}{name}", "text": "{BODY.format(name).strip()}"}}\n' for name in ("x", "y")]
    (room.files / "news.jsonl").write_text("".join(lines))
    assert counts(room.sync(room.files)) == (2, 0, 0, 0, 0)


def test_an_address_is_forgotten(room: Newsroom) -> None:
    room.write("a.txt", "pilots")
    room.sync(room.files, addresses=("https://example.org/feed.xml",))
    forget(room.library, "https://example.org/feed.xml")
    assert following.addresses(room.library) == []
