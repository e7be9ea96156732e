"""What a reader's model is, read from its files; what is refused; and that the shipped weights are the pinned ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from rag import readers
from rag.errors import ModelError
from rag.export import home
from rag.models import cache_folder, locate
from rag.pairs import PAIR_TOKENS
from rag.readers import SHIPPED, WEIGHTS, WEIGHTS_SHA256, Kind, ReaderSpec, named, padding, shipped, weights_file
from rag.spec import EncoderSpec, file_sha256

SPEC = ReaderSpec("name", "qa", "a" * 64, "b" * 64, 320)
CHANGES: dict[str, Any] = {"kind": "reranker", "weights": "c" * 64, "tokenizer": "c" * 64, "max_tokens": 512}
ROOT = Path(readers.__file__).parents[1]
Make = Callable[..., Path]


def test_every_field_but_the_name_has_a_change_to_try() -> None:
    assert {field.name for field in fields(ReaderSpec)} == {"name", *CHANGES}


@pytest.mark.parametrize("field", CHANGES)
def test_each_field_changes_the_fingerprint(field: str) -> None:
    assert replace(SPEC, **{field: CHANGES[field]}).fingerprint != SPEC.fingerprint


def test_the_name_does_not_change_the_fingerprint() -> None:
    assert replace(SPEC, name="/elsewhere").fingerprint == SPEC.fingerprint
    assert len(SPEC.fingerprint) == 32


def test_readers_and_encoders_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(tmp_path))
    encoder = EncoderSpec("name", "a" * 64, "b" * 64, 384, 256, "mean", True, "", "")
    assert home(SPEC) == cache_folder() / "readers" / SPEC.fingerprint
    assert home(encoder) == cache_folder() / "encoders" / encoder.fingerprint


# -- the reader in the box ------------------------------------------------------------------------------------------


def test_the_shipped_weights_are_the_pinned_ones() -> None:
    path = weights_file()
    assert (path.name, path.parent.name) == (WEIGHTS, "rag")
    assert file_sha256(path) == WEIGHTS_SHA256


def test_the_reader_in_the_box_stands_on_the_default_encoder() -> None:
    folder, spec = shipped()
    base, encoder = locate()
    assert folder == base
    assert (spec.name, spec.kind, spec.max_tokens) == (SHIPPED, "reader", PAIR_TOKENS)
    assert spec.tokenizer == encoder.tokenizer
    assert spec.weights not in (encoder.weights, WEIGHTS_SHA256), "it depends on both"


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        pytest.param(lambda raw: bytes([*raw[:-1], raw[-1] ^ 1]), None, id="one-bit"),
        pytest.param(lambda raw: raw[: len(raw) // 2], None, id="half"),
        pytest.param(lambda raw: b"", "e3b0c44298fc1c14", id="empty"),
        pytest.param(None, "none", id="gone"),
    ],
)
def test_changed_weights_are_refused(
    tmp_path: Path, damage: Callable[[bytes], bytes] | None, found: str | None
) -> None:
    """In a copy of the package, whose file can be changed."""
    copy = tmp_path / "rag"
    shutil.copytree(ROOT / "rag", copy, ignore=shutil.ignore_patterns("__pycache__"))
    raw = (copy / WEIGHTS).read_bytes()
    (copy / WEIGHTS).unlink()
    if damage is not None:
        (copy / WEIGHTS).write_bytes(damage(raw))
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from rag.readers import shipped; shipped()"], cwd=tmp_path, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"rag.errors.ModelError: {copy / WEIGHTS} has sha256 {found or ''}"), done.stderr
    assert f"expected {WEIGHTS_SHA256[:16]}…: the file was changed.  Reinstall article-rag." in last


# -- models by name or path -----------------------------------------------------------------------------------------


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes the files of a model; keywords replace a file's content, None leaves it out."""

    def write(**changed: Any) -> Path:
        files: dict[str, Any] = {
            "config.json": {"architectures": ["BertForQuestionAnswering"], "max_position_embeddings": 64},
            "tokenizer.json": {"model": {}, "truncation": None},
            "model.safetensors": {},
        }
        names = {"config": "config.json", "tokenizer": "tokenizer.json", "weights": "model.safetensors"}
        files |= {names.get(name, name): content for name, content in changed.items()}
        folder = tmp_path / f"model{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for name, content in files.items():
            if content is not None:
                (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return folder

    return write


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [
        ("BertForQuestionAnswering", "qa"),
        ("DistilBertForQuestionAnswering", "qa"),
        ("RobertaForSequenceClassification", "reranker"),
    ],
)
def test_a_model_from_a_path(make: Make, architecture: str, kind: Kind) -> None:
    made = make(config={"architectures": [architecture], "max_position_embeddings": 514})
    folder, spec = named(str(made), kind)
    assert folder == made
    assert (spec.name, spec.kind, spec.max_tokens) == (str(made), kind, PAIR_TOKENS)


@pytest.mark.parametrize(
    ("config", "tokens"),
    [
        pytest.param({"max_position_embeddings": 64}, 62, id="two-less-than-the-positions"),
        pytest.param({"max_position_embeddings": 4096}, PAIR_TOKENS, id="no-more-than-are-read-at-once"),
        pytest.param({}, PAIR_TOKENS - 2, id="no-positions"),
    ],
)
def test_how_many_tokens_a_model_reads(make: Make, config: dict[str, Any], tokens: int) -> None:
    made = make(config={"architectures": ["BertForQuestionAnswering"], **config})
    assert named(str(made), "qa")[1].max_tokens == tokens


@pytest.mark.parametrize(
    ("asked", "architectures", "message"),
    [
        pytest.param(
            "qa", ["BertForSequenceClassification"],
            r"holds BertForSequenceClassification, expected an extractive question-answering model: name another model",
            id="a-reranker-as-reader",
        ),
        pytest.param(
            "reranker", ["BertForQuestionAnswering"],
            r"holds BertForQuestionAnswering, expected a CrossEncoder: name another model",
            id="a-reader-as-reranker",
        ),
        pytest.param("qa", ["BertModel"], r"holds BertModel, expected an extractive", id="an-encoder"),
        pytest.param("qa", [], r"holds no architecture, expected an extractive", id="nothing-named"),
        pytest.param("reranker", None, r"holds no architecture, expected a CrossEncoder", id="no-list"),
    ],
)  # fmt: skip
def test_a_model_of_another_kind_is_refused(
    make: Make, asked: Kind, architectures: list[str] | None, message: str
) -> None:
    made = make(config={"architectures": architectures})
    with pytest.raises(ModelError, match=message):
        named(str(made), asked)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"config": None}, r"config\.json is missing: this is not a complete model", id="no-config"),
        pytest.param({"config": "{"}, "cannot be read as JSON", id="broken-config"),
        pytest.param({"weights": None}, r"needs \*\.safetensors weights and a tokenizer\.json", id="no-weights"),
        pytest.param(
            {"weights": None, "pytorch_model.bin": "x"}, r"needs \*\.safetensors weights", id="weights-as-pickle"
        ),
        pytest.param({"tokenizer": None}, r"and a tokenizer\.json: save the model again with both", id="no-tokenizer"),
        pytest.param({"tokenizer": "{"}, "cannot be read as JSON", id="broken-tokenizer"),
        pytest.param({"config": "[]"}, "config", id="config-as-a-list"),
    ],
)
def test_a_model_that_is_not_complete_is_refused(make: Make, changed: dict[str, Any], message: str) -> None:
    made = make(**changed)
    with pytest.raises(ModelError, match=message):
        named(str(made), "qa")


def test_other_weights_or_another_tokenizer_are_another_model(make: Make) -> None:
    one = named(str(make()), "qa")[1]
    assert named(str(make()), "qa")[1].fingerprint == one.fingerprint, "the place does not matter"
    assert named(str(make(weights="x")), "qa")[1].weights != one.weights
    assert named(str(make(**{"more.safetensors": "x"})), "qa")[1].weights != one.weights
    assert named(str(make(tokenizer={"model": {"a": 1}})), "qa")[1].tokenizer != one.tokenizer
    cut = make(tokenizer={"model": {}, "truncation": {"max_length": 9}, "padding": {}})
    assert named(str(cut), "qa")[1].fingerprint == one.fingerprint, "truncation is ours"


def test_a_name_that_is_nowhere_is_an_error_that_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"'nobody/nothing' is neither a folder nor.*Give the path of a folder"):
        named("nobody/nothing", "qa")


@pytest.mark.parametrize(("config", "token"), [({"pad_token_id": 1}, 1), ({}, 0), ({"pad_token_id": None}, 0)])
def test_the_token_that_fills_up(make: Make, config: dict[str, Any], token: int) -> None:
    assert padding(make(config=config)) == token
