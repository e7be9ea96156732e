"""The web page: questions in, verbatim quotes with their sources out, nothing fetched from elsewhere."""

from ui.app import create_app, serve
from ui.errors import PageError
from ui.port import LibraryPort

__all__ = ["LibraryPort", "PageError", "create_app", "serve"]
