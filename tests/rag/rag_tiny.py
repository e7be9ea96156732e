"""Models of a few kilobytes, made on the spot: an encoder, and readers.  What they say means nothing but differs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rag.export import PROBES

WORDS = re.findall(r"\w+|[^\w\s]", " ".join([*PROBES, "query: passage: harbour bridge pilots ferry"]).lower())
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz0123456789")


def tiny_tokenizer() -> Any:
    """WordPiece over a few words and single letters, with BERT's ends."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    pieces = [*SPECIAL, *WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    return tokenizer


def _tokenizer() -> Any:
    from transformers import PreTrainedTokenizerFast

    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tiny_tokenizer(), model_max_length=64, **names)


def _config(size: int, **changes: Any) -> Any:
    from transformers import BertConfig

    # Large initial weights, so that the outputs for different texts are far apart.
    return BertConfig(
        vocab_size=size, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, initializer_range=0.4, **changes,
    )  # fmt: skip


def make_tiny_reader(folder: Path, kind: str, *, labels: int = 1, seed: int = 7) -> Path:
    """Save a one-layer BERT of 32 dimensions for "qa" or as a "reranker", or as the plain "base" of a reader."""
    import torch
    from transformers import BertForQuestionAnswering, BertForSequenceClassification, BertModel

    tokenizer = _tokenizer()
    torch.manual_seed(seed)
    made: dict[str, Any] = {
        "qa": BertForQuestionAnswering, "reranker": BertForSequenceClassification, "base": BertModel,
    }  # fmt: skip
    options = {"num_labels": labels} if kind == "reranker" else {}
    made[kind](_config(len(tokenizer), **options)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_tiny(
    folder: Path,
    *,
    pooling: str = "mean",
    prompts: dict[str, str] | None = None,
    normalize: bool = True,
    include_prompt: bool = True,
    max_tokens: int = 64,
) -> Path:
    """Save a one-layer BERT of 32 dimensions as a sentence-transformers model with safetensors weights."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertModel

    tokenizer = _tokenizer()
    torch.manual_seed(7)
    plain = folder.with_name(folder.name + "-plain")
    BertModel(_config(len(tokenizer))).save_pretrained(plain)
    tokenizer.save_pretrained(plain)
    transformer = Transformer(str(plain), max_seq_length=max_tokens)
    modules: list[Any] = [transformer, Pooling(32, pooling_mode=pooling, include_prompt=include_prompt)]
    if normalize:
        modules.append(Normalize())
    similarity = None if normalize else "dot"
    model = SentenceTransformer(modules=modules, device="cpu", prompts=prompts, similarity_fn_name=similarity)
    model.save(str(folder))
    return folder
