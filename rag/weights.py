"""Weights with which a reader's scores are put together, fitted by `python -m bench.fit_reader`.

In the order of `FOUND_FEATURES`, `CHUNK_FEATURES`, `SPAN_FEATURES` and `ORDER_FEATURES` in `rag.read`.
"""

from __future__ import annotations

import numpy as np

FOUND_WEIGHTS = np.array([1.724, 2.157, 0.752, 4.007, 3.682], np.float32)
CHUNK_WEIGHTS = np.array([0.965, 1.153, 0.557, 0.952, 2.059, 0.900, -0.141, 0.020], np.float32)
SPAN_WEIGHTS = np.array(
    [0.774, 0.839, 0.064, 0.909, -1.453, -2.835, 4.000, -0.448, -0.519, 0.937, 0.583, 1.464, 0.891], np.float32
)
ORDER_WEIGHTS = np.array([0.851, 1.229], np.float32)
