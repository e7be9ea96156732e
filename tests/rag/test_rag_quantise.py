"""Products in 8 bits: the steps, the smoothing, and what becomes of a model."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openvino import opset13 as ops

from rag.quantise import STEPS, bounds, quantised, smoothing

CHANNELS, ROWS = 8, 5
LAYER = "__module.bert.encoder.layer.0."
DENSE = "bert.encoder.layer.0.intermediate.dense"


@given(st.floats(-1e3, 1e3), st.floats(0, 1e3))
def test_steps_reach_over_all_values_and_one_is_zero(first: float, width: float) -> None:
    measured = np.array([[first, first], [first + width, first + width / 2]], np.float32)
    least, greatest = bounds(measured)
    step = (greatest - least) / STEPS
    assert abs(least / step - round(least / step)) < 1e-6 and least <= 0 <= greatest
    assert least <= measured.min() + step and greatest >= measured.max() - step


def test_smoothing_leaves_a_product_as_it_is_and_evens_its_channels_out() -> None:
    chance = np.random.default_rng(0)
    values = chance.normal(size=(50, CHANNELS)) * np.array([40, *[1] * (CHANNELS - 1)])
    matrix = chance.normal(size=(ROWS, CHANNELS))
    ends = np.stack([values.min(0), values.max(0)]).astype(np.float32)
    scale = smoothing(ends, matrix.astype(np.float32))
    assert np.exp(np.log(scale).mean()) == pytest.approx(1, abs=1e-4)
    assert (values / scale) @ (matrix * scale).T == pytest.approx(values @ matrix.T)
    reach = np.abs(ends / scale).max(0)
    assert reach.max() / reach.min() < 3 < np.abs(ends).max(0).max() / np.abs(ends).max(0).min()
    assert np.isfinite(smoothing(np.zeros((2, CHANNELS), np.float32), np.zeros((ROWS, CHANNELS), np.float32))).all()


def products(*names: str, half: bool = False) -> Any:
    """A model with a product of one input for each name."""
    given_ = ops.parameter([-1, CHANNELS], np.float32)
    chance = np.random.default_rng(1)
    results = []
    for name in names:
        matrix = ops.constant(chance.normal(size=(ROWS, CHANNELS)).astype(np.float16 if half else np.float32))
        made = ops.matmul(given_, ops.convert(matrix, "f32") if half else matrix, False, True)
        made.set_friendly_name(name)
        results.append(made)
    return openvino.Model(results, [given_])


def outputs(model: Any, values: Any) -> list[Any]:
    found = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([values])
    return [found[port] for port in found]


@pytest.mark.parametrize("half", [False, True], ids=["full", "half"])
def test_products_whose_ranges_are_known_are_rounded_and_nearly_the_same(half: bool) -> None:
    values = np.random.default_rng(2).normal(size=(20, CHANNELS)).astype(np.float32)
    ranges = {DENSE: np.stack([values.min(0), values.max(0)])}
    names = (f"{LAYER}intermediate.dense/aten::linear/MatMul", "__module.spans/MatMul")
    model = quantised(products(*names, half=half), ranges)
    assert [node.get_type_name() for node in model.get_ops()].count("FakeQuantize") == 1
    (rounded, own), (exact, other) = outputs(model, values), outputs(products(*names, half=half), values)
    assert (own == other).all(), "another product stays"
    assert 0 < np.abs(rounded - exact).max() < 0.1


def test_products_of_one_input_share_its_rounding() -> None:
    names = [f"{LAYER}attention.self.{name}/MatMul" for name in ("key", "query", "value")]
    ends = np.array([[-3.0] * CHANNELS, [3.0] * CHANNELS], np.float32)
    model = quantised(products(*names), {"bert.encoder.layer.0.attention.self.query": ends})
    assert [node.get_type_name() for node in model.get_ops()].count("FakeQuantize") == 1
    inputs = {
        node.input_value(0).get_node().get_type_name() for node in model.get_ops() if "MatMul" in node.get_type_name()
    }
    assert inputs == {"FakeQuantize"}


def test_where_no_range_is_known_a_product_stays() -> None:
    model = quantised(products(f"{LAYER}output.dense/MatMul"), {})
    assert "FakeQuantize" not in [node.get_type_name() for node in model.get_ops()]
