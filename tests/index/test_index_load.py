"""Files to drafts: kinds, front matter, HTML metadata, encodings, dates, titles, ids; issues that name their line."""

from __future__ import annotations

import gzip
import io
import json
import resource
import subprocess
import sys
import unicodedata
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.draft import Draft, Issue, dated, day, normalise
from index.load import SUFFIXES, read_file, suffix_of, title_in
from index.raw import decode, encoding_of
from index.worker import Reader, limit
from rag.errors import LoadError

BODY = "The harbour was quiet on Monday. Nobody at the quay could say why the ferry had not come in.\n"


def only(path: Path) -> Draft:
    (found,) = read_file(path)
    assert isinstance(found, Draft), found
    return found


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# -- formats --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.txt", "A.TXT", "a.md"])
def test_text_files_without_front_matter(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, "Pilots go home at last\n\n" + BODY)
    draft = only(path)
    assert draft == Draft(
        None, "Pilots go home at last", "Pilots go home at last\n\n" + BODY, None, None, None, str(path),
        path.stat().st_size,
    )  # fmt: skip


def test_front_matter_gives_the_fields_and_is_not_text(tmp_path: Path) -> None:
    front = '---\nId: pilots-7\nTITLE: "Pilots: home"\nsource: Echo\nurl: https://e.org/1\npublished: 2024-08-02\n---\n'
    draft = only(written(tmp_path, "a.md", front + BODY))
    assert (draft.key, draft.title, draft.source, draft.url) == ("pilots-7", "Pilots: home", "Echo", "https://e.org/1")
    assert draft.published == date(2024, 8, 2)
    assert draft.text == BODY


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("---\njust a line\n---\n" + BODY, id="not-a-mapping"),
        pytest.param("---\n" + BODY, id="a-rule-never-closed"),
        pytest.param("\n---\ntitle: x\n---\n" + BODY, id="not-at-the-top"),
    ],
)
def test_what_only_looks_like_front_matter_is_text(tmp_path: Path, text: str) -> None:
    assert only(written(tmp_path, "a.md", text)).text == text


def test_front_matter_with_windows_line_ends_and_a_mark(tmp_path: Path) -> None:
    raw = b"\xef\xbb\xbf" + ("---\ntitle: Pilots\n---\n" + BODY).replace("\n", "\r\n").encode()
    draft = only(written(tmp_path, "a.txt", raw))
    assert (draft.title, draft.text) == ("Pilots", BODY)


@pytest.mark.parametrize(
    "front",
    [
        pytest.param("title: [", id="unclosed-list"),
        pytest.param("title: !!python/object/apply:os.system [true]", id="python-object"),
        pytest.param("published: 2024-13-45", id="impossible-date"),
        pytest.param("a: &a [*a, *b]", id="unknown-alias"),
    ],
)
def test_bad_front_matter_is_an_issue(tmp_path: Path, front: str) -> None:
    path = written(tmp_path, "a.md", f"---\n{front}\n---\n{BODY}")
    (issue,) = read_file(path)
    assert isinstance(issue, Issue) and issue.skipped and issue.origin == str(path)
    assert issue.message.startswith("has front matter that is not YAML")


def test_nested_or_empty_front_matter_values_are_left_out(tmp_path: Path) -> None:
    front = "---\nid:\ntitle: [a, b]\nsource: {name: Echo}\nurl: true\ndate: 2024-08-02T10:00:00Z\n---\n"
    draft = only(written(tmp_path, "pilots-home.md", front + BODY))
    assert (draft.key, draft.source, draft.url) == (None, None, None)
    assert (draft.title, draft.published) == ("Pilots home", date(2024, 8, 2))


HTML = """<!DOCTYPE html><html lang="en"><head><meta charset="{charset}"><title>Pilots Go Home - Echo</title>
<meta property="og:title" content="Pilots Go Home"><meta property="og:site_name" content="Echo">
<meta property="article:published_time" content="2024-08-02T06:15:00+00:00">
<link rel="canonical" href="https://example.org/pilots"></head><body><nav><a href="/">Home</a></nav><article>
<h1>Pilots Go Home</h1><p>{body}</p><p>They had waited at the quay since seven in the morning, and nobody came.</p>
<script>alert("no")</script></article><footer><p>About Echo</p></footer></body></html>"""


def test_html_gives_metadata_and_the_article_without_menu_script_and_footer(tmp_path: Path) -> None:
    body = BODY.strip()
    draft = only(written(tmp_path, "a.html", HTML.format(charset="utf-8", body=body)))
    assert (draft.title, draft.source, draft.url) == ("Pilots Go Home", "Echo", "https://example.org/pilots")
    assert draft.published == date(2024, 8, 2)
    assert draft.text.split("\n\n")[:2] == ["Pilots Go Home", body]
    assert not any(word in draft.text for word in ("alert", "About Echo", "\n\nHome"))


@pytest.mark.parametrize(
    "page",
    ["<html><body></body></html>", "<div id=app></div><script>start()</script>"],
    ids=["no-body", "drawn-by-script"],
)
def test_html_without_an_article_is_an_issue(tmp_path: Path, page: str) -> None:
    (issue,) = read_file(written(tmp_path, "a.htm", page))
    assert isinstance(issue, Issue)
    assert "no article text" in issue.message


def record(**fields: Any) -> str:
    return json.dumps({"id": "a1", "title": "T", "text": BODY, **fields})


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_json_lines_give_one_draft_each_and_issues_with_line_numbers(tmp_path: Path, suffix: str) -> None:
    rows = [
        record(source="Echo", url="https://e.org", published="2024-08-02"),
        "{not json",
        "",
        "[1, 2]",
        json.dumps({"id": "b", "title": "no text"}),
        record(id=7, text="  \n "),
        record(id=8, published="2 Aug 2024"),
    ]
    raw = "\n".join(rows).encode()
    path = written(tmp_path, f"news{suffix}", gzip.compress(raw) if suffix.endswith("gz") else raw)
    found = list(read_file(path))
    first, *issues, last = found
    assert isinstance(first, Draft) and isinstance(last, Draft)
    assert (first.key, first.title, first.source, first.published) == ("a1", "T", "Echo", date(2024, 8, 2))
    assert (last.key, last.origin, last.published) == ("8", f"{path}#7", date(2024, 8, 2))
    assert [(issue.origin.rpartition("#")[2], issue.message.split("(")[0].strip()) for issue in issues] == [
        ("2", "is not JSON"),
        ("4", "is not a JSON object with the fields id, title, text, source, url, published"),
        ("5", "has no field 'text' with the article's text"),
        ("6", "holds no text"),
    ]


def test_json_lines_with_a_byte_order_mark_or_bad_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", b"\xef\xbb\xbf" + record().encode() + b'\n{"text": "caf\xe9"}\n')
    first, issue = read_file(path)
    assert isinstance(first, Draft) and first.key == "a1"
    assert isinstance(issue, Issue) and issue.origin == f"{path}#2"


def test_a_cut_gzip_file_gives_what_came_before_the_cut_and_an_issue(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(record(id=n, text=BODY + str(n)) for n in range(500)).encode())
    path = written(tmp_path, "a.jsonl.gz", whole[:-200])
    *drafts, issue = read_file(path)
    assert isinstance(issue, Issue) and "ends badly after line" in issue.message
    assert all(isinstance(draft, Draft) for draft in drafts)


@pytest.mark.parametrize("name", [f"a{suffix}" for suffix in SUFFIXES])
def test_an_empty_file_is_an_issue(tmp_path: Path, name: str) -> None:
    (issue,) = read_file(written(tmp_path, name, b""))
    assert issue == Issue(str(tmp_path / name), "is empty")


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.TXT", ".txt"),
        ("a.jsonl.gz", ".jsonl.gz"),
        ("a.tar.gz", ".tar.gz"),
        ("a.htm", ".htm"),
        ("a.json", ".json"),
        ("a.b.mhtml", ".mhtml"),
        ("a.gz", ""),
        ("a.doc", ""),
        ("txt", ""),
    ],
)
def test_recognised_endings(name: str, suffix: str) -> None:
    assert suffix_of(Path(name)) == suffix


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_has_a_reader(tmp_path: Path, suffix: str) -> None:
    """What is none of its kind is named by the file, and for what it is, never as an unknown kind or a bug."""
    (issue,) = read_file(written(tmp_path, f"a{suffix}", b"\0\1\2 nothing of the sort" * 20))
    assert isinstance(issue, Issue) and issue.skipped
    assert issue.origin.startswith(str(tmp_path / f"a{suffix}"))
    assert "kind that is not read" not in issue.message and "Import" not in issue.message


def test_a_plain_text_loads_no_reader_of_another_kind(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", BODY)
    code = (
        "import sys; from pathlib import Path; from index.load import read_file; list(read_file(Path(sys.argv[1])));"
        "print([name for name in ('trafilatura', 'lxml', 'pypdf', 'pypdfium2', 'email', 'csv', 'tarfile', 'index.web',"
        " 'index.table', 'index.mail', 'index.archive', 'index.pdf') if name in sys.modules])"
    )
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("[]", "['email']")


def test_files_in_files_are_read_by_their_own_kind(tmp_path: Path) -> None:
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("c.csv", f"Headline,Story\nPilots,{BODY}")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("deep/2024-08-02-pilots-home.txt", BODY)
        archive.writestr("b.zip", inner.getvalue())
        archive.writestr("broken.html", b"\0\1")
    path = written(tmp_path, "a.zip", outer.getvalue())
    text, row, issue = read_file(path, {"text": "story"})
    assert isinstance(text, Draft) and isinstance(row, Draft)
    assert (text.origin, text.title, text.published) == (
        f"{path}#deep/2024-08-02-pilots-home.txt", "Pilots home", date(2024, 8, 2)
    )  # fmt: skip
    assert (row.origin, row.title, row.text.strip()) == (f"{path}#b.zip#c.csv#2", "Pilots", BODY.strip())
    assert issue == Issue(f"{path}#broken.html", "is binary, not text")


# -- encodings ------------------------------------------------------------------------------------------------------

WESTERN = "Ein schöner Tag für die Lotsen: „Über die Brücke“, sagte François Müller – und alle gingen nach Hause. "
CYRILLIC = "Переговоры об обмене заключёнными прошли в Анкаре, сообщил представитель правительства в пятницу утром. "


@pytest.mark.parametrize(
    ("text", "encoding", "mark"),
    [
        pytest.param(WESTERN, "utf-8", b"", id="utf-8"),
        pytest.param(WESTERN, "utf-8", b"\xef\xbb\xbf", id="utf-8-with-mark"),
        pytest.param(CYRILLIC, "utf-16-le", b"\xff\xfe", id="utf-16-little"),
        pytest.param(CYRILLIC, "utf-16-be", b"\xfe\xff", id="utf-16-big"),
        pytest.param(WESTERN * 4, "cp1252", b"", id="windows-western"),
        pytest.param(CYRILLIC * 4, "cp1251", b"", id="windows-cyrillic"),
    ],
)
def test_encodings_of_text(text: str, encoding: str, mark: bytes) -> None:
    assert decode(mark + text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("raw", "declared", "expected"),
    [
        pytest.param("café".encode("cp1252"), "iso-8859-1", "café", id="western"),
        pytest.param("“café”".encode("cp1252"), "ISO-8859-1", "“café”", id="quotes-that-latin-1-lacks"),
        pytest.param("中文".encode("gb18030"), "gb2312", "中文", id="chinese"),
        pytest.param("café".encode(), "iso-8859-1", "café", id="utf-8-that-says-otherwise"),
        pytest.param(b"plain", "x-nonsense", "plain", id="no-such-encoding"),
        pytest.param(b"plain", "base64", "plain", id="no-encoding-of-text"),
    ],
)
def test_a_declared_encoding_counts_where_it_can(raw: bytes, declared: str, expected: str) -> None:
    assert decode(raw, declared) == expected


def test_the_encoding_of_a_long_stream_is_judged_by_what_is_not_ascii() -> None:
    plain, western = b"a line of it\n" * 200_000, (WESTERN * 9).encode("cp1252")
    assert encoding_of(io.BytesIO(plain)) == "utf-8"
    assert encoding_of(io.BytesIO(plain + "ä".encode() * 600_000)) == "utf-8"
    stream = io.BytesIO(plain + western)
    assert western.decode(encoding_of(stream)) == WESTERN * 9
    assert stream.tell() == 0


@pytest.mark.parametrize(
    ("body", "encoding"), [(CYRILLIC, "windows-1251"), (WESTERN, "windows-1252")], ids=["cyrillic", "western"]
)
def test_html_in_the_encoding_that_it_declares(tmp_path: Path, body: str, encoding: str) -> None:
    page = HTML.format(charset=encoding, body=body.strip()).encode(encoding)
    assert body.strip() in only(written(tmp_path, "a.html", page)).text


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(b" \n\t", "is empty", id="blank"),
        pytest.param(b"\x89PNG\r\n\0\0\0\rIHDR", "is binary", id="png"),
        pytest.param(bytes(range(1, 32)) * 40 + b"\xff\xfe\x81", "is binary or in an unknown encoding", id="control"),
        pytest.param(b"\xff\xfea\xd8", "starts as utf-16 but is not", id="broken-utf-16"),
    ],
)
def test_what_is_not_text_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        decode(raw)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\r\nb\rc\n", "a\nb\nc\n", id="line-ends"),
        pytest.param("cafe\u0301", "café", id="nfc"),
        pytest.param("a\0b", "ab", id="nul"),
        pytest.param("a\ud800b", "a?b", id="lone-surrogate"),
        pytest.param("\r\r\n", "\n\n", id="mixed-line-ends"),
    ],
)
def test_stored_form(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text(alphabet=st.characters(), max_size=80))
@settings(max_examples=200, deadline=None)
def test_the_stored_form_is_nfc_encodable_and_final(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode("utf-8")
    assert "\r" not in once and "\0" not in once


ANY = [".txt", ".md", ".html", ".mhtml", ".jsonl", ".jsonl.gz", ".csv", ".json", ".eml", ".mbox"]


@given(st.binary(max_size=400), st.sampled_from(ANY))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_drafts_or_issues_and_never_an_error(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, suffix: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(gzip.compress(raw) if suffix.endswith("gz") else raw)
    found = list(read_file(path))
    assert suffix in (".jsonl", ".jsonl.gz", ".csv", ".json", ".mbox") or len(found) == 1
    for item in found:
        assert isinstance(item, Issue) or item.text.strip()


# -- dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2024-08-02", date(2024, 8, 2), id="iso"),
        pytest.param("2024-08-02T23:30:00-05:00", date(2024, 8, 2), id="iso-with-time-keeps-its-own-day"),
        pytest.param(" 2024-08-02 10:00", date(2024, 8, 2), id="with-a-space"),
        pytest.param("Fri, 02 Aug 2024 10:00:00 +0000", date(2024, 8, 2), id="rfc-2822"),
        pytest.param("2 Aug 2024", date(2024, 8, 2), id="day-month-year"),
        pytest.param("August 2, 2024", date(2024, 8, 2), id="month-day-year"),
        pytest.param("Aug 2, 2024", date(2024, 8, 2), id="short-month"),
        pytest.param("2024/08/02", date(2024, 8, 2), id="slashes-year-first"),
        pytest.param("20240802", date(2024, 8, 2), id="eight-digits"),
        pytest.param("03/08/2024", None, id="day-or-month-first-is-anybody-s-guess"),
        pytest.param("2024-8-2", date(2024, 8, 2), id="without-zeros"),
        pytest.param(date(2024, 8, 2), date(2024, 8, 2), id="date"),
        pytest.param(datetime(2024, 8, 2, 9), date(2024, 8, 2), id="datetime"),
        pytest.param("yesterday", None, id="words"),
        pytest.param("2024-02-30", None, id="no-such-day"),
        pytest.param(2024, None, id="number"),
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
    ],
)
def test_dates(value: object, expected: date | None) -> None:
    assert day(value) == expected


@given(st.text(max_size=40) | st.from_regex(r"[0-9A-Za-z,: +-]{0,40}", fullmatch=True))
@settings(max_examples=300, deadline=None)
def test_any_string_is_a_date_or_none(value: str) -> None:
    assert day(value) is None or isinstance(day(value), date)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2024-08-02-pilots.txt", date(2024, 8, 2)),
        ("pilots_20240802.txt", date(2024, 8, 2)),
        ("2024.08.02.txt", date(2024, 8, 2)),
        ("pilots-2024-02-31.txt", None),
        ("pilots-1203456789.txt", None),
        ("pilots.txt", None),
    ],
)
def test_dates_in_file_names(name: str, expected: date | None) -> None:
    assert dated(name) == expected


def test_a_file_names_its_date_and_title_where_nothing_else_does(tmp_path: Path) -> None:
    draft = only(written(tmp_path, "2024-08-02-pilots_go-home.txt", BODY))
    assert (draft.title, draft.published) == ("Pilots go home", date(2024, 8, 2))


# -- titles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param("Pilots go home at last\n\n" + BODY, "Pilots go home at last", id="first-line"),
        pytest.param("Russia\n\nPilots Go Home at Last\n\n" + BODY, "Pilots Go Home at Last", id="below-a-kicker"),
        pytest.param("# Pilots\n" + BODY, "Pilots", id="heading-mark"),
        pytest.param(BODY, "", id="a-sentence-is-no-title"),
        pytest.param("Pilots go home at last", "", id="a-lone-line-is-no-title"),
        pytest.param("word " * 26 + "\n" + BODY, "", id="too-long"),
        pytest.param("", "", id="empty"),
    ],
)
def test_title_among_the_first_lines(text: str, title: str) -> None:
    assert title_in(text) == title


def test_titles_are_one_line_of_at_most_500_characters(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", record(title="long\n title " * 100))
    draft = only(path)
    assert len(draft.title) == 500 and "\n" not in draft.title


# -- the child process ----------------------------------------------------------------------------------------------


def test_the_child_reads_what_this_process_reads(tmp_path: Path) -> None:
    paths = [
        written(tmp_path, "a.md", "---\npublished: 2024-08-02\n---\n" + CYRILLIC),
        written(tmp_path, "b.html", HTML.format(charset="utf-8", body=WESTERN)),
        written(tmp_path, "c.jsonl", record() + "\n{\n" + record(id="z", text="a\ud800b\u2028c")),
        written(tmp_path, "d.txt", b"\0\1"),
        tmp_path / "gone.txt",
        written(tmp_path, "Zürich — ü.txt", BODY),
    ]
    reader = Reader()
    try:
        for path in paths:
            assert list(reader.read(path)) == list(read_file(path))
    finally:
        reader.close()


def test_the_child_is_told_which_columns_are_which_fields(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", f"Überschrift,Inhalt\nPilots,{BODY}")
    reader = Reader()
    try:
        (draft,) = reader.read(path, {"title": "Überschrift", "text": "Inhalt"})
        (issue,) = reader.read(path)
    finally:
        reader.close()
    assert isinstance(draft, Draft) and (draft.title, draft.text.strip()) == ("Pilots", BODY.strip())
    assert isinstance(issue, Issue) and "--field text=COLUMN" in issue.message


@pytest.mark.parametrize("error", [ValueError, OSError], ids=["value", "system"])
def test_a_refused_limit_on_memory_counts_on_linux_only(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_: list[int] = []

    def setrlimit(kind: int, limits: tuple[int, int]) -> None:
        if kind == resource.RLIMIT_AS:
            raise error("not here")
        set_.append(kind)

    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(error, match="not here"):
        limit(1024)
    monkeypatch.setattr(sys, "platform", "darwin")
    limit(1024)
    assert set_ == [resource.RLIMIT_CORE]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("03.02.2025", date(2025, 2, 3)),
        ("31. 12. 2024", date(2024, 12, 31)),
        ("03.02.2025 14:30", date(2025, 2, 3)),
        ("3. Februar 2025", date(2025, 2, 3)),
        ("3 февраля 2025", date(2025, 2, 3)),
        ("3 Şubat 2025", date(2025, 2, 3)),
        ("03/02/2025", None),
        ("31.31.2025", None),
        ("May 2024", None),
        ("yesterday", None),
        ("The 5 cats of 2024", None),
    ],
)
def test_dates_as_people_write_them(written: str, expected: date | None) -> None:
    assert day(written) == expected


def test_headings_of_markdown_are_marked(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    text = "# Kites\n\nA kite flies.\n\n## Lines ##\n\nA line is of linen.\n\n#hashtag\n"
    file.write_text(text)
    (draft,) = read_file(file)
    assert isinstance(draft, Draft)
    assert [(draft.text[mark.start : mark.end], mark.label) for mark in draft.marks] == [
        ("# Kites", "Kites"), ("## Lines ##", "Lines"),
    ]  # fmt: skip
