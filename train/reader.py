"""Train the reader: `python -m train.reader DATA --out FOLDER`; the same command again goes on where it was stopped.

DATA holds `squadshifts.jsonl.gz`, `qamr.jsonl.gz` and `squad.jsonl.gz` (`python -m train.squad`), or some of them;
`--start` names the weights to begin with (`python -m train.start`).  FOLDER gets `checkpoint.pt`, `log.jsonl` (learning
curve) and at the end `reader.safetensors` with `training.json`.  `--without KIND` leaves a kind of example out, for
ablations.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rag.disk import write_atomic
from rag.models import locate
from rag.network import Network, network, packed, trained
from rag.pairs import NAMES, Layout
from rag.spec import file_sha256, tokenizer_file
from train import variants
from train.batches import BATCH_TOKENS, Group, Ready, batches, ready, scores, tensors, told_apart, whole
from train.examples import Example, is_held_out, load
from train.newsroom import newsroom
from train.stories import families, stories

SHARES = {
    "paraphrased": 0.22, "in-place": 0.12, "led-in": 0.06, "mined": 0.2, "removed": 0.12, "swapped": 0.12,
    "lacking": 0.04, "aged": 0.03, "lasting": 0.04, "other-kind": 0.3, "random": 0.15, "rivals": 0.4,
}  # fmt: skip
"""How many of an epoch's questions get such a variant (of "random": how many of those given are used).

Of "rivals": how many are read together with passages that do not answer them, where `--rivals` asks for it; those of
families always are."""
TAKEN = {"squad": 2, "qamr": 4, "story": 1, "alike": 1}
"""An epoch takes every so manieth question of a source, the next epoch the following ones; half of the others."""
LACKING = ("story-lacking", "alike-lacking")
"""Questions of the stories that have no answer: an epoch takes all of them."""
RATE, WARM_UP, DECAY = 1e-4, 0.05, 0.01
BARE = 0.25
"""How often one of the rivals is the passage itself without the sentence that answers."""
CHOICE = 0.5
"""How much it counts to tell the passage that answers from its rivals."""
EVALUATED = 800
"""Steps between two points of the learning curve."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--tokens", type=float, default=17.0, help="millions of tokens to train on")
    parser.add_argument("--stop", type=int, help="end at this step, with the learning rate it has there")
    parser.add_argument("--start", type=Path, help="weights to begin with; without them, at random")
    parser.add_argument("--rate", type=float, default=RATE, help="highest learning rate")
    parser.add_argument("--epoch", type=int, default=0, help="the one to begin with: other questions than the first")
    parser.add_argument("--newsroom", type=int, default=3_000, help="invented articles in an epoch, 3 questions each")
    parser.add_argument("--thin", type=int, default=1, help="take so many times fewer paragraphs' questions an epoch")
    parser.add_argument("--thin-stories", type=int, default=1, help="the same of the stories that have no family")
    parser.add_argument(
        "--rivals", type=int, default=0, help="passages read beside the one that answers; 0: no families"
    )
    parser.add_argument("--without", action="append", default=[], choices=[*SHARES, "newsroom", "stories"])
    parser.add_argument("--judged", type=int, default=1, help="judge by every so manieth held-out question")
    parser.add_argument("--plain", action="store_true", help="do not compile the network (no C++ compiler needed)")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    Training(given).run()


class Training:
    """One run: its data, network, optimiser, and where it keeps them."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.base, _ = locate(None)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(given.seed)
        begun = trained(self.base, given.start) if given.start else network(self.base)
        self.network: Network = begun.to(self.device)
        parameters = [p for p in self.network.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY, fused=True)
        self.steps = int(given.tokens * 1e6 / BATCH_TOKENS)
        self.last = min(self.steps, given.stop or self.steps)
        self.step = 0
        self.checkpoint = given.out / "checkpoint.pt"
        if self.checkpoint.exists():
            kept = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
            self.network.load_state_dict(kept["network"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.step = kept["step"]
            print(f"goes on at step {self.step:,} of {self.last:,}", flush=True)

    def run(self) -> None:
        self.layout = Layout.read(tokenizer_file(self.base))
        training, held_out = load(self.given.data)
        for example in stories():
            if is_held_out("story", example.text):
                held_out.append(example)
            elif "stories" not in self.given.without and (self.given.rivals or not example.kind.startswith("alike")):
                training.append(example)
        self.training, self.judged = training, self.held_out(held_out)[:: self.given.judged]
        apart = [group for group in families() if is_held_out("story", group[0].text)]
        self.families = whole(apart[:: self.given.judged], self.layout)
        answered = [example for example in training if example.target.spans]
        self.vectors = self.embedded(answered)
        model = self.compiled()
        done, epoch, begun, losses = 0, self.given.epoch, time.time(), []
        while self.step < self.last:
            every = batches(self.epoch(epoch), random.Random(self.given.seed * 100 + epoch))
            for batch in every[max(0, self.step - done) :]:
                losses.append(self.learn(model, batch))
                self.step += 1
                if self.step % EVALUATED == 0 or self.step == self.last:
                    self.report(losses, time.time() - begun)
                    losses = []
                if self.step == self.last:
                    break
            done += len(every)
            epoch += 1
        self.export()

    def compiled(self) -> Callable[..., Any]:
        if self.given.plain or not (self.device.type == "cuda" or shutil.which("g++") or shutil.which("c++")):
            return self.network
        torch._dynamo.config.recompile_limit = 32
        made: Callable[..., Any] = torch.compile(self.network, dynamic=False)
        return made

    def embedded(self, examples: Sequence[Example]) -> tuple[Any, Any]:
        """Vectors of the questions and of the passages, by the default encoder; each text is embedded once and kept."""
        kept = self.given.out / "vectors.npz"
        known: dict[bytes, Any] = {}
        if kept.exists():
            with np.load(kept) as found:
                known = {digest.tobytes(): one for digest, one in zip(found["digests"], found["vectors"], strict=True)}
        questions = [example.question for example in examples]
        passages = list(dict.fromkeys(example.text for example in examples))
        texts = {_digest(text): text for text in (*questions, *passages)}
        missing = {digest: text for digest, text in texts.items() if digest not in known}
        if missing:
            from rag.encoder import load_encoder, within_budget

            encoder = load_encoder()
            made = encoder.encode_passages(within_budget(list(missing.values()), encoder))
            known |= dict(zip(missing, made, strict=True))
            digests = np.frombuffer(b"".join(known), np.uint8).reshape(len(known), -1)
            np.savez(kept, digests=digests, vectors=np.stack(list(known.values())))
        asked, told = (np.stack([known[_digest(text)] for text in those]) for those in (questions, passages))
        return asked, told

    def epoch(self, number: int) -> list[Group]:
        """What an epoch reads: the examples given, new variants of them, and some with their rivals."""
        rng = random.Random(self.given.seed * 1000 + number)
        without = set(self.given.without)
        share = {kind: 0.0 if kind in without else value for kind, value in SHARES.items()}
        answered = [example for example in self.training if example.target.spans]
        swapped = variants.Swapped(answered)
        makers: dict[str, Callable[[Example, random.Random], Example | None]] = {
            "removed": variants.removed, "swapped": swapped, "lacking": variants.lacking, "aged": variants.aged,
            "lasting": variants.lasting, "other-kind": variants.other_kind,
        }  # fmt: skip
        found = [
            (e,) for e in self.training
            if not e.target.spans and (e.kind in LACKING or rng.random() < share["random"])
        ]  # fmt: skip
        near = variants.rivals(answered, self.vectors, self.taken(answered, number))
        for i, others in near.items():
            example, made = answered[i], None
            if rng.random() < share["paraphrased"]:
                made = variants.paraphrased(example, rng)
            elif rng.random() < share["in-place"]:
                made = variants.in_place(example, rng)
            elif rng.random() < share["led-in"]:
                made = variants.led_in(example, rng)
            asked = made or example
            together = 1.0 if example.kind == "alike" and share["rivals"] else share["rivals"]
            found.append((asked, *self.beside(asked, others, rng, together)))
            for kind, make in makers.items():
                if rng.random() < share[kind]:
                    made = make(example, rng)
                    found += [(made,)] if made else []
            if others and rng.random() < share["mined"]:
                found.append((rng.choice(others),))
        titles = [example.text.split(". ")[0][:90] for example in rng.sample(answered, min(2000, len(answered)))]
        if "newsroom" not in without:
            for example in newsroom(self.given.newsroom, self.given.seed * 10 + number):
                made = variants.paraphrased(example, rng) if rng.random() < share["paraphrased"] else None
                found.append((made or example,))
        kinds = Counter(e.kind for group in found for e in group)
        print(f"epoch {number}: {kinds.total():,} examples, {dict(kinds)}", flush=True)
        groups = (tuple(variants.dressed(example, rng, titles) for example in group) for group in found)
        return whole(groups, self.layout)

    def beside(self, asked: Example, others: Sequence[Example], rng: random.Random, share: float) -> list[Example]:
        """What is read together with the passage that answers: rivals, at times itself without the answer."""
        if not (others and self.given.rivals) or rng.random() >= share:
            return []
        chosen = rng.sample(others, min(len(others), self.given.rivals))
        found = [replace(one, question=asked.question) for one in chosen]
        bare = variants.removed(asked, rng) if rng.random() < BARE else None
        return [*found[1:], bare] if bare else found

    def taken(self, examples: Sequence[Example], number: int) -> list[bool]:
        """Which questions an epoch takes: a share of each source, in an order that the seed gives."""
        order = list(range(len(examples)))
        random.Random(self.given.seed).shuffle(order)
        count: Counter[str] = Counter()
        found = [False] * len(examples)
        for i in order:
            kind = examples[i].kind
            thin = {"story": self.given.thin_stories, "alike": 1}.get(kind, self.given.thin)
            every = TAKEN.get(kind, 2) * thin
            found[i] = (count[kind] - number) % every == 0
            count[kind] += 1
        return found

    def held_out(self, examples: Sequence[Example]) -> list[Ready]:
        """Held-out paragraphs with their questions, and the variants of these."""
        rng = random.Random(0)
        answered = [example for example in examples if example.target.spans]
        swapped = variants.Swapped(answered)
        made = [
            maker(example, rng)
            for maker in (variants.removed, swapped, variants.lacking, variants.other_kind)
            for example in rng.sample(answered, min(700, len(answered)))
        ]
        made += [
            found and replace(found, kind=kind)
            for kind, maker in (("paraphrased", variants.paraphrased), ("in place", variants.in_place))
            for found in (maker(example, rng) for example in rng.sample(answered, min(350, len(answered))))
        ]
        everything = [*examples, *(example for example in made if example)]
        return ready([replace(example, title="", date="") for example in everything], self.layout)

    def learn(self, model: Callable[..., Any], batch: Sequence[Group]) -> float:
        """One step; its loss."""
        self.network.train()
        given = {name: tensor.to(self.device) for name, tensor in tensors([e for g in batch for e in g]).items()}
        given["group"] = torch.tensor([i for i, group in enumerate(batch) for _ in group], device=self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            spans, verdict = model(*(given[name] for name in NAMES))
        loss = loss_of(spans.float(), verdict.float(), given)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = self.given.rate * self.pace()
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return float(loss.detach())

    def pace(self) -> float:
        """Share of the full learning rate: up during the warm-up, then down to nothing in a straight line."""
        part = (self.step + 1) / self.steps
        return part / WARM_UP if part < WARM_UP else (1 - part) / (1 - WARM_UP)

    def report(self, losses: Sequence[float], seconds: float) -> None:
        """A checkpoint that a kill cannot spoil, and a point of the learning curve."""
        half = self.checkpoint.with_suffix(".half")
        state = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "step": self.step}
        torch.save(state, half)
        half.replace(self.checkpoint)
        found = {
            "step": self.step, "tokens": self.step * BATCH_TOKENS, "seconds": round(seconds),
            "loss": round(float(np.mean(losses)), 4),
        }  # fmt: skip
        found |= {name: round(value, 4) for name, value in scores(self.network, self.judged[::4]).items()}
        with (self.given.out / "log.jsonl").open("a") as file:
            file.write(json.dumps(found) + "\n")
        print(json.dumps(found), flush=True)

    def export(self) -> None:
        """`reader.safetensors`: what was trained, packed, and what it was trained with."""
        from safetensors.torch import save_file

        path = self.given.out / "reader.safetensors"
        save_file(packed(self.network.state_dict()), str(path))
        made = trained(self.base, path)
        found = scores(made, self.judged) | {"told apart": told_apart(made, self.families)}
        facts = {
            "sha256": file_sha256(path), "bytes": path.stat().st_size, "seed": self.given.seed, "steps": self.last,
            "without": self.given.without, "held_out": {name: round(value, 4) for name, value in found.items()},
        }  # fmt: skip
        write_atomic(self.given.out / "training.json", json.dumps(facts, indent=1).encode())
        print(json.dumps(facts), flush=True)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def loss_of(spans: torch.Tensor, verdict: torch.Tensor, given: dict[str, torch.Tensor]) -> torch.Tensor:
    """Marginal likelihood of the right starts and ends where there are any, and cross-entropy of both verdicts.

    A start is one among those of all passages of its group (`given["group"]`, (n,)), so that the scores of one passage
    can be weighed against those of another; in a group of several, the passage that answers is one among these too.
    """
    body, answered = given["body"], given["verdict"][:, 1] > 0
    together = given["group"][:, None] == given["group"][None, :]
    loss = torch.zeros((), device=spans.device)

    def among(scores: torch.Tensor) -> torch.Tensor:
        return torch.where(together, scores[None, :], -torch.inf).logsumexp(1)

    for column, name in enumerate(("starts", "ends")):
        scores = spans[..., column].masked_fill(~body, -1e4)
        right = scores.masked_fill(~given[name], -1e4).logsumexp(-1)
        loss = loss + ((among(scores.logsumexp(-1)) - right) * answered).sum() / 2
    loss = loss + CHOICE * ((among(verdict[:, 1]) - verdict[:, 1]) * answered).sum()
    known = given["verdict"] >= 0
    judged = torch.nn.functional.binary_cross_entropy_with_logits(
        verdict, given["verdict"].clamp(min=0), reduction="none"
    )
    weights = torch.tensor([0.3, 1.0], device=verdict.device)
    return (loss + (judged * known * weights).sum()) / len(answered)


if __name__ == "__main__":
    main()
