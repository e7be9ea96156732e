"""A multilingual encoder of a few kilobytes, of the kind of XLM-RoBERTa; its pieces of words are learnt here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paragraphs import PARAGRAPHS

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
DIMENSION = 32
MAX_TOKENS = 64


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=1_200, special_tokens=list(SPECIAL), unk_token="<unk>", show_progress=False
    )  # fmt: skip
    tokenizer.train_from_iterator((text for texts in PARAGRAPHS.values() for text in texts), trainer)
    ends = [(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=ends
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=MAX_TOKENS, bos_token="<s>", cls_token="<s>", eos_token="</s>",
        sep_token="</s>", pad_token="<pad>", unk_token="<unk>", mask_token="<mask>",
    )  # fmt: skip


def make_multilingual(folder: Path) -> Path:
    """Save a one-layer XLM-RoBERTa as a sentence-transformers model with safetensors weights."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import XLMRobertaConfig, XLMRobertaModel

    tokenizer = _tokenizer()
    # Large initial weights, so that the outputs for different texts are far apart; two positions are never used.
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=DIMENSION, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=MAX_TOKENS + 2, type_vocab_size=1, initializer_range=0.4,
        pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    torch.manual_seed(7)
    plain = folder.with_name(folder.name + "-plain")
    XLMRobertaModel(config).save_pretrained(plain)
    tokenizer.save_pretrained(plain)
    transformer = Transformer(str(plain), max_seq_length=MAX_TOKENS)
    model = SentenceTransformer(modules=[transformer, Pooling(DIMENSION), Normalize()], device="cpu")
    model.save(str(folder))
    return folder
