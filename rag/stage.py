"""What a question is at: told to whoever asked to be told, who may also stop it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the block, of this thread or task, `listener` is told each stage before it begins.

    What it raises ends the question, and is raised by whatever was called.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def begin(stage: str) -> None:
    """Tell that a stage begins; nothing happens where nobody listens."""
    listener = _listener.get()
    if listener is not None:
        listener(stage)
