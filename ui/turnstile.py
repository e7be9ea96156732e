"""How many questions are answered at once, how many may wait, and for how long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ui.errors import PageError

BUSY = "Too many questions are being answered at this moment. Please ask again in a few seconds."


class Turnstile:
    """Lets `at_once` callers through; `waiting` more wait for `patience` seconds; others are refused."""

    def __init__(self, *, at_once: int = 4, waiting: int = 24, patience: float = 20.0) -> None:
        self._slots = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._patience = patience
        self.places = at_once + waiting

    @contextmanager
    def passing(self) -> Iterator[None]:
        """A place for one question.  Raises `PageError` when there is none."""
        if not self._places.acquire(blocking=False):
            raise PageError(BUSY)
        try:
            if not self._slots.acquire(timeout=self._patience):
                raise PageError(BUSY)
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._places.release()
