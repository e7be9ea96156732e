"""Weights with which a reader's scores are put together, fitted by `python -m bench.fit_reader`.

In the order of `rag.read.CHUNK_FEATURES` and `rag.read.SPAN_FEATURES`.
"""

from __future__ import annotations

import numpy as np

CHUNK_WEIGHTS = np.array([1.304, 0.502, -0.109, 0.130, 2.012, 0.751, 2.796], np.float32)
SPAN_WEIGHTS = np.array([0.737, 0.883, 0.115, 1.253, -1.917, -1.759, 5.000, 1.059, -0.528, 1.394, 0.292], np.float32)
