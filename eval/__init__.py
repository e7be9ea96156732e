"""The judge: question sets, per-question records, metrics with intervals, and how a run is kept and shown.

Import what you need from its modules (`from eval.metrics import summarise`); nothing is re-exported here.
"""

from __future__ import annotations

__all__: list[str] = []
