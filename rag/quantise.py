"""A reader's matrix products in 8 bits, activations too; runs in the child process of `rag.export`.

The ranges of what goes into the products were measured in training (`train/ranges.py`).  As in SmoothQuant (Xiao et
al., ICML 2023), channels with large values are scaled down and the matrix's columns up: then one step fits them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from rag.encoder import Vectors

ALPHA = 0.9
"""How much of a channel's range goes over to the matrix."""
STEPS = 255
LEAST = 1e-4
_PRODUCT = re.compile(r"bert\.encoder\.layer\.\d+\.[a-z.]*(?:query|key|value|dense)")


def quantised(model: Any, ranges: Mapping[str, Vectors]) -> Any:
    """The model, changed in place: OpenVINO's CPU runtime multiplies in 8 bits behind its FakeQuantize.

    `ranges` are (2, channels), the least and the greatest value of each channel of what goes into a product, by the
    product's name in PyTorch; products of one input share those of the first.  Where none is known, a product stays.
    """
    from openvino import opset13 as ops

    by_input: dict[str, dict[str, Any]] = {}
    for node in model.get_ordered_ops():
        name = _PRODUCT.search(node.get_friendly_name())
        if name and node.get_type_name() == "MatMul":
            by_input.setdefault(node.input_value(0).get_node().get_friendly_name(), {})[name.group()] = node
    for products in by_input.values():
        measured = next((ranges[name] for name in products if name in ranges), None)
        if measured is None:
            continue
        nodes = list(products.values())
        matrices = [_matrix(node) for node in nodes]
        scale = smoothing(measured, np.concatenate(matrices))
        least, greatest = bounds(measured / scale)
        ends = [ops.constant(np.array(end, np.float32)) for end in (least, greatest)]
        smoothed = ops.multiply(nodes[0].input_value(0), ops.constant(1 / scale))
        rounded = ops.fake_quantize(smoothed, *ends, *ends, STEPS + 1)
        for node, matrix in zip(nodes, matrices, strict=True):
            scaled = matrix * scale
            steps = np.maximum(np.abs(scaled).max(1, keepdims=True) / 127, LEAST**2).astype(np.float32)
            whole = np.round(scaled / steps).astype(np.int8)
            weights = ops.multiply(ops.convert(ops.constant(whole), "f32"), ops.constant(steps))
            node.input(0).replace_source_output(rounded.output(0))
            node.input(1).replace_source_output(weights.output(0))
    model.validate_nodes_and_infer_types()
    return model


def _matrix(node: Any) -> Vectors:
    """(out, in), through the conversion from half precision where there is one."""
    source = node.input_value(1).get_node()
    if source.get_type_name() == "Convert":
        source = source.input_value(0).get_node()
    return np.asarray(source.get_data(), np.float32)


def smoothing(measured: Vectors, matrix: Vectors) -> Vectors:
    """(in,): by what each channel is divided, and the matrix's column multiplied; 1 in the geometric mean."""
    values = np.maximum(np.abs(measured).max(0), LEAST)
    weights = np.maximum(np.abs(matrix).max(0), LEAST)
    scale = values**ALPHA / weights ** (1 - ALPHA)
    return np.asarray(scale / np.exp(np.log(scale).mean()), np.float32)


def bounds(measured: Vectors) -> tuple[float, float]:
    """The ends of STEPS equal steps over all channels, one of which is exactly 0."""
    least, greatest = min(float(measured.min()), -LEAST), max(float(measured.max()), LEAST)
    step = (greatest - least) / STEPS
    zero = round(-least / step)
    return -zero * step, (STEPS - zero) * step
