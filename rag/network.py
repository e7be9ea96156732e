"""The reader's network in PyTorch: only for training and for compiling it, never imported to answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

FROZEN = "bert.embeddings."
"""What is the base model's own and neither trained nor shipped."""
ENCODER = "bert.encoder."
HEADS = ("spans", "verdict")
LAYERS = 12
SCALE = ".scale"
"""Ends the name of what the whole numbers of a packed matrix are multiplied with, row by row."""
RANGE = ".range"
"""Ends the name of the least and the greatest of what goes into a product, (2, channels); see `rag/quantise.py`."""


class Network(torch.nn.Module):
    """A BERT encoder with two scores a token (a span begins, ends here) and two a pair (relevant, answers)."""

    def __init__(self, bert: Any, hidden: int) -> None:
        super().__init__()
        self.bert = bert
        self.spans = torch.nn.Linear(hidden, 2)
        self.verdict = torch.nn.Linear(hidden, 2)

    def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> tuple[Any, Any]:
        """(n, tokens, 2) scores of spans and (n, 2) of the pair, all before softmax and sigmoid."""
        states = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        return self.spans(states), self.verdict(states[:, 0])


def network(base: Path) -> Network:
    """A network whose embeddings are those of the base model in a folder, frozen; all else is yet to be set."""
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    options: dict[str, Any] = {"attention_probs_dropout_prob": 0.0, "hidden_dropout_prob": 0.0}
    config = BertConfig.from_pretrained(str(base), num_hidden_layers=LAYERS, attn_implementation="eager", **options)
    bert = BertModel(config, add_pooling_layer=False)
    made = Network(bert, config.hidden_size)
    own = {f"bert.{name}": tensor for name, tensor in load_file(str(base / "model.safetensors")).items()}
    made.load_state_dict({name: tensor for name, tensor in own.items() if name.startswith(FROZEN)}, strict=False)
    for name, parameter in made.named_parameters():
        parameter.requires_grad = not name.startswith(FROZEN)
    for head in (getattr(made, name) for name in HEADS):
        torch.nn.init.normal_(head.weight, std=0.02)
        torch.nn.init.zeros_(head.bias)
    return made


def packed(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What was trained, as it is shipped: the encoder's matrices in 8 bits, all else in half precision."""
    found: dict[str, torch.Tensor] = {}
    for name, tensor in state.items():
        if name.startswith(ENCODER) and tensor.dim() == 2:
            scale = (tensor.float().abs().amax(1) / 127).clamp(min=1e-7).half()
            found[name] = (tensor.float() / scale.float()[:, None]).round().clamp(-127, 127).to(torch.int8).contiguous()
            found[name + SCALE] = scale
        elif not name.startswith(FROZEN):
            found[name] = tensor.half().contiguous()
    return found


def unpacked(found: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same as numbers in full precision; what was not packed is taken as it is."""
    return {
        name: tensor.float() * found[name + SCALE].float()[:, None] if name + SCALE in found else tensor.float()
        for name, tensor in found.items()
        if not name.endswith((SCALE, RANGE))
    }


def trained(base: Path, weights: Path) -> Network:
    """The base model's embeddings with trained weights on them.  Raises RuntimeError where they do not fit."""
    from safetensors.torch import load_file

    made = network(base)
    missing, strange = made.load_state_dict(unpacked(load_file(str(weights))), strict=False)
    lacking = [name for name in missing if not name.startswith(FROZEN)]
    if lacking or strange:
        raise RuntimeError(f"{weights} lacks {lacking[:3]} and has {strange[:3]} that the network does not know")
    return made.eval()
