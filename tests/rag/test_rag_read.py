"""Kinds of answers, families of words, and what a sentence's features are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rag.kinds import kind_of, names, shows
from rag.lexical import analyzer
from rag.read import FEATURES, KIN, LOOKED_AT, Asked, Candidate, Inquiry, candidates, judge_features
from rag.thesaurus import _FAMILIES, alike, kin
from rag.types import Article, Noise, Passage, Span
from rag.weights import JUDGE_WEIGHTS, RANK_WEIGHTS


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who mediated the swap?", "name"),
        ("Which company bought the bank?", "name"),
        ("When did the plane land?", "time"),
        ("In what year was it built?", "time"),
        ("Where were they exchanged?", "place"),
        ("Which country asked for help?", "place"),
        ("How many people were freed?", "number"),
        ("How old is he?", "number"),
        ("What percentage voted?", "number"),
        ("Why was trading halted?", "reason"),
        ("How did the thief enter?", "manner"),
        ("Is the bridge open?", "verdict"),
        ("What did Peskov say?", "thing"),
    ],
)
def test_kind_of(question: str, kind: str) -> None:
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("kind", "sentence", "known", "expected"),
    [
        pytest.param("number", "It released 16 people.", set(), 1.0, id="digits"),
        pytest.param("number", "It released sixteen people.", set(), 1.0, id="number word"),
        pytest.param("number", "It released people.", set(), 0.0, id="no number"),
        pytest.param("number", "In 2024 it released people.", {"2024"}, 0.0, id="number of the question"),
        pytest.param("time", "They landed on Thursday.", set(), 1.0, id="weekday"),
        pytest.param("time", "They landed, officials said on Friday.", set(), 0.0, id="when it was said"),
        pytest.param("time", "They said on Friday that it fell on 3 May.", set(), 1.0, id="said and happened"),
        pytest.param("name", "The talks were led by Ada Lind.", set(), 1.0, id="name inside"),
        pytest.param("time", "They landed, officials said on Friday.", set(), 0.0, id="when it was said"),
        pytest.param("time", "They said on Friday that it fell on 3 May.", set(), 1.0, id="said and happened"),
        pytest.param("name", "The talks were led by Ada Lind.", {"ada", "lind"}, 0.0, id="name of the question"),
        pytest.param("place", "They met in Ankara.", set(), 1.0, id="place"),
        pytest.param("reason", "It closed because a switch failed.", set(), 1.0, id="because"),
        pytest.param("thing", "Whatever.", set(), 0.5, id="cannot be told"),
    ],
)
def test_shows(kind: str, sentence: str, known: set[str], expected: float) -> None:
    assert shows(kind, sentence, known) == expected  # type: ignore[arg-type]


def test_the_first_word_of_a_sentence_is_no_name() -> None:
    assert names("Talks were led by Ada. Nobody knew. NATO agreed.") == ["Ada", "NATO"]


def test_families_are_stems_of_the_lexical_index() -> None:
    analyse = analyzer().analyze
    stems = {stem for line in _FAMILIES.strip().splitlines() for stem in line.split()}
    assert alike("mediat", "coordin") and alike("swap", "exchang") and not alike("mediat", "swap")
    assert not alike("mediat", "negoti"), "who negotiates is a party, who mediates is not"
    assert analyse("mediated coordination exchanges") == ["mediat", "coordin", "exchang"]
    assert {"mediat", "coordin", "exchang"} <= stems
    assert kin("swap")[0] == "exchang" and "swap" not in kin("swap") and kin("xylophon") == ()


def _inquiry(question: str) -> Inquiry:
    analyse = analyzer().analyze
    return Inquiry(question, np.ones(4, np.float32), ("mediat", "swap"), analyse, lambda term: 1.0)


def test_row_by_hand() -> None:
    asked = Asked(_inquiry("Who mediated the swap?"))
    passage = Passage("a", "The exchange", None, None, None, 0, 50, "", 0.1, 0.4, None)
    text = "The deal was coordinated by Ada Lind."
    row = dict(zip(FEATURES, asked.row(Candidate(1, Span(0, 37), text, "", 3, 8), passage), strict=True))
    assert [row[name] for name in ("soft", "cosine", "title", "agreement")] == [0, 0, 0, 0], "they need an encoder"
    assert row["exact"] == 0
    assert row["context"] == pytest.approx(KIN)
    assert (row["dense"], row["rank"], row["kind"]) == (0.4, 0.5, 1.0)
    assert row["length"] == pytest.approx(math.log1p(7) / 5)
    assert row["lead"] == pytest.approx(math.log(8 / 4) / 5)
    assert row["first"] == 0.0


def test_a_glance_keeps_the_best_in_their_order() -> None:
    asked = Asked(_inquiry("Who mediated the swap?"))
    passage = Passage("a", "Weather", None, None, None, 0, 50, "", 0.1, 0.4, None)
    plain = Candidate(0, Span(0, 20), "It rained for four long days.", "", 1, 8)
    answer = Candidate(0, Span(30, 60), "The swap was mediated by Ada Lind.", "", 2, 8)
    crowd = [plain] * LOOKED_AT + [answer]
    found, rows = asked.glance(crowd, [passage])
    assert found == [plain] * (LOOKED_AT - 1) + [answer] and rows.shape == (LOOKED_AT, len(FEATURES))
    assert asked.glance([], [passage])[0] == []


def test_noise_and_headings_are_no_candidates() -> None:
    lines = ("# A heading of the page", "Ada Lind led the talks on Monday.", "Swap Was Hard, Moscow Says")
    text = "\n".join([*lines, "It took four long days."])
    teaser = text.index("Swap Was")
    article = Article("a", "t", text, noise=(Noise(teaser, teaser + 26, "teaser"),))
    passage = Passage("a", "t", None, None, None, 0, len(text), text, 1.0)
    found = candidates([passage, passage], [article, article])
    assert [candidate.text for candidate in found] == ["Ada Lind led the talks on Monday.", "It took four long days."]
    assert found[1].before == "Ada Lind led the talks on Monday."


def test_weights_fit_the_features() -> None:
    assert RANK_WEIGHTS.shape == (len(FEATURES),)
    assert JUDGE_WEIGHTS.shape == (len(FEATURES) + 2,)
    judged, scores = judge_features(np.eye(len(FEATURES), dtype=np.float32)[:3], RANK_WEIGHTS)
    assert judged.shape == (3, len(FEATURES) + 2)
    assert judged[:, -1].sum() == pytest.approx(1.0)
    assert np.allclose(scores, RANK_WEIGHTS[:3])
