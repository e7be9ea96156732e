"""Fixtures of the page's tests.  The fakes lie beside, in a module whose name nothing else has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from ui_fakes import FakeLibrary


@pytest.fixture
def library() -> FakeLibrary:
    """Three articles and answers by string search."""
    return FakeLibrary()
