"""The training command: it learns, is resumed where it was stopped, and leaves weights that the product can load."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from eval.text import squad_normal, token_f1
from rag.network import FROZEN, unpacked
from rag.pairs import Pair
from train.batches import BATCH_TOKENS, Ready, auroc, batches
from train.examples import Example, Target
from train.reader import CHOICE, loss_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "gold", "value"),
    [("the Red Cross", "Red Cross", 1.0), ("Red Cross of Peru", "Red Cross", 2 / 3), ("Peru", "Chile", 0.0)],
)
def test_f1_as_squad_defines_it(text: str, gold: str, value: float) -> None:
    assert token_f1(text, (gold,)) == pytest.approx(value)


def test_normal_and_auroc_by_hand() -> None:
    assert squad_normal("The  U.S., a nation!") == "us nation"
    assert auroc([3.0, 2.0], [1.0, 2.5]) == pytest.approx(3 / 4)


def test_loss_by_hand() -> None:
    given = {
        "body": torch.tensor([[False, True, True]]),
        "starts": torch.tensor([[False, True, False]]),
        "ends": torch.tensor([[False, False, True]]),
        "verdict": torch.tensor([[-1.0, 1.0]]),
        "group": torch.tensor([0]),
    }
    loss = loss_of(torch.zeros(1, 3, 2), torch.zeros(1, 2), given)
    # Both ends are one of two tokens, the known verdict is a coin's: ln 2 each; the unknown one does not count.
    assert float(loss) == pytest.approx(2 * np.log(2))


def test_an_answer_is_chosen_among_the_spans_of_all_passages_read_together() -> None:
    """Two passages of two tokens each: the only right start is one of two alone, and one of four with its rival."""
    marks = torch.tensor([[True, False], [False, False]])
    given = {
        "body": torch.ones(2, 2, dtype=torch.bool), "starts": marks, "ends": marks,
        "verdict": torch.tensor([[-1.0, 1.0], [-1.0, 0.0]]),
    }  # fmt: skip
    scores = torch.zeros(2, 2, 2), torch.zeros(2, 2)
    alone = float(loss_of(*scores, given | {"group": torch.tensor([0, 1])}))
    together = float(loss_of(*scores, given | {"group": torch.tensor([0, 0])}))
    # Of the two rows: the span, and the two verdicts; then the passage too is one of two.
    assert alone == pytest.approx((np.log(2) + 2 * np.log(2)) / 2)
    assert together == pytest.approx((np.log(4) + CHOICE * np.log(2) + 2 * np.log(2)) / 2)


def test_no_batch_tears_a_group_apart() -> None:
    pair = Pair([0] * 250, [0] * 250, 1, np.zeros((200, 2), np.int32))
    one = Ready(pair, (), Example("Who?", "text", Target(()), "made"))
    groups = [(one,) * (1 + place % 5) for place in range(200)]
    made = batches(groups, random.Random(1))
    assert {sum(len(group) for group in batch) for batch in made} == {BATCH_TOKENS // 256}
    assert {len(group) for batch in made for group in batch} == {1, 2, 3, 4, 5}
    kept = sum(len(group) for batch in made for group in batch)
    assert sum(map(len, groups)) - kept <= 2 * BATCH_TOKENS // 256


def _train(data: Path, out: Path, tokens: float) -> str:
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from train.reader import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT), str(data), "--out", str(out), "--plain", "--tokens", str(tokens),
         "--without", "stories", "--rivals", "2", "--judged", "400"],
        capture_output=True, text=True, check=False, cwd=data,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_training_is_resumed_and_leaves_weights(tmp_path: Path) -> None:
    names = ("Anna", "Boris", "Carla", "David", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas")
    for part in ("squadshifts", "qamr"):
        rows = []
        for number in range(240):
            winner = names[number % len(names)]
            context = (
                f"In race {number} of the year {1900 + number} {winner} was first. The crowd went home. It rained."
            )
            start = context.index(winner)
            source = "new_wiki" if part == "squadshifts" else "qamr"
            question = f"Who was first in race {number}?"
            row = {"source": source, "question": question, "context": context, "answer": winner, "start": start}
            rows.append(row)
        with gzip.open(tmp_path / f"{part}.jsonl.gz", "wt") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    out = tmp_path / "run"
    _train(tmp_path, out, 0.0042)
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [point["step"] for point in log] == [1]
    told = _train(tmp_path, out, 0.0084)
    assert "goes on at step 1 of 2" in told
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [point["step"] for point in log] == [1, 2]
    weights = load_file(str(out / "reader.safetensors"))
    assert weights and not any(name.startswith(FROZEN) for name in weights)
    assert {str(tensor.dtype) for tensor in weights.values()} == {"torch.int8", "torch.float16"}
    assert all(torch.isfinite(tensor).all() for tensor in unpacked(weights).values())
    facts = json.loads((out / "training.json").read_text())
    assert {"f1 alike", "auroc removed", "told apart"} <= facts["held_out"].keys()
    assert facts["steps"] == 2 and facts["bytes"] < 25_000_000
