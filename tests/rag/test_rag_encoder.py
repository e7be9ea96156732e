"""Encoders: compiled models agree with sentence-transformers, the cache heals itself, PyTorch takes over if it must."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from fakes import FakeEncoder
from rag_tiny import make_tiny

from rag.encoder import (
    Encoder,
    OpenVINOEncoder,
    TorchEncoder,
    cosines,
    load_encoder,
    load_matching,
    within_budget,
)
from rag.errors import EncoderMismatch, ModelError
from rag.export import PROBES, compiled, read_compiled
from rag.models import locate
from rag.spec import EncoderSpec, read_spec

TEXTS = (
    "Who mediated the swap?",
    "The harbour bridge will stay closed.",
    "ferry",
    "Pilots, said the council, of 1 harbour bridge in Monday.",
)
PROMPTS = {"query": "query: ", "document": "passage: "}
TELL_TALE = "import os, pathlib\npathlib.Path(os.environ['TELL_TALE']).touch()\n"
COMPILE = """
import sys
from rag.export import compiled
from rag.models import locate
print(compiled(*locate(sys.argv[1])))
"""


class Compiled(NamedTuple):
    """Two models, compiled by three processes at once: the first by two of them, over a damaged cache."""

    cls: Path
    instructed: Path
    cache: Path
    outcomes: list[subprocess.CompletedProcess[str]]
    telemetry: bool


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    place = tmp_path_factory.mktemp("models")
    cls = make_tiny(place / "cls", pooling="cls", prompts=PROMPTS, max_tokens=32, normalize=False)
    # Its pooling leaves out the tokens of the prompt, which a compiled model cannot know.
    instructed = make_tiny(place / "instructed", prompts={"query": "query: "}, include_prompt=False)
    damaged = place / "cache" / "encoders" / read_spec(cls, "cls").fingerprint
    damaged.mkdir(parents=True)
    (damaged / "model.bin").write_bytes(b"damaged")
    (damaged / "compiled.json").write_text('{"format": 1, "runtime": "openvino", "files": {"model.bin": "?"}}')
    # The converter reports its use over the network through this package, if it can be imported.
    (place / "openvino_telemetry").mkdir()
    (place / "openvino_telemetry" / "__init__.py").write_text(TELL_TALE)
    seen = place / "was-imported"
    environment = {"ARTICLE_RAG_CACHE": str(place / "cache"), "PYTHONPATH": str(place), "TELL_TALE": str(seen)}

    def compile_one(folder: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", COMPILE, str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(compile_one, [cls, cls, instructed]))
    return Compiled(cls, instructed, place / "cache", outcomes, seen.exists())


@pytest.fixture
def cache(models: Compiled, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The compile cache of these models."""
    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(models.cache))
    return models.cache


@pytest.fixture
def cls_model(models: Compiled, cache: Path) -> Path:
    return models.cls


def reference(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def rows(encoder: Encoder, texts: Sequence[str]) -> Any:
    return np.stack([encoder.encode_query(text) for text in texts])


# -- compiled models ------------------------------------------------------------------------------------------------


def test_processes_that_compile_at_once_over_a_damaged_cache_all_succeed(models: Compiled) -> None:
    assert [one.returncode for one in models.outcomes] == [0, 0, 0], models.outcomes
    first, second, third = (Path(one.stdout.strip()) for one in models.outcomes)
    assert first == second != third
    assert read_compiled(first) is not None and read_compiled(third) is not None
    assert sorted(path for path in first.parent.iterdir()) == sorted([first, third])


def test_compiling_does_not_import_the_converter_s_telemetry(models: Compiled) -> None:
    assert models.telemetry is False


@pytest.mark.parametrize("which", ["cls-with-prompts", "default"])
def test_a_compiled_model_agrees_with_sentence_transformers(
    which: str, request: pytest.FixtureRequest, real_encoder: Encoder
) -> None:
    if which == "default":
        encoder, folder = real_encoder, locate()[0]
    else:
        folder = request.getfixturevalue("cls_model")
        encoder = load_encoder(str(folder))
    assert isinstance(encoder, OpenVINOEncoder)
    model = reference(folder)
    assert cosines(rows(encoder, TEXTS), model.encode_query(list(TEXTS))).min() >= 0.999
    many = [*TEXTS, *PROBES, *TEXTS]  # more than two batches: the queue
    for passages in (TEXTS, many):
        found = encoder.encode_passages(passages)
        assert found.shape == (len(passages), encoder.spec.dimension) and found.dtype == np.float32
        assert cosines(found, model.encode_document(list(passages))).min() >= 0.999


def test_vectors_are_of_unit_length_exactly_where_the_spec_says(cls_model: Path, real_encoder: Encoder) -> None:
    raw = load_encoder(str(cls_model))
    assert (real_encoder.spec.normalize, raw.spec.normalize) == (True, False)
    assert np.linalg.norm(real_encoder.encode_passages(TEXTS), axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    expected = np.linalg.norm(reference(cls_model).encode_document(list(TEXTS)), axis=1)
    assert np.linalg.norm(raw.encode_passages(TEXTS), axis=1) == pytest.approx(expected, rel=0.02)
    assert abs(expected - 1).min() > 0.1


def test_the_texts_of_different_meaning_differ(cls_model: Path) -> None:
    found = load_encoder(str(cls_model)).encode_passages(TEXTS)
    assert cosines(found[:1], found[2:3])[0] < 0.98


def test_the_length_limit_is_that_of_the_model(cls_model: Path) -> None:
    encoder = load_encoder(str(cls_model))
    assert encoder.spec.max_tokens == 32
    # Two special tokens, and two of the prompt "passage: ".
    assert encoder.passage_budget == 28
    assert encoder.count_tokens(["ferry", "ferry ferry?", ""]) == [1, 3, 0]
    encoder.encode_passages(["ferry " * 28])
    with pytest.raises(ModelError, match=r"A passage has 33 tokens, .* reads 32: 'ferry"):
        encoder.encode_passages(["ferry", "ferry " * 29])


def test_only_a_question_is_cut_to_fit_as_the_original_does(cls_model: Path) -> None:
    encoder, long = load_encoder(str(cls_model)), "ferry harbour " * 40
    expected = reference(cls_model).encode_query([long])
    assert cosines(encoder.encode_query(long)[None], expected)[0] >= 0.999


def test_no_passages_give_no_vectors(cls_model: Path) -> None:
    assert load_encoder(str(cls_model)).encode_passages([]).shape == (0, 32)


# -- the cache ------------------------------------------------------------------------------------------------------


def damage(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize("name", ["model.xml", "model.bin", "tokenizer.json", "probes.npy"])
def test_damage_to_any_compiled_file_is_seen(name: str, cls_model: Path) -> None:
    target = compiled(*locate(str(cls_model)))
    whole = (target / name).read_bytes()
    try:
        damage(target / name)
        assert read_compiled(target) is None
        (target / name).unlink()
        assert read_compiled(target) is None
    finally:
        (target / name).write_bytes(whole)
    assert read_compiled(target) is not None


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"format": 2}', '{"format": 1, "runtime": "openvino", "files": []}'],
    ids=["empty", "cut", "list", "null", "no-fields", "other-format", "no-spec"],
)
def test_damaged_facts_of_a_compiled_model_are_seen(content: str, tmp_path: Path) -> None:
    target = tmp_path / "encoders" / ("0" * 32)
    target.mkdir(parents=True)
    (target / "compiled.json").write_text(content)
    assert read_compiled(target) is None


def test_facts_of_another_model_are_not_taken(cls_model: Path, tmp_path: Path) -> None:
    target = compiled(*locate(str(cls_model)))
    for kind, name, taken in (
        ("encoders", target.name, True), ("encoders", "0" * 32, False), ("readers", target.name, False),
        ("others", target.name, False),
    ):  # fmt: skip
        other = tmp_path / kind / name
        other.parent.mkdir(exist_ok=True)
        other.symlink_to(target)
        assert (read_compiled(other) is not None) is taken, (kind, name)


def test_what_is_compiled_is_used_when_the_original_is_gone(cls_model: Path) -> None:
    spec = load_encoder(str(cls_model)).spec
    gone = replace(spec, name="/gone/away")
    assert load_matching(gone).encode_query("ferry").shape == (32,)
    with pytest.raises(ModelError, match="neither a folder nor in the local Hugging Face cache"):
        load_matching(replace(gone, weights="0" * 64))


def test_another_model_at_the_same_place_is_a_mismatch(cls_model: Path) -> None:
    spec = load_encoder(str(cls_model)).spec
    with pytest.raises(EncoderMismatch, match="differs from it in weights"):
        load_matching(replace(spec, weights="0" * 64))


def test_weights_that_are_not_complete_are_one_line_of_error_and_not_random_vectors(
    cls_model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    for path in cls_model.rglob("*"):
        if path.is_file():
            (folder / path.relative_to(cls_model)).parent.mkdir(exist_ok=True)
            (folder / path.relative_to(cls_model)).write_bytes(path.read_bytes())
    (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(ModelError, match=r"could not be compiled: .*are not complete for its configuration") as caught:
        load_encoder(str(folder))
    assert "\n" not in str(caught.value)


class Narrow(FakeEncoder):
    """Reads four words, and any word longer than twenty letters as one for each twenty."""

    @property
    def passage_budget(self) -> int:
        return 4

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [sum(-(-len(word) // 20) for word in text.split()) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("one two  three\nfour", "one two  three\nfour", id="as-it-is"),
        pytest.param("one two three four five six seven", "one two three four", id="cut-at-a-word"),
        pytest.param("", "", id="empty"),
        pytest.param("x" * 500, "xxxx", id="one-endless-word"),
        pytest.param(f"{'x' * 60} two three four", f"{'x' * 60} two", id="a-long-word-first"),
    ],
)
def test_texts_are_cut_to_what_an_encoder_reads(text: str, expected: str) -> None:
    assert within_budget(["short", text], Narrow()) == ["short", expected]


# -- PyTorch --------------------------------------------------------------------------------------------------------


def test_pytorch_runs_what_openvino_cannot(models: Compiled, cache: Path) -> None:
    instructed_model = models.instructed
    encoder = load_encoder(str(instructed_model))
    assert isinstance(encoder, TorchEncoder)
    facts = json.loads((compiled(*locate(str(instructed_model))) / "compiled.json").read_text())
    assert (facts["runtime"], facts["why"]) == ("torch", "its pooling leaves the prompt's tokens out")
    model = reference(instructed_model)
    assert cosines(rows(encoder, TEXTS), model.encode_query(list(TEXTS))).min() >= 0.9999
    assert cosines(encoder.encode_passages(TEXTS), model.encode_document(list(TEXTS))).min() >= 0.9999
    assert encoder.passage_budget == 62
    assert encoder.count_tokens(["ferry ferry"]) == [2]
    with pytest.raises(ModelError, match="A passage has 65 tokens"):
        encoder.encode_passages(["ferry " * 63])
    again = load_matching(encoder.spec)
    assert isinstance(again, TorchEncoder)


# -- the default model ----------------------------------------------------------------------------------------------


def test_the_default_encoder_finds_paraphrases(real_encoder: Encoder) -> None:
    asked = real_encoder.encode_query("Who arranged the exchange of prisoners?")
    near, far = real_encoder.encode_passages(["A mediator set up the prisoner swap.", "Rain fell on the harbour."])
    assert float(asked @ near) > 0.5
    assert float(asked @ far) < 0.2
    assert np.linalg.norm(asked) == pytest.approx(1, abs=1e-5)
    assert real_encoder.passage_budget == 254


def test_the_default_encoder_gives_the_same_from_many_threads(real_encoder: Encoder) -> None:
    texts = [f"Question number {n} about the harbour, the bridge and {'the pilots ' * (n % 7)}" for n in range(24)]
    expected = np.stack([real_encoder.encode_query(text) for text in texts])
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(real_encoder.encode_query, texts))
        batches = list(pool.map(lambda _: real_encoder.encode_passages(texts), range(4)))
    assert cosines(np.stack(asked), expected).min() > 0.9999
    for batch in batches:
        assert cosines(batch, expected).min() > 0.999


@pytest.mark.parametrize(("hours", "kept"), [(25, False), (23, True)], ids=["older-than-a-day", "perhaps-at-work"])
def test_what_a_killed_compilation_left_is_removed_by_the_next(
    hours: int, kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(tmp_path))
    leftover = tmp_path / "encoders" / ".making-killed"
    leftover.mkdir(parents=True)
    (leftover / "model.bin").write_bytes(b"half")
    then = time.time() - hours * 3600
    os.utime(leftover, (then, then))
    spec = EncoderSpec("no model", "a" * 64, "b" * 64, 384, 256, "mean", True, "", "")
    with pytest.raises(ModelError, match="could not be compiled"):
        compiled(tmp_path / "no model", spec)
    assert [path.name for path in leftover.parent.iterdir()] == ([leftover.name] if kept else [])
