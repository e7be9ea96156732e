"""The mean of two trainings."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from train.average import average


def checkpoint(path: Path, **tensors: list[float]) -> Path:
    state = {name.replace("__", "."): torch.tensor(values) for name, values in tensors.items()}
    torch.save({"network": state, "step": 1}, path)
    return path


def test_what_was_trained_is_averaged_and_what_is_frozen_left_out(tmp_path: Path) -> None:
    one = checkpoint(tmp_path / "one.pt", spans__bias=[1.0, 2.0], bert__embeddings__weight=[9.0])
    other = checkpoint(tmp_path / "other.pt", spans__bias=[2.0, 6.0], bert__embeddings__weight=[9.0])
    kept = load_file(average(one, other, tmp_path / "out"))
    assert {name: (tensor.tolist(), tensor.dtype) for name, tensor in kept.items()} == {
        "spans.bias": ([1.5, 4.0], torch.float16)
    }


def test_different_networks_have_no_mean(tmp_path: Path) -> None:
    one, other = checkpoint(tmp_path / "one.pt", a=[1.0]), checkpoint(tmp_path / "other.pt", b=[1.0])
    with pytest.raises(SystemExit, match="different networks"):
        average(one, other, tmp_path)
