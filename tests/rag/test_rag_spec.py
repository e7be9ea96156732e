"""What a model is, read from its files; where it is found; and that the default's weights are the published ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from rag import models
from rag.encoder import check_same
from rag.errors import EncoderMismatch, ModelError
from rag.models import DEFAULT_WEIGHTS, cache_folder, locate
from rag.spec import EncoderSpec, file_sha256, read_spec, tokenizer_file

SPEC = EncoderSpec("name", "a" * 64, "b" * 64, 384, 256, "mean", True, "query: ", "passage: ", "")
CHANGES: dict[str, Any] = {
    "weights": "c" * 64, "tokenizer": "c" * 64, "dimension": 768, "max_tokens": 512, "pooling": "cls",
    "normalize": False, "query_prompt": "", "passage_prompt": "", "modules": "dense",
}  # fmt: skip
Make = Callable[..., Path]


def test_every_field_but_the_name_has_a_change_to_try() -> None:
    assert {field.name for field in fields(EncoderSpec)} == {"name", *CHANGES}


@pytest.mark.parametrize("field", CHANGES)
def test_each_field_changes_the_fingerprint(field: str) -> None:
    other = replace(SPEC, **{field: CHANGES[field]})
    assert other.fingerprint != SPEC.fingerprint
    assert [difference.split(":")[0] for difference in SPEC.differences(other)] == [field]
    with pytest.raises(EncoderMismatch, match=f"differs from it in {field}: "):
        check_same(SPEC, other)


def test_the_name_does_not_change_the_fingerprint() -> None:
    other = replace(SPEC, name="/elsewhere")
    assert other.fingerprint == SPEC.fingerprint
    assert SPEC.differences(other) == []
    check_same(SPEC, other)


# -- the packaged model ---------------------------------------------------------------------------------------------


def test_the_packaged_model() -> None:
    folder, spec = locate()
    assert spec.weights == DEFAULT_WEIGHTS == file_sha256(folder / "model.safetensors")
    assert (spec.name, spec.dimension, spec.max_tokens) == ("all-MiniLM-L6-v2", 384, 256)
    assert (spec.pooling, spec.normalize, spec.modules) == ("mean", True, "")
    assert (spec.query_prompt, spec.passage_prompt) == ("", "")


def test_the_same_model_from_a_path_has_the_same_fingerprint(tmp_path: Path) -> None:
    folder, spec = locate("sentence-transformers/all-MiniLM-L6-v2")
    link = tmp_path / "copy"
    link.symlink_to(folder)
    found, local = locate(str(link))
    assert found == link
    assert local.name == str(folder.resolve())
    assert local.fingerprint == spec.fingerprint


def test_changed_weights_under_the_default_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "changed_model"
    shutil.copytree(locate()[0], package / "model")
    (package / "__init__.py").touch()
    with (package / "model" / "model.safetensors").open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(models, "_DEFAULT_PACKAGE", "changed_model")
    for name in (None, "all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        with pytest.raises(ModelError, match="expected 53aa51172d142c89…: the file was changed"):
            locate(name)
    # Under a name of its own it is simply another model.
    assert locate(str(package / "model"))[1].weights != DEFAULT_WEIGHTS


def test_a_name_that_is_nowhere_is_an_error_that_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"'nobody/nothing' is neither a folder nor.*Give the path of a folder"):
        locate("nobody/nothing")


def test_the_cache_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    assert not cache_folder().exists()
    monkeypatch.delenv("ARTICLE_RAG_CACHE")
    assert cache_folder().name == "article-rag"


# -- models made of a few files -------------------------------------------------------------------------------------


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes the files of a model; keywords replace a file's content, None leaves it out."""

    def write(**changed: Any) -> Path:
        files: dict[str, Any] = {
            "modules.json": [
                {"type": "sentence_transformers.models.Transformer", "path": ""},
                {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
            ],
            "config.json": {"hidden_size": 32, "max_position_embeddings": 64},
            "tokenizer.json": {"model": {}, "truncation": None},
            "1_Pooling/config.json": {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False},
            "model.safetensors": {},
        }
        files.update({name.replace("__", "/") + ".json": content for name, content in changed.items()})
        folder = tmp_path / f"model{len(list(tmp_path.iterdir()))}"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is not None:
                path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return folder

    return write


def test_a_model_of_the_oldest_layout(make: Make) -> None:
    spec = read_spec(make(), "old")
    assert (spec.dimension, spec.max_tokens, spec.pooling, spec.normalize) == (32, 64, "mean", True)


@pytest.mark.parametrize(
    ("files", "tokens"),
    [
        pytest.param({"sentence_bert_config": {"max_seq_length": 48}}, 48, id="max-seq-length"),
        pytest.param({"tokenizer_config": {"model_max_length": 40}}, 40, id="the-tokenizer-s-limit"),
        pytest.param({"tokenizer_config": {"model_max_length": 10**30}}, 64, id="no-more-than-the-positions"),
        pytest.param({}, 64, id="positions"),
    ],
)
def test_how_many_tokens_a_model_reads(make: Make, files: dict[str, Any], tokens: int) -> None:
    assert read_spec(make(**files), "m").max_tokens == tokens


@pytest.mark.parametrize(
    ("pooling", "name", "dimension"),
    [
        ({"pooling_mode": "cls"}, "cls", 32),
        ({"pooling_mode": ["cls", "mean"]}, "cls+mean", 64),
        ({"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True}, "cls+max", 64),
        ({"pooling_mode_lasttoken": True}, "lasttoken", 32),
    ],
)
def test_pooling_in_both_spellings(make: Make, pooling: dict[str, Any], name: str, dimension: int) -> None:
    spec = read_spec(make(**{"1_Pooling__config": pooling}), "m")
    assert (spec.pooling, spec.dimension) == (name, dimension)


def test_a_dense_layer_gives_the_dimension_and_changes_the_identity(make: Make) -> None:
    modules = [
        {"type": "x.Transformer", "path": ""}, {"type": "x.Pooling", "path": "1_Pooling"},
        {"type": "x.Dense", "path": "2_Dense"}, {"type": "x.Normalize", "path": "3"},
    ]  # fmt: skip
    spec = read_spec(make(modules=modules, **{"2_Dense__config": {"out_features": 16}}), "m")
    other = read_spec(make(modules=modules, **{"2_Dense__config": {"out_features": 16, "bias": False}}), "m")
    assert spec.dimension == 16
    assert spec.modules and spec.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("prompts", "query", "passage"),
    [
        ({"prompts": {"query": "q: ", "document": "d: "}}, "q: ", "d: "),
        ({"prompts": {"query": "q: ", "passage": "p: "}}, "q: ", "p: "),
        ({"prompts": {"query": "q: ", "x": "x: "}, "default_prompt_name": "x"}, "q: ", "x: "),
        ({"prompts": {"query": None}}, "", ""),
        ({}, "", ""),
    ],
    ids=["query-and-document", "passage", "default-prompt", "null", "none"],
)
def test_prompts(make: Make, prompts: dict[str, Any], query: str, passage: str) -> None:
    spec = read_spec(make(config_sentence_transformers=prompts), "m")
    assert (spec.query_prompt, spec.passage_prompt) == (query, passage)


def test_only_a_model_made_for_the_dot_product_is_not_normalised(make: Make) -> None:
    assert read_spec(make(config_sentence_transformers={"similarity_fn_name": "dot"}), "m").normalize is False
    assert read_spec(make(config_sentence_transformers={"similarity_fn_name": "cosine"}), "m").normalize is True


def test_truncation_and_padding_saved_with_a_tokenizer_are_not_part_of_it(make: Make) -> None:
    one = read_spec(make(tokenizer={"model": {}, "truncation": {"max_length": 9}, "padding": {}}), "m")
    other = read_spec(make(tokenizer={"model": {"a": 1}}), "m")
    assert one.tokenizer == read_spec(make(), "m").tokenizer != other.tokenizer


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param({"modules": None}, "has no modules.json: give the name or folder", id="no-modules"),
        pytest.param({"config": None}, r"config\.json is missing", id="no-config"),
        pytest.param({"config": "{"}, "cannot be read as JSON", id="broken-config"),
        pytest.param({"config": {}}, "names no hidden size", id="no-size"),
    ],
)
def test_incomplete_models_are_refused(make: Make, files: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_spec(make(**files), "m")


def test_weights_in_pickle_form_are_refused(make: Make) -> None:
    folder = make()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no \*\.safetensors weights.*pickle form \(\.bin\) are not loaded"):
        read_spec(folder, "m")


def test_a_model_without_a_fast_tokenizer_is_refused(make: Make) -> None:
    with pytest.raises(ModelError, match=r"no tokenizer\.json"):
        tokenizer_file(make(tokenizer=None))


@pytest.mark.parametrize(
    "modules", [[], {}, "x", [1], [{"path": ""}]], ids=["empty", "object", "string", "number", "no-type"]
)
def test_modules_that_are_not_a_list_of_modules_are_a_model_error(make: Make, modules: Any) -> None:
    with pytest.raises(ModelError):
        read_spec(make(modules=modules), "m")
