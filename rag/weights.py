"""Weights with which a reader's scores are put together, fitted by `python -m bench.fit_reader`.

In the order of `FOUND_FEATURES`, `CHUNK_FEATURES`, `SPAN_FEATURES` and `ORDER_FEATURES` in `rag.read`.
"""

from __future__ import annotations

import numpy as np

FOUND_WEIGHTS = np.array([1.711, 2.164, 0.774, 4.141, 3.810], np.float32)
CHUNK_WEIGHTS = np.array([1.068, 1.168, 0.572, 0.988, 2.065, 0.903, -0.148, -0.017], np.float32)
SPAN_WEIGHTS = np.array(
    [0.737, 0.878, 0.076, 1.024, -1.196, -3.058, 5.000, -0.314, -0.804, 1.055, 0.306, 1.36, 1.48], np.float32
)
ORDER_WEIGHTS = np.array([0.882, 0.961], np.float32)
