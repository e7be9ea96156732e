"""The server around the page: headers, hosts, paths, limits, health; and the desk that answers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from ui_fakes import LIBRARY, SWAP, FakeInfo, FakeLibrary, SlowLibrary
from ui_payloads import PAYLOADS, poisoned_article
from ui_reading import ATTRIBUTES, TAGS, Reader

from rag.errors import LibraryCorrupt
from rag.types import MAX_QUESTION_CHARS, Filters
from ui import create_app
from ui.ask import UNEXPECTED, Desk, Turn, Update, chosen
from ui.guard import MAX_BODY
from ui.source import bibtex, markdown, plain, source
from ui.turnstile import BUSY, Turnstile


def said(desk: Desk, question: str | None, choices: str | None = None, turns: tuple[Turn, ...] = ()) -> str:
    """What the page shows in the end: the newest turn, or the sentence that says why there is none."""

    async def last() -> str:
        updates = [update async for update in desk.converse(question, choices, turns)]
        return updates[-1].turns[-1].html if updates[-1].turns else updates[-1].status

    return asyncio.run(last())


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(FakeLibrary()), base_url="http://localhost:7860") as client:
        yield client


def test_health(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready", "generation": 3, "articles": 3}


@pytest.mark.parametrize("path", ["/", "/healthz", "/page.css", "/nothing", "/theme.css", "/manifest.json"])
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_the_policy_of_the_page_names_its_own_scripts_only(client: TestClient) -> None:
    response = client.get("/")
    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    scripts = re.findall(r"<script(?:\s+data-gradio-mode)?>(.*?)</script>", response.text, re.DOTALL)
    digests = {f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts}
    assert len(scripts) == response.text.count("<script") - response.text.count('<script type="module"') > 3
    assert set(policy["script-src"].split()) == {"'self'", "'unsafe-eval'", *digests}
    assert policy["default-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert policy["script-src-attr"] == policy["object-src"] == policy["frame-ancestors"] == "'none'"


def test_a_hostile_library_cannot_add_a_script_to_the_page() -> None:
    app = create_app(FakeLibrary(), examples=["</script><script>window.__xss=1</script>"])
    with TestClient(app, base_url="http://localhost") as client:
        assert "<script>window.__xss" not in client.get("/").text


@pytest.mark.parametrize("host", ["localhost", "localhost:7860", "127.0.0.1:1", "[::1]:7860", "[::1]", "LOCALHOST"])
def test_local_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.test", "localhost.evil.test", "192.168.0.2:7860", "", "127.0.0.1.nip.io"])
def test_other_names_are_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://127.0.0.1:9/x",
        "/gradio_api/file=https://example.com/x.png",
        "/gradio_api/file%3Dhttps://example.com/x.png",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://x.hf.space/",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/runs",
        "/gradio_api/startup-events",
        "/gradio_api/vibe-code",
        "/gradio_api/deep_link",
        "/gradio_api/upload_progress?upload_id=1",
        "/gradio_api//file=http://127.0.0.1:9/x",
        "/config",
        "/monitoring",
        "/monitoring/summary",
        "/docs",
        "/openapi.json",
        "/login_check",
        "/pwa_icon",
        "/static/../../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/app.py",
        "/assets/..%2f..%2findex.html",
    ],
)
def test_what_the_page_does_not_ask_for_does_not_exist(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["upload", "run/answer", "call/answer", "component_server", "process_recording"])
def test_gradios_other_inputs_are_closed(client: TestClient, path: str) -> None:
    assert client.post(f"/gradio_api/{path}", json={}).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(client: TestClient, method: str) -> None:
    assert client.request(method, "/gradio_api/queue/join").status_code in {404, 405}


def test_preflights_get_no_permission(client: TestClient) -> None:
    headers = {"origin": "https://evil.test", "access-control-request-method": "POST"}
    response = client.options("/gradio_api/queue/join", headers=headers)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
    ids=["origin", "null", "fetch-site"],
)
def test_other_sites_cannot_ask(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/gradio_api/queue/join", json={"data": []}, headers=headers).status_code == 403


def test_large_bodies_are_refused_declared_or_not(client: TestClient) -> None:
    big = b"x" * (MAX_BODY + 1)

    def stream() -> Iterator[bytes]:
        yield from (big[:400_000] for _ in range(4))

    assert client.post("/gradio_api/queue/join", content=big).status_code == 413
    assert client.post("/gradio_api/queue/join", content=stream()).status_code == 413
    assert client.post("/gradio_api/queue/join", headers={"content-length": "-1"}).status_code == 413


FILE = {"path": "http://127.0.0.1:9/x", "url": "http://127.0.0.1:9/x", "meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"data": [FILE]}),
        json.dumps({"data": [[FILE]]}),
        json.dumps({"data": FILE}),
        "[]x",
        "[" * 100_000,
    ],
    ids=["file", "nested", "bare", "no json", "deep"],
)
def test_only_flat_data_reaches_gradio(client: TestClient, body: str) -> None:
    assert client.post("/gradio_api/queue/join", content=body).status_code == 422


def test_an_event_without_a_session_is_gradios_to_refuse(client: TestClient) -> None:
    event: dict[str, Any] = {"data": ["Who?"], "fn_index": 0}
    assert client.post("/gradio_api/queue/join", json=event).status_code == 400


def test_what_is_open_goes_on_answering_when_the_library_on_disk_is_damaged(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeLibrary):
        def reload(self) -> bool:
            raise LibraryCorrupt("manifest.json is damaged")

    with caplog.at_level(logging.WARNING):
        shown = said(Desk(Broken()), "Who supervised the swap?")
    assert "supervised by Turkey" in shown and "damaged" not in shown
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "manifest.json is damaged" in caplog.text


def test_the_desk_shows_the_short_answer_inside_its_quote(library: FakeLibrary) -> None:
    shown = said(Desk(library), "Who supervised the swap?")
    assert shown.count('<strong class="rag-short">Turkey&#x27;s spy service</strong>, the MIT.') == 1
    assert "<strong" not in said(Desk(library), "Who painted it?")


def test_the_style_sheet_knows_what_the_answer_is_made_of(client: TestClient) -> None:
    sheet = client.get("/page.css").text
    assert all(f".{name}" in sheet for name in ("rag-short", "rag-differ", "rag-sentence", "rag-cite"))


@pytest.mark.parametrize("question", ["", "   \n", None])
def test_no_question_is_asked_for_one(library: FakeLibrary, question: str | None) -> None:
    assert "type a question" in said(Desk(library), question)
    assert library.asked == []


def test_a_long_question_is_refused_before_the_library(library: FakeLibrary) -> None:
    desk = Desk(library)
    assert "4,001 characters; at most 4,000" in said(desk, "x" * (MAX_QUESTION_CHARS + 1))
    assert library.asked == []
    said(desk, "x" * MAX_QUESTION_CHARS)
    assert len(library.asked) == 1


def test_errors_for_the_user_are_shown_and_others_logged(
    library: FakeLibrary, caplog: pytest.LogCaptureFixture
) -> None:
    library.raising = {"a": LibraryCorrupt("vectors.bin is <damaged>"), "b": ValueError("secret path")}
    assert "vectors.bin is &lt;damaged&gt;" in said(Desk(library), "a")
    with caplog.at_level(logging.ERROR):
        shown = said(Desk(library), "b")
    assert UNEXPECTED in shown and "secret" not in shown
    assert "secret path" in caplog.text


def test_a_full_house_is_told_so(library: FakeLibrary) -> None:
    gate = Turnstile(at_once=1, waiting=0)
    with gate.passing():
        assert BUSY in said(Desk(library, gate), "Who?")


def test_a_new_generation_is_looked_for_but_not_for_every_question() -> None:
    looks = []

    class Watched(FakeLibrary):
        def reload(self) -> bool:
            looks.append(1)
            return True

    desk = Desk(Watched())
    for _ in range(5):
        said(desk, "Who mediated the swap?")
    assert len(looks) == 1


def test_unready_when_the_library_cannot_be_described() -> None:
    class Closed(FakeLibrary):
        def __getattribute__(self, name: str) -> Any:
            if name == "info" and self.closed:
                raise LibraryCorrupt("manifest.json is damaged")
            return super().__getattribute__(name)

    library = Closed()
    with TestClient(create_app(library), base_url="http://localhost") as client:
        library.closed = True
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["reason"] == "manifest.json is damaged"
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "There is no library in"), ("{}", "manifest.json is damaged")],
    ids=["gone", "damaged"],
)
def test_unready_when_the_library_on_disk_cannot_be_read(content: str | None, reason: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, "utf-8")
    library = FakeLibrary(FakeInfo(path=tmp_path))
    with TestClient(create_app(library), base_url="http://localhost") as client:
        response = client.get("/readyz")
        assert response.status_code == 503
        assert reason in response.json()["reason"]
        assert client.get("/healthz").status_code == 200


# -- conversations -------------------------------------------------------------------------------------------------


def test_stages_are_told_while_a_question_is_answered(library: FakeLibrary) -> None:
    async def told() -> list[str]:
        return [update.status async for update in Desk(library).converse("Who supervised the swap?", None, ())]

    first, *between, last = asyncio.run(told())
    assert "Asking" in first
    assert ["Searching 1,204 passages" in between[0], "Reading" in between[1], last] == [True, True, ""]


def test_a_conversation_grows_and_its_oldest_turns_are_let_go(library: FakeLibrary) -> None:
    desk = Desk(library)

    async def asked(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        updates = [update async for update in desk.converse("Who supervised the swap?", None, turns)]
        assert updates[-1].turns is not None
        return updates[-1].turns

    turns: tuple[Turn, ...] = ()
    for _ in range(42):
        turns = asyncio.run(asked(turns))
    assert [turn.number for turn in turns] == list(range(3, 43))
    assert 'id="turn-42"' in turns[-1].html


def test_a_question_that_nobody_waits_for_is_stopped(library: FakeLibrary) -> None:
    """The generator is closed, as Gradio does when a page is left; the library is told at its next stage."""
    slow = SlowLibrary()

    async def stop() -> None:
        updates = Desk(slow).converse("slow?", None, ())
        for _ in range(3):
            await anext(updates)
        await updates.aclose()  # type: ignore[attr-defined]
        for _ in range(200):
            if slow.ended:
                return
            await asyncio.sleep(0.01)

    asyncio.run(stop())
    assert slow.ended == ["Stopped"]


@pytest.mark.parametrize("told", [True, False])
def test_a_question_is_stopped_by_its_name(told: bool) -> None:
    """Others of other names go on; nobody waits until the library has noticed."""
    slow = SlowLibrary()
    desk = Desk(slow)

    async def stop() -> list[Update]:
        found = []
        async for update in desk.converse("slow?", '{"name": "one"}', ()):
            found.append(update)
            if len(found) == 3:
                desk.stop("another")
                desk.stop("")
                desk.stop("one", told=told)
        return found

    *_, last = asyncio.run(stop())
    assert last.turns is None
    assert ("Stopped." in last.status) == told


def test_a_question_that_was_stopped_before_its_turn_is_not_asked(library: FakeLibrary) -> None:
    desk = Desk(library)
    desk.stop("one")
    assert "Stopped." in said(desk, "Who supervised the swap?", '{"name": "one"}')
    assert library.asked == []
    assert "Turkey" in said(desk, "Who supervised the swap?", '{"name": "two"}')


def test_filters_reach_the_library(library: FakeLibrary) -> None:
    choices = json.dumps({"after": "2024-01-01", "before": "", "as_of": "2024-09-01", "sources": ["The Gazette"]})
    said(Desk(library), "Who supervised the swap?", choices)
    assert library.filtered == [Filters(date(2024, 1, 1), None, ("The Gazette",), as_of=date(2024, 9, 1))]


@pytest.mark.parametrize(
    "choices",
    ["[]", "x", '{"after": 1}', '{"sources": [1]}', '{"sources": 1}', '{"before": "yesterday"}', "[" * 100_000],
)
def test_filters_that_cannot_be_read_are_told(library: FakeLibrary, choices: str) -> None:
    assert "filters cannot be read" in said(Desk(library), "Who?", choices)
    assert library.asked == []


def test_a_period_that_ends_before_it_begins_is_told(library: FakeLibrary) -> None:
    shown = said(Desk(library), "Who?", '{"after": "2024-02-01", "before": "2024-01-01"}')
    assert "exchange the two dates" in shown
    assert chosen(None) == chosen("{}") == Filters()


# -- sources -------------------------------------------------------------------------------------------------------


def test_a_source_is_shown_with_its_quote_and_the_short_answer(client: TestClient) -> None:
    start = SWAP.text.index("Twenty-six")
    end = SWAP.text.index("\nTen of")
    at = SWAP.text.index("Turkey")
    asked = {"article": "a1", "start": start, "end": end, "short": f"{at}-{at + 6}", "number": 1}
    shown = client.get("/part/source", params=asked).text
    assert '<mark id="rag-quote" tabindex="-1">Twenty-six people left custody' in shown
    assert '<mark><strong class="rag-short">Turkey</strong></mark>' in shown
    assert '<span class="rag-noise">East and West Free Detainees in Turkish Capital</span>' in shown
    assert f'href="{SWAP.url}"' in shown and "2 August 2024" in shown


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"article": "gone"},
        {"article": "a1", "start": "x", "end": "-5"},
        {"article": "a1", "start": "9999999", "end": "3"},
        {"article": "a1", "start": "0", "end": "99999999999999999999", "short": "5-1", "number": "<b>"},
        {"article": "a1", "short": "-"},
    ],
)
def test_a_source_that_is_asked_for_wrongly_is_no_error(client: TestClient, asked: dict[str, str]) -> None:
    response = client.get("/part/source", params=asked)
    assert response.status_code == 200
    if asked.get("article") != "a1":
        assert "rag-problem" in response.text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_a_source_stays_text(payload: str) -> None:
    library = FakeLibrary(held=(poisoned_article(payload),))
    asked = {"article": f"a{payload}", "start": "8", "end": str(8 + len(payload)), "short": "9-12", "number": "1"}
    read = Reader(source(library, asked))
    assert set(read.tags) <= TAGS and read.attributes <= ATTRIBUTES
    assert read.links == []


def test_citations_are_copied_in_three_forms() -> None:
    quote = "Ten of the 26, among them two children"
    assert plain(SWAP, quote) == (
        f"“{quote}” East and West Free Detainees in Turkish Capital, The Millbrook Gazette, 2 August 2024, {SWAP.url}."
    )
    assert markdown(SWAP, quote) == (
        f"> {quote}\n>\n> — [East and West Free Detainees in Turkish Capital]({SWAP.url}), The Millbrook Gazette, "
        "2 August 2024"
    )
    assert bibtex(SWAP, quote) == (
        "@article{a1,\n  title = {East and West Free Detainees in Turkish Capital},\n"
        "  journal = {The Millbrook Gazette},\n  year = {2024},\n  month = {8},\n  day = {2},\n"
        f"  url = {{{SWAP.url}}},\n  note = {{Quote: {quote}}},\n}}"
    )
    odd = replace(LIBRARY, title="A_b [c] 50%", id="é!")
    assert plain(odd, "") == "A_b [c] 50%."
    assert markdown(odd, "") == "A\\_b \\[c\\] 50%"
    assert bibtex(odd, "") == "@article{article,\n  title = {A\\_b [c] 50\\%},\n}"


def test_the_sources_of_the_library_are_listed(client: TestClient) -> None:
    shown = client.get("/part/sources").text
    assert shown.count("<label>") == 2
    assert 'value="The Millbrook Gazette"' in shown
