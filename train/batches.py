"""Examples as batches of like length, and the score of a network on held-out ones."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from eval.text import exact_match, token_f1
from rag.pairs import NAMES, PAIR_TOKENS, Layout, Pair, best_spans, heading, padded
from train.examples import Example

WIDTHS = (64, 96, 128, 160, 192, 224, 256, PAIR_TOKENS)
"""Lengths to which pairs are padded: few, since each is compiled once."""
BATCH_TOKENS = 4096


@dataclass(frozen=True)
class Ready:
    """A tokenised example: its pair, and the (first, last) tokens of its spans in the whole sequence."""

    pair: Pair
    spans: tuple[tuple[int, int], ...]
    example: Example

    @property
    def width(self) -> int:
        return next(width for width in WIDTHS if width >= len(self.pair.ids))


def ready(examples: Sequence[Example], layout: Layout) -> list[Ready]:
    """Tokenised examples; one whose answer is cut off is left out."""
    found: list[Ready] = []
    for example in examples:
        pair = layout.pairs(example.question, [(heading(example.title, example.date), example.text)])[0]
        spans = tuple(span for span in (_tokens(pair, *span) for span in example.target.spans) if span)
        if bool(spans) == bool(example.target.spans) and len(pair.offsets):
            found.append(Ready(pair, spans, example))
    return found


def _tokens(pair: Pair, start: int, end: int) -> tuple[int, int] | None:
    inside = np.flatnonzero((pair.offsets[:, 0] < end) & (pair.offsets[:, 1] > start))
    return (pair.first + int(inside[0]), pair.first + int(inside[-1])) if len(inside) else None


Group = tuple[Ready, ...]
"""A question with the passages between which it chooses: one that answers it and its rivals, or one alone."""


def whole(groups: Iterable[Sequence[Example]], layout: Layout) -> list[Group]:
    """Tokenised groups; one of which an answer is cut off is left out."""
    return [done for group in groups if len(done := tuple(ready(group, layout))) == len(group)]


def batches(groups: Sequence[Group], rng: random.Random) -> list[list[Group]]:
    """Full batches of about BATCH_TOKENS tokens, all of one width each, no group torn apart, in random order."""
    widths: dict[int, list[Group]] = {}
    for group in groups:
        widths.setdefault(max(one.width for one in group), []).append(group)
    found: list[list[Group]] = []
    for width, those in sorted(widths.items()):
        rng.shuffle(those)
        waiting = those[::-1]
        while batch := _full(waiting, BATCH_TOKENS // width):
            found.append(batch)
    rng.shuffle(found)
    return found


def _full(waiting: list[Group], rows: int) -> list[Group]:
    """Groups of just so many rows taken from the end of those that wait; none where they do not suffice."""
    taken: list[Group] = []
    passed: list[Group] = []
    while rows and waiting:
        group = waiting.pop()
        if len(group) <= rows:
            rows -= len(group)
            taken.append(group)
        else:
            passed.append(group)
    waiting += passed[::-1]
    return [] if rows else taken


def tensors(batch: Sequence[Ready]) -> dict[str, torch.Tensor]:
    """The network's inputs, `starts`, `ends` and `body` (n, width) masks, and `verdict` (n, 2): -1 is unknown."""
    width = max(one.width for one in batch)
    arrays: dict[str, Any] = padded([one.pair for one in batch], width)
    for name in ("starts", "ends", "body"):
        arrays[name] = np.zeros((len(batch), width), bool)
    arrays["verdict"] = np.zeros((len(batch), 2), np.float32)
    for row, one in enumerate(batch):
        arrays["body"][row, one.pair.first : one.pair.first + len(one.pair.offsets)] = True
        for first, last in one.spans:
            arrays["starts"][row, first] = arrays["ends"][row, last] = True
        relevant = one.example.target.relevant
        arrays["verdict"][row] = (-1.0 if relevant is None else float(relevant), float(bool(one.spans)))
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


@torch.no_grad()
def scores(network: Any, examples: Sequence[Ready]) -> dict[str, float]:
    """EM and F1 of the best span where there is an answer, by source, and AUROC of answerable against each kind."""
    network.eval()
    order = sorted(examples, key=lambda one: len(one.pair.ids))
    exact: dict[str, list[float]] = {}
    overlap: dict[str, list[float]] = {}
    verdicts: dict[str, list[float]] = {}
    for begin in range(0, len(order), 16):
        batch = order[begin : begin + 16]
        given = tensors(batch)
        with torch.autocast("cpu", torch.bfloat16):
            spans, verdict = network(*(given[name] for name in NAMES))
        for one, span, judged in zip(batch, spans.float().numpy(), verdict.float().numpy(), strict=True):
            kind = one.example.kind
            verdicts.setdefault(kind if not one.spans else "answer", []).append(float(judged[1]))
            if one.spans:
                golds = [one.example.text[s:e] for s, e in one.example.target.spans]
                text = best_answer(one, span)
                exact.setdefault(kind, []).append(exact_match(text, golds))
                overlap.setdefault(kind, []).append(token_f1(text, golds))
    found = {f"em {kind}": float(np.mean(values)) for kind, values in exact.items()}
    found |= {f"f1 {kind}": float(np.mean(values)) for kind, values in overlap.items()}
    for kind, values in verdicts.items():
        if kind != "answer":
            found[f"auroc {kind}"] = auroc(verdicts["answer"], values)
    return found


@torch.no_grad()
def told_apart(network: Any, groups: Sequence[Group]) -> float:
    """Share of groups whose first passage is the one that answers by the network's verdict."""
    network.eval()
    right = []
    for group in groups:
        given = tensors(group)
        with torch.autocast("cpu", torch.bfloat16):
            _, verdict = network(*(given[name] for name in NAMES))
        right.append(int(verdict[:, 1].argmax()) == 0)
    return float(np.mean(right))


def best_answer(one: Ready, span: Any) -> str:
    """The text of the likeliest span."""
    first, count = one.pair.first, len(one.pair.offsets)
    (begin, last, _), *_ = best_spans(span[first : first + count, 0], span[first : first + count, 1], 1)
    return one.example.text[one.pair.offsets[begin, 0] : one.pair.offsets[last, 1]]


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """The chance that a positive is scored above a negative."""
    ranks = np.argsort(np.argsort(np.concatenate([positive, negative]))) + 1.0
    total = ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(total / (len(positive) * len(negative)))
