"""Ask a saved answer's question again, as it was asked then, and tell every difference."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag.errors import AnswerError, QuestionError
from rag.library import Library
from rag.types import SCHEMA_VERSION, Answer, Filters, Provenance, Settings

CLOSE = 0.005
"""Confidences that differ by less are the same: processors round differently."""
_FIGURE = re.compile(r"(?<=\(confidence )\d\.\d\d(?=,)")
"""The confidence that a refusal's reason tells: it is compared as a number, not as words."""
_MADE_FROM = ("library", "generation", "encoder", "reader", "calibration", "version")


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a saved answer.

    `conditions` are what it was made from and is no more the same, `differences` what is answered differently; each a
    sentence.  `exact`: the same generation was asked with the same models.
    """

    answer: Answer
    exact: bool
    conditions: tuple[str, ...]
    differences: tuple[str, ...]


def read_saved(path: Path, schemas: Collection[int] = (SCHEMA_VERSION,)) -> dict[str, Any]:
    """The JSON form of an answer in a file.  Raises AnswerError where it is none, or of a schema not among these."""
    try:
        plain = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise AnswerError(f"{path} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        raise AnswerError(f"{path} is not JSON ({error}): save an answer with rag ask --json.") from None
    if not isinstance(plain, dict) or not isinstance(plain.get("question"), str) or "provenance" not in plain:
        raise AnswerError(f"{path} is not an answer: save one with rag ask --json.")
    schema = plain.get("schema")
    if schema not in schemas:
        known = " to ".join(str(one) for one in dict.fromkeys((min(schemas), max(schemas))))
        raise AnswerError(
            f"{path} is of schema {schema!r}, this article-rag reads schema {known}: ask the question anew."
        )
    return plain


def provenance_of(plain: dict[str, Any], path: Path) -> Provenance:
    """The provenance of a saved answer.  Raises AnswerError where it is not complete."""
    try:
        told = dict(plain["provenance"])
        filters = {name: _filter(name, value) for name, value in told["filters"].items()}
        settings = {name: _setting(name, value) for name, value in told["settings"].items()}
        told |= {"settings": Settings(**settings), "filters": Filters(**filters)}
        told["as_of"] = date.fromisoformat(told["as_of"])
        return Provenance(**told)
    except (KeyError, TypeError, ValueError, AttributeError, QuestionError) as error:
        raise AnswerError(f"{path} has a provenance that cannot be read ({error}): it was changed by hand.") from None


def _filter(name: str, value: Any) -> Any:
    if name in ("sources", "articles"):
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{name} is {value!r}, expected a list of strings")
        return tuple(value)
    return None if value is None else date.fromisoformat(value)


def _setting(name: str, value: Any) -> Any:
    usual = getattr(Settings(), name)
    whole = isinstance(usual, int) and not isinstance(usual, bool)
    right = type(value) is int if whole else isinstance(value, (bool, int, float))
    if not right:
        raise ValueError(f"{name} is {value!r}, expected {'a whole number' if whole else 'a number'}")
    return value


def replay(path: Path, library: Library) -> Replay:
    """Ask the question of the answer saved in `path` of a library, with its settings, filters and day.

    Raises AnswerError, and as `Library.ask`.
    """
    plain = read_saved(path)
    made = provenance_of(plain, path)
    answer = library.again(plain["question"], made)
    now = answer.provenance
    conditions = tuple(
        f"The {name} was {getattr(made, name)}, it is {getattr(now, name)}."
        for name in _MADE_FROM
        if getattr(made, name) != getattr(now, name)
    )
    try:
        differences = tuple(_differences(plain, answer.to_dict()))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AnswerError(f"{path} cannot be compared ({error}): it was changed by hand.") from None
    return Replay(answer, not conditions, conditions, differences)


def _differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    if before.get("answered") != now["answered"]:
        told = {True: "answered", False: "refused"}
        return [f"It was {told[bool(before.get('answered'))]}, it is {told[now['answered']]}."]
    found: list[str] = []
    for name, what in (("short", "short answer"), ("sides", "list of differing answers"), ("reason", "reason")):
        if _said(before.get(name)) != _said(now[name]):
            found.append(f"The {what} was {_told(before.get(name))}, it is {_told(now[name])}.")
    if "revised" in before and bool(before["revised"]) != now["revised"]:
        told = {True: "versions of one text", False: "of independent sources"}
        found.append(f"The differing answers were {told[not now['revised']]}, they are {told[now['revised']]}.")
    found += _citation_differences(before.get("citations") or [], now["citations"])
    if abs(float(before.get("confidence") or 0.0) - now["confidence"]) > CLOSE:
        found.append(f"The confidence was {float(before.get('confidence') or 0.0):.3f}, it is {now['confidence']:.3f}.")
    places = [[(p.get("article_id"), p.get("start"), p.get("end")) for p in one["passages"]] for one in (before, now)]
    if places[0] != places[1]:
        found.append("The closest passages are others, or in another order.")
    return found


def _citation_differences(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[str]:
    def place(citation: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(citation.get(name) for name in ("article_id", "start", "end", "quote"))

    old, new = {place(citation): citation for citation in before}, {place(citation): citation for citation in now}
    gone = [f"It no longer cites {_told(citation.get('quote'))}." for key, citation in old.items() if key not in new]
    added = [f"It now cites {_told(citation.get('quote'))}." for key, citation in new.items() if key not in old]
    if not gone and not added and list(old) != list(new):
        return ["The citations are in another order."]
    return gone + added


def _said(value: Any) -> Any:
    return _FIGURE.sub("", value) if isinstance(value, str) else value


def _told(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_told(side.get("short")) for side in value) or "none"
    if isinstance(value, dict):
        value = value["text"]
    text = "none" if value in (None, "") else f"“{value}”"
    return text if len(text) <= 120 else f"{text[:118]}…”"
