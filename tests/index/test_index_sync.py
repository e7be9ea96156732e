"""Sync: what is added, kept, changed, pruned and reported, and what is embedded for it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import MARKERS, SMALL_CHUNKS, FakeEncoder, article_text, write_articles

from index import embed
from index.discover import file_of, walk
from index.report import Progress, SyncReport
from index.sync import Options, rebuild, remove, sync
from rag.encoder import Vectors
from rag.errors import (
    ArticleNotFound,
    ChunkerMismatch,
    EncoderMismatch,
    Interrupted,
    LibraryNotFound,
    LoadError,
)
from rag.library import Library
from rag.manifest import ChunkerSpec, read_manifest
from rag.types import Article

BODY = "The pilots of the harbour waited at the quay on Monday. Nobody came to relieve them until the evening.\n"


class CountingEncoder(FakeEncoder):
    """Remembers every passage that it was asked to encode."""

    def __init__(self, dimension: int = 32, **options: str) -> None:
        super().__init__(dimension, **options)
        self.texts: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.texts.extend(texts)
        return super().encode_passages(texts)


class Workbench:
    """A folder of files and the library that is made of it."""

    def __init__(self, place: Path) -> None:
        self.files = place / "files"
        self.files.mkdir()
        self.library = place / "library"
        self.encoder = CountingEncoder()

    def write(self, name: str, text: str) -> Path:
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def sync(self, *paths: Path, prune: bool = False, **options: object) -> SyncReport:
        self.encoder.texts.clear()
        return sync(
            paths or (self.files,), self.library, encoder=self.encoder, chunker=SMALL_CHUNKS,
            options=Options(prune=prune), **options,  # type: ignore[arg-type]
        )  # fmt: skip

    def articles(self) -> dict[str, Article]:
        with Library(self.library, encoder=self.encoder) as opened:
            return {article.id: article for article in opened.articles()}


@pytest.fixture
def bench(memory_path: Path) -> Workbench:
    return Workbench(memory_path)


def counts(report: SyncReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.removed, report.reused


def derived_state(library: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file but the writer's lock."""
    return {
        str(path.relative_to(library)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in sorted(library.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


# -- adding and keeping ---------------------------------------------------------------------------------------------


def test_new_articles_are_added_and_embedded_once(bench: Workbench) -> None:
    write_articles(bench.files)
    report = bench.sync()
    assert counts(report) == (8, 0, 0, 0, 0)
    assert report.generation == 1 and report.issues == () and report.skipped == 0
    assert report.embedded == len(bench.encoder.texts) == read_manifest(bench.library).chunks
    assert set(bench.articles()) == set(MARKERS)
    stored = bench.articles()["gecko"]
    assert stored.text == article_text("gecko")
    assert stored.origin == str(bench.files / "gecko.txt")


def test_a_second_sync_of_the_same_files_writes_nothing(bench: Workbench) -> None:
    write_articles(bench.files)
    bench.sync()
    before = derived_state(bench.library)
    report = bench.sync()
    assert counts(report) == (0, 0, 8, 0, 0)
    assert (report.generation, report.embedded, bench.encoder.texts) == (1, 0, [])
    assert derived_state(bench.library) == before


def test_vectors_are_of_the_title_and_the_chunk(bench: Workbench) -> None:
    bench.write("a.txt", "Pilots go home at last\n\n" + BODY)
    bench.sync()
    assert bench.encoder.texts == ["Pilots go home at last\n" + BODY.strip()]


def test_an_edit_embeds_only_the_edited_article(bench: Workbench) -> None:
    write_articles(bench.files)
    bench.sync()
    bench.write("gecko.txt", article_text("gecko", sentences=4))
    report = bench.sync()
    assert counts(report) == (0, 1, 7, 0, 0)
    assert report.generation == 2
    assert bench.encoder.texts and all("gecko" in text for text in bench.encoder.texts)
    assert bench.articles()["gecko"].text == article_text("gecko", sentences=4)


def test_an_edit_that_is_taken_back_while_the_old_text_is_still_read_embeds_nothing(bench: Workbench) -> None:
    bench.write("a.txt", BODY)
    bench.sync()
    bench.write("a.txt", BODY * 2)
    with Library(bench.library, encoder=bench.encoder):  # a reader of generation 1 keeps its rows
        bench.sync()
        bench.write("a.txt", BODY)
        report = bench.sync()
    assert counts(report) == (0, 1, 0, 0, 1)
    assert bench.encoder.texts == []
    assert bench.articles()["a"].text == BODY


def test_a_change_of_metadata_embeds_nothing(bench: Workbench) -> None:
    bench.write("a.md", "---\ntitle: T\nsource: Echo\n---\n" + BODY)
    bench.sync()
    bench.write("a.md", "---\ntitle: T\nsource: Courier\npublished: 2024-08-02\n---\n" + BODY)
    report = bench.sync()
    assert counts(report) == (0, 1, 0, 0, 1)
    assert (report.embedded, bench.encoder.texts) == (0, [])
    assert bench.articles()["a"].source == "Courier"


def test_a_change_of_title_embeds_again(bench: Workbench) -> None:
    bench.write("a.md", "---\ntitle: Old\n---\n" + BODY)
    bench.sync()
    bench.write("a.md", "---\ntitle: New\n---\n" + BODY)
    assert counts(bench.sync()) == (0, 1, 0, 0, 0)
    assert bench.encoder.texts == ["New\n" + BODY.strip()]


def test_a_renamed_file_embeds_nothing(bench: Workbench) -> None:
    old = bench.write("old.txt", "Pilots go home at last\n\n" + BODY)
    bench.sync()
    old.rename(bench.files / "new.txt")
    report = bench.sync(prune=True)
    assert counts(report) == (0, 0, 0, 0, 1)
    assert report.moved == 1
    assert bench.encoder.texts == []
    assert {id_: article.origin for id_, article in bench.articles().items()} == {"old": str(bench.files / "new.txt")}


def test_a_file_moved_to_another_folder_keeps_its_id(bench: Workbench) -> None:
    old = bench.write("a/pilots.txt", "Pilots go home at last\n\n" + BODY)
    bench.sync()
    (bench.files / "b").mkdir()
    old.rename(bench.files / "b" / "pilots.txt")
    report = bench.sync()
    assert (counts(report), report.moved) == ((0, 0, 0, 0, 1), 1)
    assert {id_: article.origin for id_, article in bench.articles().items()} == {
        "pilots": str(bench.files / "b" / "pilots.txt")
    }


def test_two_files_of_one_text_are_two_articles_embedded_once_if_in_order(bench: Workbench) -> None:
    bench.write("a.md", "---\ntitle: T\n---\n" + BODY)
    bench.sync()
    bench.write("b.md", "---\ntitle: T\n---\n" + BODY)
    report = bench.sync()
    assert counts(report) == (1, 0, 1, 0, 1)
    assert bench.encoder.texts == []
    assert set(bench.articles()) == {"a", "b"}


def test_a_line_put_before_others_in_json_lines_embeds_only_itself(bench: Workbench) -> None:
    rows = [json.dumps({"title": word, "text": f"The {word} waited. {BODY}"}) for word in ("gecko", "heron")]
    bench.write("news.jsonl", "\n".join(rows))
    bench.sync()
    assert set(bench.articles()) == {"news-1", "news-2"}
    bench.write("news.jsonl", "\n".join([json.dumps({"title": "ibis", "text": "The ibis. " + BODY}), *rows]))
    report = bench.sync()
    assert report.embedded == 1 and all("ibis" in text for text in bench.encoder.texts)
    assert {id_: article.title for id_, article in bench.articles().items()} == {
        "news-1": "ibis", "news-2": "gecko", "news-3": "heron",
    }  # fmt: skip


# -- ids ------------------------------------------------------------------------------------------------------------


def test_ids_of_files_of_one_name_are_unique_and_stay(bench: Workbench) -> None:
    bench.write("a/pilots.txt", "Pilots go home at last\n\n" + BODY)
    bench.write("b/pilots.txt", "Pilots stay away for good\n\n" + BODY)
    bench.sync()
    first = {article.origin: id_ for id_, article in bench.articles().items()}
    assert first[str(bench.files / "a" / "pilots.txt")] == "pilots"
    assert first[str(bench.files / "b" / "pilots.txt")].startswith("pilots-")
    bench.write("b/pilots.txt", "Pilots stay away for good\n\n" + BODY * 2)
    bench.sync()
    bench.sync(bench.files / "b")
    assert {article.origin: id_ for id_, article in bench.articles().items()} == first


def test_an_explicit_id_that_two_files_claim_is_reported(bench: Workbench) -> None:
    bench.write("a.md", "---\nid: same\n---\n" + BODY)
    bench.write("b.md", "---\nid: same\n---\nOther. " + BODY)
    report = bench.sync()
    (issue,) = report.issues
    assert issue.origin == str(bench.files / "b.md") and report.skipped == 1
    assert f"'same', which {bench.files / 'a.md'} already has" in issue.message
    assert bench.articles()["same"].text == BODY


def test_an_id_keeps_the_letters_of_any_language(bench: Workbench) -> None:
    bench.write("Обмен — 2024!.txt", BODY)
    bench.write("!!!.txt", "Other. " + BODY)
    bench.sync()
    assert set(bench.articles()) == {"обмен-2024", "article"}


@pytest.mark.parametrize(
    ("origin", "file"),
    [
        ("/x/news.jsonl#12", "/x/news.jsonl"),
        ("/x/news.jsonl.gz#1", "/x/news.jsonl.gz"),
        ("/x/c#.txt", "/x/c#.txt"),
        ("/x/a#1.txt", "/x/a#1.txt"),
        ("/x/a.txt#3", "/x/a.txt#3"),
        ("/x/odd#2/news.jsonl", "/x/odd#2/news.jsonl"),
    ],
)
def test_the_file_of_an_origin(origin: str, file: str) -> None:
    assert file_of(origin) == Path(file)


# -- removing -------------------------------------------------------------------------------------------------------


def test_without_prune_an_article_outlives_its_file(bench: Workbench) -> None:
    write_articles(bench.files)
    bench.sync()
    (bench.files / "gecko.txt").unlink()
    assert counts(bench.sync()) == (0, 0, 7, 0, 0)
    assert "gecko" in bench.articles()


def test_prune_removes_articles_whose_files_under_the_paths_are_gone(bench: Workbench) -> None:
    bench.write("a/gecko.txt", article_text("gecko"))
    bench.write("b/heron.txt", article_text("heron"))
    bench.write("b/ibis.txt", article_text("ibis"))
    bench.sync()
    (bench.files / "a" / "gecko.txt").unlink()
    (bench.files / "b" / "heron.txt").unlink()
    assert counts(bench.sync(bench.files / "b", prune=True)) == (0, 0, 1, 1, 0)
    assert set(bench.articles()) == {"gecko", "ibis"}


@pytest.mark.parametrize("spoil", ["binary", "pipe"])
def test_prune_keeps_what_a_file_gave_before_it_became_unreadable(bench: Workbench, spoil: str) -> None:
    write_articles(bench.files)
    bench.sync()
    path = bench.files / "gecko.txt"
    path.unlink()
    if spoil == "binary":
        path.write_bytes(b"\0\1\2")
    else:
        os.mkfifo(path)
    report = bench.sync(prune=True)
    assert (report.removed, report.unchanged, report.skipped) == (0, 7, 1)
    assert report.issues[0].origin == str(path)
    assert bench.articles()["gecko"].text == article_text("gecko")


def test_prune_removes_lines_that_are_gone_from_a_json_lines_file(bench: Workbench) -> None:
    rows = [json.dumps({"id": word, "text": f"The {word}. {BODY}"}) for word in ("gecko", "heron", "ibis")]
    bench.write("news.jsonl", "\n".join(rows))
    bench.sync()
    bench.write("news.jsonl", "\n".join(rows[:2]))
    assert counts(bench.sync(prune=True)) == (0, 0, 2, 1, 0)
    assert set(bench.articles()) == {"gecko", "heron"}


def test_pruning_everything_leaves_an_empty_library_that_can_be_opened(bench: Workbench) -> None:
    bench.write("a.txt", BODY)
    bench.sync()
    (bench.files / "a.txt").unlink()
    assert counts(bench.sync(prune=True)) == (0, 0, 0, 1, 0)
    with Library(bench.library, encoder=bench.encoder) as opened:
        assert list(opened.articles()) == []
        assert opened.search("pilots").passages == ()
        assert opened.ask("Who are the pilots?").answered is False


def test_remove_takes_articles_by_id_all_or_none(bench: Workbench) -> None:
    write_articles(bench.files)
    bench.sync()
    with pytest.raises(ArticleNotFound, match="No article 'nobody'"):
        remove(["gecko", "nobody"], bench.library)
    assert "gecko" in bench.articles()
    report = remove(["gecko", "heron", "gecko"], bench.library)
    assert (report.removed, report.unchanged, report.generation) == (2, 6, 2)
    assert set(bench.articles()).isdisjoint({"gecko", "heron"})
    with Library(bench.library, encoder=bench.encoder) as opened:
        found = opened.hits("gecko heron", k=100)
    assert {hit.article_id for hit in found}.isdisjoint({"gecko", "heron"})


def test_remove_without_a_library_says_so(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFound, match="There is no library in"):
        remove(["x"], tmp_path / "none")


# -- interrupts and progress ----------------------------------------------------------------------------------------


def test_an_interrupted_sync_is_resumed_without_embedding_anything_twice(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "BATCH_CHUNKS", 4)
    write_articles(bench.files)
    seen: list[str] = []

    def stop_at_the_fourth(progress: Progress) -> None:
        seen.append(progress.current)
        if progress.articles >= 4:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"Stopped\.  \d+ newly embedded chunks are kept"):
        bench.sync(on_progress=stop_at_the_fourth)
    first = list(bench.encoder.texts)
    assert first and read_manifest(bench.library).generation == 0
    report = bench.sync()
    assert counts(report)[:4] == (8, 0, 0, 0)
    assert set(first).isdisjoint(bench.encoder.texts)
    assert len(first) + len(bench.encoder.texts) == read_manifest(bench.library).chunks
    assert report.reused >= 3


def test_progress_counts_bytes_up_to_the_total(bench: Workbench) -> None:
    write_articles(bench.files)
    steps: list[Progress] = []
    bench.sync(on_progress=steps.append)
    total = sum(path.stat().st_size for path in bench.files.iterdir())
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert {step.total for step in steps} == {total}
    assert steps[-1].done == total and steps[-1].stage == "writing the indexes"
    assert [step.current for step in steps[:-1]] == sorted(f"{marker}.txt" for marker in MARKERS)


# -- rebuilding and mismatches --------------------------------------------------------------------------------------


def test_rebuild_with_another_encoder_embeds_everything_anew(bench: Workbench) -> None:
    write_articles(bench.files)
    bench.sync()
    other = CountingEncoder(16, name="other", weights="2" * 64)
    report = rebuild(bench.library, other, SMALL_CHUNKS)
    manifest = read_manifest(bench.library)
    assert (report.changed, report.embedded, report.generation) == (8, len(other.texts), 2)
    assert (manifest.encoder, manifest.articles) == (other.spec, 8)
    with Library(bench.library, encoder=other) as opened:
        assert opened.search("gecko").passages[0].article_id == "gecko"
    with pytest.raises(EncoderMismatch, match=r"fake \(32 dims\) differs|weights"):
        Library(bench.library, encoder=bench.encoder)


def test_rebuild_with_other_chunk_settings_cuts_anew(bench: Workbench) -> None:
    write_articles(bench.files)
    bench.sync()
    before = read_manifest(bench.library).chunks
    rebuild(bench.library, bench.encoder, ChunkerSpec(max_tokens=80, overlap=8, title_tokens=8))
    assert read_manifest(bench.library).chunks < before


def test_rebuild_with_the_same_settings_embeds_everything_again(bench: Workbench) -> None:
    bench.write("a.txt", BODY)
    before = bench.sync()
    report = rebuild(bench.library, bench.encoder, SMALL_CHUNKS)
    assert (report.changed, report.unchanged, report.embedded) == (1, 0, before.embedded)
    assert report.generation == before.generation + 1


def test_another_encoder_or_chunker_is_refused_without_rebuild(bench: Workbench) -> None:
    bench.write("a.txt", BODY)
    bench.sync()
    before = derived_state(bench.library)
    with pytest.raises(EncoderMismatch, match="rag index --rebuild"):
        sync([bench.files], bench.library, encoder=FakeEncoder(16), chunker=SMALL_CHUNKS)
    with pytest.raises(ChunkerMismatch, match=r"max_tokens 40.*max_tokens 200"):
        sync([bench.files], bench.library, encoder=FakeEncoder(), chunker=ChunkerSpec())
    assert derived_state(bench.library) == before


def test_without_settings_the_library_s_own_chunker_is_used(bench: Workbench) -> None:
    bench.write("a.txt", BODY)
    bench.sync()
    assert counts(sync([bench.files], bench.library, encoder=FakeEncoder())) == (0, 0, 1, 0, 0)


# -- paths ----------------------------------------------------------------------------------------------------------


def test_a_path_that_does_not_exist_is_an_error_and_makes_no_library(bench: Workbench) -> None:
    with pytest.raises(LoadError, match="none does not exist: name a file or a folder"):
        bench.sync(bench.files / "none")
    assert not bench.library.exists()


def test_an_empty_folder_makes_an_empty_library(bench: Workbench) -> None:
    report = bench.sync()
    assert counts(report) == (0, 0, 0, 0, 0)
    assert bench.articles() == {}


def test_files_of_other_kinds_are_named_and_not_counted_as_skipped(bench: Workbench) -> None:
    bench.write("a.txt", BODY)
    bench.write("b.docm", "x")
    bench.write("README", "x")
    bench.write(".hidden.txt", "x")
    bench.write(".git/c.txt", "x")
    report = bench.sync()
    (issue,) = report.issues
    assert (report.added, report.skipped) == (1, 0)
    assert issue.message == "holds files of other kinds, left alone: .docm (1), without ending (1)"


def test_a_file_of_an_unknown_kind_that_was_named_is_skipped(bench: Workbench) -> None:
    report = bench.sync(bench.write("a.docm", "x"))
    assert report.skipped == 1
    assert "of a kind that is not read" in report.issues[0].message


def test_a_file_named_twice_is_read_once(bench: Workbench) -> None:
    path = bench.write("a.txt", BODY)
    files, issues = walk([path, bench.files, bench.files / ".." / "files"])
    assert ([file.path for file in files], issues) == ([path], [])


def test_links_out_of_the_folder_are_not_followed(bench: Workbench, memory_path: Path) -> None:
    secret = memory_path / "secret"
    secret.mkdir()
    (secret / "key.txt").write_text("The key is under the mat.", "utf-8")
    bench.write("a.txt", BODY)
    (bench.files / "file.txt").symlink_to(secret / "key.txt")
    (bench.files / "folder").symlink_to(secret)
    (bench.files / "inside.txt").symlink_to(bench.files / "a.txt")
    (bench.files / "loop.txt").symlink_to(bench.files / "loop.txt")
    report = bench.sync()
    assert {Path(issue.origin).name for issue in report.issues} == {"file.txt", "loop.txt"}
    assert all("link that leads" in issue.message for issue in report.issues)
    texts = " ".join(article.text for article in bench.articles().values())
    assert "key" not in texts


def test_a_folder_that_is_itself_a_link_is_read(bench: Workbench, memory_path: Path) -> None:
    bench.write("a.txt", BODY)
    (memory_path / "link").symlink_to(bench.files)
    assert bench.sync(memory_path / "link").added == 1


def test_one_bad_file_does_not_end_the_batch(bench: Workbench) -> None:
    bench.write("a.txt", BODY)
    bench.write("b.md", "---\ntitle: [\n---\n" + BODY)
    bench.write("c.jsonl", "{\n" + json.dumps({"text": "The heron. " + BODY}))
    report = bench.sync()
    assert (report.added, report.skipped) == (2, 2)
    assert [issue.origin for issue in report.issues] == [str(bench.files / "b.md"), str(bench.files / "c.jsonl") + "#1"]


# -- what is stored -------------------------------------------------------------------------------------------------


def test_an_article_without_a_body_is_kept_without_chunks(bench: Workbench) -> None:
    bench.write("a.md", "---\ntitle: Discuss\n---\nShare this article\n")
    report = bench.sync()
    assert (report.added, report.embedded, read_manifest(bench.library).chunks) == (1, 0, 0)
    assert bench.articles()["a"].text == "Share this article\n"


def test_stored_vectors_are_those_of_the_encoder(bench: Workbench) -> None:
    write_articles(bench.files)
    bench.sync()
    with Library(bench.library, encoder=bench.encoder) as opened:
        hit = opened.hits("gecko keepers", k=1)[0]
    own = bench.encoder.encode_query(f"{hit.title}\n{hit.text}")
    asked = bench.encoder.encode_query("gecko keepers")
    assert hit.dense == pytest.approx(float(np.dot(own, asked)), abs=2e-3)
