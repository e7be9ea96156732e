"""The reader's network in PyTorch: only for training and for compiling it, never imported to answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

FROZEN = "bert.embeddings."
"""What is the base model's own and neither trained nor shipped."""


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
    """A network on the base model in a folder, its heads small and its embeddings frozen."""
    from transformers import BertModel

    options: dict[str, Any] = {"attention_probs_dropout_prob": 0.0, "hidden_dropout_prob": 0.0}
    bert = BertModel.from_pretrained(str(base), attn_implementation="eager", add_pooling_layer=False, **options)
    made = Network(bert, bert.config.hidden_size)
    for name, parameter in made.named_parameters():
        parameter.requires_grad = not name.startswith(FROZEN)
    for head in (made.spans, made.verdict):
        torch.nn.init.normal_(head.weight, std=0.02)
        torch.nn.init.zeros_(head.bias)
    return made


def trained(base: Path, weights: Path) -> Network:
    """The base model with trained weights laid over it.  Raises RuntimeError where they do not fit."""
    from safetensors.torch import load_file

    made = network(base)
    given = {name: tensor.float() for name, tensor in load_file(str(weights)).items()}
    missing, strange = made.load_state_dict(given, strict=False)
    lacking = [name for name in missing if not name.startswith(FROZEN)]
    if lacking or strange:
        raise RuntimeError(f"{weights} lacks {lacking[:3]} and has {strange[:3]} that the network does not know")
    return made.eval()
