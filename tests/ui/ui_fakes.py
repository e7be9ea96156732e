"""A small real library for the page's tests: three articles, answers made by string search."""

from __future__ import annotations

import atexit
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from rag.copies import Copies
from rag.errors import ArticleNotFound, QuestionError
from rag.manifest import ChunkerSpec, Manifest, write_manifest
from rag.shelf import Query, Row, Shelf
from rag.spec import EncoderSpec
from rag.stage import begin
from rag.types import (
    MAX_QUESTION_CHARS,
    Answer,
    Article,
    Chunk,
    Citation,
    Filters,
    Noise,
    Passage,
    Provenance,
    Settings,
    Short,
    Side,
    Timings,
)

SWAP = Article(
    id="a1",
    title="East and West Free Detainees in Turkish Capital",
    text=(
        "East and West Free Detainees in Turkish Capital\n"
        "Twenty-six people left custody on Thursday in a trade between Russia and the West that was "
        "supervised by Turkey's spy service, the MIT.\n"
        "Ten of the 26, among them two children, were put on an aircraft to Russia. Thirteen went to Germany "
        "and three to the United States.\n"
        "Planning began once the German and Russian governments had approached Ankara and requested its "
        "help, the presidency added. Turkish agents then carried messages back and forth and fixed the order "
        "in which people would board.\nRead more: Fete Moves Indoors After Downpour"
    ),
    source="The Millbrook Gazette",
    url="https://www.example.com/millbrook-gazette/east-and-west-free-detainees",
    published=date(2024, 8, 2),
    noise=(Noise(0, 47, "title"), Noise(540, 584, "navigation")),
)
BRIDGE = Article(
    id="a2",
    title="Pell Harbour Bridge to Close for Eleven Weeks",
    text=(
        "The county will close Pell Harbour Bridge for eleven weeks from 2 September, the roads office said. "
        "Buses to Pell Harbour Bridge will turn at the fish market. A ferry will carry people on foot."
    ),
    source="Harbour Courier",
    url="https://example.org/pell-harbour-bridge",
    published=date(2024, 8, 5),
)
LIBRARY = Article(
    id="a3",
    title="Ostermere Library Reopens With Book Swap",
    text=(
        "After a year of repairs the Ostermere Library opened its doors again on Monday. Readers brought "
        "four hundred books to a swap in the hall, and the mayor cut a ribbon of old overdue notices."
    ),
    source=None,
    url=None,
    published=None,
)
ARTICLES = (SWAP, BRIDGE, LIBRARY)
ANY = Filters()
CHOSEN = Settings()


@cache
def published() -> Path:
    """A folder called news-2024 with a manifest that can be read and nothing else."""
    home = tempfile.TemporaryDirectory(prefix="article-rag-")
    atexit.register(home.cleanup)
    folder = Path(home.name) / "news-2024"
    folder.mkdir()
    spec = EncoderSpec("fake-encoder", "a" * 64, "b" * 64, 32, 256, "mean", True, "", "")
    write_manifest(folder, Manifest("news", 3, 3, 1_204, "c" * 64, spec, ChunkerSpec(), "0.1.0", ()))
    return folder


@dataclass(frozen=True)
class FakeInfo:
    path: Path = field(default_factory=published)
    generation: int = 3
    articles: int = 3
    chunks: int = 1_204
    encoder_name: str = "fake-encoder"
    version: str = "0.1.0"


def provenance() -> Provenance:
    return Provenance("/home/reader/news-2024", 3, "fake-encoder", "0.1.0", Settings(), Filters())


def whole(article: Article, score: float = 0.032) -> Passage:
    """The passage that is all of `article`."""
    return Passage(
        article.id,
        article.title,
        article.source,
        article.url,
        article.published,
        0,
        len(article.text),
        article.text,
        score,
        0.71,
        9.25,
        article.noise,
    )


def cite(number: int, article: Article, quote: str) -> Citation:
    """The citation of the first occurrence of `quote` in `article`."""
    start = article.text.index(quote)
    return Citation(
        number,
        article.id,
        article.title,
        article.source,
        article.url,
        article.published,
        start,
        start + len(quote),
        quote,
    )


def short(citation: Citation, words: str) -> Short:
    """The words of a citation that answer, where they first stand in it."""
    start = citation.start + citation.quote.index(words)
    return Short(words, citation.article_id, start, start + len(words), citation.number)


def side(*citations: Citation, words: str) -> Side:
    """What these citations, the newest first, give for the answer; `words` stand in the first."""
    numbers = tuple(citation.number for citation in citations)
    return Side(short(citations[0], words), numbers, citations[0].published)


def answered(
    question: str,
    *citations: Citation,
    passages: tuple[Passage, ...],
    words: Short | None = None,
    sides: tuple[Side, ...] = (),
) -> Answer:
    text = " ".join(f"{c.quote} [{c.number}]" for c in citations)
    times = Timings(8.1, 1.2, 2.3, 0.1, 40.5, 0.4, 52.6)
    made = Answer(question, True, text, 0.87, citations, passages, times, provenance(), short=words, sides=sides)
    return replace(made, text=f"The sources differ. {text}") if sides else made


def refused(question: str, passages: tuple[Passage, ...], reason: str | None = None) -> Answer:
    text = "These articles do not answer the question."
    reason = reason or "No sentence of the passages read was likely enough to be an answer (best: 0.21)."
    return Answer(question, False, text, 0.21, (), passages, Timings(total=48.0), provenance(), reason)


@dataclass
class FakeLibrary:
    """Answers about the swap, with a short answer, refuses other questions, and raises on request."""

    info: FakeInfo = field(default_factory=FakeInfo)
    held: tuple[Article, ...] = ARTICLES
    canned: dict[str, Answer] = field(default_factory=dict)
    raising: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    filtered: list[Filters] = field(default_factory=list)
    copied: dict[str, Copies] = field(default_factory=dict)
    closed: bool = False
    encoder: ClassVar[Any] = None

    def ask(self, question: str, *, filters: Filters = ANY, settings: Settings = CHOSEN) -> Answer:
        self.asked.append(question)
        self.filtered.append(filters)
        for stage in ("search", "read"):
            begin(stage)
        if len(question) > MAX_QUESTION_CHARS:
            raise QuestionError("too long")
        if question in self.raising:
            raise self.raising[question]
        if question in self.canned:
            return self.canned[question]
        passages = tuple(whole(article, 0.032 - i / 100) for i, article in enumerate(self.held))
        if "swap" not in question.lower() and "supervised" not in question.lower():
            return refused(question, passages)
        first = cite(1, SWAP, SWAP.text.split("\n")[1])
        others = cite(2, SWAP, _PLANNING), cite(3, BRIDGE, _FERRY)
        made = answered(question, first, *others, passages=passages, words=short(first, "Turkey's spy service"))
        return replace(made, provenance=replace(made.provenance, filters=filters))

    def articles(self) -> tuple[Article, ...]:
        return self.held

    def article(self, article_id: str) -> Article:
        for article in self.held:
            if article.id == article_id:
                return article
        raise ArticleNotFound(f"No article {article_id!r}.")

    def chunks(self, article_id: str) -> tuple[Chunk, ...]:
        """Each line of an article is a chunk."""
        text, start = self.article(article_id).text, 0
        found: list[Chunk] = []
        for line in text.split("\n"):
            found.append(Chunk(article_id, len(found), start, start + len(line)))
            start += len(line) + 1
        return tuple(found)

    def copies(self, article_id: str) -> Copies:
        """Those that a test laid down."""
        return self.copied.get(self.article(article_id).id, Copies())

    def sources(self) -> tuple[tuple[str, int], ...]:
        return tuple((article.source, 1) for article in self.held if article.source)

    def shelf(self, query: Query) -> Shelf:
        """All articles on one page, whatever is asked for."""
        rows = tuple(
            Row(article.id, article.title, article.source, article.published, len(self.chunks(article.id)))
            for article in self.held
        )
        return Shelf(rows, len(rows), 1, 1)

    def reload(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


@dataclass
class SlowLibrary(FakeLibrary):
    """Reads for ever where a question says "slow"; `ended` are the names of what ended it."""

    ended: list[str] = field(default_factory=list)

    def ask(self, question: str, *, filters: Filters = ANY, settings: Settings = CHOSEN) -> Answer:
        if "slow" not in question:
            return super().ask(question, filters=filters, settings=settings)
        try:
            while True:
                begin("read")
                time.sleep(0.01)
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise


_PLANNING = "Turkish agents then carried messages back and forth and fixed the order in which people would board."
_FERRY = "A ferry will carry people on foot."
