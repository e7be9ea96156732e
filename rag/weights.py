"""Weights with which a reader's scores are put together, fitted by `python -m bench.fit_reader`.

In the order of `rag.read.CHUNK_FEATURES` and `rag.read.SPAN_FEATURES`.
"""

from __future__ import annotations

import numpy as np

CHUNK_WEIGHTS = np.array([1.0, 0.5, 0.1, 0.1, 0.5, 1.0, 1.0], np.float32)
SPAN_WEIGHTS = np.array([1.0, 1.0, 0.3, 0.5, -1.0, 1.0, -1.0, 1.0, 0.2, 0.0], np.float32)
