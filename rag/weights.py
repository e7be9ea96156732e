"""Weights with which a reader's scores are put together, fitted by `python -m bench.fit_reader`.

In the order of `rag.read.CHUNK_FEATURES` and `rag.read.SPAN_FEATURES`.
"""

from __future__ import annotations

import numpy as np

CHUNK_WEIGHTS = np.array([1.234, 0.456, -0.107, 0.065, 2.104, 0.596, 1.963, 3.310], np.float32)
SPAN_WEIGHTS = np.array([0.696, 0.863, 0.106, 1.315, -2.122, -1.840, 5.000, 0.554, -0.216, 1.424, 0.422], np.float32)
