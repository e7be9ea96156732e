"""Ranges of what the reader multiplies, put beside its weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file

from rag.network import LAYERS, RANGE
from rag.readers import weights_file
from train.examples import Example, Target
from train.ranges import FLOATING, MEASURED, add


def test_ranges_are_put_beside_weights_that_stay_as_they_are(tmp_path: Path) -> None:
    path = Path(shutil.copy(weights_file(), tmp_path / "reader.safetensors"))
    texts = ("The ferry burned.", "Ada Lind led the rescue of 14 people from the ferry in Lisse on Monday.")
    add(path, [Example("Who led the rescue?", text, Target(()), "made") for text in texts])
    before, after = load_file(str(weights_file())), load_file(str(path))
    assert before.keys() == after.keys()
    found = {name: tensor for name, tensor in after.items() if name.endswith(RANGE)}
    assert len(found) == LAYERS * len(MEASURED) - len(FLOATING)
    for name, ends in found.items():
        assert ends.shape == (2, 1536 if name.endswith(f".output.dense{RANGE}") and "attention" not in name else 384)
        assert torch.isfinite(ends).all() and (ends[0] <= ends[1]).all()
    assert all(torch.equal(before[name], tensor) for name, tensor in after.items() if name not in found)
    some = "bert.encoder.layer.3.attention.self.query" + RANGE
    assert (before[some][1] >= before[some][0]).all() and (found[some][1] - found[some][0]).sum() < (
        before[some][1] - before[some][0]
    ).sum(), "two sentences reach less far than what was measured before"
