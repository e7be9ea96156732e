"""What the page raises on purpose."""

from __future__ import annotations

from rag.errors import RagError


class PageError(RagError):
    """The page cannot be served as asked, or is too busy to answer now."""
