"""Bombs in the formats of documents and archives, and damaged versions of good ones; made in memory, seeds fixed."""

from __future__ import annotations

import gzip
import itertools
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from documents import CORE, ODF, OPF, W, column, docx, epub, odt, pdf, pdf_of, tarred, w, xhtml, zipped

MB = 1024 * 1024
TEXT = "The new bridge was opened on Monday. Crowds came to see it, and many of them walked across it."


@cache
def zeros(size: int) -> bytes:
    """So many zeros, deflated without ever being held in memory."""
    packer = zlib.compressobj(9)
    block = bytes(MB)
    return b"".join([*(packer.compress(block) for _ in range(size // MB)), packer.flush()])


def _laughs(element: str) -> str:
    levels = "".join(f"<!ENTITY a{n} '" + f"&a{n - 1};" * 10 + "'>" for n in range(1, 10))
    return f"<!DOCTYPE x [<!ENTITY a0 'ha'>{levels}]><{element}>&a9;</{element.partition(' ')[0]}>"


def _xml(element: str) -> Iterator[tuple[str, str]]:
    """Ways in which XML can attack whoever reads it; `element` is its outermost one, with what it declares."""
    name = element.partition(" ")[0]
    many = " ".join(f"a{n}='x'" for n in range(20_000))
    yield "laughs", _laughs(element)
    yield "quadratic", f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><{element}>{"&a;" * 50_000}</{name}>'
    yield "external", f'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><{element}>&a;</{name}>'
    yield "remote", f'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x"> %a;]><{element}>x</{name}>'
    yield "deep", f"<{element}>" + "<p>" * 100_000 + "x"
    yield "attributes", f"<{element}><p {many}>x</p></{name}>"
    yield "token", f'<{element} a="{"a" * 9 * MB}">x</{name}>'


Parts = dict[str, bytes | str]


def _docx(part: Parts) -> bytes:
    return docx(w(TEXT), parts=part)


def _odt(part: Parts) -> bytes:
    return odt(f"<text:p>{TEXT}</text:p>", parts=part)


def _epub(part: Parts) -> bytes:
    return epub({"1.xhtml": xhtml(TEXT)}, parts=part)


def documents() -> Iterator[tuple[str, bytes]]:
    """Each part of each kind of document, with each attack."""
    parts: list[tuple[str, str, str, Callable[[Parts], bytes]]] = [
        (".docx", "word/document.xml", f"w:document {W}", _docx),
        (".docx", "word/styles.xml", f"w:styles {W}", _docx),
        (".docx", "word/footnotes.xml", f"w:footnotes {W}", _docx),
        (".docx", "docProps/core.xml", f"cp:coreProperties {CORE}", _docx),
        (".docx", "_rels/.rels", "Relationships", _docx),
        (".odt", "content.xml", f"office:document-content {ODF}", _odt),
        (".odt", "meta.xml", f"office:document-meta {ODF}", _odt),
        (".epub", "META-INF/container.xml", "container", _epub),
        (".epub", "OEBPS/book.opf", f"package {OPF}", _epub),
        (".epub", "OEBPS/1.xhtml", "html", _epub),
    ]
    for suffix, part, element, make in parts:
        for attack, content in _xml(element):
            if attack == "token" and part not in ("word/document.xml", "content.xml", "OEBPS/1.xhtml"):
                continue
            yield f"{attack}-{part.replace('/', '-')}{suffix}", make({part: content})
    yield "many-events.docx", docx("<w:r/>" * 1_600_000)
    yield "zeros.docx", _entry("word/document.xml", zeros(24 * MB), 24 * MB)
    yield "zeros.epub", _entry("META-INF/container.xml", zeros(24 * MB), 24 * MB)
    yield "zeros.odt", _entry("content.xml", zeros(24 * MB), 24 * MB)
    yield "overlap.docx", _overlapping("word/document.xml", 50)


def _local(name: bytes, packed: bytes, size: int, method: int = 8) -> bytes:
    return struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, method, 0, 0, 0, len(packed), size, len(name), 0) + name + packed


def _central(name: bytes, packed: int, size: int, place: int, method: int = 8, flags: int = 0) -> bytes:
    fields = (20, 20, flags, method, 0, 0, 0, packed, size, len(name), 0, 0, 0, 0, 0, place)
    return struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields) + name


def _end(count: int, size: int, place: int) -> bytes:
    return struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, size, place, 0)


def _entry(name: str, deflated: bytes, size: int, **how: int) -> bytes:
    """A zip of one entry, whose bytes are zlib's."""
    packed, plain = deflated[2:-4], name.encode()
    local = _local(plain, packed, size & 0xFFFFFFFF, how.get("method", 8))
    central = _central(plain, len(packed), size & 0xFFFFFFFF, 0, **how)
    return local + central + _end(1, len(central), len(local))


def _overlapping(name: str, count: int) -> bytes:
    """Many entries that all unpack the same bytes."""
    packed = zeros(9 * MB)[2:-4]
    local = _local(name.encode(), packed, 9 * MB)
    central = b"".join(_central(name.encode(), len(packed), 9 * MB, 0) for _ in range(count))
    return local + central + _end(count, len(central), len(local))


def _many(count: int) -> bytes:
    """Empty files, each with a name of its own."""
    names = [b"%d.txt" % n for n in range(count)]
    local = [_local(name, b"", 0, 0) for name in names]
    places = itertools.accumulate(map(len, local), initial=0)
    central = b"".join(_central(name, 0, 0, place, 0) for name, place in zip(names, places, strict=False))
    return b"".join(local) + central + _end(count, len(central), sum(map(len, local)))


def _nested(depth: int) -> bytes:
    made = zipped({"inner.txt": TEXT})
    for _ in range(depth):
        made = zipped({"inner.zip": made, "also.txt": TEXT})
    return made


def archives() -> Iterator[tuple[str, bytes]]:
    """Zip and tar bombs; in some there is a good file as well."""
    yield "zeros.zip", _entry("a.txt", zeros(24 * MB), 24 * MB)
    yield "zeros-that-lie.zip", _entry("a.txt", zeros(24 * MB), 10)
    yield "unknown-method.zip", _entry("a.txt", zeros(MB), MB, method=99)
    yield "encrypted.zip", _entry("a.txt", zeros(MB), MB, flags=1)
    yield "lzma-without-head.zip", _entry("a.txt", b"12\x09\x04\x05\x00\x5d\xff\xff\xff\xff" + bytes(50), MB, method=14)
    yield "overlap.zip", _overlapping("a.txt", 1_000)
    yield "nested.zip", _nested(50)
    inner = zipped({"a.txt": bytes(9 * MB)})
    yield "wide-and-nested.zip", zipped(dict.fromkeys("12345678", inner) | {"1.zip": inner, "2.zip": inner})
    yield "many-entries.zip", _many(12_000)
    yield "many-bombs.zip", zipped({f"{n}.txt": bytes(11 * MB) for n in range(2)})
    yield "bzip2.zip", zipped({"a.txt": bytes(12 * MB)}, zipfile.ZIP_BZIP2)
    yield "lzma.zip", zipped({"a.txt": bytes(12 * MB)}, zipfile.ZIP_LZMA)
    yield "directory-outside.zip", b"PK\3\4" + bytes(50) + _end(1, 0xFFFFFF00, 5)
    yield "directory-too-large.zip", bytes(20 * MB) + _end(1, 20 * MB, 0)
    yield "many-in-directory.zip", _local(b"a", b"", 0) + _central(b"a", 0, 0, 0) * 100_000 + _end(1, 4_700_000, 31)
    yield "long-name.zip", zipped({"a/" * 30_000 + "b.txt": TEXT})
    yield "escapes.zip", zipped({f"{'../' * n}etc/passwd.txt": TEXT for n in range(1, 50)})
    for mode in ("w:gz", "w:bz2", "w:xz"):
        yield f"zeros.tar.{mode[2:]}", tarred({"good.txt": TEXT, "a.txt": bytes(20 * MB)}, mode)
    yield "zeros-behind.tar.gz", tarred({"good.txt": TEXT}) + tarred({"a": bytes(20 * MB)})
    yield "folders.tar.gz", gzip.compress(_tar("a/", b"%011o\0" % 0, b"5") * 12_000, 1)
    yield "deep-name.tar", tarred({"a/" * 100_000 + "b.txt": TEXT}, "w")
    yield (
        "nested.tar",
        tarred({"a.tar": tarred({"b.tar": tarred({"c.tar": tarred({"d.txt": TEXT}, "w")}, "w")}, "w")}, "w"),
    )
    yield from _tars()


def _tar(name: str, size: bytes, kind: bytes = b"0", content: bytes = b"") -> bytes:
    """A header with a size as it is given, and a right checksum."""
    info = tarfile.TarInfo(name)
    info.type = kind
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[124:136] = size
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + content + bytes(-len(content) % 512)


def _tars() -> Iterator[tuple[str, bytes]]:
    good = tarred({"good.txt": TEXT}, "w")[:1024]
    sizes = {
        "giant": b"\x80" + b"\0" * 3 + b"\x7f" * 8, "negative": b"\xff" * 12, "most": b"77777777777\0",
        "text": b"sixteen\0\0\0\0\0",
        "minus": b"-0000000512\0",
    }  # fmt: skip
    kinds = {"file": b"0", "pax": b"x", "global": b"g", "name": b"L", "link": b"K", "sparse": b"S", "odd": b"V"}
    for size, field in sizes.items():
        for kind, letter in kinds.items():
            yield f"{size}-{kind}.tar", good + _tar("a.txt", field, letter) + good + bytes(1024)
    for text in (
        "size=-1",
        "size=99999999999999999999",
        "GNU.sparse.major=1",
        "GNU.sparse.map=0,99999999999",
        "path=/etc/x",
    ):
        line = f" {text}\n"
        record = f"{len(line) + 2:d}{line}".encode()
        yield (
            f"pax-{text[:16].replace('=', '-').replace('/', '')}.tar",
            (
                good
                + _tar("x", b"%011o\0" % len(record), b"x", record)
                + _tar("a.txt", b"%011o\0" % 4, b"0", b"text")
                + bytes(1024)
            ),
        )
    yield "chain-of-headers.tar", _tar("x", b"%011o\0" % 3, b"x", b"3 \n") * 3_000 + good + bytes(1024)


def _stream(facts: str, content: bytes) -> bytes:
    return f"<< /Length {len(content)} {facts} >>\nstream\n".encode() + content + b"\nendstream"


def _one_page(content: bytes, resources: str = "/Font << /F1 5 0 R >>", *more: bytes) -> bytes:
    """A PDF of one page with this content stream; `more` are objects from the sixth on."""
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << {resources} >> >>".encode()
    )
    return pdf_of(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", page, content,
         b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>", *more]
    )  # fmt: skip


def pdfs() -> Iterator[tuple[str, bytes]]:
    """Page trees without end, filters that blow up, forms that draw themselves, lies about sizes."""
    catalog = b"<< /Type /Catalog /Pages 2 0 R >>"
    for count in (1, 1_000_000_000, -5):
        yield (
            f"kids-of-itself-{count}.pdf",
            pdf_of([catalog, b"<< /Type /Pages /Count %d /Kids [2 0 R 2 0 R] >>" % count]),
        )
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
        yield f"count-{count}.pdf", pdf_of([catalog, b"<< /Type /Pages /Count %d /Kids [3 0 R] >>" % count, page])
    ring = [
        b"<< /Type /Pages /Count 1 /Kids [%d 0 R] /Parent %d 0 R >>" % (3 + n if n < 2_000 else 2, 1 + n)
        for n in range(2_001)
    ]
    yield "ring-of-pages.pdf", pdf_of([catalog, *ring])
    yield "many-pages.pdf", pdf([[]] * 20_000)
    yield "same-page.pdf", pdf_of([catalog, b"<< /Type /Pages /Count 4000 /Kids [" + b"3 0 R " * 4_000 + b"] >>", page])
    for times in (1, 2, 3):
        packed = zeros(24 * MB)
        for _ in range(times - 1):
            packed = zlib.compress(packed, 9)
        yield f"flate-{times}.pdf", _one_page(_stream(f"/Filter [{'/FlateDecode ' * times}]", packed))
    spaces = zlib.compress(b"BT /F1 9 Tf (" + b"a " * 6 * MB + b") Tj ET", 9)
    yield "much-text.pdf", _one_page(_stream("/Filter /FlateDecode", spaces))
    lines = zlib.compress(b"BT /F1 9 Tf 1 0 0 1 9 9 Tm " + b"(ab) Tj 0 1 Td " * 200_000 + b"ET", 9)
    yield "many-lines.pdf", _one_page(_stream("/Filter /FlateDecode", lines))
    yield "deep-states.pdf", _one_page(_stream("/Filter /FlateDecode", zlib.compress(b"q " * 3_000_000, 9)))
    yield "deep-arrays.pdf", _one_page(_stream("", b"[" * 500_000))
    yield "deep-objects.pdf", pdf_of([catalog, b"<< /Type /Pages /Kids " + b"[" * 500_000 + b" >>"])
    yield (
        "run-length.pdf",
        _one_page(_stream("/Filter [/FlateDecode /RunLengthDecode]", zlib.compress(b"\x81a" * 5 * MB, 9))),
    )
    yield "hex.pdf", _one_page(_stream("/Filter [/FlateDecode /ASCIIHexDecode]", zlib.compress(b"6" * 20 * MB, 9)))
    form = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R /Y 6 0 R >> >>"
    draws = _stream(form, b"/X Do /Y Do")
    yield "form-in-itself.pdf", _one_page(_stream("", b"/X Do"), "/XObject << /X 6 0 R >>", draws)
    tower = [_stream(form.replace("6 0 R", f"{7 + n} 0 R"), b"/X Do /Y Do " * 5) for n in range(40)]
    yield "forms-in-forms.pdf", _one_page(_stream("", b"/X Do"), "/XObject << /X 6 0 R >>", *tower)
    lies = {
        "size": "/Size 2000000000", "prev": "/Prev 9", "prev-itself": "/Prev 400", "root": "/Root 99 0 R",
        "negative": "/Size -4",
        "encrypt": "/Encrypt << /Filter /Standard /V 5 /R 6 /Length 999999 >>", "labels": "/Root 1 0 R",
    }  # fmt: skip
    for name, lie in lies.items():
        yield f"trailer-{name}.pdf", pdf([column([TEXT])], trailer=lie, catalog="/PageLabels << /Kids [1 0 R] >>")
    objects = _stream("/Type /ObjStm /N 1000000 /First 9 /Extends 6 0 R /Filter /FlateDecode", zeros(12 * MB))
    yield "objects-in-stream.pdf", _one_page(_stream("", b""), "/Font 6 0 R", objects)
    table = _stream(
        "/Type /XRef /Size 900000000 /W [1 8 8] /Index [0 900000000] /Root 1 0 R /Filter /FlateDecode", zeros(12 * MB)
    )
    yield "table-in-stream.pdf", b"%PDF-1.7\n1 0 obj\n" + table + b"\nendobj\nstartxref\n9\n%%EOF"
    unicode = (
        b"begincmap 1 begincodespacerange <00> <ff> endcodespacerange "
        + b"1 beginbfrange <00> <ffffffff> <0041> endbfrange " * 1_000
    )
    font = b"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [7 0 R] /ToUnicode 8 0 R >>"
    below = b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /A /W [0 4294967295 500] /DW 99999999999 >>"
    shown = _stream("", b"BT /F1 1e30 Tf <000100020003> Tj ET")
    yield "font.pdf", _one_page(shown, "/Font << /F1 6 0 R >>", font, below, _stream("", unicode))
    yield (
        "numbers.pdf",
        _one_page(_stream("", b"BT /F1 1e38 Tf 1e38 0 0 1e38 -1e38 1e38 Tm (a) Tj 9e99 9e99 Td (b) Tj (c) ' ET")),
    )


GOOD: dict[str, Callable[[random.Random], bytes]] = {
    ".pdf": lambda chance: pdf([column([TEXT] * chance.randint(1, 9)) for _ in range(3)], {"Title": "The bridge"}),
    ".docx": lambda chance: docx(_damaged_text(w(TEXT, "Titel") + w("It rained."), chance)),
    ".odt": lambda chance: odt(_damaged_text(f"<text:h>{TEXT}</text:h><text:p>It rained.</text:p>", chance)),
    ".epub": lambda chance: epub({"1.xhtml": _damaged_text(xhtml(f"<h1>One</h1><p>{TEXT}</p>"), chance)}),
    ".zip": lambda chance: zipped({"a.txt": TEXT, "b.txt": TEXT * 9}, chance.choice((0, 8, 12, 14))),
    ".tar": lambda chance: tarred({"a.txt": TEXT, "b.txt": TEXT * 9}, "w"),
    ".tar.gz": lambda chance: tarred({"a.txt": TEXT, "b.txt": TEXT * 9}),
    ".tar.xz": lambda chance: tarred({"a.txt": TEXT, "b.txt": TEXT * 9}, "w:xz"),
}


def _damaged_text(text: str, chance: random.Random) -> str:
    """XML with some of its characters changed, dropped or doubled, so that not only the zip around it is at fault."""
    parts = list(text)
    for _ in range(chance.choice((0, 0, 1, 3, 20))):
        place = chance.randrange(len(parts))
        parts[place] = chance.choice(
            ["", "<", ">", "&", '"', "/", "\0", "é", parts[place] * 2, "<![CDATA[", "&#0;", "]]>"]
        )
    return "".join(parts)


def good(suffix: str) -> bytes:
    """A document that is read without complaint."""
    return GOOD[suffix](_Whole())


class _Whole(random.Random):
    """A chance that damages nothing."""

    def choice(self, seq: Any) -> Any:
        return seq[0]


def damaged(suffix: str, seed: int) -> bytes:
    """A version of a good document: bytes changed, dropped, doubled or cut off; of one seed always the same."""
    chance = random.Random(f"{suffix}{seed}")
    data = bytearray(GOOD[suffix](chance))
    for _ in range(chance.choice((0, 0, 1, 2, 8))):
        place = chance.randrange(len(data) + 1)
        length = chance.choice((1, 1, 1, 4, 40))
        what = chance.randrange(5)
        if what == 0:
            data[place : place + length] = chance.randbytes(length)
        elif what == 1:
            del data[place : place + length]
        elif what == 2:
            data[place:place] = data[place : place + length] * chance.choice((1, 50))
        elif what == 3:
            data[place : place + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"9999"))
        elif chance.random() < 0.3:
            del data[place:]
            data += b" "
    return bytes(data)


def bombs() -> Iterator[tuple[str, bytes]]:
    yield from documents()
    yield from archives()
    yield from pdfs()
