"""Ablations: what a run leaves out, and the table of what that costs."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from train.ablations import PARAGRAPHS, PARTS, command, table
from train.reader import SHARES

FIGURES = {
    **{f"f1 {source}": value for source, value in zip(PARAGRAPHS, (0.7, 0.6, 0.6, 0.8, 0.8), strict=True)},
    "f1 story": 0.5, "f1 paraphrased": 0.4, "f1 in place": 0.3, "auroc removed": 0.9, "auroc swapped": 0.8,
    "auroc lacking": 0.99, "auroc other-kind": 0.85, "auroc story-lacking": 0.7, "told apart": 0.6,
}  # fmt: skip


def test_a_run_leaves_out_what_its_row_says() -> None:
    given = argparse.Namespace(data=Path("data"), start=Path("start"), tokens=0.5)
    made = command(given, Path("out"), PARTS["other passages"])
    assert made[made.index("--without") :] == ["--without", "mined", "--without", "rivals"]
    known = {*SHARES, "newsroom", "stories"}
    assert {kind for left_out in PARTS.values() for kind in left_out} <= known


def test_the_table_tells_the_differences() -> None:
    less = FIGURES | {"f1 squad": 0.75, "told apart": 0.45}
    head, _, whole, row = table({"everything": FIGURES, "stories": less}).splitlines()
    columns = [cell.strip() for cell in head.split("|")[2:-1]]
    assert [cell.strip() for cell in whole.split("|")[1:3]] == ["nothing", "0.700"]
    cells = dict(zip(columns, (cell.strip() for cell in row.split("|")[2:-1]), strict=True))
    assert cells["told apart"] == "-0.150" and cells["F1 paragraphs"] == "-0.010"
    assert float(cells["AUROC removed"]) == pytest.approx(0)
