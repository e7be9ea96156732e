"""Archives: every good file in them is read, every other one is named, and no limit is passed."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

import pytest
from documents import tarred, zipped

import index.archive
from index.archive import MAX_NAMED, Room, read
from index.draft import Draft, Issue, drafted
from rag.errors import LoadError

KINDS = (".txt", ".zip", ".tar", ".gz")


def known(name: str) -> bool:
    return name.endswith(KINDS)


def member(stream: BinaryIO, origin: str, room: Room) -> Iterator[Draft | Issue]:
    """Text files, and archives within archives."""
    if not origin.endswith(".txt"):
        yield from read(stream, origin, member, known, room)
        return
    raw = stream.read()
    if raw == b"crash":
        raise RuntimeError("the parser broke")
    yield drafted({"text": raw.decode()}, origin, len(raw))


def taken(data: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Text and message by origin."""
    found = list(read(io.BytesIO(data), "a.zip", member, known))
    drafts = {item.origin: item.text for item in found if isinstance(item, Draft)}
    return drafts, {item.origin: item.message for item in found if isinstance(item, Issue)}


FILES = {"one.txt": "First.", "inner/two.txt": "Second.", "three.txt": "Third."}
READ = {f"a.zip#{name}": text for name, text in FILES.items()}


METHODS = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
MODES = ("w", "w:gz", "w:bz2", "w:xz")


@pytest.mark.parametrize(
    "data",
    [*(zipped(FILES, method) for method in METHODS), *(tarred(FILES, mode) for mode in MODES)],
    ids=["deflated", "stored", "bzip2", "lzma", *MODES],
)
def test_every_kind_of_archive(data: bytes) -> None:
    assert taken(data) == (READ, {})


def test_archives_in_archives_up_to_three() -> None:
    two = tarred({"b.txt": "Deep.", "c.zip": zipped({"c.txt": "Deeper.", "d.zip": zipped({"d.txt": "Too deep."})})})
    drafts, issues = taken(zipped({"a.tar.gz": two, **FILES}))
    assert drafts == {**READ, "a.zip#a.tar.gz#b.txt": "Deep.", "a.zip#a.tar.gz#c.zip#c.txt": "Deeper."}
    assert issues == {
        "a.zip#a.tar.gz#c.zip#d.zip": "lies in 3 archives, one in the other, the limit; unpack the outer ones"
    }


def test_how_far_it_has_read() -> None:
    data = zipped(FILES, zipfile.ZIP_STORED)
    places = [item.position for item in read(io.BytesIO(data), "a.zip", member, known) if isinstance(item, Draft)]
    assert places == sorted(places) and places[0] > 0 and places[-1] <= len(data)


def test_hidden_files_and_unknown_kinds() -> None:
    hidden = {"__MACOSX/._one.txt": "x", ".git/config.txt": "x", "inner/.hidden.txt": "x"}
    drafts, issues = taken(zipped({"a.jpg": "x", "b.JPG": "x", "c": "x", **hidden, **FILES}))
    assert drafts == READ
    assert issues == {"a.zip": "holds files of kinds that are not read: 2 .jpg, 1 no suffix"}


@pytest.mark.parametrize(
    "name", ["/etc/passwd.txt", "../out.txt", "a/../../out.txt", "..\\out.txt", "C:/out.txt", "C:\\out.txt"]
)
def test_paths_that_lead_out_are_refused(name: str) -> None:
    for data in (zipped({name: "x", **FILES}), tarred({name: "x", **FILES})):
        drafts, issues = taken(data)
        assert drafts == READ
        assert issues == {f"a.zip#{name}": "has a path that leads out of the archive; it is not read"}


def test_names_are_told_as_they_can_be_shown() -> None:
    odd = tarfile.TarInfo("caf\udce9\n\u202e.txt")
    odd.size = 1
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", errors="surrogateescape") as archive:
        archive.addfile(odd, io.BytesIO(b"x"))
    assert taken(made.getvalue())[0] == {"a.zip#caf\\udce9\\n\\u202e.txt": "x"}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (tarfile.SYMTYPE, "is a link; links in archives are not followed"),
        (tarfile.LNKTYPE, "is a link; links in archives are not followed"),
        (tarfile.CHRTYPE, "is not a plain file"),
        (tarfile.BLKTYPE, "is not a plain file"),
        (tarfile.FIFOTYPE, "is not a plain file"),
    ],
    ids=["symlink", "hardlink", "character", "block", "pipe"],
)
def test_what_is_no_file_in_a_tar_is_refused(kind: bytes, message: str) -> None:
    made = io.BytesIO(tarred(FILES, "w"))
    with tarfile.open(fileobj=made, mode="a") as archive:
        info = tarfile.TarInfo("odd.txt")
        info.type, info.linkname = kind, "one.txt"
        archive.addfile(info)
    assert taken(made.getvalue()) == (READ, {"a.zip#odd.txt": message})


def special(name: str, mode: int = 0, flags: int = 0, content: str = "x") -> bytes:
    """A zip of FILES around one entry that says of itself to be of another kind."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        archive.writestr("one.txt", FILES["one.txt"])
        archive.writestr(info, content)
        for other in ("inner/two.txt", "three.txt"):
            archive.writestr(other, FILES[other])
    raw = bytearray(made.getvalue())
    if flags:
        place = raw.index(b"PK\x01\x02", raw.index(b"PK\x01\x02") + 1)
        raw[place + 8] |= flags
    return bytes(raw)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (special("odd.txt", stat.S_IFLNK), "is a link; links in archives are not followed"),
        (special("odd.txt", stat.S_IFIFO), "is not a plain file"),
        (special("odd.txt", flags=1), "is encrypted; unpack it with its password and add what was in it"),
        (special("odd.txt", content="crash"), "cannot be parsed (RuntimeError: the parser broke)"),
        (special("odd.txt", content=""), "holds no text"),
    ],
    ids=["symlink", "pipe", "encrypted", "crash", "empty"],
)
def test_what_cannot_be_read_in_a_zip_is_named(data: bytes, message: str) -> None:
    assert taken(data) == (READ, {"a.zip#odd.txt": message})


def test_a_name_that_occurs_twice() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = special("one.txt", content="Another.")
    assert taken(data) == (READ, {"a.zip#one.txt": "occurs twice in the archive; the first is read"})


def test_damaged_bytes_of_one_file() -> None:
    data = bytearray(zipped(FILES, zipfile.ZIP_STORED))
    data[data.index(b"Second.")] ^= 1
    drafts, issues = taken(bytes(data))
    assert drafts == {origin: text for origin, text in READ.items() if text != "Second."}
    assert issues == {"a.zip#inner/two.txt": "is damaged (BadZipFile: Bad CRC-32 for file 'inner/two.txt')"}


def test_a_tar_that_breaks_off_gives_what_came_before() -> None:
    data = tarred({"one.txt": "First.", "two.txt": "x" * 5_000}, "w")
    drafts, issues = taken(data[:3_000])
    assert drafts == {"a.zip#one.txt": "First."}
    assert [origin for origin in issues if "two.txt" in issues[origin] or "two.txt" in origin]


def test_files_too_large_are_named_and_the_rest_goes_on() -> None:
    bomb = "0" * (11 * 1024**2)
    drafts, issues = taken(zipped({"bomb.txt": bomb, **FILES}))
    assert (drafts, issues) == (
        READ,
        {"a.zip#bomb.txt": "unpacks to more than 200 times its size, as only a bomb does"},
    )
    drafts, issues = taken(tarred({"large.txt": bytes(64 * 1024**2 + 1), **FILES}, "w"))
    said = "has 67,108,865 bytes; a file of an archive may have 67,108,864"
    assert (drafts, issues) == (READ, {"a.zip#large.txt": said})


def test_a_packed_tar_that_is_a_bomb_ends_there() -> None:
    data = tarred({"one.txt": "First.", "zeros.jpg": bytes(40 * 1024**2), "two.txt": "Second."})
    draft, bomb, kinds = read(io.BytesIO(data), "a.tgz", member, known)
    assert isinstance(draft, Draft) and draft.origin == "a.tgz#one.txt"
    said = "unpacks to more than 200 times its size, as only a bomb does; what follows zeros.jpg is not read"
    assert bomb == Issue("a.tgz", said, False)
    assert kinds == Issue("a.tgz", "holds files of kinds that are not read: 1 .jpg", False)


@pytest.mark.parametrize("kind", [zipped, tarred], ids=["zip", "tar"])
def test_limits_of_the_whole(kind: object, monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped(FILES) if kind is zipped else tarred(FILES)
    limits = [
        (Room(entries=2), "holds more than 10,000 files"),
        (Room(left=8 if kind is zipped else 1_000), "unpacks to more than 2,147"),
    ]
    for room, message in limits:
        found = list(read(io.BytesIO(data), "a.zip", member, known, room))
        assert isinstance(found[-1], Issue) and found[-1].message.startswith(message)
        assert len(found) < 4
    assert index.archive.TOTAL_BYTES == 2 * 1024**3


def test_bad_members_are_named_up_to_a_limit() -> None:
    files = {f"{n}.txt": "Good." for n in range(120)} | {f"{n}.txt": "" for n in range(200, 350)}
    found = list(read(io.BytesIO(zipped(files)), "a.zip", member, known))
    assert len(found) == 120 + MAX_NAMED + 1
    assert found[-1] == Issue("a.zip", "holds 50 more files from which nothing could be taken", False)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "is not an archive"), (b"text" * 200, "is not an archive"), (zipped(FILES)[:-30], "damaged or incomplete"),
     (zipped({}), "holds no files"), (tarred({}), "holds no files"), (b"\x1f\x8b" + bytes(30), "is not an archive")],
    ids=["empty", "text", "cut", "no-files", "no-files-tar", "no-gz"],
)  # fmt: skip
def test_what_is_no_archive(data: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        list(read(io.BytesIO(data), "a.zip", member, known))
