"""Compile a reader to OpenVINO; runs in the child process of `rag.export`, the only place that needs PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch

from rag.errors import ModelError
from rag.network import trained
from rag.pairs import NAMES
from rag.readers import ReaderSpec, weights_file
from rag.scoring import AGREEMENT, PROBES, PairModel, agreement
from rag.spec import read_json


def convert(folder: Path, spec: ReaderSpec, work: Path) -> None:
    """Write `model.xml` and `probes.npy`.  Raises ModelError where the compiled model does not agree with PyTorch."""
    model, names = _load(folder, spec)
    probes = PairModel.layout(work / "tokenizer.json", spec).pairs(*PROBES)
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
