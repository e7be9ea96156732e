"""What a reader's model is and where its files are: the one in the box, or any by name or path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from rag.errors import ModelError
from rag.models import from_hub, locate
from rag.pairs import PAIR_TOKENS
from rag.spec import file_sha256, read_json, tokenizer_digest

Kind = Literal["reader", "qa", "reranker"]
"""`reader`: spans and verdicts, our own; `qa`: spans only; `reranker`: a verdict only."""
WEIGHTS = "reader.safetensors"
WEIGHTS_SHA256 = "c03b9d04bf96624986b195a99e85f7285d27d8a37d258f175d2a9bbd270ccfdb"
"""What `train/reader.py` made; docs/reader.md says from what."""
SHIPPED = "article-rag-reader-4"
_ENDINGS: Mapping[str, Kind] = {"ForQuestionAnswering": "qa", "ForSequenceClassification": "reranker"}
_CALLED: Mapping[Kind, str] = {"qa": "extractive question-answering model", "reranker": "CrossEncoder"}


@dataclass(frozen=True, slots=True)
class ReaderSpec:
    """The identity of a reader's model; `weights` and `tokenizer` are sha256 hex digests.  `name` is not part of it."""

    name: str
    kind: Kind
    weights: str
    tokenizer: str
    max_tokens: int

    @property
    def fingerprint(self) -> str:
        """32 hex digits over everything but the name."""
        facts = {key: value for key, value in asdict(self).items() if key != "name"}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def weights_file() -> Path:
    """The trained weights in the package.  Raises ModelError where they are not the pinned ones."""
    path = Path(str(files("rag") / WEIGHTS))
    digest = file_sha256(path) if path.is_file() else "none"
    if digest != WEIGHTS_SHA256:
        raise ModelError(
            f"{path} has sha256 {digest[:16]}…, expected {WEIGHTS_SHA256[:16]}…: the file was changed.  Reinstall "
            "article-rag."
        )
    return path


def shipped() -> tuple[Path, ReaderSpec]:
    """The folder of the base model and the spec of the reader in the box."""
    folder, base = locate()
    weights_file()
    digest = hashlib.sha256((base.weights + WEIGHTS_SHA256).encode()).hexdigest()
    return folder, ReaderSpec(SHIPPED, "reader", digest, base.tokenizer, PAIR_TOKENS)


def named(model: str, kind: Kind) -> tuple[Path, ReaderSpec]:
    """The folder and spec of a Hugging Face model given by name or path.  Raises ModelError."""
    folder = Path(model) if Path(model).is_dir() else from_hub(model, "config.json")
    config = read_json(folder / "config.json")
    built = config.get("architectures") if isinstance(config, dict) else None
    names = [str(name) for name in built] if isinstance(built, list) else []
    if kind not in [kind for name in names for end, kind in _ENDINGS.items() if name.endswith(end)]:
        raise ModelError(
            f"By its config.json {folder} holds {', '.join(names) or 'no architecture'}, expected "
            f"{'an' if kind == 'qa' else 'a'} {_CALLED[kind]}: name another model."
        )
    weights = sorted(folder.glob("*.safetensors"))
    if not weights or not (folder / "tokenizer.json").is_file():
        raise ModelError(f"{folder} needs *.safetensors weights and a tokenizer.json: save the model again with both.")
    digest = hashlib.sha256("".join(file_sha256(file) for file in weights).encode()).hexdigest()
    longest = min(int(config.get("max_position_embeddings") or PAIR_TOKENS) - 2, PAIR_TOKENS)
    return folder, ReaderSpec(model, kind, digest, tokenizer_digest(folder), longest)


def padding(folder: Path) -> int:
    """The id of a model's padding token."""
    config: dict[str, Any] = read_json(folder / "config.json")
    return int(config.get("pad_token_id") or 0)
