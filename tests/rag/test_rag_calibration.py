"""From evidence to confidence: the model, its file, and the library that uses it."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder, FakeScorer, article_text, write_articles
from hypothesis import given
from hypothesis import strategies as st
from rag_made import Phrases

from index.sync import rebuild, sync
from rag.calibration import (
    NAME,
    SIGNALS,
    Calibration,
    Outdated,
    calibration_for,
    parse,
    read_calibration,
    shipped,
    write_calibration,
)
from rag.cli import main
from rag.errors import LibraryCorrupt, StorageError
from rag.library import Library
from rag.scoring import reader_name
from rag.types import Evidence, Settings

READER = reader_name()
"""The reader in the box."""
ASKED = "How many animals did the gecko keepers count in week 3?"


def calibration(bias: float = 0.0, *, least: float | None = None, **weights: float) -> Calibration:
    return Calibration(
        weights=tuple(weights.get(name, 0.0) for name in SIGNALS),
        bias=bias,
        encoder=FakeEncoder().spec.fingerprint,
        reader=READER,
        fitted_on="my-set",
        questions=120,
        version="0.1.0",
        min_confidence=least,
    )


class BoxedScorer(FakeScorer):
    """Reads by words under the name of the reader in the box."""

    name = READER


SURE = calibration(math.log(3))
"""Every answer is right with probability 3/4."""


# -- the model ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "known", "confidence"),
    [
        pytest.param(calibration(), Evidence(answers=1.0), 1 / 2, id="nothing known"),
        pytest.param(SURE, Evidence(answers=1.0), 3 / 4, id="bias alone"),
        pytest.param(calibration(answers=1.0), Evidence(answers=math.log(4)), 4 / 5, id="log-odds as they are"),
        pytest.param(
            calibration(-1.0, dense=2.0, margin=0.5),
            Evidence(dense=0.5, margin=1.0),
            1 / (1 + math.exp(-0.5)),
            id="sum",
        ),
        pytest.param(SURE, Evidence(), 0.0, id="no evidence"),
        pytest.param(calibration(answers=100.0), Evidence(answers=10.0), 1.0, id="far above"),
        pytest.param(calibration(answers=100.0), Evidence(answers=-10.0), 0.0, id="far below"),
    ],
)
def test_confidence(made: Calibration, known: Evidence, confidence: float) -> None:
    assert made.confidence(known) == pytest.approx(confidence)


finite = st.floats(-1e3, 1e3)
evidences = st.builds(Evidence, *[finite] * len(SIGNALS))
calibrations = st.builds(
    Calibration, st.tuples(*[finite] * len(SIGNALS)), finite, st.text(), st.text(), st.text(), st.integers(0, 10**6),
    st.text(), st.none() | st.floats(0, 1),
)  # fmt: skip


@given(calibrations, evidences)
def test_confidence_is_a_probability(made: Calibration, known: Evidence) -> None:
    assert 0 <= made.confidence(known) <= 1


@given(calibrations, evidences, st.sampled_from(SIGNALS), st.floats(0, 10))
def test_confidence_grows_with_a_signal_of_positive_weight(
    made: Calibration, known: Evidence, name: str, step: float
) -> None:
    more = replace(known, **{name: getattr(known, name) + step})
    if any(astuple(known)) and any(astuple(more)):
        up, down = (known, more) if made.weights[SIGNALS.index(name)] >= 0 else (more, known)
        assert made.confidence(up) <= made.confidence(down) + 1e-9


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"weights": (1.0,)}, id="too few weights"),
        pytest.param({"weights": (*SURE.weights, 0.0)}, id="too many weights"),
        pytest.param({"weights": (math.nan, *SURE.weights[1:])}, id="nan"),
        pytest.param({"bias": math.inf}, id="infinite"),
        pytest.param({"min_confidence": 1.5}, id="minimal confidence above 1"),
        pytest.param({"min_confidence": -0.1}, id="minimal confidence below 0"),
        pytest.param({"min_confidence": math.nan}, id="minimal confidence of nan"),
    ],
)
def test_numbers_that_make_no_model_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        replace(SURE, **change)


def test_the_digest_names_the_numbers_alone() -> None:
    assert len(SURE.digest) == 16
    assert replace(SURE, fitted_on="x", questions=1, min_confidence=0.5).digest == SURE.digest
    assert replace(SURE, bias=0.1).digest != SURE.digest


def test_what_is_shipped_is_for_this_reader_and_sets_no_confidence() -> None:
    assert shipped().reader == READER
    assert shipped().min_confidence is None
    assert shipped().questions > 0


# -- the file -------------------------------------------------------------------------------------------------------


@given(calibrations)
def test_a_calibration_survives_its_file(made: Calibration) -> None:
    assert parse(made.to_json()) == made
    assert parse(made.to_json().encode()) == made


def test_the_file_can_be_read_by_people(tmp_path: Path) -> None:
    write_calibration(tmp_path / NAME, calibration(0.5, least=0.3, answers=2.0))
    plain = json.loads((tmp_path / NAME).read_text("utf-8"))
    assert (plain["format"], plain["weights"]["answers"], plain["bias"], plain["min_confidence"]) == (2, 2.0, 0.5, 0.3)
    assert list(plain["weights"]) == list(SIGNALS)
    assert read_calibration(tmp_path) == calibration(0.5, least=0.3, answers=2.0)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    assert read_calibration(tmp_path) is None


def test_one_of_a_reader_that_is_no_more_counts_as_none(library: Path, encoder: FakeEncoder) -> None:
    old = {"format": 1, "weights": {"judged": 1.0}, "bias": 0.5, "reader": "sentences-2"}
    (library / NAME).write_text(json.dumps(old), "utf-8")
    assert read_calibration(library) is None
    with pytest.raises(Outdated, match=r"the reader of article-rag 0\.2"):
        parse(json.dumps(old))
    with Library(library, encoder=encoder, scorer=BoxedScorer()) as opened:
        assert opened.calibration == shipped()


def edited(change: Callable[[dict[str, Any]], Any]) -> bytes:
    plain = json.loads(SURE.to_json())
    change(plain)
    return json.dumps(plain).encode()


DAMAGED = [
    pytest.param(b"", id="empty"),
    pytest.param(SURE.to_json().encode()[:80], id="half"),
    pytest.param(b"\xff\xfe", id="not UTF-8"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[" * 100_000, id="nested without end"),
    pytest.param(b'{"question": "Who?"}', id="another file"),
    pytest.param(edited(lambda plain: plain.update(format=3)), id="a later format"),
    pytest.param(edited(lambda plain: plain.pop("format")), id="no format"),
    pytest.param(edited(lambda plain: plain.pop("encoder")), id="no encoder"),
    pytest.param(edited(lambda plain: plain.pop("min_confidence")), id="no minimal confidence"),
    pytest.param(edited(lambda plain: plain.update(mood="good")), id="an unknown field"),
    pytest.param(edited(lambda plain: plain["weights"].pop("answers")), id="a weight is missing"),
    pytest.param(edited(lambda plain: plain["weights"].update(mood=1.0)), id="a weight too many"),
    pytest.param(edited(lambda plain: plain["weights"].update(answers="2")), id="a weight as text"),
    pytest.param(edited(lambda plain: plain["weights"].update(answers=True)), id="a weight of true"),
    pytest.param(edited(lambda plain: plain["weights"].update(answers=math.nan)), id="a weight of nan"),
    pytest.param(edited(lambda plain: plain["weights"].update(answers=10**400)), id="a weight beyond all floats"),
    pytest.param(edited(lambda plain: plain.update(weights=[1.0])), id="weights as a list"),
    pytest.param(edited(lambda plain: plain.update(bias=None)), id="no bias"),
    pytest.param(edited(lambda plain: plain.update(questions="many")), id="questions as text"),
    pytest.param(edited(lambda plain: plain.update(fitted_on=None)), id="no set"),
    pytest.param(edited(lambda plain: plain.update(min_confidence=2)), id="minimal confidence of 2"),
    pytest.param(edited(lambda plain: plain.update(min_confidence="0.5")), id="minimal confidence as text"),
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_named_with_its_remedies(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(content)
    with pytest.raises(LibraryCorrupt) as error:
        read_calibration(tmp_path)
    said = str(error.value)
    assert said.startswith(f"{path} cannot be used (")
    assert "remove it to go back to the calibration that comes with article-rag" in said


def test_a_folder_in_its_place_is_named_too(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(LibraryCorrupt, match="cannot be used"):
        read_calibration(tmp_path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_calibration(tmp_path / NAME, SURE)
    with monkeypatch.context() as patch, pytest.raises(StorageError, match=r"No space left on device.*nothing changed"):
        patch.setattr(os, call, full)
        write_calibration(tmp_path / NAME, calibration(9.0))
    assert read_calibration(tmp_path) == SURE
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


# -- which one is used ----------------------------------------------------------------------------------------------


def test_without_an_own_one_it_is_the_one_that_is_shipped(tmp_path: Path) -> None:
    assert calibration_for(tmp_path, encoder="any", reader=READER) == shipped()


def test_the_own_one_is_used_with_its_encoder_and_reader(tmp_path: Path) -> None:
    write_calibration(tmp_path / NAME, SURE)
    assert calibration_for(tmp_path, encoder=SURE.encoder, reader=READER) == SURE


def test_with_another_encoder_the_one_that_is_shipped_is_used(tmp_path: Path) -> None:
    write_calibration(tmp_path / NAME, replace(SURE, min_confidence=0.65))
    assert calibration_for(tmp_path, encoder="other", reader=READER) == shipped(), (
        "a threshold goes with its calibration"
    )


def test_a_reader_that_nothing_was_fitted_with_is_taken_at_its_word(tmp_path: Path) -> None:
    write_calibration(tmp_path / NAME, replace(SURE, min_confidence=0.65))
    used = calibration_for(tmp_path, encoder=SURE.encoder, reader="mine")
    assert used.confidence(Evidence(answers=math.log(4), dense=0.9)) == pytest.approx(4 / 5)
    assert (used.reader, used.min_confidence) == ("mine", None)


def test_another_reader_has_a_calibration_of_its_own(library: Path, encoder: FakeEncoder) -> None:
    write_calibration(library / NAME, replace(SURE, reader="mine", min_confidence=0.7))
    with Library(library, encoder=encoder, scorer=BoxedScorer()) as opened:
        assert opened.calibration == shipped()
    with Library(library, encoder=encoder, scorer=Phrases("animals", name="mine")) as opened:
        assert opened.ask(ASKED).confidence == pytest.approx(3 / 4)
        assert opened.settings.min_confidence == 0.7


# -- the library ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("published")
    articles = write_articles(place / "articles", ("gecko", "heron"))
    sync([articles], place / "library", encoder=FakeEncoder(), chunker=SMALL_CHUNKS)
    return place / "library"


@pytest.fixture
def library(published: Path, tmp_path: Path) -> Path:
    """A library of the test's own."""
    return shutil.copytree(published, tmp_path / "library")


def test_a_library_answers_with_the_confidence_of_its_own_calibration(library: Path, encoder: FakeEncoder) -> None:
    write_calibration(library / NAME, SURE)
    with Library(library, encoder=encoder, scorer=BoxedScorer()) as opened:
        answer = opened.ask(ASKED)
        assert answer.confidence == pytest.approx(3 / 4)
        assert answer.answered
        assert answer.provenance.calibration == SURE.digest == opened.calibration.digest
        assert SURE.digest in opened.info.calibration and "my-set" in opened.info.calibration


def test_confidence_is_worked_out_from_the_evidence_of_the_answer(library: Path, encoder: FakeEncoder) -> None:
    made = calibration(-0.3, answers=0.4, share=1.0, covered=0.5)
    write_calibration(library / NAME, made)
    with Library(library, encoder=encoder, scorer=BoxedScorer()) as opened:
        answer = opened.ask(ASKED)
        refused = opened.ask(ASKED, settings=Settings(min_confidence=1.0))
    known = answer.evidence
    assert 0 < known.share <= 1 and known.covered > 0
    expected = -0.3 + 0.4 * known.answers + known.share + 0.5 * known.covered
    assert answer.confidence == pytest.approx(1 / (1 + math.exp(-expected)))
    assert (refused.answered, refused.confidence, refused.evidence) == (False, answer.confidence, known)


def test_without_an_own_calibration_the_shipped_one_answers(library: Path, encoder: FakeEncoder) -> None:
    with Library(library, encoder=encoder, scorer=BoxedScorer()) as opened:
        answer = opened.ask(ASKED)
    assert answer.confidence == pytest.approx(shipped().confidence(answer.evidence))
    assert answer.provenance.calibration == shipped().digest


@pytest.mark.parametrize(("least", "answered"), [(None, True), (0.7, True), (0.8, False)])
def test_the_minimal_confidence_of_the_library_is_the_default(
    library: Path, encoder: FakeEncoder, least: float | None, answered: bool
) -> None:
    write_calibration(library / NAME, replace(SURE, min_confidence=least))
    with Library(library, encoder=encoder, scorer=BoxedScorer()) as opened:
        assert opened.settings == (Settings() if least is None else Settings(min_confidence=least))
        assert opened.ask(ASKED).answered is answered
        assert opened.ask(ASKED).provenance.settings == opened.settings
        # Who asks for another one gets it.
        assert opened.ask(ASKED, settings=Settings(min_confidence=0.1)).answered
        assert not opened.ask(ASKED, settings=Settings(min_confidence=0.9)).answered


@pytest.mark.parametrize(
    ("arguments", "answered"),
    [([], False), (["--min-confidence", "0.5"], True)],
    ids=["the library's own", "asked for"],
)
def test_the_command_asks_with_the_minimal_confidence_of_the_library(
    library: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], arguments: list[str],
    answered: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr("rag.held.load_matching", lambda _: FakeEncoder())
    monkeypatch.setattr("rag.held.load_scorer", lambda *_: BoxedScorer())
    write_calibration(library / NAME, replace(SURE, min_confidence=0.8))
    assert main(["ask", ASKED, "--library", str(library), "--json", *arguments]) == 0
    plain = json.loads(capfd.readouterr().out)
    assert plain["provenance"]["settings"]["min_confidence"] == (0.5 if arguments else 0.8)
    assert plain["answered"] is answered


def test_a_reload_picks_up_a_new_calibration(library: Path, encoder: FakeEncoder) -> None:
    with Library(library, encoder=encoder, scorer=BoxedScorer()) as opened:
        write_calibration(library / NAME, SURE)
        assert opened.calibration == shipped()
        assert opened.reload() is False
        assert opened.ask(ASKED).confidence == pytest.approx(3 / 4)
        (library / NAME).unlink()
        opened.reload()
        assert opened.calibration == shipped()


def test_a_reload_with_a_damaged_one_goes_on_with_what_it_has(library: Path, encoder: FakeEncoder) -> None:
    write_calibration(library / NAME, SURE)
    with Library(library, encoder=encoder, scorer=BoxedScorer()) as opened:
        (library / NAME).write_text("{")
        with pytest.raises(LibraryCorrupt, match="rag eval calibrate"):
            opened.reload()
        assert opened.ask(ASKED).confidence == pytest.approx(3 / 4)


def test_a_damaged_one_is_an_error_when_the_library_is_opened(library: Path, encoder: FakeEncoder) -> None:
    (library / NAME).write_text("{")
    with pytest.raises(LibraryCorrupt, match="remove it to go back"):
        Library(library, encoder=encoder, scorer=BoxedScorer())


def test_a_new_generation_keeps_the_calibration(library: Path, encoder: FakeEncoder, tmp_path: Path) -> None:
    write_calibration(library / NAME, SURE)
    with Library(library, encoder=encoder, scorer=BoxedScorer()) as opened:
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "ibis.txt").write_text(article_text("ibis"), "utf-8")
        sync([tmp_path / "new"], library, encoder=encoder, chunker=SMALL_CHUNKS)
        assert opened.reload() is True
        assert (opened.info.generation, opened.calibration) == (2, SURE)


def test_a_rebuild_with_another_model_goes_back_to_what_is_shipped(library: Path) -> None:
    write_calibration(library / NAME, replace(SURE, min_confidence=0.8))
    other = FakeEncoder(weights="2" * 64)
    rebuild(library, encoder=other, chunker=SMALL_CHUNKS)
    with Library(library, encoder=other) as opened:
        assert opened.calibration == shipped()
        assert opened.settings == Settings()
