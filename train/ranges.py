"""The ranges of what the reader multiplies: `python -m train.ranges DATA READER`; puts them into the weights' file.

With them `rag/quantise.py` compiles the network to 8 bits.  They are measured on held-out paragraphs of DATA (as for
`train.reader`) and held-out stories, each under its title, in full precision.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rag.models import locate
from rag.network import ENCODER, RANGE, trained
from rag.pairs import NAMES, Layout, padded
from rag.spec import file_sha256, tokenizer_file
from train.examples import Example, is_held_out, load
from train.stories import stories

PAIRS = 480
BATCH = 8
MEASURED = ("attention.self.query", "attention.output.dense", "intermediate.dense", "output.dense")
"""One product of each input: keys and values take what queries do."""
FLOATING = {f"{ENCODER}layer.{place}.output.dense" for place in range(4)}
"""Products that stay as they are: a few large values go into them, and 8 bits for all lose most of what is lost."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("reader", type=Path)
    given = parser.parse_args()
    _, paragraphs = load(given.data)
    told = [one for one in stories() if is_held_out("story", one.text)]
    chosen = [e for those in (paragraphs, told) for e in random.Random(0).sample(those, min(PAIRS // 2, len(those)))]
    add(given.reader, chosen)
    print(f"{given.reader}: sha256 {file_sha256(given.reader)}")


def add(reader: Path, examples: Iterable[Example]) -> None:
    """Put the ranges over examples into a file of weights, in place of those that it has."""
    from safetensors.torch import load_file, save_file

    found = measured(reader, examples)
    kept = {name: tensor for name, tensor in load_file(str(reader)).items() if not name.endswith(RANGE)}
    save_file(kept | {name + RANGE: torch.from_numpy(values).half() for name, values in found.items()}, str(reader))


def measured(reader: Path, examples: Iterable[Example]) -> dict[str, Any]:
    """(2, channels) of each measured product: the least and the greatest value of every channel of its input."""
    base, _ = locate()
    layout, network = Layout.read(tokenizer_file(base)), trained(base, reader)
    found: dict[str, Any] = {}
    real = torch.empty(0, dtype=torch.bool)

    def watch(name: str) -> Any:
        def keep(module: Any, inputs: tuple[torch.Tensor, ...]) -> None:
            values = inputs[0][real].numpy()
            ends = np.stack([values.min(0), values.max(0)])
            known = found.get(name, ends)
            found[name] = np.stack([np.minimum(known[0], ends[0]), np.maximum(known[1], ends[1])])

        return keep

    for name, module in network.named_modules():
        if name.startswith(ENCODER) and name.split(".", 4)[-1] in MEASURED and name not in FLOATING:
            module.register_forward_pre_hook(watch(name))
    pairs = [pair for one in examples for pair in layout.pairs(one.question, [(one.title, one.text)])]
    pairs.sort(key=lambda pair: len(pair.ids))
    with torch.no_grad():
        for begin in range(0, len(pairs), BATCH):
            batch = pairs[begin : begin + BATCH]
            given = padded(batch, max(len(pair.ids) for pair in batch))
            real = torch.from_numpy(given["attention_mask"]).bool()
            network(*(torch.from_numpy(given[name]) for name in NAMES))
    return found


if __name__ == "__main__":
    main()
