"""A saved answer asked again: the same where nothing changed, and every difference told where something did."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from rag_made import Phrases, make_library

from index.sync import remove, sync
from rag.cli import main
from rag.errors import AnswerError, RagError
from rag.library import Library
from rag.replay import CLOSE, provenance_of, read_saved, replay
from rag.types import Answer, Filters, Provenance, Settings, Timings

HURT = "How many people were hurt in the Lisse ferry fire?"
RAIN = "Rain fell on the meadows all day and farmers slept in their barns until it was over."
RECORDS = (
    {"id": "twelve", "title": "Fire", "text": f"Twelve people were hurt in the Lisse ferry fire. {RAIN}",
     "published": "2024-08-03", "source": "Courier"},
    {"id": "fifteen", "title": "Fire", "text": f"A doctor said 15 people were hurt in the Lisse ferry fire. {RAIN}",
     "published": "2024-08-05", "source": "Echo"},
    {"id": "again", "title": "Fire", "text": f"In the Lisse ferry fire twelve people were hurt, they say. {RAIN}",
     "published": "2024-08-04"},
)  # fmt: skip
ANY = Settings(min_confidence=0, read=20)
Edit = Callable[[dict[str, Any]], Any]


def opened(folder: Path, *phrases: str, answers: float = 5.0, name: str = "phrases") -> Library:
    return Library(folder, encoder=FakeEncoder(), scorer=Phrases(*phrases, answers=answers, name=name))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("replay"), RECORDS)


@pytest.fixture(scope="module")
def library(folder: Path) -> Iterator[Library]:
    with opened(folder, "Twelve", "twelve") as found:
        yield found


def save(path: Path, answer: Answer, edit: Edit = lambda plain: None) -> Path:
    """What rag ask --json prints, changed by hand."""
    plain = answer.to_dict()
    edit(plain)
    path.write_text(json.dumps(plain), "utf-8")
    return path


def timeless(answer: Answer) -> Answer:
    return replace(answer, timings=Timings())


# -- the same -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "as_of", "chosen"),
    [
        pytest.param(Filters(), None, ANY, id="plain"),
        pytest.param(Filters(), None, Settings(min_confidence=1.0), id="refusal"),
        pytest.param(Filters(articles=("nobody",)), None, ANY, id="nothing-found"),
        pytest.param(Filters(), date(2024, 8, 4), ANY, id="as-of"),
        pytest.param(
            Filters(date(2024, 8, 1), date(2024, 8, 4), ("Courier", "Echo"), ("twelve", "fifteen")), None, ANY,
            id="every-filter",
        ),
        pytest.param(
            Filters(), None,
            Settings(50, 0.5, 2.0, 60, 5, False, 0.5, 2, 1, 0.3),
            id="every-setting",
        ),
    ],
)  # fmt: skip
def test_the_same_question_of_the_same_library(
    library: Library, tmp_path: Path, filters: Filters, as_of: date | None, chosen: Settings
) -> None:
    answer = library.ask(HURT, filters=filters, as_of=as_of, settings=chosen)
    found = replay(save(tmp_path / "answer.json", answer), library)
    assert (found.exact, found.conditions, found.differences) == (True, (), ())
    assert timeless(found.answer) == timeless(answer)


def test_sources_that_differ_are_replayed(folder: Path, tmp_path: Path) -> None:
    with opened(folder, "Twelve", "15") as found:
        answer = found.ask(HURT, settings=ANY)
        assert len(answer.sides) == 2
        assert replay(save(tmp_path / "a.json", answer), found).differences == ()


def test_an_answer_of_another_day_is_asked_as_on_that_day(library: Library, tmp_path: Path) -> None:
    answer = library.ask(HURT, settings=ANY)

    def on_the_day(plain: dict[str, Any]) -> None:
        plain["provenance"]["as_of"] = "2024-08-05"

    now = replay(save(tmp_path / "a.json", answer, on_the_day), library).answer.provenance
    assert (now.as_of, now.filters.as_of) == (date(2024, 8, 5), None)


@given(
    st.builds(
        Filters, st.none() | st.dates(), st.none() | st.dates(), st.lists(st.text(), max_size=2).map(tuple),
        st.lists(st.text(), max_size=2).map(tuple), st.none() | st.dates(),
    ),
    st.builds(
        Settings, candidates=st.integers(1, 100), rrf_k=st.integers(0, 100), rerank=st.booleans(),
        recency=st.floats(0, 9), min_confidence=st.floats(0, 1),
    ),
    st.dates(),
)  # fmt: skip
def test_provenance_survives_its_json_form(filters: Filters, chosen: Settings, as_of: date) -> None:
    made = Provenance("id", 3, "encoder", "1.0", chosen, filters, "digest", "reader", as_of)
    answer = Answer("Who?", False, "", 0.0, (), (), Timings(), made)
    plain = json.loads(json.dumps(answer.to_dict()))
    assert provenance_of(plain, Path("a.json")) == made


# -- what changed ---------------------------------------------------------------------------------------------------


def edited(library: Library, tmp_path: Path, edit: Edit) -> tuple[str, ...]:
    answer = library.ask(HURT, settings=ANY)
    found = replay(save(tmp_path / "answer.json", answer, edit), library)
    assert (found.exact, found.conditions) == (True, ())
    return found.differences


@pytest.mark.parametrize(
    ("edit", "differences"),
    [
        pytest.param(
            lambda plain: plain.update(answered=False, citations=[], short=None),
            ("It was refused, it is answered.",), id="refused",
        ),
        pytest.param(
            lambda plain: plain["short"].update(text="fifty"),
            ("The short answer was “fifty”, it is “Twelve”.",), id="short-answer",
        ),
        pytest.param(
            lambda plain: plain.update(short=None), ("The short answer was none, it is “Twelve”.",),
            id="no-short-answer",
        ),
        pytest.param(
            lambda plain: plain.update(sides=[{"short": {"text": "ten"}}, {"short": {"text": "two"}}]),
            ("The list of differing answers was “ten”; “two”, it is none.",), id="sides",
        ),
        pytest.param(
            lambda plain: plain.update(confidence=0.5), ("The confidence was 0.500, it is 0.993.",), id="confidence"
        ),
        pytest.param(
            lambda plain: plain["citations"].reverse(), ("The citations are in another order.",),
            id="order-of-citations",
        ),
        pytest.param(
            lambda plain: plain["passages"].pop(), ("The closest passages are others, or in another order.",),
            id="passages",
        ),
        pytest.param(lambda plain: plain.update(confidence=plain["confidence"] - 0.9 * CLOSE), (), id="rounding"),
        pytest.param(
            lambda plain: plain.update(revised=True),
            ("The differing answers were versions of one text, they are of independent sources.",), id="revised",
        ),
        pytest.param(lambda plain: plain.pop("revised"), (), id="of-a-version-that-did-not-know-revised"),
        pytest.param(lambda plain: plain["passages"][0].update(score=0.5, title="X"), (), id="scores"),
        pytest.param(lambda plain: plain.update(timings={}, evidence={}), (), id="what-is-not-compared"),
    ],
)  # fmt: skip
def test_each_difference_is_a_sentence(library: Library, tmp_path: Path, edit: Edit, differences: Any) -> None:
    assert edited(library, tmp_path, edit) == differences


def test_a_quote_that_went_and_one_that_came(library: Library, tmp_path: Path) -> None:
    long = "x" * 200

    def other(plain: dict[str, Any]) -> None:
        plain["citations"][1]["quote"] = long

    gone, came = edited(library, tmp_path, other)
    assert gone.startswith("It no longer cites “xxx") and gone.endswith("…”.")
    assert came.startswith("It now cites “In the Lisse ferry fire twelve")
    assert len(gone) < 200


def test_a_reason_that_changed(folder: Path, tmp_path: Path) -> None:
    with opened(folder) as found:
        answer = found.ask(HURT)
        path = save(tmp_path / "a.json", answer, lambda plain: plain.update(reason="No wish to."))
        (difference,) = replay(path, found).differences
    assert difference.startswith("The reason was “No wish to.”, it is “")


@pytest.mark.parametrize(
    ("by", "count"), [pytest.param(0.9 * CLOSE, 0, id="rounding"), pytest.param(0.1, 1, id="more-than-rounding")]
)
def test_a_confidence_is_compared_once_and_not_in_the_reason_too(
    folder: Path, tmp_path: Path, by: float, count: int
) -> None:
    with opened(folder) as found:
        answer = found.ask(HURT)
        told = f"(confidence {answer.confidence:.2f},"
        assert answer.reason and told in answer.reason
        other = answer.reason.replace(told, "(confidence 0.99,")
        path = save(
            tmp_path / "a.json", answer, lambda plain: plain.update(reason=other, confidence=answer.confidence + by)
        )
        assert len(replay(path, found).differences) == count


def test_a_library_that_changed_is_a_condition_and_what_it_changed_a_difference(tmp_path: Path) -> None:
    folder = make_library(tmp_path, RECORDS)
    with opened(folder, "Twelve", "twelve") as before:
        path = save(tmp_path / "a.json", before.ask(HURT, settings=ANY))
    remove(["again"], folder)
    with opened(folder, "Twelve", "twelve") as after:
        found = replay(path, after)
    assert found.exact is False
    assert found.conditions == ("The generation was 1, it is 2.",)
    assert "It no longer cites “In the Lisse ferry fire twelve people were hurt, they say.”." in found.differences


def test_later_articles_are_not_seen_where_a_day_was_asked_for(tmp_path: Path) -> None:
    folder = make_library(tmp_path, RECORDS)
    with opened(folder, "Twelve", "twelve") as before:
        path = save(tmp_path / "a.json", before.ask(HURT, as_of=date(2024, 8, 6), settings=ANY))
    later = dict(RECORDS[0]) | {"id": "later", "text": "Twelve people were hurt in the Lisse ferry fire, say papers."}
    (tmp_path / "later.jsonl").write_text(json.dumps(later | {"published": "2024-08-07"}), "utf-8")
    sync([tmp_path / "later.jsonl"], folder, encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    with opened(folder, "Twelve", "twelve") as after:
        found = replay(path, after)
        assert "later" in {passage.article_id for passage in after.ask(HURT).passages}
    assert found.conditions == ("The generation was 1, it is 2.",)
    assert "later" not in {passage.article_id for passage in found.answer.passages}
    assert {citation.article_id for citation in found.answer.citations} == {"twelve", "again"}


def test_another_reader_is_a_condition(folder: Path, library: Library, tmp_path: Path) -> None:
    path = save(tmp_path / "a.json", library.ask(HURT, settings=ANY))
    with opened(folder, "15", name="other", answers=1.0) as other:
        found = replay(path, other)
    assert found.exact is False
    assert found.conditions == ("The reader was phrases, it is other.",)
    assert "The short answer was “Twelve”, it is “15”." in found.differences
    assert f"The confidence was {1 / (1 + math.exp(-5)):.3f}, it is 0.731." in found.differences


@pytest.mark.parametrize(
    ("name", "was"),
    [("library", "x"), ("generation", 7), ("encoder", "x"), ("calibration", "x"), ("version", "0.1")],
)
def test_each_condition_is_a_sentence(library: Library, tmp_path: Path, name: str, was: object) -> None:
    answer = library.ask(HURT, settings=ANY)
    path = save(tmp_path / "a.json", answer, lambda plain: plain["provenance"].update({name: was}))
    found = replay(path, library)
    assert found.conditions == (f"The {name} was {was}, it is {getattr(answer.provenance, name)}.",)
    assert (found.exact, found.differences) == (False, ())


# -- files that are no answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "is not JSON", id="empty"),
        pytest.param(b"{", "is not JSON", id="half"),
        pytest.param(b"\xff\xfe", "is not JSON", id="not UTF-8"),
        pytest.param(b"[" * 100_000, "is not JSON", id="nested without end"),
        pytest.param(b"[]", "is not an answer: save one with rag ask --json", id="a list"),
        pytest.param(b'{"question": 3, "provenance": {}}', "is not an answer", id="no question"),
        pytest.param(b'{"question": "Who?", "schema": 2}', "is not an answer", id="no provenance"),
        pytest.param(b'{"question": "Who?", "provenance": {}}', "is of schema None", id="no schema"),
        pytest.param(
            b'{"question": "Who?", "provenance": {}, "schema": 1}',
            "is of schema 1, this article-rag reads schema 3: ask the question anew", id="an older schema",
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_answer_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(AnswerError) as error:
        read_saved(path)
    assert str(error.value).startswith(str(path)) and says in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(AnswerError, match=r"cannot be read \(.+\)"):
            read_saved(path)


def provenance(**changes: object) -> Edit:
    return lambda plain: plain["provenance"].update(changes)


BROKEN = [
    pytest.param(lambda plain: plain.update(provenance=None), id="null"),
    pytest.param(lambda plain: plain.update(provenance=[]), id="a list"),
    pytest.param(lambda plain: plain["provenance"].pop("settings"), id="no settings"),
    pytest.param(lambda plain: plain["provenance"].pop("library"), id="no library"),
    pytest.param(provenance(mood="good"), id="a field too many"),
    pytest.param(provenance(as_of="tomorrow"), id="no day"),
    pytest.param(provenance(as_of=None), id="null day"),
    pytest.param(provenance(filters={"published_after": "May"}), id="no date"),
    pytest.param(provenance(filters={"published_after": 3}), id="a number for a date"),
    pytest.param(provenance(filters={"mood": "good"}), id="an unknown filter"),
    pytest.param(provenance(filters=None), id="no filters"),
    pytest.param(provenance(settings={"candidates": "many"}), id="words for a number"),
    pytest.param(provenance(settings={"mood": 1}), id="an unknown setting"),
]


@pytest.mark.parametrize("edit", BROKEN)
def test_a_provenance_that_was_changed_by_hand(library: Library, tmp_path: Path, edit: Edit) -> None:
    path = save(tmp_path / "a.json", library.ask(HURT, settings=ANY), edit)
    with pytest.raises(AnswerError, match=r"has a provenance that cannot be read .*it was changed by hand"):
        replay(path, library)


PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
PLACES = (
    ("question",), ("answered",), ("confidence",), ("citations",), ("citations", 0), ("citations", 0, "quote"),
    ("passages",), ("passages", 0), ("passages", 0, "start"), ("short",), ("short", "text"), ("sides",), ("reason",),
    ("provenance", "settings", "candidates"), ("provenance", "settings", "read"), ("provenance", "settings", "recency"),
    ("provenance", "settings", "min_confidence"), ("provenance", "settings", "rerank"),
    ("provenance", "filters", "sources"), ("provenance", "filters", "articles"),
    ("provenance", "filters", "published_after"), ("provenance", "filters", "as_of"), ("provenance", "generation"),
    ("provenance", "reader"),
)  # fmt: skip


def put(plain: Any, place: tuple[Any, ...], value: Any) -> None:
    for step in place[:-1]:
        plain = plain[step]
    plain[place[-1]] = value


@pytest.mark.parametrize("place", PLACES, ids=lambda place: "-".join(map(str, place)))
@given(value=PLAIN)
@settings(max_examples=25, deadline=None)
def test_whatever_is_changed_by_hand_is_replayed_or_named(
    library: Library, tmp_path_factory: pytest.TempPathFactory, place: tuple[Any, ...], value: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "changed.json"
    save(path, library.ask(HURT, settings=ANY), lambda plain: put(plain, place, value))
    try:
        found = replay(path, library)
    except RagError:
        return
    assert all(isinstance(sentence, str) for sentence in (*found.conditions, *found.differences))


@pytest.mark.parametrize("name", ["citations", "passages", "confidence", "short", "sides", "answered", "reason"])
def test_a_part_that_is_gone_is_a_difference_or_an_error(library: Library, tmp_path: Path, name: str) -> None:
    path = save(tmp_path / "a.json", library.ask(HURT, settings=ANY), lambda plain: plain.pop(name))
    try:
        found = replay(path, library)
    except RagError:
        return
    assert found.differences or name in ("sides", "reason"), "they were none, and are"


# -- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """The command with a reader that knows two answers."""
    monkeypatch.setattr("rag.held.load_matching", lambda _: FakeEncoder())
    monkeypatch.setattr("rag.held.load_scorer", lambda *_: Phrases("Twelve", "twelve"))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments, "--library", str(folder)])
        return code, *capfd.readouterr()

    return call


def test_what_ask_printed_can_be_replayed(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    _, out, _ = run("ask", HURT, "--json", "--min-confidence", "0", "--as-of", "2024-08-06")
    path = tmp_path / "answer.json"
    path.write_text(out, "utf-8")
    assert run("replay", str(path)) == (0, "The same answer.\n", "")
    code, out, err = run("replay", str(path), "--json")
    plain = json.loads(out)
    assert (code, err) == (0, "")
    assert (plain["exact"], plain["conditions"], plain["differences"]) == (True, [], [])
    assert plain["answer"]["question"] == HURT
    assert plain["answer"]["provenance"]["as_of"] == "2024-08-06"


def test_a_difference_exits_with_3_and_a_condition_alone_does_not(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    _, out, _ = run("ask", HURT, "--json", "--min-confidence", "0")
    saved = json.loads(out)
    path = tmp_path / "answer.json"
    saved["provenance"]["generation"] = 7
    path.write_text(json.dumps(saved), "utf-8")
    code, out, _ = run("replay", str(path))
    assert code == 0
    assert "The generation was 7, it is 1." in out and "though not from the same conditions" in out
    saved["short"]["text"] = "fifty"
    path.write_text(json.dumps(saved), "utf-8")
    code, out, _ = run("replay", str(path))
    assert (code, "The short answer was “fifty”, it is “Twelve”." in out) == (3, True)
    assert "The same answer" not in out


def test_a_file_that_is_no_answer_is_one_line_of_error(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, err = run("replay", str(tmp_path / "none.json"))
    assert (code, out) == (1, "")
    assert err == f"{tmp_path / 'none.json'} cannot be read (No such file or directory).\n"
