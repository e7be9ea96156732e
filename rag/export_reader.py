"""Compile a reader to OpenVINO; runs in the child process of `rag.export`, the only place that needs PyTorch."""

from __future__ import annotations

import time
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch

from rag.encoder import Vectors
from rag.errors import ModelError
from rag.network import RANGE, trained
from rag.pairs import NAMES, Layout
from rag.quantise import quantised
from rag.readers import ReaderSpec, weights_file
from rag.scoring import AGREEMENT, BATCH, PROBES, QUANTISED, PairModel, agreement, fastest
from rag.spec import read_json

WORTHWHILE = 1.6
"""How many times as fast as in full precision 8 bits must be to be used.

Processors that multiply 8 bits, but not bf16, are twice as fast with them; those that multiply neither are faster by
less or slower, and some round sums of products off.  bf16 is nearly as fast and closer to what was trained.
"""
REPEATED = 12
"""How often the text of a probe is repeated to be as long as a chunk."""
ROUNDS = 5


def convert(folder: Path, spec: ReaderSpec, work: Path) -> None:
    """Write `model.xml`, `probes.npy` and, where 8 bits are much faster on this processor, `quantised.xml`.

    Raises ModelError where the compiled model does not agree with PyTorch.
    """
    model, names = _load(folder, spec)
    probes = Layout.read(work / "tokenizer.json", spec.max_tokens).pairs(*PROBES)
    example = {name: torch.from_numpy(array) for name, array in PairModel.inputs(probes, spec).items()}
    with torch.no_grad():
        outputs = model(*(example[name] for name in names))
        converted = openvino.convert_model(model, example_input=tuple(example[name] for name in names))
    reference = np.concatenate([output.float().numpy().ravel() for output in outputs])
    for port, name in zip(converted.inputs, names, strict=True):
        port.get_tensor().set_names({name})
    openvino.save_model(converted, work / "model.xml", compress_to_fp16=True)
    np.save(work / "probes.npy", reference)
    worst = agreement(PairModel(work, spec, precision="f32"), reference)
    if worst < AGREEMENT:
        raise ModelError(f"OpenVINO agrees with PyTorch only to cosine {worst:.4f} for {spec.name}: name another.")
    if spec.kind == "reader" and not quantise(converted, work, spec):
        for path in work.glob("quantised.*"):
            path.unlink()


def quantise(model: Any, work: Path, spec: ReaderSpec) -> bool:
    """Write the model in 8 bits; whether it is to be used.  With bf16 it never is, so that chance decides nothing."""
    if fastest() != "f32" or not (known := ranges()):
        return False
    try:
        openvino.save_model(quantised(model, known), work / "quantised.xml", compress_to_fp16=True)
        return speed_up(work, spec) >= WORTHWHILE
    except Exception:  # whatever the runtime cannot do in 8 bits, it does in others
        return False


def ranges() -> dict[str, Vectors]:
    """The ranges of what goes into the products of the reader in the box."""
    from safetensors.numpy import load_file

    found = load_file(str(weights_file()))
    return {name.removesuffix(RANGE): np.asarray(r, np.float32) for name, r in found.items() if name.endswith(RANGE)}


def speed_up(work: Path, spec: ReaderSpec) -> float:
    """How many times as fast as in full precision this processor reads in 8 bits."""
    models = [PairModel(work, spec, precision=precision) for precision in ("f32", QUANTISED)]
    question, ((heading, text), *_) = PROBES
    pairs = models[0].laid_out(question, [(heading, text * REPEATED)] * 2 * BATCH)
    took = [inf, inf]
    for _ in range(ROUNDS):
        for place, model in enumerate(models):
            begun = time.perf_counter()
            model.outputs(pairs)
            took[place] = min(took[place], time.perf_counter() - begun)
    return took[0] / took[1]


def _load(folder: Path, spec: ReaderSpec) -> tuple[Any, tuple[str, ...]]:
    """The model as a module with a tuple of outputs, and the inputs that it takes."""
    if spec.kind == "reader":
        return trained(folder, weights_file()), NAMES
    import transformers

    cls = "AutoModelForQuestionAnswering" if spec.kind == "qa" else "AutoModelForSequenceClassification"
    options = {"attn_implementation": "eager", "use_safetensors": True, "trust_remote_code": False}
    model, report = getattr(transformers, cls).from_pretrained(str(folder), output_loading_info=True, **options)
    # Weights that the files lack are drawn at random, which nobody would see.
    if report["missing_keys"]:
        raise ModelError(f"The weights in {folder} are not complete for its configuration: get the model again.")
    segments = int(read_json(folder / "config.json").get("type_vocab_size") or 1) > 1
    names = NAMES if segments else NAMES[:2]

    class Outputs(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model.eval()

        def forward(self, *tensors: Any) -> tuple[Any, ...]:
            found = self.model(**dict(zip(names, tensors, strict=True)))
            if spec.kind == "qa":
                return (torch.stack([found.start_logits, found.end_logits], dim=-1),)
            return (found.logits,)

    return Outputs(), names
