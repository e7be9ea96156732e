"""Fakes of the judge's tests: small records, and a library of a few sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from eval.records import Record
from rag.errors import ArticleNotFound
from rag.types import Answer, Article, Citation, Filters, Passage, Provenance, Settings, Timings

MakeRecord = Callable[..., Record]
DEFAULTS = Settings()


@dataclass(frozen=True)
class FakeInfo:
    path: str = "fake.rag"
    generation: int = 3
    articles: int = 2
    chunks: int = 4
    encoder_name: str = "fake-encoder"
    version: str = "0.0"


class FakeLibrary:
    """Articles whose chunks are their lines, ranked as they stand; replies are (article id, quote).

    A question without a reply is refused.  The first two chunks are read.
    """

    info = FakeInfo()

    def __init__(self, articles: dict[str, str], replies: dict[str, tuple[str, str]]) -> None:
        self.texts = articles
        self.replies = replies
        self.asked: list[str] = []

    def article(self, article_id: str) -> Article:
        if article_id not in self.texts:
            raise ArticleNotFound(article_id)
        return Article(id=article_id, title=article_id, text=self.texts[article_id])

    def hits(self, query: str, *, k: int = 100, settings: Settings = DEFAULTS) -> tuple[Passage, ...]:
        return tuple(self._chunks())[:k]

    def ask(self, question: str, *, settings: Settings = DEFAULTS) -> Answer:
        self.asked.append(question)
        reply = self.replies.get(question)
        citations = () if reply is None else (self._citation(*reply),)
        return Answer(
            question=question,
            answered=bool(citations),
            text=citations[0].quote if citations else "These articles do not say.",
            confidence=0.9 if citations else 0.2,
            citations=citations,
            passages=self.hits(question, k=2),
            timings=Timings(encode=2.0, read=6.0, total=10.0),
            provenance=Provenance("fake.rag", 3, "fake-encoder", "0.0", settings, Filters()),
            reason=None if citations else "nothing fits",
        )

    def _citation(self, article_id: str, quote: str) -> Citation:
        start = self.texts[article_id].index(quote)
        return Citation(1, article_id, article_id, None, None, None, start, start + len(quote), quote)

    def _chunks(self) -> list[Passage]:
        return [
            Passage(article_id, article_id, None, None, None, text.index(line), 0, line, 1.0)
            for article_id, text in self.texts.items()
            for line in text.split("\n")
        ]


MINERS = "The mine flooded on Monday.\nMayor Ilse Brandt closed the mine."
BAKERS = "Bread prices rose.\nThe guild blames the price of rye."


@pytest.fixture
def library() -> FakeLibrary:
    """Two articles; the second question below is answered with the wrong sentence."""
    return FakeLibrary(
        {"mine": MINERS, "bread": BAKERS},
        {
            "Who closed the mine?": ("mine", "Mayor Ilse Brandt closed the mine."),
            "When did the mine flood?": ("bread", "Bread prices rose."),
        },
    )


@pytest.fixture
def make_record() -> MakeRecord:
    """Builds an answerable question, rightly answered with the first hit; any field can be changed."""
    right = Record(
        question_id="q",
        question="Who?",
        tags=(),
        answerable=True,
        answered=True,
        confidence=0.9,
        hit_rank=1,
        article_rank=1,
        hit_read=True,
        answer_correct=True,
        citation_right=1.0,
        verbatim=1.0,
        quotes=("Ilse Brandt did.",),
        cited=("mine",),
        reason=None,
        timings=Timings(total=10.0),
    )
    return lambda **changes: replace(right, **changes)


@pytest.fixture
def mixed_records(make_record: MakeRecord) -> list[Record]:
    """Four answerable and two unanswerable questions:

    right (rank 1), wrong (rank 4), refused (rank 12), refused (no hit); refused, wrongly answered.
    """
    refused = {
        "answered": False,
        "answer_correct": False,
        "citation_right": None,
        "verbatim": None,
        "quotes": (),
        "cited": (),
    }
    nothing = {"answerable": False, "hit_rank": None, "article_rank": None, "hit_read": False}
    return [
        make_record(question_id="a", confidence=0.9, tags=("who",)),
        make_record(
            question_id="b",
            confidence=0.8,
            hit_rank=4,
            answer_correct=False,
            citation_right=0.5,
            tags=("who",),
        ),
        make_record(question_id="c", confidence=0.3, hit_rank=12, hit_read=False, **refused),
        make_record(question_id="d", confidence=0.1, hit_rank=None, hit_read=False, **refused),
        make_record(question_id="e", confidence=0.3, **nothing, **refused),
        make_record(
            question_id="f",
            confidence=0.7,
            answer_correct=False,
            citation_right=None,
            verbatim=0.5,
            tags=("trap",),
            **nothing,
        ),
    ]
