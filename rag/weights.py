"""Weights of the extractive reader, fitted by `python -m bench.fit_reader`; order: `rag.read.FEATURES`.

Data: the questions of news-2024h2 (RealTime QA) over its 4,519 articles, SquadShifts (new Wikipedia, Amazon, Reddit;
CC BY 4.0) and QAMR (MIT).  Only these numbers are derived from them.
"""

from __future__ import annotations

import numpy as np

RANK_WEIGHTS = np.array(
    [
        3.5326,
        -0.1729,
        2.1792,
        3.5627,
        0.6018,
        1.4604,
        1.5857,
        0.0,
        1.4113,
        -0.3802,
        1.8908,
        0.6807,
        1.5283,
        0.1436,
        0.6445,
        -0.6613,
    ],
    dtype=np.float32,
)
GLANCE_WEIGHTS = np.array(
    [0.0, 3.019, 3.062, 0.0, 1.737, 1.692, 2.902, 0.0, 1.643, -0.102, 1.801, 0.558, 1.861, 1.513, 0.0, 0.0],
    dtype=np.float32,
)
"""The same with only those features that need no encoder: it chooses the sentences that are looked at closer."""
JUDGE_WEIGHTS = np.array(
    [
        1.2842,
        -0.4441,
        1.0872,
        -0.6139,
        0.2397,
        -0.5575,
        -0.6205,
        0.9896,
        -1.6423,
        1.0196,
        -0.9369,
        0.2619,
        -0.7572,
        -1.0574,
        1.6898,
        -3.5784,
        0.9893,
        1.1553,
    ],
    dtype=np.float32,
)
JUDGE_BIAS = -7.4838
