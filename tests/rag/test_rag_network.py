"""The reader's network: embeddings of the base model, and packed weights that are the ones that were trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from rag.models import locate
from rag.network import ENCODER, FROZEN, HEADS, LAYERS, SCALE, Network, network, packed, trained, unpacked


@pytest.fixture(scope="module")
def made() -> Network:
    torch.manual_seed(3)
    return network(locate()[0]).eval()


def pairs(lengths: tuple[int, ...], width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, mask and segments of pairs of random tokens."""
    ids = torch.randint(1000, 2000, (len(lengths), width), generator=torch.Generator().manual_seed(1))
    mask = torch.zeros(len(lengths), width, dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    return ids, mask, torch.zeros_like(ids)


@torch.no_grad()
def test_padding_says_nothing(made: Network) -> None:
    ids, mask, segments = pairs((7,), 20)
    alone = made(ids[:, :7], mask[:, :7], segments[:, :7])
    among = made(ids, mask, segments)
    assert torch.allclose(alone[0], among[0][:, :7], atol=1e-4) and torch.allclose(alone[1], among[1], atol=1e-4)


def test_embeddings_are_the_base_models_and_frozen(made: Network) -> None:
    from safetensors.torch import load_file

    own = load_file(str(locate()[0] / "model.safetensors"))["embeddings.word_embeddings.weight"]
    assert torch.equal(made.bert.embeddings.word_embeddings.weight, own.float())
    assert not any(p.requires_grad for name, p in made.named_parameters() if name.startswith(FROZEN))
    assert len(made.bert.encoder.layer) == LAYERS


def test_packed_weights_are_small_and_close(made: Network, tmp_path: Path) -> None:
    state = made.state_dict()
    small = packed(state)
    assert not any(name.startswith(FROZEN) for name in small)
    assert sum(tensor.numel() * tensor.element_size() for tensor in small.values()) < 25_000_000
    for name, tensor in unpacked(small).items():
        step = state[name].abs().amax(-1, keepdim=True) / 127
        assert ((tensor - state[name]).abs() <= step * 0.51 + 1e-3 * state[name].abs() + 1e-6).all(), name
    save_file(small, str(tmp_path / "reader.safetensors"))
    again = trained(locate()[0], tmp_path / "reader.safetensors").state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in unpacked(small).items())
    assert small["bert.encoder.layer.0.output.dense.weight"].dtype == torch.int8
    assert small["bert.encoder.layer.0.output.dense.weight" + SCALE].shape == (384,)


def test_a_row_of_zeros_is_packed() -> None:
    assert torch.equal(unpacked(packed({f"{ENCODER}w": torch.zeros(4, 3)}))[f"{ENCODER}w"], torch.zeros(4, 3))


@pytest.mark.parametrize("spoilt", ["lacking", "strange"])
def test_weights_of_another_network_are_refused(made: Network, tmp_path: Path, spoilt: str) -> None:
    small = packed(made.state_dict())
    if spoilt == "lacking":
        del small[f"{HEADS[0]}.weight"]
    else:
        small["classifier.weight"] = torch.zeros(1, 384)
    save_file(small, str(tmp_path / "reader.safetensors"))
    with pytest.raises(RuntimeError, match="does not know"):
        trained(locate()[0], tmp_path / "reader.safetensors")
