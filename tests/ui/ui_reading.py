"""What the page may be made of, and a reader of it."""

from __future__ import annotations

from html.parser import HTMLParser

TAGS = {
    *("div", "section", "article", "header", "p", "h1", "h2", "h3", "a", "span", "mark", "time", "bdi"),
    *("details", "summary", "strong", "ul", "ol", "li", "h4", "button"),
}
ATTRIBUTES = {
    *(
        "class",
        "id",
        "href",
        "target",
        "rel",
        "dir",
        "title",
        "role",
        "tabindex",
        "datetime",
        "value",
        "type",
        "hidden",
    ),
    *("aria-label", "aria-hidden", "aria-expanded", "aria-controls"),
    *(f"data-{name}" for name in ("article", "start", "end", "number", "short", "verdict", "question", "quote")),
    *(f"data-{name}" for name in ("answer", "asked", "q", "after", "before", "as-of", "source", "copy")),
}


class Reader(HTMLParser):
    """Collects the tags, attributes, links and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.marks: list[str] = []
        self.strong: list[str] = []
        self.sentences: list[str] = []
        self.text = ""
        self._marking = 0
        self._inside: list[list[str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag == "mark":
            self._marking += 1
            self.marks.append("")
        if tag == "strong":
            self.strong.append("")
            self._inside.append(self.strong)
        if ("class", "rag-sentence") in attrs:
            self.sentences.append("")
            self._inside.append(self.sentences)
        if ("class", "rag-cite") in attrs and self._inside:
            self._inside.pop()

    def handle_endtag(self, tag: str) -> None:
        self._marking -= tag == "mark"
        if tag == "strong":
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._marking:
            self.marks[-1] += data
        for kept in self._inside:
            kept[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")
