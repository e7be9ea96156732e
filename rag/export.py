"""Compile a model to OpenVINO, once, in a process of its own.

`compiled(folder, spec)` gives the cache folder of a compiled encoder or reader, making it first if needed.  The work is
done by a child process, so torch is never imported by the process that asks questions.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.errors import ModelError
from rag.models import cache_folder
from rag.readers import ReaderSpec
from rag.spec import EncoderSpec, file_sha256, tokenizer_file

Spec = EncoderSpec | ReaderSpec

COMPILED_FORMAT = 1
AGREEMENT = 0.999
"""Least cosine between a compiled encoder's probe vectors and PyTorch's for it to be used."""
PROBES = (
    "Who mediated the swap?",
    "The harbour bridge will stay closed to lorries until the middle of next year, the council said on Monday.",
    "Prices rose 3.2 percent in July, the statistics office reported; economists had expected 2.9 percent.",
    "Short.",
)
MAKING = ".making-"
LEFTOVER_SECONDS = 86_400.0
"""After a day nobody is at work in a temporary folder any more."""
_FILES = ("model.xml", "model.bin", "quantised.xml", "quantised.bin", "tokenizer.json", "probes.npy")
_HOMES: dict[str, type[EncoderSpec] | type[ReaderSpec]] = {"encoders": EncoderSpec, "readers": ReaderSpec}


def home(spec: Spec) -> Path:
    """Where a compiled model of that spec is kept."""
    kind = next(name for name, made in _HOMES.items() if isinstance(spec, made))
    return cache_folder() / kind / spec.fingerprint


def compiled(folder: Path, spec: Spec) -> Path:
    """The folder with `model.xml`, `model.bin`, `tokenizer.json`, `probes.npy`, `compiled.json` for `spec`.

    `folder` is where the original model lies.  Written to a
    temporary folder and renamed, so two processes that compile at once do no harm.  Raises ModelError.
    """
    target = home(spec)
    if read_compiled(target):
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(target.parent)
        work = Path(tempfile.mkdtemp(prefix=MAKING, dir=target.parent))
        try:
            _run_child(folder, spec, work)
            _publish(work, target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise ModelError(
            f"The compiled model cannot be kept in {target.parent} ({error.strerror}): "
            "set ARTICLE_RAG_CACHE to a folder that can be written."
        ) from error
    return target


def read_compiled(target: Path) -> dict[str, Any] | None:
    """The facts of a whole, undamaged compiled model, or None if there is none in `target`."""
    try:
        facts: dict[str, Any] = json.loads((target / "compiled.json").read_text("utf-8"))
        whole = (
            facts["format"] == COMPILED_FORMAT
            and facts["runtime"] in ("openvino", "torch")
            and _HOMES[target.parent.name](**facts["spec"]).fingerprint == target.name
            and all(file_sha256(target / name) == digest for name, digest in facts["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return facts if whole else None


def _clear_leftovers(folder: Path) -> None:
    """Remove what compilations that were killed left behind."""
    for work in folder.glob(f"{MAKING}*"):
        # Another process may be doing the same.
        with suppress(FileNotFoundError):
            if time.time() - work.stat().st_mtime > LEFTOVER_SECONDS:
                shutil.rmtree(work, ignore_errors=True)


def _run_child(folder: Path, spec: Spec, work: Path) -> None:
    # -c in a folder of our own: the caller's directory may hold modules named like ours.
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from rag.export import main; main()"
    package_root = str(Path(__file__).resolve().parent.parent)
    kind = home(spec).parent.name
    places = {"folder": str(folder.resolve()), "work": str(work.resolve())}
    order = json.dumps(places | {"kind": kind, "spec": asdict(spec)})
    done = subprocess.run(
        [sys.executable, "-c", code, package_root, order],
        cwd=work, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode != 0:
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
        raise ModelError(f"The model {spec.name} could not be compiled: {lines[-1] if lines else 'no message'}")


def _publish(work: Path, target: Path) -> None:
    for path in work.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    try:
        work.rename(target)
    except OSError:
        if read_compiled(target):
            return  # another process was first
        shutil.rmtree(target, ignore_errors=True)
        work.rename(target)


def main() -> None:
    """Child process: argv[1] is JSON with `folder`, `work`, `kind` and `spec`; fills `work`."""
    # openvino's converter reports its use over the network when this package is importable.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    order = json.loads(sys.argv[1])
    folder, work, spec = Path(order["folder"]), Path(order["work"]), _HOMES[order["kind"]](**order["spec"])
    if isinstance(spec, ReaderSpec):
        from rag.export_reader import convert

        shutil.copyfile(folder / "tokenizer.json", work / "tokenizer.json")
        convert(folder, spec, work)
        _describe(work, spec, "openvino", "")
    else:
        _export(folder, spec, work)


def _describe(work: Path, spec: Spec, runtime: str, why: str) -> None:
    facts = {
        "format": COMPILED_FORMAT,
        "spec": asdict(spec),
        "runtime": runtime,
        "why": why,
        "files": {name: file_sha256(work / name) for name in _FILES if (work / name).exists()},
    }
    (work / "compiled.json").write_text(json.dumps(facts, indent=1), "utf-8")


def _export(folder: Path, spec: EncoderSpec, work: Path) -> None:
    import numpy as np

    shutil.copyfile(tokenizer_file(folder), work / "tokenizer.json")
    reference, runtime, why = _convert(folder, spec, work)
    np.save(work / "probes.npy", reference)
    _describe(work, spec, runtime, why)


def _convert(folder: Path, spec: EncoderSpec, work: Path) -> tuple[Any, str, str]:
    """PyTorch's probe vectors, the runtime that can be used, and why it is not OpenVINO if it is not."""
    model, reference = _load(folder, spec, seed=0)
    if spec.dimension != reference.shape[1]:
        raise ModelError(f"{folder} gives {reference.shape[1]} dimensions, its configuration says {spec.dimension}.")
    from rag.encoder import cosines

    # Weights that the files lack are drawn at random, which nobody would see.
    if float(cosines(_load(folder, spec, seed=1)[1], reference).min()) < AGREEMENT:
        raise ModelError(f"The weights in {folder} are not complete for its configuration: get the model again.")
    if (spec.query_prompt or spec.passage_prompt) and _leaves_prompt_out(model):
        return reference, "torch", "its pooling leaves the prompt's tokens out"
    try:
        _save_openvino(model, work)
        worst = _agreement(work, spec, reference)
    except Exception as error:  # whatever the converter cannot do, PyTorch does
        return reference, "torch", f"{type(error).__name__}: {error}"[:300]
    if worst < AGREEMENT:
        return reference, "torch", f"OpenVINO agrees with PyTorch only to cosine {worst:.4f}"
    return reference, "openvino", ""


def _load(folder: Path, spec: EncoderSpec, seed: int) -> tuple[Any, Any]:
    """The model in PyTorch and its probe vectors."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.manual_seed(seed)
    attention = {"attn_implementation": "eager", "use_safetensors": True}
    model = SentenceTransformer(str(folder), device="cpu", trust_remote_code=False, model_kwargs=attention)
    model.max_seq_length = spec.max_tokens
    prompt = spec.passage_prompt or ""
    return model, model.encode(list(PROBES), normalize_embeddings=spec.normalize, prompt=prompt)


def _leaves_prompt_out(model: Any) -> bool:
    """Whether vectors depend on where the prompt ends, which a compiled model is not told."""
    return any(getattr(module, "include_prompt", True) is False for module in model)


def _save_openvino(model: Any, work: Path) -> None:
    import openvino
    import torch

    features = model.preprocess(list(PROBES[:2])) if hasattr(model, "preprocess") else model.tokenize(list(PROBES[:2]))
    names = [name for name, value in features.items() if isinstance(value, torch.Tensor)]

    class Pipeline(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: Any) -> Any:
            return self.model(dict(zip(names, tensors, strict=True)))["sentence_embedding"]

    with torch.no_grad():
        converted = openvino.convert_model(Pipeline().eval(), example_input=tuple(features[n] for n in names))
    for port, name in zip(converted.inputs, names, strict=True):
        port.get_tensor().set_names({name})
    openvino.save_model(converted, work / "model.xml", compress_to_fp16=True)


def _agreement(work: Path, spec: EncoderSpec, reference: Any) -> float:
    from rag.encoder import OpenVINOEncoder, cosines

    encoder = OpenVINOEncoder(work, spec, precision="f32")
    return float(cosines(encoder.encode_passages(list(PROBES)), reference).min())
