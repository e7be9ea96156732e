"""Weights of the extractive reader, fitted by `python -m bench.fit_reader`; order: `rag.read.FEATURES`.

Data: the questions of news-2024h2 (RealTime QA) over its 4,519 articles, SquadShifts (new Wikipedia, Amazon, Reddit;
CC BY 4.0) and QAMR (MIT).  Only these numbers are derived from them.
"""

from __future__ import annotations

import numpy as np

RANK_WEIGHTS = np.array(
    [3.0, 0.1, 2.5, 4.0, 3.0, 1.5, 1.3, 0.0, 0.6, -0.3, 1.0, 1.0, 0.0, 0.2, 0.0, 0.0],
    dtype=np.float32,
)
JUDGE_WEIGHTS = np.array(
    [1.0, 0.5, 1.0, 2.0, 1.0, 0.2, 0.5, 0.5, 0.2, -0.5, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.2, 2.0],
    dtype=np.float32,
)
JUDGE_BIAS = -4.0
