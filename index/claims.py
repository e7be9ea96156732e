"""What a document claims of itself in its properties, where that can be believed."""

from __future__ import annotations

import re
from datetime import date, timedelta

from index.draft import day, scalar

_JUNK_TITLE = re.compile(
    r"(microsoft (word|powerpoint|excel)\b.*|(untitled|unnamed|no ?title|title|document|layout|slide|page|draft|print|"
    r"scan|scanned document|image|powerpoint presentation|presentation|blank page|new document|full page (photo|fax))"
    r"[ _-]*\d*|.*\.(docx?|dotx?|odt|rtf|pdf|indd|qxd|qxp|tex|dvi|ps|pptx?|xlsx?|pages|html?|txt|wpd|p65|fm)|"
    r"\(?(anonymous|unspecified|none|null|unknown)\)?|about:blank|https?://\S*|[\W\d_]*)",
    re.IGNORECASE,
)
_JUNK_AUTHOR = re.compile(
    r"(user|users?\d*|admin|administrator|owner|author|creator|unknown|anonymous|\(?(anonymous|unspecified)\)?|none|"
    r"null|default|guest|pc|root|microsoft( office user)?|hewlett-packard company|windows user|preferred customer|"
    r"python-docx|[\W\d_]*)",
    re.IGNORECASE,
)


def title(value: object) -> str:
    """A title as claimed; "" for what programs write by themselves, such as file names and `Microsoft Word - x`."""
    plain = scalar(value) or ""
    return "" if _JUNK_TITLE.fullmatch(plain) else plain


def author(value: object) -> str | None:
    """An author as claimed; None for the names of accounts that nobody chose."""
    plain = scalar(value)
    return None if not plain or _JUNK_AUTHOR.fullmatch(plain) else plain


def published(value: object, *, earliest: int) -> date | None:
    """A day as claimed; None for one before the year `earliest`, and for one in the future."""
    found = day(value)
    # Tomorrow is today somewhere else.
    latest = date.today() + timedelta(days=1)
    return found if found and found.year >= earliest and found <= latest else None
