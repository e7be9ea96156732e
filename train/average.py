"""The mean of two trainings of one network: `python -m train.average A/checkpoint.pt B/checkpoint.pt --out FOLDER`.

Where B went on from A, the mean answers better on held-out paragraphs than either (docs/reader.md).  FOLDER gets
`reader.safetensors`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from rag.network import packed
from rag.spec import file_sha256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs=2)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    path = average(*given.checkpoints, given.out)
    print(f"{path}: sha256 {file_sha256(path)}")


def average(one: Path, other: Path, out: Path) -> Path:
    """Writes `reader.safetensors` into `out`: the mean of what was trained, packed.  Returns its path."""
    from safetensors.torch import save_file

    first, second = (torch.load(path, map_location="cpu", weights_only=True)["network"] for path in (one, other))
    if first.keys() != second.keys():
        raise SystemExit(f"{one} and {other} are of different networks: name two checkpoints of `train.reader`.")
    mean = {name: (tensor.float() + second[name].float()) / 2 for name, tensor in first.items()}
    out.mkdir(parents=True, exist_ok=True)
    save_file(packed(mean), str(out / "reader.safetensors"))
    return out / "reader.safetensors"


if __name__ == "__main__":
    main()
