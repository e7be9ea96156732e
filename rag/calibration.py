"""From evidence to confidence: a logistic model of how likely an answer is right, and the file that holds it.

One comes with the product (`rag/calibration.json`, fitted on news-2024h2); a library may have its own, fitted on its
own questions by `rag eval calibrate`.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, astuple, dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from rag.disk import write_atomic
from rag.errors import LibraryCorrupt, StorageError
from rag.types import Evidence

NAME = "calibration.json"
FORMAT = 2
SIGNALS = tuple(field.name for field in fields(Evidence))


class Outdated(ValueError):
    """A calibration of a reader that is no more."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """P(right) = 1 / (1 + exp(-(bias + weights . evidence))), one weight for each field of `Evidence`, in its order.

    It holds for answers of one reader, and best with the encoder of that fingerprint.
    """

    weights: tuple[float, ...]
    bias: float
    encoder: str
    """Fingerprint of the encoder with which it was fitted."""
    reader: str
    """Name of the reader with which it was fitted."""
    fitted_on: str
    """Name of the question set."""
    questions: int
    version: str
    """The article-rag that fitted it."""
    min_confidence: float | None = None
    """The confidence below which this library refuses, where its owner has set one."""

    def __post_init__(self) -> None:
        numbers = (*self.weights, self.bias)
        if len(self.weights) != len(SIGNALS) or not all(math.isfinite(number) for number in numbers):
            raise ValueError(f"expected {len(SIGNALS)} finite weights ({', '.join(SIGNALS)}) and a bias")
        if self.min_confidence is not None and not 0 <= self.min_confidence <= 1:
            raise ValueError(f"min_confidence is {self.min_confidence}, expected 0 to 1")

    @property
    def digest(self) -> str:
        """Short name of these numbers, for provenance."""
        plain = json.dumps([list(self.weights), self.bias])
        return hashlib.sha256(plain.encode()).hexdigest()[:16]

    def confidence(self, evidence: Evidence) -> float:
        """How likely the answer is right, in [0, 1]; 0 without any evidence."""
        values = astuple(evidence)
        if not any(values):
            return 0.0
        z = self.bias + sum(weight * value for weight, value in zip(self.weights, values, strict=True))
        return 1 / (1 + math.exp(-z)) if z > -700 else 0.0

    def to_json(self) -> str:
        """What `parse` reads: weights by the name of their signal."""
        plain = asdict(self) | {"weights": dict(zip(SIGNALS, self.weights, strict=True)), "format": FORMAT}
        return json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def parse(text: str | bytes) -> Calibration:
    """The calibration that `to_json` wrote.  Raises ValueError for anything else."""
    try:
        plain: dict[str, Any] = json.loads(text)
        form = plain.pop("format")
        if form == 1:
            raise Outdated("it was fitted with the reader of article-rag 0.2")
        if form != FORMAT:
            raise ValueError("it is of another format")
        weights: dict[str, Any] = plain.pop("weights")
        # It was not known before 0.4.
        weights.setdefault("told", 0.0)
        if set(weights) != set(SIGNALS):
            raise ValueError(f"its weights are of other signals than {', '.join(SIGNALS)}")
        plain["weights"] = tuple(_number(weights[name]) for name in SIGNALS)
        plain["bias"] = _number(plain["bias"])
        if plain["min_confidence"] is not None:
            plain["min_confidence"] = _number(plain["min_confidence"])
        for name in ("encoder", "reader", "fitted_on", "version"):
            if not isinstance(plain[name], str):
                raise ValueError(f"{name} is not a string")
        if type(plain["questions"]) is not int:
            raise ValueError("questions is not a whole number")
        return Calibration(**plain)
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"it lacks or has a field that is not known ({error})") from None


@cache
def shipped() -> Calibration:
    """The calibration that comes with the product."""
    return parse((files("rag") / NAME).read_text("utf-8"))


def read_calibration(folder: Path) -> Calibration | None:
    """The library's own calibration, None where it has none or one of a reader that is no more.

    Raises LibraryCorrupt.
    """
    path = folder / NAME
    try:
        return parse(path.read_bytes())
    except (FileNotFoundError, Outdated):
        return None
    except (ValueError, OSError) as error:
        raise LibraryCorrupt(
            f"{path} cannot be used ({error}): remove it to go back to the calibration that comes with article-rag; "
            "then rag eval calibrate can make it again."
        ) from None


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write a calibration at once and whole; as `NAME` in a library's folder it is that library's own.

    Raises StorageError.
    """
    try:
        write_atomic(path, calibration.to_json().encode())
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}); nothing changed.") from error


def calibration_for(folder: Path, *, encoder: str, reader: str) -> Calibration:
    """The library's own calibration where it was fitted with this encoder and reader, else the one that is shipped.

    A reader that neither was fitted with is taken at its word.  A minimal confidence goes with its calibration.
    """
    own = read_calibration(folder)
    if own is not None and (own.encoder, own.reader) == (encoder, reader):
        return own
    return shipped() if shipped().reader == reader else _trusting(reader)


def _trusting(reader: str) -> Calibration:
    """Confidence is the reader's own probability."""
    weights = tuple(float(name == "answers") for name in SIGNALS)
    return Calibration(weights, 0.0, "", reader, "nothing", 0, "")


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"found {value!r}, expected a number")
    return float(value)
