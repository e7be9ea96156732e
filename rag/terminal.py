"""Answers, passages and reports on a terminal, readable at 40 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rag.types import Answer, Article, Citation, Passage, Span

SNIPPET_CHARS = 240


def show_answer(console: Console, answer: Answer) -> None:
    """The quotes with their numbers and sources, or the refusal with the closest passages."""
    if not answer.answered:
        console.print(Text(answer.text, style="bold"))
        console.print(Text(answer.reason or "", style="yellow"))
        if answer.passages:
            console.print("\nThe closest passages:")
            show_passages(console, answer.passages[:3])
        return
    for citation in answer.citations:
        console.print(Text.assemble((f"“{citation.quote}”", "bold"), (f" [{citation.number}]", "cyan")))
    console.print()
    for citation in answer.citations:
        console.print(Text.assemble((f"[{citation.number}] ", "cyan"), _heading(citation)))
        where = Text(f"rag show {citation.article_id} --quote {citation.start}-{citation.end}", style="dim")
        console.print(Padding(where, (0, 0, 0, 4)))
    console.print(Text(f"\nConfidence {answer.confidence:.2f}; {answer.timings.total:.0f} ms", style="dim"))


def show_passages(console: Console, passages: Sequence[Passage]) -> None:
    """Numbered passages with their scores and the beginning of each."""
    for number, passage in enumerate(passages, start=1):
        console.print(Text.assemble((f"{number}. ", "cyan"), _heading(passage)))
        scores = [f"score {passage.score:.4f}"]
        if passage.dense is not None:
            scores.append(f"cosine {passage.dense:.2f}")
        if passage.lexical is not None:
            scores.append(f"BM25 {passage.lexical:.1f}")
        text = " ".join(passage.text.split())
        snippet = text if len(text) <= SNIPPET_CHARS else text[:SNIPPET_CHARS].rsplit(" ", 1)[0] + " …"
        console.print(Padding(Text(snippet), (0, 0, 0, 3)))
        console.print(Padding(Text(f"{', '.join(scores)}; {passage.article_id}", style="dim"), (0, 0, 0, 3)))


def _heading(source: Citation | Passage) -> Text:
    parts = [part for part in (source.source, str(source.published) if source.published else None) if part]
    text = Text.assemble((source.title or source.article_id, "bold"), f" ({', '.join(parts)})" if parts else "")
    if source.url:
        text.append(f" {source.url}", style="blue")
    return text


def show_article(console: Console, article: Article, quote: Span | None) -> None:
    """An article whole, lines that are not its body dimmed, the quoted range highlighted."""
    console.print(Text(article.title or article.id, style="bold"))
    facts = [
        article.source,
        str(article.published) if article.published else None,
        article.url,
        article.origin,
    ]
    console.print(Text("  ".join(fact for fact in facts if fact) + "\n", style="dim"))
    text = Text(article.text)
    for mark in article.noise:
        text.stylize("dim", mark.start, mark.end)
    if quote:
        text.stylize("black on yellow", quote.start, quote.end)
    console.print(text)


def show_list(console: Console, articles: Iterable[Article]) -> None:
    """One line an article: date, id, title, source."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("published", no_wrap=True)
    table.add_column("id", overflow="fold", style="cyan")
    table.add_column("title", overflow="fold")
    table.add_column("source", overflow="fold", style="dim")
    for article in articles:
        table.add_row(str(article.published or ""), article.id, article.title, article.source or "")
    console.print(table)
