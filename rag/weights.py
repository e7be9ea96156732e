"""Weights with which a reader's scores are put together, fitted by `python -m bench.fit_reader`.

In the order of `FOUND_FEATURES`, `CHUNK_FEATURES`, `SPAN_FEATURES` and `ORDER_FEATURES` in `rag.read`.
"""

from __future__ import annotations

import numpy as np

FOUND_WEIGHTS = np.array([1.711, 2.164, 0.774, 4.141, 3.810], np.float32)
CHUNK_WEIGHTS = np.array([1.068, 1.168, 0.572, 0.988, 2.065, 0.903, -0.148, -0.017], np.float32)
SPAN_WEIGHTS = np.array([0.739, 0.867, 0.073, 0.991, -1.204, -3.211, 5.000, -0.367, -0.752, 0.868, 0.428, 1.055, 1.073], np.float32
)
ORDER_WEIGHTS = np.array([0.869, 1.203], np.float32)
