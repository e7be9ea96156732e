"""The plan of a sync: what is new, edited, moved, gone or unchanged, told without opening more than need be."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from index.discover import FoundFile
from index.ledger import FileState
from index.plan import RACY_NS, Looked, Plan, make_plan

NOW = 1_700_000_000_000_000_000
OLD = NOW - 10 * RACY_NS


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Desk:
    """Files in memory; remembers which were hashed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hashed: list[str] = []
        self.texts: dict[str, str] = {}

    def file(self, name: str, text: str, mtime: int = OLD) -> FoundFile:
        self.texts[name] = text
        return FoundFile(self.root / name, len(text), mtime)

    def state(self, name: str, text: str, mtime: int = OLD, **other: object) -> tuple[str, FileState]:
        state = FileState(len(text), mtime, sha(text), NOW, articles=1)
        return str(self.root / name), replace(state, **other)  # type: ignore[arg-type]

    def digest(self, path: Path) -> str:
        name = str(path.relative_to(self.root))
        self.hashed.append(name)
        return sha(self.texts[name])

    def plan(self, found: list[FoundFile], known: list[tuple[str, FileState]], **options: bool) -> Plan:
        return make_plan(Looked(frozenset({str(self.root)}), found), dict(known), digest=self.digest, **options)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def names(files: tuple[FoundFile, ...]) -> list[str]:
    return [file.path.name for file in files]


def test_what_has_its_size_and_time_is_not_opened(desk: Desk) -> None:
    plan = desk.plan([desk.file("a.txt", "one")], [desk.state("a.txt", "one")])
    assert (names(plan.same), plan.to_read, desk.hashed) == (["a.txt"], (), [])


def test_a_new_file_is_not_hashed_unless_it_may_have_been_moved(desk: Desk) -> None:
    plan = desk.plan([desk.file("a.txt", "one"), desk.file("b.txt", "three")], [desk.state("a.txt", "one")])
    assert (names(plan.new), names(plan.same), desk.hashed) == (["b.txt"], ["a.txt"], [])


def test_a_file_that_was_only_touched_is_unchanged(desk: Desk) -> None:
    plan = desk.plan([desk.file("a.txt", "one", OLD + 1)], [desk.state("a.txt", "one")])
    assert (names(plan.same), names(plan.edited), desk.hashed) == (["a.txt"], [], ["a.txt"])


@pytest.mark.parametrize(
    ("text", "hashed"),
    [pytest.param("two", ["a.txt"], id="of the same size"), pytest.param("longer", [], id="of another size")],
)
def test_an_edited_file_is_read_again(desk: Desk, text: str, hashed: list[str]) -> None:
    plan = desk.plan([desk.file("a.txt", text, OLD + 1)], [desk.state("a.txt", "one")])
    assert (names(plan.edited), desk.hashed) == (["a.txt"], hashed)


def test_a_file_that_changed_just_before_it_was_read_is_compared_by_its_content(desk: Desk) -> None:
    just = NOW - RACY_NS // 2
    plan = desk.plan([desk.file("a.txt", "two", just)], [desk.state("a.txt", "one", just)])
    assert (names(plan.edited), desk.hashed) == (["a.txt"], ["a.txt"])


def test_a_moved_file_is_found_by_its_content(desk: Desk) -> None:
    plan = desk.plan([desk.file("new.txt", "one"), desk.file("other.txt", "two")], [desk.state("old.txt", "one")])
    assert [(old, file.path.name) for old, file in plan.moved] == [(str(desk.root / "old.txt"), "new.txt")]
    assert (names(plan.new), plan.gone) == (["other.txt"], ())


def test_of_two_places_the_one_of_the_same_name_is_where_it_moved_from(desk: Desk) -> None:
    known = [desk.state("a/x.txt", "one"), desk.state("b/y.txt", "one")]
    plan = desk.plan([desk.file("c/y.txt", "one")], known)
    assert [Path(old).name for old, _ in plan.moved] == ["y.txt"]
    assert plan.gone == (str(desk.root / "a/x.txt"),)


def test_a_copy_of_a_file_that_is_still_there_is_new(desk: Desk) -> None:
    plan = desk.plan([desk.file("a.txt", "one"), desk.file("b.txt", "one")], [desk.state("a.txt", "one")])
    assert (names(plan.new), plan.moved) == (["b.txt"], ())


def test_two_copies_of_a_file_that_is_gone_are_one_move_and_one_new_file(desk: Desk) -> None:
    plan = desk.plan([desk.file("b.txt", "one"), desk.file("c.txt", "one")], [desk.state("a.txt", "one")])
    assert ([file.path.name for _, file in plan.moved], names(plan.new)) == (["b.txt"], ["c.txt"])


def test_what_is_outside_of_the_roots_is_not_gone(desk: Desk, tmp_path: Path) -> None:
    elsewhere = (str(tmp_path.parent / "elsewhere.txt"), FileState(3, OLD, sha("one"), NOW, articles=1))
    plan = desk.plan([], [elsewhere, desk.state("a.txt", "two")])
    assert plan.gone == (str(desk.root / "a.txt"),)


def test_what_lies_in_a_folder_that_could_not_be_read_is_not_gone(desk: Desk) -> None:
    looked = Looked(frozenset({str(desk.root)}), [], frozenset({str(desk.root / "locked")}))
    known = dict([desk.state("locked/a.txt", "one"), desk.state("lockedb.txt", "two")])
    plan = make_plan(looked, known, digest=desk.digest)
    assert plan.gone == (str(desk.root / "lockedb.txt"),)


def test_a_quarantined_file_waits_until_it_changes_or_somebody_asks(desk: Desk) -> None:
    known = [desk.state("a.txt", "one", problem="is empty", articles=0)]
    assert names(desk.plan([desk.file("a.txt", "one")], known).held) == ["a.txt"]
    assert names(desk.plan([desk.file("a.txt", "one")], known, retry=True).again) == ["a.txt"]
    assert names(desk.plan([desk.file("a.txt", "three")], known).edited) == ["a.txt"]


def test_a_quarantined_file_does_not_count_as_moved(desk: Desk) -> None:
    plan = desk.plan([desk.file("b.txt", "one")], [desk.state("a.txt", "one", problem="is empty", articles=0)])
    assert (names(plan.new), plan.moved) == (["b.txt"], ())


def test_reread_opens_everything(desk: Desk) -> None:
    plan = desk.plan([desk.file("a.txt", "one")], [desk.state("a.txt", "one")], reread=True)
    assert names(plan.again) == ["a.txt"]


def test_another_mapping_of_columns_opens_the_file_again(desk: Desk) -> None:
    looked = Looked(frozenset({str(desk.root)}), [desk.file("a.csv", "one")], fields={desk.root: {"text": "Body"}})
    plan = make_plan(looked, dict([desk.state("a.csv", "one")]), digest=desk.digest)
    assert names(plan.again) == ["a.csv"]
    same = make_plan(looked, dict([desk.state("a.csv", "one", fields=(("text", "Body"),))]), digest=desk.digest)
    assert names(same.same) == ["a.csv"]


def test_the_nearest_root_says_how_a_file_is_mapped(desk: Desk) -> None:
    fields = {desk.root: {"text": "outer"}, desk.root / "a": {"text": "inner"}}
    looked = Looked(frozenset({str(desk.root)}), [], fields=fields)
    assert looked.fields_of(desk.root / "a" / "b.csv") == {"text": "inner"}
    assert looked.fields_of(desk.root / "b.csv") == {"text": "outer"}
    assert looked.fields_of(desk.root.parent / "c.csv") == {}


def test_a_file_that_went_away_meanwhile_is_left_to_the_reader(tmp_path: Path) -> None:
    found = FoundFile(tmp_path / "gone.txt", 3, OLD + 1)
    known = {str(found.path): FileState(3, OLD, sha("one"), NOW, articles=1)}
    assert make_plan(Looked(frozenset({str(tmp_path)}), [found]), known).edited == (found,)


def test_a_file_of_another_kind_is_not_the_one_that_moved(desk: Desk) -> None:
    plan = desk.plan([desk.file("posts.csv", "one")], [desk.state("posts.txt", "one")])
    assert (names(plan.new), plan.moved, plan.gone) == (["posts.csv"], (), (str(desk.root / "posts.txt"),))


def test_a_refused_file_is_read_again_when_an_id_may_be_free(desk: Desk) -> None:
    known = [desk.state("a.txt", "one"), desk.state("b.txt", "two", refused=True)]
    files = [desk.file("a.txt", "one"), desk.file("b.txt", "two")]
    assert names(desk.plan(files, known).same) == ["a.txt", "b.txt"]
    assert names(desk.plan(files[1:], known).again) == ["b.txt"]


def test_two_thousand_roots_do_not_take_long(desk: Desk) -> None:
    files = [desk.file(f"{number}.csv", "one") for number in range(2_000)]
    known = dict(desk.state(f"{number}.csv", "one") for number in range(2_000))
    fields = {file.path: {} for file in files}
    looked = Looked(frozenset(str(file.path) for file in files), files, fields=fields)
    assert len(make_plan(looked, known, digest=desk.digest).same) == 2_000
