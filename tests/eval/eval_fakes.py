"""Fakes of the judge's tests: a library of a few sentences, and run folders made from records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from report_fakes import make_run

from eval.conditions import to_json
from eval.dataset import Question
from eval.records import Hit, Record
from eval.run import CONDITIONS, RECORDS, Run
from rag.errors import ArticleNotFound
from rag.examination import Examination, RankedChunk
from rag.types import (
    Answer,
    Article,
    Chunk,
    Citation,
    Evidence,
    Filters,
    Passage,
    Provenance,
    Settings,
    Short,
    Timings,
)

DEFAULTS = Settings()
MINERS = "The mine flooded on Monday.\nMayor Ilse Brandt closed the mine."
BAKERS = "Bread prices rose.\nThe guild blames the price of rye."
CLOSED = Question("q1", "Who closed the mine?", ("Ilse Brandt",), ("mine",), answerable=True, tags=("who",))
FLOOD = Question("q2", "When did the mine flood?", ("Monday",), ("mine",), answerable=True, tags=("when",))
PAINTED = Question("q3", "Who painted it?", (), (), answerable=False)
QUESTIONS = (CLOSED, FLOOD, PAINTED)
SIGNALS_OF_0_2 = {
    "judged": 2.5, "score": 7.25, "margin": 1.5, "share": 0.75, "agreeing": 0.5, "dense": 0.625, "lexical": 3.0,
    "place": 0.125, "covered": 0.875,
}  # fmt: skip
"""The evidence of a record that the sentence reader made."""


@dataclass(frozen=True)
class FakeInfo:
    path: str = "fake.rag"
    library: str = "f00d"
    generation: int = 3
    articles: int = 2
    chunks: int = 4
    encoder_name: str = "fake-encoder"
    encoder: str = "fingerprint"
    chunker: str = "lines"
    reader: str = "fake-reader"
    calibration: str = "none"
    version: str = "0.0"


class FakeLibrary:
    """Articles whose chunks are their lines, ranked as they stand; replies are (article id, quote).

    A question without a reply is refused, one with a reply in `withheld` too.  The first two chunks are read.
    `shorts` are the words inside the quote that answer a question; without them the whole sentence does.
    `stop_at` is the number of the question, counted from 1 and the warming up left out, at which Ctrl-C is pressed.
    `asked` and `days` keep the questions and the days as of which they were asked.
    """

    info = FakeInfo()

    def __init__(
        self,
        articles: dict[str, str],
        replies: dict[str, tuple[str, str]],
        *,
        shorts: Mapping[str, str] | None = None,
        withheld: tuple[str, ...] = (),
        stop_at: int | None = None,
    ) -> None:
        self.texts = articles
        self.replies = replies
        self.shorts = shorts or {}
        self.withheld = withheld
        self.stop_at = stop_at
        self.asked: list[str] = []
        self.days: list[date | None] = []

    def article(self, article_id: str) -> Article:
        if article_id not in self.texts:
            raise ArticleNotFound(article_id)
        return Article(id=article_id, title=article_id, text=self.texts[article_id])

    def chunks(self, article_id: str) -> tuple[Chunk, ...]:
        text = self.article(article_id).text
        starts = [text.index(line) for line in text.split("\n")]
        ends = [start + len(line) for start, line in zip(starts, text.split("\n"), strict=True)]
        return tuple(Chunk(article_id, *at) for at in zip(range(len(starts)), starts, ends, strict=True))

    def examine(
        self, question: str, *, k: int = 100, as_of: date | None = None, settings: Settings = DEFAULTS
    ) -> Examination:
        self.asked.append(question)
        self.days.append(as_of)
        if self.stop_at is not None and len(self.asked) - 1 == self.stop_at:
            raise KeyboardInterrupt
        reply = self.replies.get(question)
        quotes = () if reply is None else (self._citation(*reply),)
        short = self._short(quotes[0], self.shorts[question]) if quotes and question in self.shorts else None
        answered = bool(quotes) and question not in self.withheld
        answer = Answer(
            question=question,
            answered=answered,
            text=quotes[0].quote if answered else "These articles do not say.",
            confidence=0.9 if answered else 0.2,
            citations=quotes if answered else (),
            passages=self._passages()[:2],
            timings=Timings(encode=2.0, read=6.0, total=10.0),
            provenance=Provenance("fake.rag", 3, "fake-encoder", "0.0", settings, Filters(as_of=as_of), as_of=as_of),
            reason=None if answered else "nothing fits",
            evidence=Evidence(answers=1.5, share=1.0) if quotes else Evidence(),
            short=short if answered else None,
        )
        ranking = tuple(RankedChunk(p.article_id, p.start, p.end, p.score) for p in self._passages()[:k])
        return Examination(answer, ranking, quotes, short)

    def _citation(self, article_id: str, quote: str) -> Citation:
        start = self.texts[article_id].index(quote)
        return Citation(1, article_id, article_id, None, None, None, start, start + len(quote), quote)

    def _short(self, citation: Citation, words: str) -> Short:
        start = citation.start + citation.quote.index(words)
        return Short(words, citation.article_id, start, start + len(words), citation.number)

    def _passages(self) -> tuple[Passage, ...]:
        return tuple(
            Passage(name, name, None, None, None, chunk.start, chunk.end, text[chunk.start : chunk.end], 1.0)
            for name, text in self.texts.items()
            for chunk in self.chunks(name)
        )


def miners(*, stop_at: int | None = None) -> FakeLibrary:
    """Two articles: the first of `QUESTIONS` is answered rightly, the second wrongly, the third refused.

    The first has a short answer.
    """
    replies = {CLOSED.question: ("mine", "Mayor Ilse Brandt closed the mine."), FLOOD.question: ("bread", BAKERS[:18])}
    shorts = {CLOSED.question: "Ilse Brandt"}
    return FakeLibrary({"mine": MINERS, "bread": BAKERS}, replies, shorts=shorts, stop_at=stop_at)


def hits(*articles: str) -> tuple[Hit, ...]:
    """A ranking of chunks of these articles; chunk `i` has the characters from `10 i`, and nothing is relevant."""
    return tuple(Hit(name, 10 * at, 10 * at + 9, 1 / (at + 1), False) for at, name in enumerate(articles))


def store_run(folder: Path, records: Sequence[Record], **conditions: object) -> Run:
    """A run folder that holds these records, complete unless `questions` says otherwise."""
    run = make_run(records, folder.name, **conditions)
    folder.mkdir(parents=True)
    (folder / CONDITIONS).write_text(json.dumps(to_json(run.conditions)), "utf-8")
    (folder / RECORDS).write_text("".join(f"{record.to_line()}\n" for record in records), "utf-8")
    return Run(folder, run.conditions, tuple(records))


def made_by_0_2(folder: Path) -> Path:
    """The run in `folder` as article-rag 0.2 wrote it: no short answers, no days, other settings and signals."""
    path = folder / CONDITIONS
    conditions = json.loads(path.read_bytes()) | {"reader": "extractive-1", "version": "0.2.0"}
    del conditions["dated"]
    for name in ("read", "rerank", "recency"):
        del conditions["settings"][name]
    path.write_text(json.dumps(conditions), "utf-8")
    rows = [json.loads(line) for line in (folder / RECORDS).read_bytes().splitlines()]
    for row in rows:
        del row["short"]
        row["evidence"] = dict(SIGNALS_OF_0_2)
    (folder / RECORDS).write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return folder
