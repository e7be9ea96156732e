"""`rag eval calibrate`: fits on a stored run, writes the library's own calibration, or says why not."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eval_fakes import SIGNALS_OF_0_2, made_by_0_2, store_run
from fakes import FakeEncoder, FakeScorer
from judged import Command, make_library, strict
from report_fakes import make_record
from threadpoolctl import threadpool_limits

from rag.calibration import SIGNALS, parse, read_calibration, write_calibration
from rag.library import Library
from rag.manifest import read_manifest
from rag.types import Evidence, Settings


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("animals"))


@pytest.fixture
def library(original: Path, tmp_path: Path) -> Path:
    """A library of the test's own."""
    return shutil.copytree(original, tmp_path / "library")


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Fewer folds, penalties and thresholds, on one thread."""
    # Only libraries that are loaded already are told.
    import sklearn.linear_model  # noqa: F401

    with pytest.MonkeyPatch.context() as patch, threadpool_limits(1):
        patch.setattr("eval.calibrate.FOLDS", 3)
        patch.setattr("eval.calibrate.STRENGTHS", (0.3,))
        patch.setattr("eval.calibrate.THRESHOLDS", (0.5, 0.99))
        yield


def run_of(library: Path, folder: Path, **conditions: Any) -> Path:
    """A run of 30 answerable questions, every second rightly answered; what is right has the better evidence."""
    base = make_record()
    wrong = tuple(replace(quote, has_answer=False) for quote in base.quotes)
    records = [
        replace(
            base, question_id=f"q{number}", question=f"Question {number}?", confidence=0.9,
            evidence=Evidence(answers=1.0 - 2 * (number % 2) + number / 40),
            quotes=wrong if number % 2 else base.quotes,
        )
        for number in range(30)
    ]  # fmt: skip
    return store_run(folder, records, **of(library) | conditions).folder


def of(library: Path) -> dict[str, Any]:
    """Conditions of a run over the library."""
    return {
        "library": str(library), "encoder_fingerprint": FakeEncoder().spec.fingerprint,
        "library_id": read_manifest(library).library if library.exists() else "gone",
        "reader": FakeScorer.name, "set_name": "my-set",
    }  # fmt: skip


@pytest.fixture
def run(library: Path, tmp_path: Path) -> Path:
    return run_of(library, tmp_path / "run")


def test_a_calibration_is_fitted_on_a_run_and_becomes_the_library_s_own(
    rag: Command, library: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    code, out, err = rag("eval", "calibrate", run)
    assert (code, err) == (0, "")
    said = " ".join(out.split())
    assert "Calibrated on 30 questions of my-set, cross-validated" in said
    assert "What a minimal confidence gives" in said
    assert f"Writtento{library / 'calibration.json'}" in "".join(out.split())
    made = read_calibration(library)
    assert made is not None
    assert (made.fitted_on, made.questions, made.min_confidence) == ("my-set", 30, None)
    assert made.confidence(Evidence(answers=1.5)) > 0.6
    assert made.confidence(Evidence(answers=-1.0)) < 0.4
    with Library(library, encoder=FakeEncoder(), scorer=FakeScorer()) as opened:
        assert opened.calibration == made


def test_a_dry_run_writes_nothing(rag: Command, library: Path, run: Path) -> None:
    code, out, _ = rag("eval", "calibrate", run, "--dry-run")
    assert code == 0 and "Nothing was written (--dry-run)." in " ".join(out.split())
    assert read_calibration(library) is None


def test_json_has_the_numbers_and_null_for_what_is_not_defined(rag: Command, library: Path, run: Path) -> None:
    code, out, err = rag("eval", "calibrate", run, "--json", "--dry-run")
    assert (code, err) == (0, "")
    plain = strict(out)
    assert plain["calibration"]["fitted_on"] == "my-set"
    assert plain["before"]["ece"]["value"] == pytest.approx(0.9 - 0.5)
    # All questions are answerable, and nothing is answered at the highest confidence.
    assert plain["after"]["auroc"]["value"] is None
    assert plain["trades"][-1]["answer_precision"]["value"] is None
    assert plain["written"] is None


def test_it_can_be_saved_elsewhere_and_fitted_on_some_signals(
    rag: Command, library: Path, run: Path, tmp_path: Path
) -> None:
    code, out, _ = rag("eval", "calibrate", run, "--signals", "answers,dense", "--save", tmp_path / "mine.json")
    assert code == 0
    assert f"Writtento{tmp_path / 'mine.json'}" in "".join(out.split())
    made = parse((tmp_path / "mine.json").read_bytes())
    assert {name for name, weight in zip(SIGNALS, made.weights, strict=True) if weight} == {"answers"}
    assert read_calibration(library) is None


def test_a_signal_that_is_not_known_is_an_error(rag: Command, library: Path, run: Path) -> None:
    code, out, err = rag("eval", "calibrate", run, "--signals", "answers,mood")
    assert (code, out) == (1, "")
    assert err.startswith("--signals: there is no signal 'mood'; there are answers, ")
    assert read_calibration(library) is None


def test_the_minimal_confidence_is_set_and_stays(rag: Command, library: Path, run: Path) -> None:
    assert rag("eval", "calibrate", run, "--min-confidence", "0.65", "--json")[0] == 0
    first = read_calibration(library)
    assert first is not None and first.min_confidence == 0.65
    assert rag("eval", "calibrate", run, "--json")[0] == 0
    again = read_calibration(library)
    assert again == first


def test_another_library_of_the_same_encoder_can_be_calibrated(rag: Command, original: Path, tmp_path: Path) -> None:
    other = shutil.copytree(original, tmp_path / "other")
    run = run_of(tmp_path / "gone", tmp_path / "run")
    assert rag("eval", "calibrate", run, "--library", other, "--json")[0] == 0
    assert read_calibration(other) is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"encoder_fingerprint": "other", "encoder": "bge"}, "was made with bge and", id="encoder"),
        pytest.param({"library_id": "other"}, "is another library than", id="another library of that path"),
        pytest.param({"questions": 31}, "has 30 of 31 questions", id="not ended"),
        # It would be written and never used.
        pytest.param({"reader": "of-another-kind"}, "of-another-kind", id="reader"),
    ],
)
def test_a_run_of_another_encoder_or_reader_is_refused(
    rag: Command, library: Path, tmp_path: Path, change: dict[str, str], said: str
) -> None:
    code, out, err = rag("eval", "calibrate", run_of(library, tmp_path / "run", **change))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
    assert read_calibration(library) is None


def test_a_damaged_calibration_can_be_made_again_as_its_error_says(rag: Command, library: Path, run: Path) -> None:
    (library / "calibration.json").write_text("{")
    code, _, err = rag("ask", "What did the gecko keepers count?", "--library", library)
    assert code == 1 and "remove it to go back" in err and "then rag eval calibrate can make it again" in err
    (library / "calibration.json").unlink()
    assert rag("ask", "What did the gecko keepers count?", "--library", library)[0] == 0
    assert rag("eval", "calibrate", run, "--json")[0] == 0
    assert read_calibration(library) is not None


def test_a_fit_that_fails_leaves_the_old_calibration(rag: Command, library: Path, run: Path, tmp_path: Path) -> None:
    assert rag("eval", "calibrate", run, "--json")[0] == 0
    before = read_calibration(library)
    assert before is not None
    write_calibration(library / "calibration.json", replace(before, bias=1.25))
    few = store_run(tmp_path / "few", [make_record()], library=str(library)).folder
    assert rag("eval", "calibrate", few)[0] == 1
    assert read_calibration(library) == replace(before, bias=1.25)


# -- signals that are no more ---------------------------------------------------------------------------------------


def test_the_signals_that_help_names_exist(rag: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = " ".join(rag("eval", "calibrate", "--help")[1].replace("│", " ").split())
    named = re.search(r"of `evidence` only: ([\w, ]+?) --", said)
    assert named and {name.strip() for name in named[1].split(",")} <= {*SIGNALS}


def test_a_fit_that_is_no_better_names_signals_that_exist(rag: Command, library: Path, tmp_path: Path) -> None:
    """Confidence tells right from wrong already, and the evidence tells nothing."""
    records = [
        make_record(
            question_id=f"q{number}", question=f"Question {number}?", confidence=0.9 if number % 2 else 0.1,
            evidence=Evidence(answers=1.0 + number // 2 % 5),
            quotes=tuple(replace(quote, has_answer=number % 2 > 0) for quote in make_record().quotes),
        )
        for number in range(30)
    ]  # fmt: skip
    run = store_run(tmp_path / "flat", records, **of(library)).folder
    code, out, _ = rag("eval", "calibrate", run, "--dry-run")
    named = re.search(r"try --signals ([\w,]+), or more questions", " ".join(out.split()))
    assert code == 0 and named and set(named[1].split(",")) <= {*SIGNALS}


OUTDATED = {
    "weights": dict.fromkeys(SIGNALS_OF_0_2, 0.5), "bias": -3.0, "encoder": FakeEncoder().spec.fingerprint,
    "reader": FakeScorer.name, "fitted_on": "my-set", "questions": 30, "version": "0.2.0", "min_confidence": 0.65,
    "format": 1,
}  # fmt: skip
"""A library's own calibration of the sentence reader."""


def test_a_calibration_of_the_reader_before_is_not_used_and_can_be_made_again(
    rag: Command, library: Path, run: Path
) -> None:
    (library / "calibration.json").write_text(json.dumps(OUTDATED))
    assert rag("ask", "What did the gecko keepers count?", "--library", library)[0] == 0
    with Library(library, encoder=FakeEncoder(), scorer=FakeScorer()) as opened:
        assert (opened.calibration.reader, opened.calibration.fitted_on) == (FakeScorer.name, "nothing")
        assert opened.settings == Settings()
    assert rag("eval", "calibrate", run, "--json")[0] == 0
    made = read_calibration(library)
    assert made is not None and (made.fitted_on, made.min_confidence) == ("my-set", None)


def test_a_run_of_the_reader_before_cannot_be_calibrated_on(rag: Command, library: Path, run: Path) -> None:
    code, out, err = rag("eval", "calibrate", made_by_0_2(run))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"and extractive-1, {library} has fake and {FakeScorer.name}: calibrate it on a run of its own" in err
    assert read_calibration(library) is None
