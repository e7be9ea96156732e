"""Weights of the extractive reader, fitted by `python -m bench.fit_reader`; order: `rag.read.FEATURES`.

Data: the questions of news-2024h2 (RealTime QA) over its 4,519 articles, SquadShifts (new Wikipedia, Amazon, Reddit;
CC BY 4.0) and QAMR (MIT).  Only these numbers are derived from them.
"""

from __future__ import annotations

import numpy as np

RANK_WEIGHTS = np.array(
    [
        3.7328,
        -0.3737,
        2.2456,
        3.5681,
        0.5887,
        1.4545,
        1.5867,
        0.0,
        1.4412,
        -0.3765,
        1.8695,
        0.6734,
        1.5284,
        0.1543,
        0.6428,
        -0.6593,
    ],
    dtype=np.float32,
)
JUDGE_WEIGHTS = np.array(
    [
        1.3104,
        -0.7492,
        1.1787,
        -0.7413,
        0.259,
        -0.634,
        -0.7095,
        0.9726,
        -1.6996,
        1.0062,
        -0.9098,
        0.2855,
        -0.8135,
        -1.1141,
        1.7229,
        -3.6293,
        1.0259,
        1.1671,
    ],
    dtype=np.float32,
)
JUDGE_BIAS = -7.5301
