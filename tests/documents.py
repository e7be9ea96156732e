"""Documents and archives made in memory: as small as their formats allow, with whatever a test needs in them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

LEADING = 14.0
TOP = 760.0


@dataclass(frozen=True)
class Shown:
    """Words at a place of a page of 612 x 792 points."""

    text: str
    x: float = 72
    y: float = TOP
    size: float = 11


def column(lines: Sequence[str], x: float = 72, top: float = TOP, size: float = 11) -> list[Shown]:
    """Lines under each other; an empty one leaves a gap."""
    return [Shown(line, x, top - LEADING * n, size) for n, line in enumerate(lines) if line]


def stream_of(page: Sequence[Shown]) -> bytes:
    drawn = []
    for one in page:
        text = one.text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        drawn.append(f"BT /F1 {one.size} Tf {one.x} {one.y} Td ({text}) Tj ET")
    return "\n".join(drawn).encode("cp1252")


def pdf(
    pages: Sequence[Sequence[Shown]], facts: Mapping[str, str] | None = None, *, catalog: str = "", trailer: str = ""
) -> bytes:
    """A PDF of pages; `facts` are its properties, `catalog` and `trailer` are entries put there as they are."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, page in enumerate(pages):
        content = stream_of(page)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream")
    info = " ".join(f"/{name} <feff{text.encode('utf-16-be').hex()}>" for name, text in (facts or {}).items())
    objects.append(f"<< {info} >>".encode())
    return pdf_of(objects, f"/Info {len(objects)} 0 R {trailer}")


def pdf_of(objects: Sequence[bytes], trailer: str = "") -> bytes:
    """A PDF of objects, numbered from 1; the first is the catalog."""
    made = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    start = len(made)
    made += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    made += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    made += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(made)


def zipped(files: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            # Without a day of its own an entry is dated now, and no two runs make the same file.
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()


def tarred(files: Mapping[str, bytes | str], mode: str = "w:gz") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    packers = {
        "w": bytes,
        "w:gz": lambda raw: gzip.compress(raw, mtime=0),
        "w:bz2": bz2.compress,
        "w:xz": lzma.compress,
    }
    return packers[mode](made.getvalue())


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CORE = (
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
)
STYLES = (
    '<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Kapitel"><w:name w:val="Kapitel"/><w:basedOn w:val="berschrift1"/></w:style>'
    '<w:style w:styleId="Titel"><w:name w:val="Title"/></w:style>'
    '<w:style w:styleId="Verzeichnis1"><w:name w:val="toc 1"/></w:style>'
)


def w(text: str, style: str = "") -> str:
    """A paragraph of a docx."""
    named = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{named}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def docx(body: str, core: str = "", parts: Mapping[str, bytes | str] | None = None) -> bytes:
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": "<Relationships><Relationship Id='r1' Target='word/document.xml' Type='http://schemas."
            "openxmlformats.org/officeDocument/2006/relationships/officeDocument'/></Relationships>",
            "docProps/core.xml": f"<cp:coreProperties {CORE}>{core}</cp:coreProperties>",
            "word/styles.xml": f"<w:styles {W}>{STYLES}</w:styles>",
            "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
            **(parts or {}),
        }
    )


ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table", "meta")
)


def odt(body: str, meta: str = "", parts: Mapping[str, bytes | str] | None = None) -> bytes:
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "meta.xml": f'<office:document-meta {ODF} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>{meta}'
            "</office:meta></office:document-meta>",
            "content.xml": f'<office:document-content {ODF} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:body>'
            f"<office:text>{body}</office:text></office:body></office:document-content>",
            **(parts or {}),
        }
    )


OPF = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf"'


def xhtml(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>Not this</title></head><body>{body}</body></html>'
    )


def epub(
    chapters: Mapping[str, str], meta: str = "", *, guide: str = "", parts: Mapping[str, bytes | str] | None = None
) -> bytes:
    """A book of chapters: name of the file and XHTML, in order; one that begins with nav is its contents."""
    items = "".join(f"<item id='i{n}' href='{name}' properties='{name[:3]}'/>" for n, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(chapters)))
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": "<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles>"
            "</container>",
            "OEBPS/book.opf": f"<package {OPF}><metadata>{meta}</metadata><manifest>{items}</manifest><spine>{spine}"
            f"</spine><guide>{guide}</guide></package>",
            **{f"OEBPS/{name}": content for name, content in chapters.items()},
            **(parts or {}),
        }
    )
