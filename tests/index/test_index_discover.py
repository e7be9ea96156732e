"""Which files are found: kinds, links and every way out of the folder, .ragignore, libraries; origins and slugs."""

from __future__ import annotations

import itertools
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from index.discover import FoundFile, file_of, slug_of, unknown_kind, walk

SECRET = "The key is under the mat."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    return folder.resolve()


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("A text of it.", "utf-8")


def found(root: Path) -> list[str]:
    return [file.path.relative_to(root).as_posix() for file in walk([root])[0]]


def test_files_come_in_the_order_of_their_paths_with_size_and_time(root: Path) -> None:
    put(root, "b.txt", "a/z.md", "a.txt", "a/b/c.pdf", ".hidden.txt", ".git/x.txt", "a/.ds/y.txt")
    (root / "b.txt").write_text("12345", "utf-8")
    os.utime(root / "b.txt", ns=(1, 1_700_000_000_123_456_789))
    files, issues = walk([root])
    assert [file.path for file in files] == sorted(file.path for file in files)
    assert found(root) == ["a/b/c.pdf", "a/z.md", "a.txt", "b.txt"]
    facts = (root / "b.txt").stat()
    assert files[-1] == FoundFile(root / "b.txt", 5, facts.st_mtime_ns)
    assert issues == []


def test_an_empty_file_is_found_so_that_it_can_be_named(root: Path) -> None:
    (root / "a.txt").touch()
    assert walk([root]) == ([FoundFile(root / "a.txt", 0, (root / "a.txt").stat().st_mtime_ns)], [])


def test_folders_deeper_than_calls_may_be(root: Path) -> None:
    here = os.open(root, os.O_RDONLY)
    for _ in range(1_200):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    put(root, "a.txt")
    try:
        assert (found(root), walk([root])[1]) == (["a.txt"], [])
    finally:
        # Python's own way to delete a folder calls itself.
        subprocess.run(["rm", "-rf", str(root / "d")], check=True)


# -- ways out of the folder -----------------------------------------------------------------------------------------

STARTS = ("", "sub/", "sub/deep/", "odd #1/", "ünï/")
TARGETS: dict[str, Callable[[Path, Path], str]] = {
    "absolute": lambda place, out: str(out / "key.txt"),
    "relative": lambda place, out: os.path.relpath(out / "key.txt", place.parent),
    "through-dots": lambda place, out: f"{place.parent}/../{'../' * 4}..{out}/key.txt",
    "through-itself": lambda place, out: f"{place.parent}/./{os.path.relpath(out, place.parent)}//key.txt",
    "chain": lambda place, out: str(_chained(place, out / "key.txt")),
    "long-chain": lambda place, out: str(_chained(place, _chained(place, out / "key.txt", "x"), "y")),
    "through-a-folder": lambda place, out: str(_chained(place, out, "f") / "key.txt"),
    "to-a-folder": lambda place, out: str(out),
    "folder-by-dots": lambda place, out: os.path.relpath(out, place.parent),
    "sibling-of-like-name": lambda place, out: str(out.with_name("articles-not") / "key.txt"),
    "device": lambda place, out: "/dev/zero",
    "process": lambda place, out: "/proc/self/environ",
    "system": lambda place, out: "/etc/passwd",
    "loop": lambda place, out: place.name,
    "loop-of-two": lambda place, out: str(_chained(place, place, "l")),
    "dangling": lambda place, out: str(out / "nothing.txt"),
    "dangling-dots": lambda place, out: "../../../../../../../../nothing.txt",
    "root": lambda place, out: "/",
    "parent": lambda place, out: "../" * (place.parent.as_posix().count("/") - out.parent.as_posix().count("/")),
    "too-long": lambda place, out: "x/" * 2_000,
}


def _chained(place: Path, target: Path, mark: str = "c") -> Path:
    link = place.parent / f".{mark}-{place.name}"
    link.symlink_to(target)
    return link


def test_no_way_leads_out_of_the_folder(root: Path) -> None:
    """A hundred links, each of one kind at one place; the text outside is never found."""
    out = root.parent / "outside"
    for folder in (out, out.with_name("articles-not")):
        folder.mkdir()
        (folder / "key.txt").write_text(SECRET, "utf-8")
    put(root, "fine.txt")
    made = 0
    for (name, target), start in itertools.product(TARGETS.items(), STARTS):
        place = root / start / f"{name}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target(place, out))
        made += 1
    files, issues = walk([root])
    assert made == 100
    assert [file.path for file in files] == [root / "fine.txt"]
    assert all(issue.skipped for issue in issues)
    # Links to folders are passed over in silence, as hidden ones are; all others are named.
    silent = {"to-a-folder", "folder-by-dots", "root", "parent"}
    named = {Path(issue.origin) for issue in issues}
    assert named == {root / start / f"{name}.txt" for name in TARGETS.keys() - silent for start in STARTS}


def test_a_link_within_the_folder_is_a_file_and_a_linked_folder_is_read_once(root: Path) -> None:
    put(root, "sub/a.txt")
    (root / "again.txt").symlink_to("sub/a.txt")
    (root / "sub2").symlink_to("sub")
    (root / "sub" / "up").symlink_to("..")
    assert found(root) == ["again.txt", "sub/a.txt"]
    assert walk([root])[1] == []


def test_a_root_that_is_a_link_is_followed(root: Path) -> None:
    put(root, "a.txt")
    (root.parent / "door").symlink_to(root)
    assert [file.path for file in walk([root.parent / "door"])[0]] == [root / "a.txt"]


# -- what is left alone ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param({"": "*.md"}, ["a.txt", "sub/b.txt", "sub/deep/c.txt"], id="a-kind"),
        pytest.param({"": "/a.txt"}, ["a.md", "sub/b.txt", "sub/deep/c.txt"], id="anchored"),
        pytest.param({"": "sub/"}, ["a.md", "a.txt"], id="a-folder"),
        pytest.param({"": "deep"}, ["a.md", "a.txt", "sub/b.txt"], id="a-name-anywhere"),
        pytest.param({"": "*.txt\n!b.txt"}, ["a.md", "sub/b.txt"], id="taken-back"),
        pytest.param({"": "*.txt", "sub": "!*.txt"}, ["a.md", "sub/b.txt", "sub/deep/c.txt"], id="below-counts-more"),
        pytest.param({"": "sub/\n!sub/b.txt"}, ["a.md", "a.txt"], id="not-out-of-an-ignored-folder"),
        pytest.param({"sub": "/deep/*.txt"}, ["a.md", "a.txt", "sub/b.txt"], id="relative-to-its-folder"),
        pytest.param({"": "**/deep/**"}, ["a.md", "a.txt", "sub/b.txt"], id="stars"),
        pytest.param({"": "# *.txt\n\n   \n"}, ["a.md", "a.txt", "sub/b.txt", "sub/deep/c.txt"], id="comments"),
        pytest.param({"": "\ufeffa.*"}, ["sub/b.txt", "sub/deep/c.txt"], id="byte-order-mark"),
    ],
)
def test_ragignore(root: Path, rules: dict[str, str], expected: list[str]) -> None:
    put(root, "a.txt", "a.md", "sub/b.txt", "sub/deep/c.txt")
    for folder, text in rules.items():
        (root / folder / ".ragignore").write_text(text, "utf-8")
    assert (found(root), walk([root])[1]) == (expected, [])


def test_a_file_that_was_named_is_read_whatever_is_ignored(root: Path) -> None:
    put(root, "a.txt")
    (root / ".ragignore").write_text("*", "utf-8")
    assert found(root) == []
    assert [file.path for file in walk([root / "a.txt"])[0]] == [root / "a.txt"]


@pytest.mark.parametrize("kind", ["binary", "link-out", "pipe", "folder", "long"])
def test_a_bad_ragignore_is_named_and_hides_nothing(root: Path, kind: str) -> None:
    put(root, "a.txt")
    place = root / ".ragignore"
    if kind == "binary":
        place.write_bytes(b"\xff\xfe\xff")
    elif kind == "long":
        place.write_bytes(b"*.txt\n" * 200_000)
    elif kind == "link-out":
        (root.parent / "rules").write_text("*", "utf-8")
        place.symlink_to("../rules")
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    files, (issue,) = walk([root])
    assert [file.path for file in files] == [root / "a.txt"]
    assert (issue.origin, issue.skipped) == (str(place), False)
    assert issue.message.endswith("what it names is not left alone")


def test_a_library_is_not_read_as_articles(root: Path) -> None:
    put(
        root,
        "a.txt",
        "library/manifest.json",
        "library/store.sqlite",
        "library/generations/1/x.json",
        "b/manifest.json",
    )
    assert found(root) == ["a.txt", "b/manifest.json"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.doc", "is of a kind that is not read (.doc); save it as .docx"),
        ("a.RTF", "is of a kind that is not read (.rtf); save it as .docx"),
        ("a.pages", "is of a kind that is not read (.pages); save it as .docx or .pdf"),
        ("a.odp", "is of a kind that is not read (.odp); save it as .pdf"),
        ("a.xlsx", "is of a kind that is not read (.xlsx); save it as .csv"),
    ],
)
def test_a_file_of_another_kind_that_was_named_is_told_what_to_become(root: Path, name: str, told: str) -> None:
    put(root, name)
    files, (issue,) = walk([root / name])
    assert (files, issue.message, issue.skipped) == ([], told, True)
    assert unknown_kind(Path(name)) == told


def test_files_of_other_kinds_in_a_folder_are_summed_up(root: Path) -> None:
    put(root, "a.doc", "b.exe", "c", "d.txt")
    files, (issue,) = walk([root])
    assert len(files) == 1
    assert (issue.message, issue.skipped) == (
        "holds files of other kinds, left alone: .doc (1), .exe (1), without ending (1)",
        False,
    )


@pytest.mark.long
def test_a_hundred_thousand_files_take_seconds(memory_path: Path) -> None:
    for folder in range(100):
        (memory_path / f"{folder}").mkdir()
        for name in range(1_000):
            (memory_path / f"{folder}" / f"{name}.txt").touch()
    start = time.monotonic()
    assert len(walk([memory_path])[0]) == 100_000
    assert time.monotonic() - start < 15


# -- origins --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "file"),
    [
        ("/x/news.jsonl#12", "/x/news.jsonl"),
        ("/x/news.csv#3", "/x/news.csv"),
        ("/x/box.mbox#2", "/x/box.mbox"),
        ("/x/box.mbox#2#report.pdf", "/x/box.mbox"),
        ("/x/mail.eml#report.pdf", "/x/mail.eml"),
        ("/x/a.zip#inner/b.pdf", "/x/a.zip"),
        ("/x/a.zip#b.zip#c.txt", "/x/a.zip"),
        ("/x/a.zip#c#.txt", "/x/a.zip"),
        ("/x/a.tar.gz#b.jsonl#7", "/x/a.tar.gz"),
        ("/x/A.ZIP#b.txt", "/x/A.ZIP"),
        ("/x/c#.txt", "/x/c#.txt"),
        ("/x/#.zip#a.txt", "/x/#.zip"),
        ("/x/c#.zip#d#e.csv#3", "/x/c#.zip"),
        ("/x/news.csv#old.txt", "/x/news.csv#old.txt"),
        ("/x/news.csv#3.txt", "/x/news.csv#3.txt"),
        ("/x/odd.csv#2/news.jsonl#4", "/x/odd.csv#2/news.jsonl"),
        ("/x/a.txt#3", "/x/a.txt#3"),
        ("/x/a.zip", "/x/a.zip"),
    ],
)
def test_the_file_of_an_origin(origin: str, file: str) -> None:
    assert file_of(origin) == Path(file)


@pytest.mark.parametrize(
    ("origin", "slug"),
    [
        ("/x/Old Prison.html", "old-prison"),
        ("/x/news.jsonl#12", "news-12"),
        ("/x/a.zip#inner/b.pdf", "a-inner-b"),
        ("/x/a.tar.gz#b.zip#c.txt", "a-b-c"),
        ("/x/box.mbox#2#Report (1).pdf", "box-2-report-1"),
        ("/x/!!!.txt", "article"),
        ("/x/" + "a" * 130 + ".csv#7", "a" * 119 + "-7"),
    ],
)
def test_slugs(origin: str, slug: str) -> None:
    assert slug_of(origin) == slug


def test_a_link_that_may_not_be_looked_at_costs_itself_only(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, "a.txt")
    (root / "x").symlink_to(root / "a.txt")
    looked = Path.is_dir

    def forbidden(path: Path) -> bool:
        if path.name == "x":
            raise PermissionError(13, "Permission denied")
        return looked(path)

    monkeypatch.setattr(Path, "is_dir", forbidden)
    files, _ = walk([root])
    assert [file.path.name for file in files] == ["a.txt"]
