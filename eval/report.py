"""A report of one or several runs: one HTML file that needs nothing else, for light, dark and paper.

Texts of articles are not trusted: the template escapes everything, no address in them becomes a link, and the page's
own policy (CSP) lets nothing load and no script run but the one that is in it.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from eval.compare import RIGHT, Comparison, compare
from eval.curves import latency, recall_curve, reliability, risk_coverage
from eval.interval import Estimate
from eval.metrics import METRICS, Metric
from eval.plots import Kind, plot_latency, plot_recall, plot_reliability, plot_risk_coverage
from eval.rows import LISTED, OUTCOMES, REFUSED, outcome, passage_limits, question_rows
from eval.run import Run
from eval.sheet import (
    TAG_FIGURES,
    TAGS_SHOWN,
    Side,
    cards,
    facts,
    failing,
    latency_rows,
    sides,
    tag_names,
    tagged,
    tally,
)
from rag.disk import write_atomic
from rag.errors import LoadError, StorageError

if TYPE_CHECKING:
    from jinja2 import Environment

UNDEFINED = "–"


def report(runs: Sequence[Run]) -> str:
    """The report as HTML; of two runs of one set it compares the second with the first.

    Raises `LoadError` without runs, and where two runs cannot be compared (`eval.compare.compare`).
    """
    same = len(runs) == 2 and runs[0].conditions.set_sha256 == runs[1].conditions.set_sha256
    return render(runs, compare(*runs) if same else None)


def write_report(runs: Sequence[Run], path: Path) -> None:
    """Writes `report` to `path`, replacing it in one step.  Raises `LoadError` as it does, and `StorageError`."""
    page = report(runs)
    try:
        write_atomic(path, page.encode())
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise StorageError(f"{path} cannot be written ({said}): choose another file.") from error


def render(runs: Sequence[Run], comparison: Comparison | None) -> str:
    """The report, with a comparison that was made before.  Raises `LoadError` without runs."""
    if not runs:
        raise LoadError("no run was named, expected at least one folder that `rag eval SET --out FOLDER` made")
    script, style = _part("report.js"), _part("report.css") + _part("question.css")
    page = _environment().get_template("report.html.jinja").render(
        script=Markup(script),
        style=Markup(style),
        policy=policy(script),
        runs=runs,
        sides=sides(runs),
        set_names=list(dict.fromkeys(run.conditions.set_name for run in runs)),
        facts=facts(runs),
        tallies=[tally(run.records) for run in runs],
        failing=failing(runs),
        comparison=comparison,
        plots=drawings(runs, sides(runs)),
        **_figures(runs, comparison),
        **_questions(runs),
    )  # fmt: skip
    # Lone surrogates, which a scraped page can hold, have no place in UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


def policy(script: str) -> str:
    """The content security policy under which only `script` runs, and nothing is loaded."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _figures(runs: Sequence[Run], comparison: Comparison | None) -> dict[str, Any]:
    summaries = [run.summary for run in runs]
    tags = tag_names(runs)
    return {
        "cards": cards(summaries, comparison),
        "latencies": latency_rows(summaries, comparison),
        "tagged": tagged(runs, tags[:TAGS_SHOWN]),
        "tag_figures": [METRICS[name] for name in TAG_FIGURES],
        "tags": tags,
        "judged": not all(record.retrieval_only for run in runs for record in run.records),
    }


def _questions(runs: Sequence[Run]) -> dict[str, Any]:
    counts = [[outcome(record) for record in run.records] for run in runs]
    rows = list(question_rows(runs))
    return {
        "rows": rows,
        "numbers": {row.asked.question_id: row.number for row in rows},
        "limits": passage_limits(runs),
        "listed": LISTED,
        "outcomes": OUTCOMES,
        "right_outcomes": (RIGHT, REFUSED),
        "outcome_counts": {name: [column.count(name) for column in counts] for name in OUTCOMES},
    }


def drawings(runs: Sequence[Run], names: Sequence[Side]) -> dict[str, Markup]:
    """The drawings by name; those of which no question counts are left out."""
    labels = [side.label for side in names]
    recalls = list(zip(labels, [recall_curve(run.records) for run in runs], strict=True))
    risks = [risk_coverage(run.records, run.conditions.settings.min_confidence) for run in runs]
    kinds: tuple[Kind, ...] = ("hit", "recall", "article_hit")
    drawn: dict[str, str] = {
        kind: plot_recall(recalls, kind) for kind in kinds if _counts(recalls[0][1].article_hit[0].figure)
    }
    if not _counts(recalls[0][1].hit[0].figure):
        drawn = {kind: drawing for kind, drawing in drawn.items() if kind == "article_hit"}
    if any(_counts(risk.coverage) for risk in risks):
        drawn["risk"] = plot_risk_coverage(list(zip(labels, risks, strict=True)))
        bins = [reliability(run.records) for run in runs]
        drawn["reliability"] = plot_reliability(list(zip(labels, bins, strict=True)))
    times = [latency(run.records) for run in runs]
    if any(stage.p99.value > 0 for stages in times for stage in stages):
        drawn["latency"] = plot_latency(list(zip(labels, times, strict=True)))
    return {name: Markup(drawing) for name, drawing in drawn.items()}


def _counts(figure: Estimate) -> bool:
    return figure.n > 0


def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "interval": interval, "signed": signed, "p": p_value, "day": moment_of}
    return environment


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _digits(metric: Metric) -> int:
    return 1 if metric.group == "latency" else 3


def number(value: float, metric: Metric) -> str:
    """A figure with as many digits as its metric deserves."""
    return UNDEFINED if math.isnan(value) else f"{value:,.{_digits(metric)}f}"


def interval(figure: Any, metric: Metric) -> str:
    """The interval of an `Estimate` or a `Difference`."""
    if math.isnan(figure.low):
        return UNDEFINED
    return f"{number(figure.low, metric)} to {number(figure.high, metric)}".replace("-", "−")


def signed(value: float, metric: Metric) -> str:
    """A difference with its sign."""
    if math.isnan(value):
        return UNDEFINED
    # Adding 0 turns what was rounded to -0.0 into 0.0, which bears no sign.
    rounded = round(value, _digits(metric)) + 0.0
    return f"{rounded:{'+' if rounded else ''},.{_digits(metric)}f}".replace("-", "−")


def p_value(value: float) -> str:
    """A p-value, small ones as a bound."""
    if math.isnan(value):
        return UNDEFINED
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def moment_of(started: str) -> str:
    """A moment as people write it; what is no ISO time stays as it is."""
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{moment.day} {moment:%B} {moment.year}, {moment:%H:%M} UTC"
