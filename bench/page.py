"""Many readers of the page at once, over the sample library: python -m bench.page [--users 50] [--questions 4]

Each user is a session of the page: it asks one question after the other and waits for the answer, as the page's own
requests do.  Told are the median and the 95th percentile of the time from question to answer, what was refused, and the
same for one user alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from bench.served import RAG, served
from bench.texts import SAMPLES

QUESTIONS = (
    "Who mediated the swap?",
    "How many people were freed?",
    "How long will the bridge be closed?",
    "Who won the chess championship?",
)


@dataclass
class Outcome:
    """How long each question took, in seconds, and how many got no answer."""

    seconds: list[float]
    refused: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--questions", type=int, default=4, help="questions of each user")
    parser.add_argument("--library", type=Path, help="a library; the sample articles where there is none")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = given.library or Path(folder) / "library"
        if not given.library:
            subprocess.run([RAG, "index", str(SAMPLES), "--library", str(library)], check=True, capture_output=True)
        with served(library) as url:
            asyncio.run(_measured(url, given.users, given.questions))


async def _measured(url: str, users: int, questions: int) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=httpx.Limits(max_connections=None)) as client:
        event = await _event(client)
        await _user(client, event, "warm", 1)
        for count in (1, users):
            begun = time.perf_counter()
            found = await asyncio.gather(*(_user(client, event, f"u{count}-{n}", questions) for n in range(count)))
            took = time.perf_counter() - begun
            seconds = np.array([second for one in found for second in one.seconds] or [float("nan")])
            refused = sum(one.refused for one in found)
            print(
                f"{count:3} users: p50 {np.median(seconds) * 1e3:,.0f} ms, "
                f"p95 {np.percentile(seconds, 95) * 1e3:,.0f} ms, "
                f"{len(seconds) / took:.1f} answers a second, {refused} told that the page is busy",
                flush=True,
            )


async def _event(client: httpx.AsyncClient) -> int:
    """The number of the event by which the page asks."""
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", (await client.get("/")).text, re.DOTALL)
    config = json.loads(found[1]) if found else {"dependencies": []}
    for one in config["dependencies"]:
        if "rag.choices" in str(one.get("js")):
            return int(one["id"])
    raise SystemExit("the page has no event by which it asks")


async def _user(client: httpx.AsyncClient, event: int, session: str, questions: int) -> Outcome:
    outcome = Outcome([])
    for number in range(questions):
        begun = time.perf_counter()
        if await _asked(client, event, session, QUESTIONS[number % len(QUESTIONS)]):
            outcome.seconds.append(time.perf_counter() - begun)
        else:
            outcome.refused += 1
    return outcome


async def _asked(client: httpx.AsyncClient, event: int, session: str, question: str) -> bool:
    """Whether a question was answered or refused by the articles, rather than turned away."""
    body = {"data": [question, "{}", None], "fn_index": event, "session_hash": session, "trigger_id": None}
    joined = await client.post("/gradio_api/queue/join", json=body)
    if joined.status_code != 200:
        return False
    shown = ""
    async with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as events:
        async for line in events.aiter_lines():
            if not line.startswith("data:"):
                continue
            told = json.loads(line[5:])
            if told["msg"] in {"process_generating", "process_completed"}:
                shown += json.dumps(told.get("output", ""))
            if told["msg"] == "process_completed":
                return bool(told.get("success")) and "rag-turn" in shown and "Too many questions" not in shown
            if told["msg"] in {"close_stream", "unexpected_error"}:
                return False
    return False


if __name__ == "__main__":
    main()
