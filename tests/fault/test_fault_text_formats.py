"""Pages, mail and tables that nobody should trust: each ends as drafts and issues, within memory and time."""

from __future__ import annotations

import base64
import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_files import GOOD, NASTY

from index.draft import Draft, Issue
from index.load import read_file
from index.worker import Reader

MB = 1024 * 1024
WORDS = "The new bridge was opened on Monday by the mayor, and crowds came from all over the county to see it. "
MAIL = (
    "From: Ida Holm <ida@beacon.example>\nSubject: =?utf-8?q?The_br=C3=BCcke?=\nDate: Fri, 02 Aug 2024 10:00:00 +0000\n"
    'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8; '
    f"format=flowed\n\n{WORDS}\n\nOn Monday, Jo wrote:\n> So it was.\n-- \nIda\n--b\nContent-Type: text/csv\n"
    "Content-Disposition: attachment; filename*=utf-8''a%20b.csv\n\n"
    f'title,text\nOne,"{WORDS}"\n--b--\n'
)
KEPT = (
    "Snapshot-Content-Location: https://beacon.example/\nSubject: A page\nMIME-Version: 1.0\nContent-Type: "
    'multipart/related; type="text/html"; boundary="b"\n\n--b\nContent-Type: text/html; charset=utf-8\n'
    "Content-Transfer-Encoding: base64\nContent-Location: https://beacon.example/1\n\n"
    f"{base64.encodebytes(GOOD['.html'].encode()).decode()}\n--b--\n"
)
JSON = '[{"id": 1, "title": "Bridge", "body": "It opened.", "author": ["Ida"]},\n {"text": "Two"}]'
SEEDS = {
    ".html": GOOD[".html"],
    ".xhtml": '<?xml version="1.0" encoding="utf-8"?>' + GOOD[".html"],
    ".mhtml": KEPT,
    ".eml": MAIL,
    ".mbox": f"From a@b.example Fri Aug  2 10:00:00 2024\n{MAIL}\nFrom a@b.example Fri Aug  2 10:00:00 2024\n{MAIL}",
    ".csv": f'id;title;text\n1;One;"{WORDS}\n{WORDS}"\n2;Two;{WORDS}\n',
    ".tsv": f"title\ttext\tdate\nOne\t{WORDS}\t2024-08-02\n",
    ".json": JSON,
    ".ndjson": GOOD[".jsonl"],
    ".text": WORDS,
}
ODD = (
    *NASTY, b"\n\n", b"\nFrom ", b"--b\n", b"--b--", b"=?utf-8?b?", b"=?x?q?", b'"', b'""', b";", b"\t", b",", b"</p>",
    b"<table>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"Content-Type: message/rfc822\n",
    b"Content-Type: multipart/mixed\n", b"; charset=utf-7", b"; charset=rot13", b'; filename="=?a?q?..=2F?="', b"]",
    b"}", b"\\ud800", b"> ", b"-- \n",
)  # fmt: skip


def damaged(suffix: str, seed: int) -> bytes:
    """A good document after a few seeded injuries."""
    draw = random.Random(f"text {suffix} {seed}")
    data = bytearray(SEEDS[suffix].encode())
    for _ in range(draw.randint(1, 8)):
        place, kind = draw.randrange(len(data) + 1), draw.randrange(6)
        if kind == 0 and data:
            data[place % len(data)] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del data[place : place + draw.randrange(60)]
        elif kind == 2:
            data[place:place] = draw.choice(ODD)
        elif kind == 3:
            data[place:place] = draw.randbytes(draw.randrange(1, 20))
        elif kind == 4:
            data[place:place] = data[: draw.randrange(len(data) + 1)]
        else:
            start = draw.randrange(len(data) + 1)
            data[place:place] = data[start : start + draw.randrange(80)]
    return bytes(data)


@pytest.mark.parametrize("count", [30, pytest.param(10_000, marks=pytest.mark.long)], ids=["short", "long"])
@pytest.mark.parametrize("suffix", SEEDS)
@pytest.mark.timeout(7_200)
def test_damaged_files_give_drafts_and_issues(suffix: str, count: int, tmp_path: Path) -> None:
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(SEEDS[suffix].encode())
    assert [item for item in read_file(path) if isinstance(item, Issue)] == []
    read = 0
    for seed in range(count):
        path.write_bytes(damaged(suffix, seed))
        found = list(read_file(path))
        assert found, seed
        for item in found:
            assert item.origin.startswith(str(path)), seed
            if isinstance(item, Draft):
                assert item.text.strip() and all(item.text[m.start : m.end].strip() for m in item.marks), seed
        read += any(isinstance(item, Draft) for item in found)
    # A reader that refuses them all would pass without this.
    assert read > count // 50


def bombs() -> Iterator[tuple[str, bytes]]:
    """Names and contents that would take a careless reader's memory or time."""
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (level, level) for level in range(3_000)
    )
    yield "nested-parts.eml", b"From: a@b.example\n" + nested + WORDS.encode()
    yield "many-parts.eml", MAIL.replace("\n--b--", "\n--b\n\nx" * 200_000 + "\n--b--").encode()
    yield "many-headers.eml", b"X-A: b\n" * 500_000 + MAIL.encode()
    yield "long-header.eml", b"Subject: " + b"=?utf-8?q?a?= " * 300_000 + b"\n" + MAIL.encode()
    yield "long-address.eml", b"From: " + b"(" * 300_000 + b"\n\n" + WORDS.encode()
    yield "many-quotes.eml", b"From: a@b.example\n\n" + b"On a wrote:\n" * 300_000
    yield "spaces.eml", b"From: a@b.example\nContent-Type: text/plain; format=flowed\n\n" + b" " * 5 * MB + b"x"
    yield "one-line.mbox", b"From a@b.example Fri Aug  2 10:00:00 2024\nFrom: x\n\n" + b"x" * (70 * MB)
    yield "no-end.mhtml", KEPT.encode() + b"\n--b" * 300_000
    yield "nested.json", b"[" * (5 * MB)
    yield "long-string.json", b'[{"text": "' + b"x" * (70 * MB)
    yield "many-keys.json", b"{" + b",".join(b'"k%d": 1' % n for n in range(500_000)) + b"}"
    yield "bad-end.json", b'[{"text": "a"},' + b" " * (20 * MB) + b"x"
    yield "one-line.csv", b"title,text\n" + b"x" * (70 * MB)
    yield "never-closed.csv", b'title,text\na,"' + b"x,y\n" * (18 * MB)
    yield "wide.csv", b"text" + b",c" * 2_000_000 + b"\n" + WORDS.encode() + b"," * 100 + b"\n"
    yield "commas.csv", b"," * (20 * MB)
    yield "tags.html", b"<p class=share><a>" * 500_000
    yield "rows.html", b"<table>" + b"<tr><td><a>x</a>" * 200_000
    yield "nested-tables.html", b"<table><tr><td>" * 100_000 + WORDS.encode() * 5
    yield "quotes.html", b"<p>" + b"<blockquote>" * 100_000 + WORDS.encode() * 5
    yield "walls.html", b"<div class=paywall>already a subscriber " * 100_000
    yield "data.html", b'<script type="application/ld+json">' + b'{"a":' * 500_000 + b"</script>" + WORDS.encode() * 5
    yield "style.html", b"<p style='" + b"max-height:0 " * 500_000 + b"'>" + WORDS.encode() * 5
    yield "charset.html", b"<meta " + b"charset " * 500_000 + b">" + WORDS.encode() * 5


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)], ids=["short", "long"])
@pytest.mark.timeout(600)
def test_bombs_end_within_their_limits(every: int, tmp_path: Path) -> None:
    """Through the process that reads files: whatever each does, the next good file is read."""
    fine = tmp_path / "fine.html"
    fine.write_bytes(SEEDS[".html"].encode())
    reader = Reader(memory=1024 * MB, seconds=4.0)
    try:
        for name, content in itertools.islice(bombs(), 0, None, every):
            path = tmp_path / name
            path.write_bytes(content)
            start = time.monotonic()
            found = list(reader.read(path))
            assert found and all(item.origin.startswith(str(path)) for item in found), name
            assert time.monotonic() - start < 30, name
            path.unlink()
        (draft,) = reader.read(fine)
        assert isinstance(draft, Draft)
    finally:
        reader.close()
