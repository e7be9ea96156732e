"""How much of an article is kept of a web page, and how much else is let in, over the layouts of `bench.layouts`.

python -m bench.extraction [--articles FOLDER] [--compare]

`body` is the share of the article's words that were kept, `noise` the share of the extracted words that are not the
article's, `let in` the share of the words around it that got into it.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.layouts import LAYOUTS, Layout
from bench.story import Story
from bench.texts import SAMPLES
from index.clean import body, find_noise
from index.draft import Draft
from index.load import read_file
from index.web import Page, article
from rag.errors import LoadError

Extract = Callable[[str], str]
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Score:
    """Words over pages: of the article, kept of it, taken in all, taken that are not the article's, around it."""

    body: int = 0
    kept: int = 0
    taken: int = 0
    wrong: int = 0
    around: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.body + other.body, self.kept + other.kept, self.taken + other.taken, self.wrong + other.wrong,
            self.around + other.around,
        )  # fmt: skip

    @property
    def share(self) -> float:
        return self.kept / max(1, self.body)

    @property
    def noise(self) -> float:
        return self.wrong / max(1, self.taken)

    @property
    def let_in(self) -> float:
        return self.wrong / max(1, self.around)


def stories(folder: Path = SAMPLES) -> list[Story]:
    """The plain-text articles of a folder, without the noise that is in them."""
    found: list[Story] = []
    for path in sorted(folder.iterdir()):
        for draft in read_file(path) if path.suffix in (".txt", ".md") else ():
            if isinstance(draft, Draft):
                spans = body(draft.text, find_noise(draft.text, draft.title))
                rows = [row.strip() for span in spans for row in draft.text[span.start : span.end].split("\n")]
                found.append(Story(draft.title, [row for row in rows if row and row != draft.title]))
    return found


def extracted(html: str) -> str:
    """The article's text as it is indexed, "" where the page is refused."""
    try:
        return article(Page(html), "page.html", 0).text
    except LoadError:
        return ""


def score(layout: Layout, story: Story, extract: Extract = extracted) -> Score:
    """What is kept of one article in one layout.  The headline, and what is marked as neutral, count as neither."""
    if layout is LAYOUTS["short piece"]:
        story = replace(story, paragraphs=story.paragraphs[:2])
    html = layout(story)
    wanted = _words(" ".join(story.paragraphs))
    neutral = _words(story.title) + _words(story.title) + _neutral(html)
    taken = _words(extract(html))
    wrong = taken - wanted - neutral
    around = _words(_visible(html)) - wanted - neutral
    return Score(
        wanted.total(), (taken & wanted).total(), taken.total(), wrong.total(), around.total()
    )  # fmt: skip


def measure(found: Sequence[Story], extract: Extract = extracted) -> dict[str, Score]:
    """The score of each layout over all stories."""
    return {name: sum((score(layout, story, extract) for story in found), Score()) for name, layout in LAYOUTS.items()}


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.lower()))


def _visible(html: str) -> str:
    from lxml.html import fromstring

    tree = fromstring(html)
    return " ".join(tree.xpath("//body//text()[not(parent::script) and not(parent::style)]"))


def _neutral(html: str) -> Counter[str]:
    from lxml.html import fromstring

    return _words(" ".join(fromstring(html).xpath("//*[contains(@class, 'neutral')]//text()")))


def _compared() -> dict[str, Extract]:
    """Other ways to do it, each from HTML to text."""
    import trafilatura

    def bare(**options: bool) -> Extract:
        return lambda html: trafilatura.extract(html, include_comments=False, **options) or ""

    def pruned(favour: str) -> Extract:
        def extract(html: str) -> str:
            try:
                return article(Page(html), "page.html", 0, favour).text  # type: ignore[arg-type]
            except LoadError:
                return ""

        return extract

    return {
        "trafilatura, precision": bare(favor_precision=True),
        "trafilatura, balance": bare(),
        "trafilatura, recall": bare(favor_recall=True),
        "pruned, precision": pruned("precision"),
        "pruned, balance": pruned("balance"),
        "pruned, recall": pruned("recall"),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, default=SAMPLES, help="folder of .txt and .md articles")
    parser.add_argument("--compare", action="store_true", help="also other settings, and without our own rules")
    given = parser.parse_args()
    found = stories(given.articles)
    for name, extract in (_compared() if given.compare else {"as indexed": extracted}).items():
        by_layout = measure(found, extract)
        print(f"{name}: {len(by_layout)} layouts x {len(found)} articles")
        if not given.compare:
            for layout, own in by_layout.items():
                print(f"  {layout:26} body {own.share:6.3f}  noise {own.noise:6.3f}  let in {own.let_in:6.3f}")
        whole = sum(by_layout.values(), Score())
        least = min(by_layout, key=lambda layout: by_layout[layout].share)
        most = max(by_layout, key=lambda layout: by_layout[layout].noise)
        print(f"  {'overall':26} body {whole.share:6.3f}  noise {whole.noise:6.3f}  let in {whole.let_in:6.3f}")
        print(f"  least body {by_layout[least].share:.3f} ({least}), most noise {by_layout[most].noise:.3f} ({most})")


if __name__ == "__main__":
    main()
