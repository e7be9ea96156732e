"""Weights with which a reader's scores are put together, fitted by `python -m bench.fit_reader`.

In the order of `FOUND_FEATURES`, `CHUNK_FEATURES`, `SPAN_FEATURES` and `ORDER_FEATURES` in `rag.read`.
"""

from __future__ import annotations

import numpy as np

FOUND_WEIGHTS = np.array([1.731, 2.154, 0.744, 4.010, 3.677], np.float32)
CHUNK_WEIGHTS = np.array([1.029, 1.150, 0.509, 0.785, 1.893, 0.891, -0.185, 0.090], np.float32)
SPAN_WEIGHTS = np.array(
    [0.752, 0.837, 0.080, 0.855, -1.515, -2.695, 4.000, -0.330, -0.611, 1.131, 0.738, 1.320, 1.018], np.float32
)
ORDER_WEIGHTS = np.array([0.851, 1.229], np.float32)
