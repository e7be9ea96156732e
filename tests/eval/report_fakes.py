"""Runs of the report's tests: one record with what is asked for, and a whole run made from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from eval.conditions import Conditions, Machine
from eval.records import Gold, Hit, Quote, Read, Record, chunk_name
from eval.run import Run
from rag.types import Evidence, Settings, Timings

WORDS = (
    "harbour", "minister", "talks", "Tuesday", "strike", "mediator", "rail", "union", "vote", "council", "bridge",
    "prison", "exchange", "wire", "court", "spokesman", "museum", "compass", "mayor", "budget", "grain", "storm",
)  # fmt: skip
PLACES = ("Ankara", "Ostermere", "Pell Harbour", "Vnukovo", "Northgate", "Eastbank")
TITLES = ("Captives Change Hands in Ankara", "Rail Strike Ends After Mediation", "Grain Ships Insured by the State")


def make_record(**changes: Any) -> Record:
    """An answerable question, rightly answered from the first of its two passages; any field can be changed."""
    right = Record(
        question_id="q",
        question="Who closed the mine?",
        tags=(),
        answerable=True,
        answers=("Ilse Brandt",),
        articles=("mine",),
        grades=(),
        gold=Gold(indexed=("mine",), has_answer=True, chunks=("mine:0-40",)),
        answered=True,
        confidence=0.9,
        evidence=Evidence(),
        quotes=(Quote("mine", "The mine", 0, 30, "Mayor Ilse Brandt closed it.", True, True, True),),
        ranking=(Hit("mine", 0, 40, 0.9, True), Hit("bread", 0, 20, 0.1, False)),
        read=(
            Read("mine", "The mine", "Courier", "2024-08-01", 0, 40, "Mayor Ilse Brandt closed it. It rained.", True),
            Read("bread", "Bread", None, None, 0, 20, "Bread prices rose.", False),
        ),
        reason=None,
        timings=Timings(encode=2.0, dense=1.0, lexical=0.5, read=6.0, total=10.0),
    )
    return replace(right, **changes)


def ranked(*relevant: int, depth: int = 100) -> tuple[Hit, ...]:
    """A ranking of `depth` chunks, those at `relevant` being of the gold article."""
    return tuple(
        Hit("mine" if rank in relevant else "other", rank, rank + 1, 1 / rank, rank in relevant)
        for rank in range(1, depth + 1)
    )


def make_run(records: Sequence[Record], name: str = "base", **changes: Any) -> Run:
    """A run of `records` with fixed conditions; any of the conditions can be changed."""
    conditions = Conditions(
        set_name="news-sample",
        set_path="sets/news-sample.jsonl",
        set_sha256="ab" * 32,
        questions=len(records),
        library="library",
        library_id="24461234b4770fc5",
        generation=3,
        articles=1204,
        chunks=18_044,
        encoder="all-MiniLM-L6-v2",
        encoder_fingerprint="53aa5117",
        chunker="sentences, 800 characters",
        reader="extractive",
        calibration="shipped",
        version="0.1.0",
        revision="abc1234",
        settings=Settings(min_confidence=0.4),
        machine=Machine(system="Linux", processor="AMD EPYC", cpus=2, memory_gb=24.0, python="3.11.9"),
        started="2024-09-01T12:00:00+00:00",
        index_chunks_per_second=141.0,
    )
    return Run(Path("runs") / name, replace(conditions, **changes), tuple(records))


def seeded_records(count: int, seed: int = 0, skill: float = 1.0) -> list[Record]:
    """Questions with every outcome, confidences that mean something, and 100 ranks; the better, the higher `skill`."""
    return [_seeded(random.Random(seed * 1_000_003 + number), number, skill) for number in range(count)]


def _seeded(draw: random.Random, number: int, skill: float) -> Record:
    gold, place = f"a{number:04}", draw.choice(PLACES)
    answerable, extracts = draw.random() < 0.6, draw.random() < 0.8
    question = f"Where did the {draw.choice(WORDS)} {draw.choice(WORDS)} meet the {draw.choice(WORDS)} ({number})?"
    tags = tuple(draw.sample(["who", "when", "numbers", "names"], draw.randint(0, 2)))
    rank = int(draw.expovariate(skill / 6)) + 1 if answerable else 0
    chunks = tuple(chunk_name(gold, start, start + 800) for start in (0, 700))
    ranking = tuple(_hit(gold, at, rank) for at in range(1, 101))
    read = tuple(_read(draw, gold, at, rank, place) for at in range(1, 11))
    found = answerable and rank <= 10 and extracts
    confidence = round(min(max(draw.gauss(0.65 if found else 0.3, 0.18), 0.0), 1.0), 4)
    answered = confidence >= 0.4
    source = read[rank - 1] if found else draw.choice(read)
    text = source.text.split(". ")[1 if found else 0] + "."
    quote = Quote(source.article, source.title, 0, len(text), text, source.article == gold, found, True)
    return make_record(
        question_id=f"2024_{number}",
        question=question,
        tags=tags,
        answerable=answerable,
        answers=(place, place.upper()) if answerable else (),
        articles=(gold,) if answerable else (),
        gold=Gold((gold,), True, chunks) if answerable else Gold((), False, ()),
        answered=answered,
        confidence=confidence,
        quotes=(quote,),
        ranking=ranking,
        read=read,
        reason=None if answered else "The closest passages do not answer this question likely enough.",
        timings=Timings(*(round(draw.lognormvariate(mean, 0.4), 3) for mean in (1, 0.5, 0, -1, 3, 0.2, 3.3))),
        short=place.upper() if found else "",
    )


def _hit(gold: str, at: int, rank: int) -> Hit:
    if at == rank:
        return Hit(gold, 0, 800, round(1 / at, 6), True)
    if at == 3 * rank:
        return Hit(gold, 700, 1500, round(1 / at, 6), True)
    return Hit(f"b{at % 37:03}", 10 * at, 10 * at + 800, round(1 / at, 6), False)


def _read(draw: random.Random, gold: str, at: int, rank: int, place: str) -> Read:
    filler = [" ".join(draw.choices(WORDS, k=draw.randint(6, 18))).capitalize() for _ in range(11)]
    relevant = at == rank
    if relevant:
        filler[1] = f"Delegates met in {place.upper()} on Thursday, two officials said"
    text = ". ".join(filler) + "."
    article = gold if relevant else f"b{at % 37:03}"
    start = 0 if relevant else 10 * at
    day = f"2024-08-{1 + at % 28:02}"
    return Read(article, draw.choice(TITLES), "Northgate Wire", day, start, start + len(text), text, relevant)
