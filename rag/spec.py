"""What an encoder is: the facts that make two sets of vectors comparable, read from a model's files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.errors import ModelError

# The names that SentenceTransformer.encode_query and encode_document look for.
_QUERY_PROMPTS = ("query",)
_PASSAGE_PROMPTS = ("document", "passage", "corpus")


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """The identity of an encoder.  `weights` and `tokenizer` are sha256 hex digests of content, not of paths.

    `modules` is a digest of whatever follows pooling (dense layers and the like), empty for the usual
    transformer + pooling + normalisation.  `name` is where the model was found; it is not part of the identity.
    """

    name: str
    weights: str
    tokenizer: str
    dimension: int
    max_tokens: int
    pooling: str
    normalize: bool
    query_prompt: str
    passage_prompt: str
    modules: str = ""

    @property
    def fingerprint(self) -> str:
        """32 hex digits over everything but the name: equal exactly where vectors may be compared."""
        facts = {key: value for key, value in asdict(self).items() if key != "name"}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]

    def differences(self, other: EncoderSpec) -> list[str]:
        """The fields in which two specs differ, each as `field: mine, not theirs`, the name left out."""
        mine, theirs = asdict(self), asdict(other)
        return [
            f"{key}: {_short(mine[key])}, not {_short(theirs[key])}"
            for key in mine
            if key != "name" and mine[key] != theirs[key]
        ]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 24 else text[:12] + "…"


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_spec(folder: Path, name: str) -> EncoderSpec:
    """The spec of the sentence-transformers model in `folder`, from its files alone (torch is not imported).

    Raises ModelError where the folder is not such a model or has no safetensors weights.
    """
    modules = _modules(folder)
    transformer = folder / modules[0].get("path", "")
    sbert = read_json(folder / "sentence_bert_config.json", {})
    config = read_json(transformer / "config.json")
    prompts_config = read_json(folder / "config_sentence_transformers.json", {})
    kinds = [module["type"].rsplit(".", 1)[-1] for module in modules]
    pooling_path = next((folder / m["path"] for m, k in zip(modules, kinds, strict=True) if k == "Pooling"), None)
    others = [m for m, k in zip(modules[1:], kinds[1:], strict=True) if k not in ("Pooling", "Normalize")]
    pooling = read_json(pooling_path / "config.json") if pooling_path else {}
    return EncoderSpec(
        name=name,
        weights=_weights(folder, modules),
        tokenizer=tokenizer_digest(transformer),
        dimension=_dimension(folder, others, pooling, config),
        max_tokens=int(sbert.get("max_seq_length") or _longest(transformer, config)),
        pooling=_pooling_name(pooling),
        normalize="Normalize" in kinds or prompts_config.get("similarity_fn_name") not in ("dot", "dot_score"),
        query_prompt=_prompt(prompts_config, _QUERY_PROMPTS),
        passage_prompt=_prompt(prompts_config, _PASSAGE_PROMPTS),
        modules=_modules_digest(folder, others, pooling),
    )


def tokenizer_file(folder: Path) -> Path:
    """The `tokenizer.json` of the model in `folder`."""
    path = folder / _modules(folder)[0].get("path", "") / "tokenizer.json"
    if not path.is_file():
        raise ModelError(f"{folder} has no tokenizer.json; article-rag needs a model with a fast tokenizer.")
    return path


def read_json(path: Path, default: dict[str, Any] | None = None) -> Any:
    """What a model's JSON file holds; `default` where there is none.  Raises ModelError."""
    if not path.is_file():
        if default is not None:
            return default
        raise ModelError(f"{path} is missing: this is not a complete model.")
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON ({error}).") from error


def _modules(folder: Path) -> list[dict[str, str]]:
    path = folder / "modules.json"
    if not path.is_file():
        raise ModelError(
            f"{folder} has no modules.json: give the name or folder of a sentence-transformers model "
            "(SentenceTransformer(...).save(folder) writes one)."
        )
    modules: list[dict[str, str]] = read_json(path)
    named = isinstance(modules, list) and all(isinstance(m, dict) and isinstance(m.get("type"), str) for m in modules)
    if not named or not modules:
        raise ModelError(f"{path} is not a list of modules, each with its type: save the model again.")
    return modules


def _longest(transformer: Path, config: dict[str, Any]) -> int:
    """Tokens that are read where no `max_seq_length` is set: the tokenizer's limit within the model's positions."""
    limits = [
        read_json(transformer / "tokenizer_config.json", {}).get("model_max_length"),
        config.get("max_position_embeddings"),
    ]
    return min((int(limit) for limit in limits if limit), default=512)


def _weights(folder: Path, modules: list[dict[str, str]]) -> str:
    files = sorted({file for module in modules for file in (folder / module.get("path", "")).glob("*.safetensors")})
    if not files:
        raise ModelError(
            f"{folder} has no *.safetensors weights.  Weights in pickle form (.bin) are not loaded; "
            "save the model again with safetensors."
        )
    digests = [file_sha256(file) for file in files]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def tokenizer_digest(transformer: Path) -> str:
    """Hex sha256 of what a tokenizer does, its truncation and padding left out."""
    tokenizer = read_json(transformer / "tokenizer.json", {})
    for setting in ("truncation", "padding"):
        tokenizer.pop(setting, None)
    return hashlib.sha256(json.dumps(tokenizer, sort_keys=True).encode()).hexdigest()


def _pooling_name(pooling: dict[str, Any]) -> str:
    """`mean`, `cls`, `max`... from either form of the pooling configuration; several joined with `+`."""
    mode = pooling.get("pooling_mode")
    if isinstance(mode, str):
        return mode
    if isinstance(mode, (list, tuple)):
        return "+".join(str(part) for part in mode)
    flags = [key for key, value in pooling.items() if key.startswith("pooling_mode_") and value is True]
    return "+".join(flag.removeprefix("pooling_mode_").removesuffix("_tokens").removesuffix("_token") for flag in flags)


def _dimension(folder: Path, others: list[dict[str, str]], pooling: dict[str, Any], config: dict[str, Any]) -> int:
    for module in reversed(others):
        size = read_json(folder / module.get("path", "") / "config.json", {}).get("out_features")
        if size:
            return int(size)
    modes = max(1, _pooling_name(pooling).count("+") + 1)
    size = config.get("hidden_size") or config.get("dim") or config.get("d_model")
    if not size:
        raise ModelError(f"{folder}/config.json names no hidden size.")
    return int(size) * modes


def _modules_digest(folder: Path, others: list[dict[str, str]], pooling: dict[str, Any]) -> str:
    facts: list[Any] = [
        (m["type"].rsplit(".", 1)[-1], read_json(folder / m.get("path", "") / "config.json", {})) for m in others
    ]
    if pooling.get("include_prompt") is False:
        facts.append("pooling without prompt")
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32] if facts else ""


def _prompt(config: dict[str, Any], names: tuple[str, ...]) -> str:
    prompts = config.get("prompts") or {}
    chosen = next((name for name in names if name in prompts), config.get("default_prompt_name"))
    return str(prompts.get(chosen) or "")
