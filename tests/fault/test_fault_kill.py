"""Killed while writing: a reader sees the old or the new generation, and the same sync then succeeds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fault_server import COUNT, KILL, Json, Server, copy_of, pick

ABSENT = "LibraryNotFound"


def _state(answer: Json) -> str:
    """The digest of what a reader saw, or the name of what it raised."""
    return str(answer["found"]["state"]) if answer["outcome"] == "ok" else str(answer["outcome"])


def _check_recovery(answer: Json, states: set[str], end: str) -> None:
    assert _state(answer["reader"]) in states, answer
    assert answer["verify"]["ok"] or _state(answer["reader"]) == ABSENT, answer
    assert answer["again"]["outcome"] == "ok", answer
    assert _state(answer["end"]) == end, answer
    assert answer["end_verify"]["ok"], answer


def _points(trace: str, count: int | None) -> list[int]:
    """`count` of the calls spread evenly, and each rename with its neighbours."""
    total = len(trace)
    renames = [place + 1 for place, kind in enumerate(trace) if kind == "r"]
    near = {max(1, min(total, place + step)) for place in renames for step in (0, 1)}
    return sorted(near | set(pick(total, count))) if count else list(range(1, total + 1))


@pytest.mark.parametrize("count", [25, pytest.param(None, marks=pytest.mark.long)], ids=["short", "every"])
def test_killed_at_a_call_of_an_update(
    count: int | None, server: Server, shimmed: Server, scratch: Path, pair: tuple[Path, Path], new_articles: Path
) -> None:
    states = {_state(server.ask(work="observe", library=str(folder))) for folder in pair}
    end = _state(server.ask(work="observe", library=str(pair[1])))
    place = copy_of(pair[0], scratch / "killed")
    request = {"work": "armed_sync", "articles": str(new_articles), "library": str(place)}
    trace = shimmed.ask(**request, mode=COUNT, nth=0)["trace"]
    assert len(states) == 2 and len(trace) > 100
    seen: set[str] = set()
    for nth in _points(trace, count):
        copy_of(pair[0], place)
        killed = shimmed.ask(**request, mode=KILL, nth=nth)
        assert killed["outcome"] in ("signal 9", "ok"), killed
        answer = server.ask(work="recovered", articles=str(new_articles), library=str(place))
        _check_recovery(answer, states, end)
        seen.add(_state(answer["reader"]))
        if killed["outcome"] == "ok":
            assert _state(answer["reader"]) == end
    assert seen == states


@pytest.mark.parametrize("count", [20, pytest.param(None, marks=pytest.mark.long)], ids=["short", "every"])
def test_killed_at_a_call_of_the_first_sync(
    count: int | None, server: Server, shimmed: Server, scratch: Path, new_articles: Path
) -> None:
    place, empty = scratch / "first", scratch / "empty"
    copy_of(Path("absent"), place)
    (scratch / "nothing").mkdir(exist_ok=True)
    server.ask(work="synced", articles=str(scratch / "nothing"), library=str(empty))
    request = {"work": "armed_sync", "articles": str(new_articles), "library": str(place)}
    counted = shimmed.ask(**request, mode=COUNT, nth=0)
    end = _state(server.ask(work="observe", library=str(place)))
    states = {ABSENT, _state(server.ask(work="observe", library=str(empty))), end}
    for nth in _points(counted["trace"], count):
        copy_of(Path("absent"), place)
        killed = shimmed.ask(**request, mode=KILL, nth=nth)
        assert killed["outcome"] in ("signal 9", "ok"), killed
        _check_recovery(server.ask(work="recovered", articles=str(new_articles), library=str(place)), states, end)


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.long)], ids=["short", "long"])
def test_killed_at_any_time(
    count: int, server: Server, scratch: Path, pair: tuple[Path, Path], new_articles: Path
) -> None:
    states = {_state(server.ask(work="observe", library=str(folder))) for folder in pair}
    end = _state(server.ask(work="observe", library=str(pair[1])))
    place = scratch / "random"
    draw = random.Random(7)
    for _ in range(count):
        copy_of(pair[0], place)
        request = {"work": "synced", "articles": str(new_articles), "library": str(place)}
        answer = server.ask(**request, kill_after=draw.uniform(0.005, 0.25))
        assert answer["outcome"] in ("signal 9", "ok"), answer
        _check_recovery(server.ask(work="recovered", articles=str(new_articles), library=str(place)), states, end)
