"""A reader's model at work: question and passages to spans, and how likely each passage answers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from rag.encoder import load_openvino
from rag.export import compiled
from rag.pairs import Floats, Layout, Pair, best_spans, padded
from rag.readers import SHIPPED, ReaderSpec, named, padding, shipped
from rag.types import Span

BATCH = 4
"""Pairs of an inference request; with two requests at once the fastest on two cores."""
STEP = 16
"""Widths are rounded up to a multiple of this: every new shape costs the runtime time and memory."""
SPANS = 5
"""Spans that are told of each passage."""
AGREEMENT = 0.999
"""Least cosine between a compiled model's outputs and PyTorch's for it to be used."""
QUANTISED_AGREEMENT = 0.99
"""The same in 8 bits."""
QUANTISED = "i8"
PROBES = (
    "Who reopened the harbour bridge?",
    (
        (
            "Bridge (3 May 2021)",
            "The harbour bridge was reopened by the mayor of Lisse on Monday, a year after the storm.",
        ),
        ("", "Prices rose 3.2 percent in July, the statistics office reported."),
    ),
)


@dataclass(frozen=True, slots=True)
class Scored:
    """What a model says of a passage: log-odds that it is about the question and that it answers it, and its spans.

    `spans` are (range of the passage's text, log probability), likeliest first; empty for a reranker.
    """

    relevant: float
    answers: float
    spans: tuple[tuple[Span, float], ...]


UNREAD = Scored(-10.0, -10.0, ())
"""Of a passage that was not read."""


class Scorer(Protocol):
    """Reads passages for a question.  Thread-safe."""

    @property
    def name(self) -> str:
        """What it is called; another name when its scores mean something else."""
        ...

    def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
        """What it says of each (heading, text)."""
        ...


def reader_name(reader: str | None = None, reranker: str | None = None) -> str:
    """What `load_scorer` would call what it loads."""
    name = reader or SHIPPED
    return f"{name} reranked by {reranker}" if reranker else name


def load_scorer(reader: str | None = None, reranker: str | None = None) -> Scorer:
    """The reader in the box, or a Hugging Face QA model by name or path, compiled if needed.

    A CrossEncoder named as `reranker` decides instead how likely each passage answers.  Raises ModelError.
    """
    model = _loaded(*(named(reader, "qa") if reader else shipped()))
    return Reranked(model, _loaded(*named(reranker, "reranker"))) if reranker else model


@lru_cache(maxsize=4)
def _loaded(folder: Path, spec: ReaderSpec) -> PairModel:
    """One model of a kind in a process, however many libraries are open."""
    return PairModel(compiled(folder, spec), spec, filler=padding(folder))


class PairModel:
    """Runs a compiled model over question and passage.

    In 8 bits where it was compiled so, else in bf16 where the processor has it, each only if PyTorch agrees.
    """

    def __init__(self, path: Path, spec: ReaderSpec, *, filler: int = 0, precision: str | None = None) -> None:
        self.spec = spec
        self._filler = filler
        self._layout = Layout.read(path / "tokenizer.json", spec.max_tokens)
        self._core = load_openvino().Core()
        self._lock = threading.Lock()
        for chosen in [precision] if precision else self._precisions(path):
            self.precision = chosen
            self._queue = self._compile(path, chosen)
            least = QUANTISED_AGREEMENT if chosen == QUANTISED else AGREEMENT
            if (
                chosen == "f32"
                or precision
                or agreement(self, np.load(path / "probes.npy", allow_pickle=False)) >= least
            ):
                break

    @staticmethod
    def inputs(pairs: Sequence[Pair], spec: ReaderSpec, filler: int = 0) -> dict[str, Any]:
        """The arrays that the model takes for pairs."""
        longest = max(len(pair.ids) for pair in pairs)
        return dict(padded(pairs, min(-(-longest // STEP) * STEP, max(longest, spec.max_tokens)), filler))

    def _precisions(self, path: Path) -> list[str]:
        quantised = [QUANTISED] if (path / "quantised.xml").exists() else []
        return list(dict.fromkeys([*quantised, fastest(), "f32"]))

    def _compile(self, path: Path, precision: str) -> Any:
        quantised = precision == QUANTISED
        model = self._core.read_model(path / ("quantised.xml" if quantised else "model.xml"))
        self._names = [port.get_any_name() for port in model.inputs]
        options = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_PRECISION_HINT": fastest() if quantised else precision,
        }
        queue = load_openvino().AsyncInferQueue(self._core.compile_model(model, "CPU", options))

        def keep(request: Any, job: tuple[list[Any], list[int]]) -> None:
            outputs = [np.array(request.get_output_tensor(i).data, np.float32) for i in range(len(request.results))]
            for row, place in enumerate(job[1]):
                job[0][place] = [output[row] for output in outputs]

        queue.set_callback(keep)
        return queue

    @property
    def name(self) -> str:
        return self.spec.name

    def laid_out(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Pair]:
        """The pairs of a question with its passages."""
        return self._layout.pairs(question, passages)

    def outputs(self, pairs: Sequence[Pair]) -> list[list[Floats]]:
        """The model's outputs for each pair, padding included."""
        found: list[Any] = [None] * len(pairs)
        order = sorted(range(len(pairs)), key=lambda i: -len(pairs[i].ids))
        with self._lock:
            for begin in range(0, len(order), BATCH):
                group = order[begin : begin + BATCH]
                arrays = self.inputs([pairs[i] for i in group], self.spec, self._filler)
                self._queue.start_async({name: arrays[name] for name in self._names}, (found, group))
            self._queue.wait_all()
        return found

    def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
        pairs = self.laid_out(question, passages)
        return [self._scored(pair, outputs) for pair, outputs in zip(pairs, self.outputs(pairs), strict=True)]

    def _scored(self, pair: Pair, outputs: list[Floats]) -> Scored:
        if self.spec.kind == "reranker":
            verdict = _verdict(outputs[0])
            return Scored(verdict, verdict, ())
        body = outputs[0][pair.first : pair.first + len(pair.offsets)]
        spans = tuple(
            (Span(int(pair.offsets[first, 0]), int(pair.offsets[last, 1])), chance)
            for first, last, chance in best_spans(body[:, 0], body[:, 1], SPANS)
        )
        if self.spec.kind == "reader":
            return Scored(float(outputs[1][0]), float(outputs[1][1]), spans)
        # As SQuAD 2.0 has it: the best span against the null span at the first token.
        best = float(body[:, 0].max() + body[:, 1].max()) if len(body) else -20.0
        null = best - float(outputs[0][0].sum())
        return Scored(null, null, spans)


class Reranked:
    """A reader whose passages a CrossEncoder judges."""

    def __init__(self, reader: PairModel, reranker: PairModel) -> None:
        self._reader, self._reranker = reader, reranker
        self.name = reader_name(reader.name, reranker.name)

    def score(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Scored]:
        """The reader's spans with the reranker's verdicts."""
        read, judged = self._reader.score(question, passages), self._reranker.score(question, passages)
        return [Scored(j.relevant, j.answers, r.spans) for r, j in zip(read, judged, strict=True)]


def fastest() -> str:
    """The floating-point numbers that the processor multiplies the fastest."""
    capabilities = load_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bf16" if "BF16" in capabilities else "f32"


def _verdict(logits: Floats) -> float:
    """Log-odds of "relevant": the only logit, or the last one against the others."""
    if logits.shape[-1] == 1:
        return float(logits[0])
    return float(logits[-1] - np.logaddexp.reduce(logits[:-1]))


def agreement(model: PairModel, reference: Floats) -> float:
    """Cosine between a model's outputs for the probes and PyTorch's."""
    pairs = model.laid_out(*PROBES)
    found = model.outputs(pairs)
    flat = np.concatenate([np.stack([one[i] for one in found]).ravel() for i in range(len(found[0]))])
    return float(flat @ reference / max(float(np.linalg.norm(flat) * np.linalg.norm(reference)), 1e-12))
