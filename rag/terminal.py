"""Answers, passages and reports on a terminal, readable at 40 columns."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rag.types import Answer, Article, Citation, Copy, Passage, Short, Span

if TYPE_CHECKING:
    from rag.check import Checked
    from rag.replay import Replay

SNIPPET_CHARS = 240
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def shown(text: str, style: str = "") -> Text:
    """Text of an article for a terminal: no markup, and control characters cannot steer the terminal."""
    return Text(_CONTROL.sub("�", text), style=style)


def show_answer(console: Console, answer: Answer, library: Path) -> None:
    """The quotes with their numbers and sources, or the refusal with the closest passages."""
    if not answer.answered:
        console.print(shown(answer.text, "bold"))
        console.print(shown(answer.reason or "", "yellow"))
        if answer.passages:
            console.print("\nThe closest passages:")
            show_passages(console, answer.passages[:3])
        return
    if answer.sides:
        told = "Versions of one text differ:" if answer.revised else "The sources differ:"
        console.print(Text(told, style="yellow"))
        for side in answer.sides:
            numbers = " ".join(f"[{number}]" for number in side.citations)
            told = f" ({side.published})" if side.published else ""
            console.print(Text.assemble("  ", shown(side.short.text, "bold green"), (f" {numbers}", "cyan"), told))
    elif answer.short:
        console.print(shown(" ".join(answer.short.text.split()), "bold green"))
    for citation in answer.citations:
        console.print(Text.assemble(_quote(citation, answer.shorts), (f" [{citation.number}]", "cyan")))
    console.print()
    for citation in answer.citations:
        console.print(Text.assemble((f"[{citation.number}] ", "cyan"), _heading(citation)))
        for line in _also(citation):
            console.print(Padding(shown(line), (0, 0, 0, 4)))
        span = f"{citation.start}-{citation.end}"
        command = shlex.join(["rag", "show", citation.article_id, "--quote", span, "--library", str(library)])
        console.print(Padding(shown(command, "dim"), (0, 0, 0, 4)))
    console.print(Text(f"\nConfidence {answer.confidence:.2f}; {answer.timings.total:.0f} ms", style="dim"))


def show_replay(console: Console, replay: Replay) -> None:
    """Whether a saved answer is given again, and what differs."""
    for sentence in replay.conditions:
        console.print(shown(sentence, "yellow"))
    for sentence in replay.differences:
        console.print(shown(sentence, "bold"))
    if not replay.differences:
        told = "The same answer." if replay.exact else "The same answer, though not from the same conditions."
        console.print(shown(told, "green"))


def show_passages(console: Console, passages: Sequence[Passage]) -> None:
    """Numbered passages with their scores and the beginning of each."""
    for number, passage in enumerate(passages, start=1):
        console.print(Text.assemble((f"{number}. ", "cyan"), _heading(passage)))
        scores = [f"score {passage.score:.4f}"]
        if passage.dense is not None:
            scores.append(f"cosine {passage.dense:.2f}")
        if passage.lexical is not None:
            scores.append(f"BM25 {passage.lexical:.1f}")
        if passage.copies:
            scores.append("1 other copy" if passage.copies == 1 else f"{passage.copies:,} other copies")
        text = " ".join(passage.text.split())
        snippet = text if len(text) <= SNIPPET_CHARS else text[:SNIPPET_CHARS].rsplit(" ", 1)[0] + " …"
        console.print(Padding(shown(snippet), (0, 0, 0, 3)))
        console.print(Padding(shown(f"{', '.join(scores)}; {passage.article_id}", "dim"), (0, 0, 0, 3)))


def _quote(citation: Citation, shorts: Sequence[Short]) -> Text:
    """A quote on one line, the short answers inside it green."""
    text = shown(re.sub(r"\s", " ", citation.quote), "bold")
    for short in shorts:
        if place := citation.place(short):
            text.stylize("green", *place)
    return Text.assemble("“", text, "”")


def _also(citation: Citation) -> list[str]:
    """What a cited article is among the copies of its text, and where the others are; of no copies nothing."""
    if not citation.copies:
        return []
    own = _standing(citation)
    more = f", {citation.more_copies:,} more" if citation.more_copies else ""
    quoted = [_named(copy) for copy in citation.copies if copy.end]
    others = [_named(copy) for copy in citation.copies if not copy.end]
    parts = [(quoted, "also in"), (others, "worded differently in")]
    lines = [f"{label}: {', '.join(names)}" for names, label in parts if names]
    return [*([f"the {own} of {len(citation.copies) + citation.more_copies + 1:,} copies"] if own else []),
            *lines[:-1], lines[-1] + more]  # fmt: skip


def _standing(one: Citation | Copy) -> str:
    return "original" if one.original else "newest" if one.newest else ""


def _named(copy: Copy) -> str:
    """Where a copy appeared and when; the original and the newest are named as such."""
    facts = [str(copy.published) if copy.published else "", _standing(copy)]
    told = ", ".join(fact for fact in facts if fact)
    name = copy.source or copy.title or copy.article_id
    return f"{name} ({told})" if told else name


def _heading(source: Citation | Passage) -> Text:
    parts = [part for part in (source.source, str(source.published) if source.published else None) if part]
    if isinstance(source, Citation):
        parts = ([source.author] if source.author else []) + parts
        parts += [f"page {source.page}"] if source.page else []
        parts += [f"under “{source.section}”"] if source.section else []
    text = shown(source.title or source.article_id, "bold")
    if parts:
        text.append_text(shown(f" ({', '.join(parts)})", "not bold"))
    if source.url:
        text.append_text(shown(f" {source.url}", "blue"))
    return text


def show_article(console: Console, article: Article, quote: Span | None) -> None:
    """An article whole, lines that are not its body dimmed, the quoted range highlighted."""
    console.print(shown(article.title or article.id, "bold"))
    facts = [
        article.author,
        article.source,
        str(article.published) if article.published else None,
        article.url,
        article.language,
        article.origin,
    ]
    console.print(shown("  ".join(fact for fact in facts if fact) + "\n", "dim"))
    text = shown(article.text)
    for mark in article.noise:
        text.stylize("dim", mark.start, mark.end)
    if quote:
        text.stylize("black on yellow", quote.start, quote.end)
    console.print(text)


def show_list(console: Console, articles: Iterable[Article]) -> None:
    """One line an article: date, id, title, source."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("published", no_wrap=True)
    # An id is there to be copied: it stays in one piece where nobody looks at a narrow terminal.
    table.add_column("id", overflow="fold", no_wrap=not console.is_terminal, style="cyan")
    table.add_column("title", overflow="fold")
    table.add_column("source", overflow="fold", style="dim")
    for article in articles:
        cells = (str(article.published or ""), article.id, article.title, article.source or "")
        table.add_row(*(shown(cell) for cell in cells))
    console.print(table)


def show_checked(console: Console, checked: Checked) -> None:
    """What became of each citation of a saved answer."""
    colours = {"intact": "green", "changed": "yellow", "gone": "red"}
    for one in checked.citations:
        head = Text.assemble((f"[{one.number}] ", "cyan"), (one.state, colours[one.state]), " ", shown(one.title))
        console.print(head)
        console.print(Padding(shown(" ".join(one.quote.split()), "bold"), (0, 0, 0, 4)))
        console.print(Padding(shown(one.told, "dim"), (0, 0, 0, 4)))
    if not checked.citations:
        console.print("The answer is a refusal: it cites nothing.")
