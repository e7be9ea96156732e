"""Web addresses to files: pages, feeds and sitemaps are fetched into a folder, which is then synced as any other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from index.address import joined, parse, shown
from index.draft import Issue, printable
from index.feed import Entry, Kind, kind_of, read_listing
from index.fetch import LIMITS, STRICT, Fetched, Limits
from index.mirror import Kept, Mirror, Outcome, Source, of_entry
from index.visit import Visits, answered
from index.wire import Guard
from rag.errors import Interrupted, LoadError

MAX_SITEMAPS = 50
"""Of one index; the newest are read."""
SAVE_EVERY = 20
"""Pages between two notes of what was fetched: what a crash can cost is asking for them again."""


@dataclass(frozen=True, slots=True)
class Step:
    """One address done; `done` of the `total` that its source lists."""

    url: str
    outcome: Outcome | Literal["failed"]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pages came out how."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Gathered:
    """The files that stand for the addresses, also of pages that did not change, and what went wrong."""

    kept: tuple[Kept, ...]
    issues: tuple[Issue, ...]
    counts: Counts

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(kept.path for kept in self.kept)


def gather(
    urls: Sequence[str],
    folder: Path,
    *,
    limits: Limits = LIMITS,
    guard: Guard = STRICT,
    on_page: Callable[[Step], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Gathered:
    """Fetch pages, and the pages that feeds and sitemaps list, into `folder`: one file each, changed ones anew.

    What cannot be had is named in `issues` and ends nothing; a copy fetched before is never deleted for it.  `stop`
    is asked between two pages.  Raises Interrupted on Ctrl-C, with all that was fetched kept, and StorageError.
    """
    mirror = Mirror(folder)
    run = _Run(mirror, guard, limits, on_page or (lambda step: None), stop or (lambda: False))
    try:
        for url in urls:
            if not run.stop():
                run.source(url)
    except KeyboardInterrupt:
        message = f"Stopped.  The {len(run.kept):,} pages fetched so far are kept; run the same command to go on."
        raise Interrupted(message) from None
    finally:
        mirror.save()
    return Gathered(tuple(run.kept.values()), tuple(run.issues), Counts(**run.counts))


@dataclass
class _Run:
    """The state of one gathering: what was asked, what stands for it, what went wrong."""

    mirror: Mirror
    guard: Guard
    limits: Limits
    on_page: Callable[[Step], None]
    stop: Callable[[], bool]
    kept: dict[str, Kept] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.visits = Visits(self.guard, self.limits)
        self.asked: set[str] = set()
        self.pages = 0

    def source(self, url: str) -> None:
        """One address as the user gave it; what it is shows in what it answers."""
        try:
            asked = parse(url, self.guard.ports).text
            if self.mirror.kept(asked):
                self._each(asked, [Entry(asked)])
                return
            found = self.visits.document(asked)
            kind = kind_of(found.body)
            if kind == "page" and urlsplit(asked).path == "/" and (feed := self._feed_of(found)):
                self._tell(asked, f"is a front page: its feed {shown(feed)} is followed instead of it")
                found = self.visits.document(parse(feed, self.guard.ports).text)
                kind = kind_of(found.body)
            if kind == "page":
                self._each(asked, [Entry(asked)], found)
            else:
                self._each(asked, self._listed(asked, found, kind))
        except LoadError as error:
            self._fail(url, error)
            self._step(url, "failed", 1, 1)

    # -- what a source lists ------------------------------------------------------------------------------------

    def _feed_of(self, page: Fetched) -> str | None:
        try:
            feeds = read_listing(page.body, page.url).entries
        except LoadError:
            # What breaks the parser of feeds may still be a page.
            return None
        return joined(page.url, feeds[0].url) if feeds and feeds[0].url else None

    def _listed(self, asked: str, found: Fetched, kind: Kind) -> list[Entry]:
        """The pages of a feed, a sitemap or an index of sitemaps, newest first and no more than are allowed."""
        told = len(self.issues)
        entries = self._entries(asked, found)
        if kind == "sitemaps":
            entries = self._of_index(asked, entries)
        entries = _newest(entries)
        if not entries and len(self.issues) == told:
            self._tell(asked, "lists no pages")
        if len(entries) > self.limits.pages:
            self._tell(asked, f"lists {len(entries):,} pages; the newest {self.limits.pages:,} are fetched")
        return entries[: self.limits.pages]

    def _entries(self, asked: str, found: Fetched) -> list[Entry]:
        listing = read_listing(found.body, found.url, found.headers.get("content-type", ""))
        if listing.problem and not listing.entries:
            raise LoadError(listing.problem)
        if listing.problem:
            self._tell(asked, f"{listing.problem}; what could be read of it was taken")
        return [replace(entry, url=joined(found.url, entry.url)) if entry.url else entry for entry in listing.entries]

    def _of_index(self, asked: str, sitemaps: Sequence[Entry]) -> list[Entry]:
        """The pages of the newest sitemaps of an index, as many sitemaps as it takes."""
        entries: list[Entry] = []
        read = 0
        for sitemap in _newest(sitemaps)[:MAX_SITEMAPS]:
            if len(entries) >= self.limits.pages or self.stop():
                break
            read += 1
            try:
                found = self.visits.document(parse(sitemap.url or "", self.guard.ports).text)
                if kind_of(found.body) not in ("sitemap", "feed"):
                    raise LoadError("is no sitemap, though an index lists it as one; indexes within are not followed")
                entries += self._entries(sitemap.url or asked, found)
            except LoadError as error:
                self._fail(sitemap.url or asked, error)
        if read < len(sitemaps):
            self._tell(asked, f"lists {len(sitemaps):,} sitemaps; the newest {read:,} were read")
        return entries

    # -- pages --------------------------------------------------------------------------------------------------

    def _each(self, source: str, entries: Sequence[Entry], found: Fetched | None = None) -> None:
        """Fetch the pages of a source; `found` is the only one where it was fetched already."""
        for number, entry in enumerate(entries, 1):
            if self.stop():
                return
            url = entry.url or _unlinked(source, entry)
            name = url if entry.url is None else _key(url, self.guard) or url
            if name not in self.asked:
                self.asked.add(name)
                self._step(url, self._page(url, source, entry, found), number, len(entries))

    def _page(self, url: str, source: str, entry: Entry, found: Fetched | None) -> Outcome | Literal["failed"]:
        try:
            if entry.url is None and not entry.content:
                raise LoadError(f"lists {entry.title[:100]!r} with neither a link to a web page nor a text")
            if entry.url is None:
                return self._take(url, of_entry(entry, source), "feed", None)
            key = parse(url, self.guard.ports).text
            found = found or self.visits.ask(key, self.mirror.conditions(key))
            old = self.mirror.kept(key)
            if found.status == HTTPStatus.NOT_MODIFIED and old is not None:
                self.kept.setdefault(old.url, old)
                return "unchanged"
            if found.status != HTTPStatus.OK:
                raise LoadError(answered(found.status))
            return self._take(key, found, "page", entry.published)
        except LoadError as error:
            return self._without(url, entry, error)

    def _take(self, key: str, page: Fetched, source: Source, published: date | None) -> Outcome:
        if source == "page" and page.url in self.kept:
            # Another address of this run led to the same page.
            return "unchanged"
        kept, outcome = self.mirror.keep(key, page, source, published)
        self.kept[kept.url if source == "page" else key] = kept
        return outcome

    def _without(self, url: str, entry: Entry, error: LoadError) -> Outcome | Literal["failed"]:
        """What stands for a page that cannot be had: its copy of before, else the text that its feed carries."""
        key = _key(url, self.guard)
        day = self.mirror.page_of(key) if key else None
        old = self.mirror.kept(key) if key else None
        if key and day and old:
            self.kept.setdefault(old.url, old)
            self._tell(url, f"{error}; the copy of {day} is kept (delete {old.path} to drop it)")
            return "unchanged"
        if key and entry.content:
            self._tell(url, f"{error}; the text that its feed carries is kept instead")
            return self._take(key, of_entry(entry, key), "feed", None)
        self._fail(url, error)
        return "failed"

    # -- telling ------------------------------------------------------------------------------------------------

    def _step(self, url: str, outcome: Outcome | Literal["failed"], done: int, total: int) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + 1
        self.on_page(Step(shown(url), outcome, done, total))
        self.pages += 1
        if self.pages % SAVE_EVERY == 0:
            self.mirror.save()

    def _tell(self, url: str, message: str) -> None:
        self.issues.append(Issue(shown(url), printable(message), skipped=False))

    def _fail(self, url: str, error: LoadError) -> None:
        self.issues.append(Issue(shown(url), printable(str(error))))


def _key(url: str, guard: Guard) -> str | None:
    """The address in the form that copies are known by; None for one that is none."""
    try:
        return parse(url, guard.ports).text
    except LoadError:
        return None


def _newest(entries: Iterable[Entry]) -> list[Entry]:
    """By date, the newest first; those without one last, in the order of their document."""

    def day(entry: Entry) -> date:
        return max((known for known in (entry.published, entry.changed) if known), default=date.min)

    return sorted(entries, key=day, reverse=True)


def _unlinked(source: str, entry: Entry) -> str:
    """A name for an entry that has no page of its own."""
    code = hashlib.sha256(f"{entry.title}\n{entry.published}".encode("utf-8", "replace")).hexdigest()[:10]
    return f"{source}#{code}"
