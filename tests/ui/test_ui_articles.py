"""The Articles tab: its fragments, its uploads, its jobs."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from pathlib import Path

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder
from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient
from ui_fakes import LIBRARY, SWAP, FakeInfo, FakeLibrary
from ui_payloads import PAYLOADS, poisoned_article
from ui_reading import ATTRIBUTES, TAGS, Reader

from index.draft import Issue
from index.history import Counts, LastSync, Named, write_last_sync
from index.report import SyncReport
from index.sync import sync
from rag.errors import ArticleNotFound, LoadError, QuestionError
from rag.library import Library
from rag.shelf import Query, Row, Shelf
from rag.types import Article, Chunk, Noise
from ui.app import LOCAL_HOSTS, _add_guards
from ui.articles import SHOWN_CHARS, add_routes, browser, drop, listed, read, sources
from ui.ask import Desk
from ui.guard import MAX_UPLOAD
from ui.history import changes
from ui.upload import BUSY, MOST_WAITING, STOPPED, UNREADABLE, Intake, TooLarge, Uploads, safe_name, summary

TABLE = {"table", "caption", "thead", "tbody", "tr", "th", "td", "nav", "label", "input", "option"}
OWN = {"scope", "aria-sort", "name", "checked", "disabled", "class", "data-job", "data-done"} | {
    f"data-{name}" for name in ("sort", "page", "said", "from")
}
BODY = "The pilots of the harbour waited at the quay on Monday. Nobody came to relieve them until the evening.\n"


class Recording(FakeLibrary):
    """Remembers what was asked of its shelf."""

    def shelf(self, query: Query) -> Shelf:
        self.queries = [*getattr(self, "queries", []), query]
        return super().shelf(query)


def quiet(share: float, what: str) -> None:
    """Nobody is told."""


# -- the list --------------------------------------------------------------------------------------------------------


def test_the_list_is_a_table_of_titles_sources_dates_and_passages(library: FakeLibrary) -> None:
    shown = listed(Desk(library), {})
    assert shown.count("<tr") == 4
    assert '<p class="rag-total">3 articles</p>' in shown
    assert 'data-said="3 articles, page 1 of 1"' in shown
    assert (
        '<th scope="col" aria-sort="descending"><button type="button" class="rag-plain rag-sort" data-sort="oldest">'
        in (shown)
    )
    assert f'data-article="a1">{SWAP.title}</button></th>' in shown
    assert "<bdi>Harbour Courier</bdi>" in shown
    assert '<time datetime="2024-08-05">5 August 2024</time>' in shown
    assert "undated" in shown
    assert '5<span class="rag-unit"> passages</span>' in shown
    assert '1<span class="rag-unit"> passage</span>' in shown
    assert f'Remove<span class="rag-sr" dir="auto"> {LIBRARY.title}</span>' in shown
    assert "rag-pager" not in shown


def test_what_is_asked_for_reaches_the_library() -> None:
    library = Recording()
    asked = {
        "q": "swap " * 100,
        "source": "G",
        "after": "2024-01-02",
        "before": "2024-02-03",
        "sort": "title",
        "page": "7",
    }
    listed(Desk(library), asked)
    listed(Desk(library), {"sort": "upside down", "page": "-3", "after": ""})
    assert library.queries == [
        Query(("swap " * 100)[:200], "G", date(2024, 1, 2), date(2024, 2, 3), "title", 7),
        Query("", "", None, None, "newest", 1),
    ]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"after": "yesterday"}, "YYYY-MM-DD"),
        ({"before": "2024-13-01"}, "YYYY-MM-DD"),
        ({"after": "2024-02-02", "before": "2024-02-01"}, "exchange the two dates"),
    ],
)
def test_dates_that_are_none_are_refused(library: FakeLibrary, asked: dict[str, str], sentence: str) -> None:
    with pytest.raises(QuestionError, match=sentence):
        listed(Desk(library), asked)


class OnePage(FakeLibrary):
    """A library whose shelf a test gives."""

    given = Shelf((), 0, 1, 1)

    def shelf(self, query: Query) -> Shelf:
        return self.given


def test_a_page_in_the_middle_has_four_buttons() -> None:
    library = OnePage(FakeInfo(articles=2_000))
    library.given = Shelf((Row("a", "", None, None, 1),), 120, 2, 3)
    shown = listed(Desk(library), {})
    assert "120 articles of 2,000" in shown
    assert "<span>Page 2 of 3</span>" in shown
    assert [
        f'data-page="{page}">{label}<' in shown
        for label, page in (("First", 1), ("Previous", 1), ("Next", 3), ("Last", 3))
    ] == [True] * 4
    assert ">Untitled</button>" in shown
    library.given = replace(library.given, page=3)
    last = listed(Desk(library), {})
    assert 'data-page="4" disabled>Next' in last and 'data-page="3" disabled>Last' in last


def test_nothing_is_said_to_match_or_to_be_there() -> None:
    assert ">No article matches.</p>" in listed(Desk(OnePage()), {"q": "x"})
    assert "holds no articles yet" in listed(Desk(OnePage(FakeInfo(articles=0))), {})


@pytest.mark.parametrize(
    ("order", "sort", "following"), [("oldest", "ascending", "newest"), ("title", "ascending", "title")]
)
def test_a_head_says_how_it_orders(library: FakeLibrary, order: str, sort: str, following: str) -> None:
    shown = listed(Desk(library), {"sort": order})
    assert f'aria-sort="{sort}"><button type="button" class="rag-plain rag-sort" data-sort="{following}">' in shown
    assert shown.count("aria-sort") == 1


def test_sources_to_choose_from(library: FakeLibrary) -> None:
    assert sources(library) == (
        '<option value="">All sources</option>'
        '<option value="The Millbrook Gazette">The Millbrook Gazette (1)</option>'
        '<option value="Harbour Courier">Harbour Courier (1)</option>'
    )


# -- one article -----------------------------------------------------------------------------------------------------


def small(text: str, *noise: tuple[str, str]) -> FakeLibrary:
    """A library of one article whose noise is given by its words and kind."""
    marks = tuple(Noise(text.index(words), text.index(words) + len(words), kind) for words, kind in noise)  # type: ignore[arg-type]
    return FakeLibrary(held=(Article("a", "T", text, origin="/x/a.txt", noise=marks),))


def body(shown: str) -> str:
    return shown.split('<div class="rag-text" dir="auto">')[1].split("</div>", maxsplit=1)[0]


def test_noise_is_left_out_until_it_is_asked_for() -> None:
    library = small(
        "Head line\nIt rained.\nRead more: fog\nIt stopped.", ("Head line", "title"), ("Read more: fog", "teaser")
    )
    shown = read(library, {"article": "a"})
    gap = '<span class="rag-break">\n</span>'
    assert body(shown) == f"It rained.{gap}It stopped."
    assert "Lines around the article, such as teasers and menus (2)" in shown
    assert "checked" not in shown
    all_of_it = read(library, {"article": "a", "noise": "1"})
    assert body(all_of_it) == (
        f'<span class="rag-noise">Head line{gap}</span>It rained.{gap}'
        f'<span class="rag-noise">Read more: fog{gap}</span>It stopped.'
    )
    assert '<input type="checkbox" name="noise" checked>' in all_of_it


def test_borders_of_passages_are_shown_on_demand_with_their_numbers() -> None:
    class Overlapping(FakeLibrary):
        def chunks(self, article_id: str) -> tuple[Chunk, ...]:
            return Chunk("a", 0, 0, 6), Chunk("a", 1, 4, 9), Chunk("a", 2, 9, 11)

    library = Overlapping(held=(Article("a", "T", "abcdefghijk"),))
    assert body(read(library, {"article": "a"})) == "abcdefghijk"
    said = Reader(body(read(library, {"article": "a", "chunks": "1"}))).text
    assert said == (
        "Passage 1 begins. abcdPassage 2 begins. efPassage 1 ends. ghi"
        "Passage 2 ends. Passage 3 begins. jkPassage 3 ends. "
    )


def test_the_head_of_an_article(library: FakeLibrary) -> None:
    shown = read(library, {"article": "a1"})
    assert f'<h2 class="rag-reader-title" tabindex="-1" dir="auto">{SWAP.title}</h2>' in shown
    assert (
        "The Millbrook Gazette" in shown
        and "2 August 2024" in shown
        and "www.example.com" not in shown.split("href")[0]
    )
    assert f"5 passages · {len(SWAP.text)} characters · from <bdi></bdi>" in shown
    with pytest.raises(ArticleNotFound):
        read(library, {"article": "zz"})


def test_a_long_text_is_shown_part_by_part_and_nothing_is_lost() -> None:
    line = "a" * 99 + "\n"
    text = line * 1_000 + "b" * 70_000
    library = small(text)
    first, parts, at = True, "", 0
    while True:
        shown = read(library, {"article": "a", "from": str(at)} if at else {"article": "a"})
        assert ("rag-whole" in shown) == first
        first = False
        parts += Reader(body(shown)).text
        if "rag-go-on" not in shown:
            break
        at = int(shown.split('data-from="')[1].split('"')[0])
        assert at in {60_000, 100_000, 160_000}
    assert "".join(parts.split()) == "".join(text.split())
    assert len(body(read(library, {"article": "a", "from": "nonsense"}))) > 1_000
    assert body(read(library, {"article": "a", "from": str(10**11)})) == ""


def test_parts_end_with_a_line_where_they_can() -> None:
    text = "a" * (SHOWN_CHARS - 10) + "\n" + "b" * 100
    assert f'data-from="{SHOWN_CHARS - 9}"' in read(small(text), {"article": "a"})
    assert f'data-from="{SHOWN_CHARS}"' in read(small("a" * (SHOWN_CHARS + 1)), {"article": "a"})


# -- what changed ----------------------------------------------------------------------------------------------------

WHEN = datetime(2026, 11, 22, 4, 30, tzinfo=timezone.utc)


def test_what_the_last_sync_did(tmp_path: Path) -> None:
    library = FakeLibrary(FakeInfo(path=tmp_path))
    assert "No sync of this library has been noted yet" in changes(library)
    counts = Counts(1_200, 0, 5, 1, 1, 1)
    write_last_sync(
        tmp_path,
        LastSync(WHEN, 7, counts, (Named("a", "Fog"),), (), (Named("b", ""),), (Issue("/x/y.txt", "is empty"),)),
    )
    shown = changes(library)
    assert '<time datetime="2026-11-22T04:30:00+00:00">22 November 2026, 04:30 UTC</time>, generation 7: ' in shown
    assert "1,200 added, 1 removed, 5 unchanged, 1 skipped." in shown
    assert "<summary>Added (1,200)</summary>" in shown and "and 1,199 more" in shown
    assert 'rag-read" data-article="a">Fog</button>' in shown
    assert "<summary>Changed" not in shown
    assert '<summary>Removed (1)</summary><ul><li dir="auto">b</li></ul>' in shown
    assert "<bdi>/x/y.txt</bdi> is empty" in shown


# -- what articles say is never markup -------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_come_out_as_text(payload: str, tmp_path: Path) -> None:
    article = replace(poisoned_article(payload), origin=payload, noise=(Noise(0, 5, "teaser"), Noise(8, 12, "title")))
    library = FakeLibrary(FakeInfo(path=tmp_path), held=(article,))
    named, issue = Named(payload, payload), Issue(payload, payload)
    write_last_sync(tmp_path, LastSync(WHEN, 1, Counts(1, 1, 1, 1, 1, 1), (named,), (named,), (named,), (issue,)))
    report = sync_report(issue)
    asked = {"article": article.id, "chunks": "1"}
    for shown in (
        listed(Desk(library), {"q": payload}),
        sources(library),
        read(library, asked),
        read(library, {**asked, "noise": "1"}),
        changes(library),
        summary(report, [payload], [issue]),
        Intake(Desk(library)).add_path(str(tmp_path / f"nothing{payload}"), quiet),
    ):
        found = Reader(shown)
        assert set(found.tags) <= TAGS | TABLE, payload
        assert found.attributes <= ATTRIBUTES | OWN, payload
        assert all(link.startswith(("http://", "https://")) for link in found.links)


def sync_report(*issues: Issue) -> SyncReport:
    return SyncReport(2, 1, 0, 3, 0, 0, 4, 0.1, issues)


def test_the_frame_is_labelled() -> None:
    assert Reader(drop()).tags.count("input") == 1
    found = Reader(browser())
    assert found.tags.count("label") == 5 and found.tags.count("input") + found.tags.count("select") == 5


# -- uploads ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where a page's library lies."""
    return (tmp_path / "news").resolve()


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    """The tab's own routes behind the page's guards; Gradio, which takes a while to mount, has no part in them."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, Desk(FakeLibrary(FakeInfo(path=home))))
    _add_guards(app, LOCAL_HOSTS)
    with TestClient(app, base_url="http://localhost:7860") as client:
        yield client


def waiting(home: Path) -> list[Path]:
    return [path for path in home.with_name("news-uploads").rglob("*") if path.is_file()]


def test_an_upload_waits_under_its_name(client: TestClient, home: Path) -> None:
    answer = client.post("/part/upload", params={"name": "Fog & gulls.txt"}, content=b"It rained.")
    assert answer.status_code == 200
    (file,) = waiting(home)
    assert file == home.with_name("news-uploads") / ".incoming" / answer.json()["token"] / "Fog & gulls.txt"
    assert file.read_bytes() == b"It rained."


TRICKS = {
    "../../x.txt": "x.txt",
    "..\\..\\x.txt": "x.txt",
    "/etc/cron.d/x.md": "x.md",
    "C:\\Windows\\x.html": "x.html",
    "a/../../b.JSONL": "b.JSONL",
    "..%2f..%2fx.txt": "..%2f..%2fx.txt",
    "x\x00.txt": "x_.txt",
    "x\n\r.txt": "x__.txt",
    "\ud800.txt": "?.txt",
    "e\u0301.txt": "\u00e9.txt",
    " x.txt ": "x.txt",
}


@pytest.mark.parametrize(("name", "kept"), [pair for pair in TRICKS.items() if not pair[0].startswith("..%")])
def test_names_lose_their_tricks(name: str, kept: str) -> None:
    assert safe_name(name) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "...",
        "../..",
        ".txt",
        ".bashrc",
        "x",
        "x.exe",
        "x.txt/",
        "x.txt.exe",
        "..%2f..%2fx.txt",
        "x.gz",
        "a" * 300 + ".txt",
    ],
)
def test_names_of_no_use_are_refused(client: TestClient, home: Path, name: str) -> None:
    with pytest.raises(LoadError):
        safe_name(name)
    assert client.post("/part/upload", params={"name": name}, content=b"x").status_code == 422
    assert waiting(home) == []


@pytest.mark.parametrize("name", [name for name in TRICKS if "\ud800" not in name and not name.startswith("..%")])
def test_nothing_is_written_outside_the_folder(client: TestClient, home: Path, name: str) -> None:
    assert client.post("/part/upload", params={"name": name}, content=b"x").status_code == 200
    (file,) = waiting(home)
    assert file.parents[1] == home.with_name("news-uploads") / ".incoming"
    assert {path.name for path in home.parent.iterdir()} <= {"news-uploads"}


def test_a_large_upload_is_refused_declared_or_not(client: TestClient, home: Path) -> None:
    declared = client.post("/part/upload?name=x.txt", headers={"content-length": str(MAX_UPLOAD + 1)}, content=b"x")
    assert (declared.status_code, "64 MB" in declared.text) == (413, True)
    for length in ("-1", "many"):
        assert client.post("/part/upload?name=x.txt", headers={"content-length": length}).status_code == 413

    def stream() -> Iterator[bytes]:
        for _ in range(65):
            yield bytes(1 << 20)

    assert client.post("/part/upload?name=x.txt", content=stream()).status_code == 413
    assert waiting(home) == [] and list((home.with_name("news-uploads") / ".incoming").iterdir()) == []


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"host": "evil.test"}],
    ids=["origin", "null", "fetch-site", "host"],
)
def test_other_sites_cannot_upload(client: TestClient, home: Path, headers: dict[str, str]) -> None:
    assert client.post("/part/upload?name=x.txt", content=b"x", headers=headers).status_code in {400, 403}
    assert waiting(home) == []


@pytest.mark.parametrize("path", ["/part/upload/", "/part/uploads", "/part/upload/x.txt", "/part/articles/list"])
def test_only_the_one_path_takes_files(client: TestClient, path: str) -> None:
    assert client.post(path, params={"name": "x.txt"}, content=b"x").status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_only_post_uploads(client: TestClient, method: str) -> None:
    assert client.request(method, "/part/upload?name=x.txt").status_code in {404, 405}


def test_the_parts_are_served(client: TestClient) -> None:
    assert SWAP.title in client.get("/part/articles/list").text
    assert SWAP.title in client.get("/part/articles/read", params={"article": "a1"}).text
    assert "No article &#x27;zz&#x27;" in client.get("/part/articles/read", params={"article": "zz"}).text
    assert "noted yet" in client.get("/part/articles/changes").text
    assert "<option" in client.get("/part/articles/sources").text
    assert "YYYY-MM-DD" in client.get("/part/articles/list", params={"after": "x"}).text


async def blocks(*given: bytes) -> AsyncIterator[bytes]:
    for block in given:
        yield block


def receive(uploads: Uploads, name: str, content: bytes = b"x") -> str:
    return asyncio.run(uploads.receive(name, blocks(content)))


def test_only_so_many_uploads_wait(home: Path) -> None:
    uploads = Uploads(home)
    aside = home.with_name("news-uploads") / ".incoming"
    for number in range(MOST_WAITING):
        (aside / f"{number:032x}").mkdir(parents=True)
    with pytest.raises(LoadError, match="1,000 files are waiting already"):
        receive(uploads, "x.txt")
    old = time.time() - 90_000
    os.utime(aside / f"{1:032x}", (old, old))
    receive(uploads, "x.txt")
    assert not (aside / f"{1:032x}").exists()


def test_a_file_that_breaks_off_leaves_nothing(home: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise ClientDisconnect

    uploads = Uploads(home)
    with pytest.raises(ClientDisconnect):
        asyncio.run(uploads.receive("x.txt", broken()))
    with pytest.raises(TooLarge):
        asyncio.run(uploads.receive("x.txt", blocks(*[bytes(1 << 20)] * 65)))
    assert waiting(home) == []


def test_placing(home: Path) -> None:
    uploads = Uploads(home)
    first, same, other = receive(uploads, "a.txt"), receive(uploads, "a.txt", b"y"), receive(uploads, "b.md")
    placed, issues = uploads.place([first, same, other, other, "0" * 32, "../..", ""])
    assert [(one.path.name, one.previous) for one in placed] == [("a.txt", None), ("b.md", None)]
    assert [issue.message.split(";")[0] for issue in issues] == [
        "has the name of another file of this selection", "is not there any more", "is not there any more",
        "is not there any more",
    ]  # fmt: skip
    uploads.settle(placed, {str(uploads.folder / "b.md")})
    assert [path.name for path in waiting(home)] == ["a.txt"]
    again, _ = uploads.place([receive(uploads, "a.txt")])
    assert again[0].previous is None
    uploads.settle(again, set())
    edited, _ = uploads.place([receive(uploads, "a.txt", b"z")])
    assert edited[0].previous is not None and (uploads.folder / "a.txt").read_bytes() == b"z"
    uploads.settle(edited, {str(uploads.folder / "a.txt")})
    assert [path.name for path in waiting(home)] == ["a.txt"]
    assert (uploads.folder / "a.txt").read_bytes() == b"x"


# -- jobs ------------------------------------------------------------------------------------------------------------


@dataclass
class Bench:
    """A small real library with a desk and an intake."""

    place: Path
    library: Library
    desk: Desk
    intake: Intake

    def order(self, **what: list[str]) -> str:
        return self.intake.carry_out(json.dumps(what), quiet)

    def send(self, name: str, text: str) -> str:
        return receive(Uploads(self.place / "news"), name, text.encode())

    def ids(self) -> list[str]:
        return sorted(article.id for article in self.library.articles())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    place = tmp_path.resolve()
    (place / "first.txt").write_text(f"The first of all the articles\n\n{BODY}")
    sync([place / "first.txt"], place / "news", encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    with Library(place / "news", encoder=FakeEncoder()) as library:
        desk = Desk(library)
        yield Bench(place, library, desk, Intake(desk, encoder=FakeEncoder()))


def test_uploads_are_indexed_edited_and_removed(bench: Bench) -> None:
    shown = bench.order(uploads=[bench.send("fog.txt", BODY), bench.send("empty.md", " ")])
    kept = bench.place / "news-uploads"
    assert "<strong>1 article added.</strong>" in shown and 'data-done="1"' in shown
    assert f"<bdi>{kept}/empty.md</bdi> is empty" in shown
    assert bench.ids() == ["first", "fog"]
    assert [path.name for path in kept.iterdir() if path.is_file()] == ["fog.txt"]
    assert "2 articles" in bench.desk.header()

    shown = bench.order(uploads=[bench.send("fog.txt", BODY + "It rained.\n")])
    assert "1 article changed" in shown
    assert "fog.txt took the place of the file of the same name that was added before." in shown
    assert bench.library.article("fog").text.endswith("It rained.\n")

    shown = bench.order(uploads=[bench.send("fog.txt", "")])
    assert "Nothing was added" in shown and "is empty" in shown
    assert (kept / "fog.txt").read_text() == BODY + "It rained.\n"
    assert bench.ids() == ["first", "fog"]

    shown = bench.order(remove=["fog", "first"])
    assert "<strong>2 articles removed.</strong>" in shown
    assert "1 uploaded file deleted with them." in shown and "stay where they are" in shown
    assert not (kept / "fog.txt").exists() and (bench.place / "first.txt").exists()
    assert bench.ids() == []


def test_a_path_is_indexed_with_its_issues_and_its_progress(bench: Bench) -> None:
    folder = bench.place / "more"
    folder.mkdir()
    (folder / "gulls.txt").write_text(BODY)
    (folder / "bad.jsonl").write_text("{\n")
    told: list[tuple[float, str]] = []
    shown = bench.intake.add_path(f" {folder} ", lambda share, what: told.append((share, what)))
    assert "1 article added" in shown and "is not JSON" in shown
    assert told[0] == (0.0, "Looking at the files")
    assert all(0 <= share <= 1 for share, _ in told) and len(told) > 1
    assert bench.ids() == ["first", "gulls"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (None, "Type the path"),
        ("  ", "Type the path"),
        ("/no/such/folder", "/no/such/folder does not exist"),
        ("~nobody-of-that-name/x", "is not a path"),
        ("a\0b", "is not a path"),
    ],
)
def test_paths_that_are_none_get_a_sentence(bench: Bench, typed: str | None, sentence: str) -> None:
    shown = bench.intake.add_path(typed, quiet)
    assert sentence in shown and 'class="rag-problem"' in shown and 'data-done="0"' in shown


@pytest.mark.parametrize(
    "order",
    [None, "", "{", "[]", "{}", '{"uploads": []}', '{"uploads": [1]}', '{"uploads": "x"}', '{"other": ["x"]}',
     '{"remove": ["first"], "uploads": ["x"]}', "[" * 100_000],
)  # fmt: skip
def test_orders_that_are_none_change_nothing(bench: Bench, order: str | None) -> None:
    assert UNREADABLE in bench.intake.carry_out(order, quiet)
    assert bench.ids() == ["first"]


def test_what_is_gone_is_said(bench: Bench) -> None:
    assert "No article &#x27;zz&#x27;" in bench.order(remove=["first", "zz"])
    assert "is not there any more" in bench.order(uploads=["0" * 32])
    assert bench.ids() == ["first"]


def test_one_job_at_a_time_and_it_can_be_stopped(bench: Bench) -> None:
    from rag.disk import writer_lock

    began, go_on = threading.Event(), threading.Event()
    folder = bench.place / "more"
    folder.mkdir()
    (folder / "gulls.txt").write_text(BODY)
    said: list[str] = []

    def tell(share: float, what: str) -> None:
        began.set()
        go_on.wait(30)

    job = threading.Thread(target=lambda: said.append(bench.intake.add_path(str(folder), tell)))
    job.start()
    assert began.wait(30)
    assert BUSY in bench.order(remove=["first"])
    bench.intake.stop()
    go_on.set()
    job.join(60)
    assert STOPPED in said[0]
    assert bench.ids() == ["first"]
    with writer_lock(bench.place / "news" / "lock"):
        assert "is being written by process" in bench.order(remove=["first"])
        kept = bench.order(uploads=[bench.send("fog.txt", BODY)])
        assert "is being written by" in kept and "add that folder by its path" in kept
    assert "1 article added" in bench.intake.add_path(str(bench.place / "news-uploads"), quiet)


def test_what_goes_wrong_unforeseen_is_a_sentence_and_in_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("secret")

    monkeypatch.setattr("index.sync.remove", broken)
    shown = bench.order(remove=["first"])
    assert "Something went wrong" in shown and "secret" not in shown and "secret" in caplog.text


def test_every_job_has_its_own_mark(bench: Bench) -> None:
    assert bench.order(remove=["zz"]) != bench.order(remove=["zz"])
