"""Texts to vectors: OpenVINO where it can run the model, PyTorch where it cannot."""

from __future__ import annotations

import importlib
import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rag.errors import EncoderMismatch, ModelError
from rag.export import AGREEMENT, PROBES, compiled, home, read_compiled
from rag.models import locate
from rag.spec import EncoderSpec

Vectors = npt.NDArray[np.float32]
BATCH_TOKENS = 2048
"""Tokens per inference request when many texts are encoded: small batches of like length waste the least padding."""
MOST_BATCH = 32
FEW_BATCHES = 32
"""Up to this many are run one by one: the queue that is faster for more takes a while to set up."""
STEP = 8
"""Widths are rounded up to a multiple of this: every new shape costs the runtime time and memory."""


class Encoder(Protocol):
    """Maps texts to vectors of `spec.dimension` float32, unit length where `spec.normalize`.  Thread-safe."""

    @property
    def spec(self) -> EncoderSpec: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens left out."""
        ...

    @property
    def passage_budget(self) -> int:
        """Tokens that a passage may have: `spec.max_tokens` less special tokens and the passage prompt."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) vectors in the order of `texts`.  Raises ModelError for a text over the budget."""
        ...

    def encode_query(self, text: str) -> Vectors:
        """(dimension,) vector of a question; only a question may be cut to fit the model."""
        ...


def load_encoder(model: str | None = None) -> Encoder:
    """The encoder for a sentence-transformers model by name or path (None: the default), compiled if needed."""
    folder, spec = locate(model)
    return _from_compiled(compiled(folder, spec), spec, folder)


def load_matching(expected: EncoderSpec) -> Encoder:
    """The encoder that a library was built with; one already compiled is used without looking for its files.

    Raises EncoderMismatch where the model of that name is not the same any more, ModelError where it is gone.
    """
    ready = home(expected)
    facts = read_compiled(ready)
    if facts and facts["runtime"] == "openvino":
        return OpenVINOEncoder(ready, expected)
    folder, spec = locate(expected.name)
    check_same(expected, spec)
    return _from_compiled(compiled(folder, spec), spec, folder)


def check_same(expected: EncoderSpec, given: EncoderSpec) -> None:
    """Raise EncoderMismatch unless vectors of the two may be compared."""
    if expected.fingerprint != given.fingerprint:
        raise EncoderMismatch(
            f"The library was built with the model {expected.name} ({expected.dimension} dims), but {given.name} "
            f"({given.dimension} dims) differs from it in {'; '.join(given.differences(expected))}.  Use that model, "
            "or build the vectors anew: rag index --rebuild --model NAME PATH..."
        )


def unit(vectors: Vectors) -> Vectors:
    """(n, d) vectors with each row brought to length one."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def cosines(a: Vectors, b: Vectors) -> Vectors:
    """Row-wise cosine of two (n, d) arrays, shape (n,)."""
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(axis=1) / np.maximum(norms, 1e-12), dtype=np.float32)


def within_budget(texts: Sequence[str], encoder: Encoder) -> list[str]:
    """Texts cut at a word where they are longer than the encoder reads: enough to compare, not to index."""
    counts = encoder.count_tokens(texts)
    return [
        text if tokens <= encoder.passage_budget else _cut(text, tokens, encoder)
        for text, tokens in zip(texts, counts, strict=True)
    ]


def _cut(text: str, tokens: int, encoder: Encoder) -> str:
    words = text.split()
    while tokens > encoder.passage_budget and len(words) > 1:
        words = words[: max(1, min(len(words) - 1, len(words) * encoder.passage_budget // tokens))]
        tokens = encoder.count_tokens([" ".join(words)])[0]
    return " ".join(words) if tokens <= encoder.passage_budget else words[0][: encoder.passage_budget]


def _from_compiled(path: Path, spec: EncoderSpec, folder: Path) -> Encoder:
    facts = json.loads((path / "compiled.json").read_text("utf-8"))
    if facts["runtime"] == "openvino":
        return OpenVINOEncoder(path, spec)
    return TorchEncoder(folder, spec, path / "tokenizer.json")


def load_openvino() -> Any:
    """The module openvino, imported without its telemetry, which would look up an analytics host on import."""
    if "openvino" in sys.modules or "openvino_telemetry" in sys.modules:
        return importlib.import_module("openvino")
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("openvino")
    finally:
        del sys.modules["openvino_telemetry"]


class _Tokens:
    """Token counts and ids that never truncate."""

    def __init__(self, path: Path, spec: EncoderSpec) -> None:
        from tokenizers import Tokenizer

        self.tokenizer = Tokenizer.from_file(str(path))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self._spec = spec
        special = self.tokenizer.num_special_tokens_to_add(is_pair=False)
        self.budget = spec.max_tokens - special - self.count([spec.passage_prompt])[0]

    def count(self, texts: Sequence[str]) -> list[int]:
        found = self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in found]

    def passages(self, texts: Sequence[str]) -> list[list[int]]:
        prompt = self._spec.passage_prompt
        found = [e.ids for e in self.tokenizer.encode_batch_fast([prompt + text for text in texts])]
        self.check(texts, [len(ids) for ids in found])
        return found

    def check(self, texts: Sequence[str], lengths: Sequence[int]) -> None:
        for text, length in zip(texts, lengths, strict=True):
            if length > self._spec.max_tokens:
                raise ModelError(
                    f"A passage has {length} tokens, {self._spec.name} reads {self._spec.max_tokens}: {text[:60]!r}…"
                )

    def query(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(self._spec.query_prompt + text).ids
        limit = self._spec.max_tokens
        return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]


class OpenVINOEncoder:
    """Runs a compiled model: one request at a time for questions, an asynchronous queue for many passages.

    bf16 where the processor has it and its probe vectors agree with PyTorch's (cosine >= 0.999), else f32.
    """

    def __init__(self, path: Path, spec: EncoderSpec, *, precision: str | None = None) -> None:
        openvino = load_openvino()
        self.spec = spec
        self._tokens = _Tokens(path / "tokenizer.json", spec)
        self._core = openvino.Core()
        self._model = self._core.read_model(path / "model.xml")
        self._inputs = [port.get_any_name() for port in self._model.inputs]
        self._lock = threading.Lock()
        self._queue: Any = None
        self._requests = threading.local()
        self.precision = precision or self._choose_precision(path)
        if precision is not None:
            self._single = self._compile("LATENCY", precision)

    def _choose_precision(self, path: Path) -> str:
        capabilities = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if "BF16" in capabilities:
            self._single = self._compile("LATENCY", "bf16")
            reference = np.load(path / "probes.npy", allow_pickle=False)
            found = np.stack([self._infer([ids])[0] for ids in self._tokens.passages(PROBES)])
            if float(cosines(found, reference).min()) >= AGREEMENT:
                return "bf16"
            self._requests = threading.local()
        self._single = self._compile("LATENCY", "f32")
        return "f32"

    def _compile(self, hint: str, precision: str) -> Any:
        options = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": precision}
        return self._core.compile_model(self._model, "CPU", options)

    @property
    def passage_budget(self) -> int:
        return self._tokens.budget

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._tokens.count(texts)

    def encode_query(self, text: str) -> Vectors:
        return np.asarray(self._finish(self._infer([self._tokens.query(text)]))[0])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        ids = self._tokens.passages(texts)
        found = np.zeros((len(ids), self.spec.dimension), np.float32)
        groups = _batches([len(one) for one in ids])
        if len(groups) <= FEW_BATCHES:
            for group in groups:
                found[group] = self._infer([ids[i] for i in group])
            return self._finish(found)
        with self._lock:
            self._encode_queued(ids, groups, found)
        return self._finish(found)

    def _encode_queued(self, ids: list[list[int]], groups: list[list[int]], found: Vectors) -> None:
        if self._queue is None:
            self._queue = load_openvino().AsyncInferQueue(self._compile("THROUGHPUT", self.precision))

            def keep(request: Any, job: tuple[Vectors, list[int]]) -> None:
                job[0][job[1]] = request.get_output_tensor(0).data

            self._queue.set_callback(keep)
        for group in groups:
            self._queue.start_async(self._pad([ids[i] for i in group]), (found, group))
        self._queue.wait_all()

    def _infer(self, ids: list[list[int]]) -> Vectors:
        if not hasattr(self._requests, "one"):
            self._requests.one = self._single.create_infer_request()
        self._requests.one.infer(self._pad(ids))
        return np.array(self._requests.one.get_output_tensor(0).data, dtype=np.float32)

    def _pad(self, ids: list[list[int]]) -> dict[str, npt.NDArray[np.int64]]:
        width = _width(max(len(one) for one in ids), self.spec.max_tokens)
        tokens = np.full((len(ids), width), self._pad_id, np.int64)
        mask = np.zeros((len(ids), width), np.int64)
        for row, one in enumerate(ids):
            tokens[row, : len(one)] = one
            mask[row, : len(one)] = 1
        named = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
        return {name: named[name] for name in self._inputs}

    @property
    def _pad_id(self) -> int:
        for token in ("[PAD]", "<pad>"):
            found = self._tokens.tokenizer.token_to_id(token)
            if found is not None:
                return int(found)
        return 0

    def _finish(self, vectors: Vectors) -> Vectors:
        return unit(vectors) if self.spec.normalize else vectors


def _width(length: int, most: int) -> int:
    """The number of tokens that a text of some length is padded to."""
    return length if length <= STEP else min(-(-length // STEP) * STEP, most)


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Positions of texts, longest first, in groups of about BATCH_TOKENS tokens."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    groups: list[list[int]] = []
    while order:
        size = min(MOST_BATCH, max(1, BATCH_TOKENS // max(lengths[order[0]], 1)))
        groups.append(order[:size])
        order = order[size:]
    return groups


class TorchEncoder:
    """Runs the model with sentence-transformers on the CPU; slower, for models that OpenVINO cannot run."""

    def __init__(self, folder: Path, spec: EncoderSpec, tokenizer: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self.spec = spec
        self._tokens = _Tokens(tokenizer, spec)
        options = {"use_safetensors": True}
        self._model = SentenceTransformer(str(folder), device="cpu", trust_remote_code=False, model_kwargs=options)
        self._model.max_seq_length = spec.max_tokens
        self._lock = threading.Lock()

    @property
    def passage_budget(self) -> int:
        return self._tokens.budget

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._tokens.count(texts)

    def encode_query(self, text: str) -> Vectors:
        return np.asarray(self._encode([text], self.spec.query_prompt)[0])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self._tokens.passages(texts)
        return self._encode(list(texts), self.spec.passage_prompt)

    def _encode(self, texts: list[str], prompt: str) -> Vectors:
        with self._lock:
            found = self._model.encode(
                texts, prompt=prompt, normalize_embeddings=self.spec.normalize, show_progress_bar=False
            )
        return np.asarray(found, dtype=np.float32)
