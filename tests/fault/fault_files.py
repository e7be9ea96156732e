"""Files that no reader should trust: bombs, broken encodings, and damaged versions of good documents."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator

MB = 1024 * 1024
GOOD = {
    ".txt": "The mayor opens the bridge\n\nThe new bridge was opened on Monday. Crowds came to see it.\n",
    ".md": "---\ntitle: The mayor opens it\ndate: 2024-05-06\nid: bridge-md\n---\n\nThe new bridge was opened.\n",
    ".html": "<html><head><title>The mayor opens the bridge</title><meta name='date' content='2024-05-06'></head><body>"
    "<article><h1>The mayor opens the bridge</h1><p>The new bridge was opened on Monday by the mayor, and crowds came "
    "from all over the county to see it and to walk across it.</p><p>It took nine years to build; it is the longest "
    "in the county.</p></article></body></html>",
    ".jsonl": '{"id": "bridge-1", "title": "The bridge", "text": "The bridge was opened.", "published": "2024-05-06"}\n'
    '{"id": "bridge-2", "title": "The ferry", "text": "The ferry was closed.", "url": "https://example.org/2"}\n',
}
SUFFIXES = (*GOOD, ".jsonl.gz")


def good(suffix: str, number: int = 0) -> bytes:
    """A document that is read without complaint; `number` makes its ids its own."""
    text = GOOD[".jsonl" if suffix == ".jsonl.gz" else suffix].replace("bridge-", f"bridge-{number}{suffix[-1]}-")
    return gzip.compress(text.encode(), mtime=0) if suffix == ".jsonl.gz" else text.encode()


def _blown_up(block: bytes, times: int) -> bytes:
    """A gzip file that unpacks to `block` repeated: members may follow each other."""
    return gzip.compress(block, mtime=0) * times


def _html(body: str) -> bytes:
    return f"<html><head><title>A page</title></head><body>{body}</body></html>".encode()


def _alias_bomb() -> str:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(levels)


def _merge_bomb() -> str:
    levels = ["a0: &a0 {k0: 1, k1: 2}"]
    levels += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    return "\n".join(levels)


def bad() -> Iterator[tuple[str, bytes]]:
    """Names and contents from which nothing can be taken: each must be reported."""
    for suffix in SUFFIXES:
        yield f"empty{suffix}", b""
        yield f"binary{suffix}", random.Random(1).randbytes(5_000) + bytes(5_000)
    for suffix in (".txt", ".md", ".html", ".jsonl"):
        yield f"blank{suffix}", b" \n\t\n  \n"
        yield f"nuls{suffix}", bytes(100_000)
        yield f"half-utf-16{suffix}", b"\xff\xfeA\x00\x00\xd8\x00"
        yield f"png{suffix}", b"\x89PNG\r\n\x1a\n" + random.Random(2).randbytes(20_000)
    yield "too-big.txt", b"word " * (13 * MB + MB // 2)
    yield "yaml-broken.md", b"---\ntitle: [unclosed\n---\nText of it.\n"
    yield "yaml-nested.md", b"---\na: " + b"[" * 50_000 + b"\n---\nText of it.\n"
    yield "yaml-nested-map.md", b"---\n" + b"".join(b" " * n + b"a:\n" for n in range(1_500)) + b"---\nText of it.\n"
    yield "yaml-merge-bomb.md", f"---\n{_merge_bomb()}\n---\nText of it.\n".encode()
    yield "yaml-long-number.md", b"---\nid: 0x" + b"f" * 20_000 + b"\n---\nText of it.\n"
    yield "yaml-python-tag.md", b"---\na: !!python/object/apply:os.system ['true']\n---\nText of it.\n"
    yield "yaml-unhashable.md", b"---\n? [a, b]\n: c\n---\nText of it.\n"
    yield "yaml-bad-date.md", b"---\ndate: 2024-13-45\n---\nText of it.\n"
    yield "only-front-matter.md", b"---\ntitle: Nothing else\n---\n"
    yield "script.html", _html("<script>document.write('text')</script>")
    yield "no-text-field.jsonl", b'{"title": "A title"}\n'
    yield "array.jsonl", b"[1, 2, 3]\n"
    yield "number.jsonl", b"12\n"
    yield "nested.jsonl", b"[" * 1_000_000 + b"\n"
    yield "nested-object.jsonl", b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b"\n"
    yield "long-number.jsonl", b'{"text": ' + b"9" * 10_000 + b"}\n"
    yield "long-line.jsonl", b'{"text": "' + b"word " * (20 * MB) + b'"}\n'
    yield (
        "truncated.jsonl.gz",
        gzip.compress(b'{"text": "' + random.Random(3).randbytes(2_000).hex().encode() + b'"}\n')[:500],
    )
    yield "not-gzip.jsonl.gz", b'{"text": "This is not compressed."}\n'
    yield "bad-block.jsonl.gz", gzip.compress(b"x" * 100, mtime=0)[:10] + b"\xff" * 50
    yield "one-line-bomb.jsonl.gz", _blown_up(bytes(16 * MB), 256)
    yield "blank-bomb.jsonl.gz", _blown_up(b"\n" * (16 * MB), 256)
    yield "bad-lines-then-rot.jsonl.gz", gzip.compress(b"{}\n" * 50)[:-9]


def odd() -> Iterator[tuple[str, bytes]]:
    """Strange, yet perhaps readable: each must end as an article or as an issue."""
    words = "The bridge was opened on Monday, said the mayor of the town. "
    yield "bom.txt", b"\xef\xbb\xbf" + words.encode()
    yield "menu.html", _html("<nav><a href='/'>Home</a></nav>")
    yield "utf-32.txt", "A text in thirty-two bits. It is long.".encode("utf-32")
    yield "utf-16.txt", words.encode("utf-16")
    yield "utf-16-be.html", b"\xfe\xff" + GOOD[".html"].encode("utf-16-be")
    yield "latin-1.txt", "Café crème à la façon du maître, dit-il à l'élève. ".encode("latin-1") * 20
    yield "broken-utf-8.txt", words.encode() * 5 + b"\xc3\x28\xff" + words.encode()
    yield "some-nuls.txt", words.encode() * 2000 + b"\0\0\0" + words.encode()
    yield "alias-bomb.md", f"---\n{_alias_bomb()}\ntitle: A bomb\n---\nText of it.\n".encode()
    yield "title-is-a-list.md", b"---\ntitle: [a, b]\nid: {c: d}\n---\nText of it.\n"
    yield (
        "surrogates.jsonl",
        b'{"id": "s-\\ud800", "title": "\\udfff", "text": "A lone \\ud800 surrogate.", "source": "\\ud83d"}\n',
    )
    yield "nul-id.jsonl", b'{"id": "\\u0000", "text": "A text with a NUL \\u0000 in it."}\n'
    yield "infinite.jsonl", b'{"id": 1e999, "title": NaN, "text": "A text.", "published": "-Infinity"}\n'
    yield "odd-dates.jsonl", b"".join(
        json.dumps({"id": f"d{n}", "text": f"A text {n}.", "published": day}).encode() + b"\n"
        for n, day in enumerate(
            ("Mon, 01 Jan 99999999999999999999 00:00:00 +0000", "0000-00-00", "9999-12-31", "Fri, 31 Feb 2024", 5, [],
             "x" * 999, "Mon, 01 Jan 2024 00:00:00 +99999999999999")
        )
    )  # fmt: skip
    yield "long-id.jsonl", b'{"id": "' + b"i" * 100_000 + b'", "text": "A text of it."}\n'
    yield (
        "long-source.jsonl",
        b'{"source": "' + b"s" * (5 * MB) + b'", "url": "' + b"u" * MB + b'", "text": "A text of it."}\n',
    )
    yield "nested.html", _html("<div>" * 100_000 + words * 5)
    yield "nested-list.html", _html("<ul><li>" * 3_000 + words * 5 + "</li></ul>" * 3_000)
    yield "many-attributes.html", _html("<p " + " ".join(f"a{n}='{n}'" for n in range(20_000)) + f">{words * 5}</p>")
    yield "one-line.html", _html("".join(f"<p>{words}</p>" for _ in range(20_000)))
    yield "table.html", _html("<table>" + "<tr><td>a</td></tr>" * 20_000 + f"</table><p>{words * 5}</p>")
    yield (
        "entities.html",
        b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
        + b"".join(f"<!ENTITY a{n} '{'&a' + str(n - 1) + ';' if n else '&a;'}'>".encode() * 9 for n in range(9))
        + b"]>"
        + _html(f"<p>&a8; {words * 5}</p>"),
    )
    yield "no-spaces.txt", b"x" * 300_000
    yield "long-sentence.txt", b"word " * 40_000
    yield "many-lines.txt", b"a\n" * 100_000
    yield "combining.txt", ("e" + "\u0301" * 50_000).encode()
    yield "right-to-left.txt", ("\u202e" + words + "\u2066").encode()
    yield "hash#1.txt", words.encode()
    yield "line\nbreak.txt", words.encode()
    yield "quote'\"<b>.txt", words.encode()
    yield "UPPER.TXT", words.encode()


def damaged(suffix: str, seed: int) -> bytes:
    """A good document after a few seeded injuries."""
    draw = random.Random(f"{suffix} {seed}")
    inner = ".jsonl" if suffix == ".jsonl.gz" else suffix
    data = bytearray(good(inner, seed))
    for _ in range(draw.randint(1, 6)):
        place = draw.randrange(len(data) + 1)
        kind = draw.randrange(5)
        if kind == 0 and data:
            data[place % len(data)] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del data[place : place + draw.randrange(30)]
        elif kind == 2:
            data[place:place] = draw.choice(NASTY)
        elif kind == 3:
            data[place:place] = draw.randbytes(draw.randrange(1, 20))
        else:
            data[place:place] = data[: draw.randrange(len(data) + 1)]
    if suffix != ".jsonl.gz":
        return bytes(data)
    packed = bytearray(gzip.compress(bytes(data), mtime=0))
    if draw.random() < 0.6:
        packed[draw.randrange(len(packed))] ^= 1 << draw.randrange(8)
    return bytes(packed[: draw.randrange(len(packed))] if draw.random() < 0.2 else packed)


NASTY = (
    b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"---\n", b"&a *a", b"<<: *a", b"{", b"[" * 300, b'"', b"\\u0000", b"\\ud800",
    b"<div>" * 300, b"</", b"<!--", b"<script>", b"\r", b"\x1b[31m", b"\x85", b"\xe2\x80\xa8", b"# ", b"NaN",
    b"1e999", b"!!binary ",
)  # fmt: skip
