"""The curves of one or several runs as drawings for a page (`eval.svg.inline`), drawn with matplotlib.

Every function takes (label, curve) pairs in the order of the runs and gives the text of one `<svg>` element, the same
for the same input.  A run is told by colour, marker and dash; intervals are bands or whiskers.
"""

from __future__ import annotations

import io
import math
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from eval.curves import Bin, Curve, Latency, Recall, RiskCoverage
from eval.interval import Estimate
from eval.svg import SERIES, colour, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

T = TypeVar("T")
Labelled = Sequence[tuple[str, T]]
"""A label and a curve for each run."""

WIDTH = 380
"""Width of a drawing in CSS pixels at its natural size."""
LABEL_CHARS = 24
LEAST_MS = 0.01
"""Where shorter times are drawn: the axis has no 0."""

_INK, _SOFT, _LINE, _CARD = "#010101", "#020202", "#030303", "#040404"
_PAGE = {
    _INK: "var(--rag-ink, #16191a)",
    _SOFT: "var(--rag-soft, #566062)",
    _LINE: "var(--rag-line, #d5dad9)",
    _CARD: "var(--rag-card, #fff)",
    **{f"#0505{number:02x}": colour(number) for number in range(len(SERIES))},
}
"""Colours that are drawn with, and what they become."""
_MARKERS = ("o", "s", "^", "D", "v", "P")
_DASHES: tuple[str | tuple[int, tuple[float, ...]], ...] = (
    "solid", (0, (5, 1.8)), (0, (1.2, 1.4)), (0, (6, 1.6, 1.2, 1.6)), (0, (9, 2)), (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)),
)  # fmt: skip
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "article-rag",
    "text.parse_math": False,
    "font.size": 10.5,
    "font.sans-serif": ["DejaVu Sans"],
    "text.color": _INK,
    "axes.labelcolor": _SOFT,
    "axes.edgecolor": _LINE,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.unicode_minus": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.7,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.labelcolor": _SOFT,
    "ytick.labelcolor": _SOFT,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "figure.facecolor": "none",
    "figure.constrained_layout.h_pad": 0.06,
}
# Drawing settings are global in matplotlib: one drawing at a time.
_ONE_AT_A_TIME = threading.Lock()

DEPTHS = (1, 2, 5, 10, 20, 50, 100)
Kind = Literal["hit", "recall", "article_hit"]
_KINDS: dict[Kind, str] = {"hit": "chunk hit@k", "recall": "chunk recall@k", "article_hit": "article hit@k"}


def plot_recall(runs: Labelled[Recall], kind: Kind) -> str:
    """What is found among the first k, against k (logarithmic)."""
    curves: list[tuple[str, Curve]] = [(label, getattr(curve, kind)) for label, curve in runs]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for series, (label, curve) in enumerate(curves):
            _band(axes, curve, series)
            _line(axes, curve, series, label, [number - 1 for number in DEPTHS if number <= len(curve)])
        axes.set_xscale("log")
        axes.set_xlim(0.93, 108)
        axes.set_xticks(DEPTHS, [str(depth) for depth in DEPTHS])
        axes.set_xticks([], minor=True)
        _whole(axes, "y")
        axes.set_xlabel("k, the number looked at")
        axes.set_ylabel(_KINDS[kind])

    said = [_said(label, _places(curve, {1, 5, 20, 100}, "at {:.0f}")) for label, curve in curves]
    return _render(draw, f"{_KINDS[kind]} against k. {' '.join(said)}", [label for label, _ in runs])


def plot_risk_coverage(runs: Labelled[RiskCoverage]) -> str:
    """The share of wrong answers against the share of questions answered; a ring marks each run's `min_confidence`."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        top = 0.0
        for series, (label, curve) in enumerate(runs):
            _band(axes, curve.points, series)
            _line(axes, curve.points, series, label, range(9, len(curve.points), 20))
            top = max([top, *(p.figure.high for p in curve.points if p.at >= 0.1 and not math.isnan(p.figure.high))])
            _ring(axes, curve, series, named=len(runs) == 1)
        _whole(axes, "x")
        axes.set_ylim(-0.02 * max(0.1, top), max(0.1, 1.06 * top))
        axes.set_xlabel("share of questions answered")
        axes.set_ylabel("of these, wrong")

    said = [
        _said(
            label,
            [
                (f"wrong at coverage {c.coverage.value:.2f}, where it answers", c.risk),
                *_places(c.points, {0.5, 1.0}, "at coverage {:.2f}"),
            ],
        )
        for label, c in runs
    ]
    return _render(draw, f"Share of wrong answers against coverage. {' '.join(said)}", [label for label, _ in runs])


def plot_reliability(runs: Labelled[tuple[Bin, ...]]) -> str:
    """The share that is right against confidence, by bin, above the number of questions in each bin."""

    def draw(figure: Figure) -> None:
        axes, counts = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
        axes.plot([0, 1], [0, 1], color=_SOFT, linewidth=0.9, linestyle=(0, (2, 2)))
        width = 0.09 / len(runs)
        for series, (label, bins) in enumerate(runs):
            held = [b for b in bins if b.right.n]
            for b in held:
                axes.plot([b.confidence] * 2, [b.right.low, b.right.high], color=_drawn(series), linewidth=1.4)
            points = [(b.confidence, b.right.value) for b in held]
            axes.plot([x for x, _ in points], [y for _, y in points], label=label, **_look(series))
            places = [b.low + 0.005 + width * (series + 0.5) for b in bins]
            counts.bar(places, [b.right.n for b in bins], width * 0.92, color=_drawn(series))
        _whole(axes, "x")
        _whole(axes, "y")
        axes.set_ylabel("of these, right")
        counts.set_ylabel("count")
        counts.set_xlabel("confidence")
        counts.locator_params(axis="y", nbins=2, integer=True)
        figure.align_ylabels()

    said = [
        _said(label, [(f"right at confidence {b.confidence:.2f} ({b.right.n})", b.right) for b in bins if b.right.n])
        for label, bins in runs
    ]
    return _render(draw, f"Share right against confidence. {' '.join(said)}", [label for label, _ in runs])


def plot_latency(runs: Labelled[tuple[Latency, ...]]) -> str:
    """For each stage that took any time, from p50 (marker) over p95 (bar) to p99 (end of the line), in ms."""
    stages = [
        stage.stage for place, stage in enumerate(runs[0][1]) if any(curve[place].p99.value > 0 for _, curve in runs)
    ]

    def draw(figure: Figure) -> None:
        from matplotlib.ticker import LogLocator

        axes = figure.subplots()
        axes.set_xscale("log")
        for series, (label, curve) in enumerate(runs):
            offset = (series + 0.5) / len(runs) * 0.7 - 0.35
            held = [(stages.index(each.stage) + offset, each) for each in curve if each.stage in stages]
            for y, each in held:
                p50, p95, p99 = (max(q.value, LEAST_MS) for q in (each.p50, each.p95, each.p99))
                axes.plot([p50, p99], [y, y], color=_drawn(series), linewidth=1.4)
                axes.plot([p95, p95], [y - 0.12, y + 0.12], color=_drawn(series), linewidth=1.8)
                _band_across(axes, each.p50, y, series)
            look = _look(series) | {"linestyle": "none"}
            axes.plot([max(each.p50.value, LEAST_MS) for _, each in held], [y for y, _ in held], label=label, **look)
        axes.set_yticks(range(len(stages)), stages)
        axes.set_ylim(len(stages) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axes.set_xticks([], minor=True)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        axes.set_xlabel("milliseconds")

    said = []
    for label, curve in runs:
        held = [each for each in curve if each.stage in stages and each.p50.n]
        took = [f"{e.stage} {e.p50.value:.1f}, {e.p95.value:.1f}, {e.p99.value:.1f}" for e in held]
        said.append(f"{label}: {'; '.join(took) or 'nothing was measured'}.".lstrip(": "))
    names = [label for label, _ in runs]
    return _render(
        draw, f"Milliseconds by stage, p50, p95 and p99. {' '.join(said)}", names,
        height=max(180, 60 + len(stages) * max(26, 13 * len(runs))),
    )  # fmt: skip


def _render(draw: Callable[[Figure], None], said: str, labels: Sequence[str], *, height: int = 250) -> str:
    """The drawing, with a legend above it where there are several runs; `said` is what it is read out as."""
    import matplotlib
    from matplotlib.figure import Figure

    rows = math.ceil(len(labels) / 2) if len(labels) > 1 else 0
    stream = io.StringIO()
    with _ONE_AT_A_TIME, matplotlib.rc_context(), warnings.catch_warnings():
        # The page's font draws what matplotlib's has no glyph for.
        warnings.filterwarnings("ignore", message="Glyph")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=(WIDTH / 72, (height + 16 * rows) / 72), layout="constrained")
        draw(figure)
        if rows:
            handles = figure.axes[0].get_legend_handles_labels()[0]
            figure.legend(handles, [_short(label) for label in labels], loc="outside upper left", ncols=2)
        figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    return inline(stream.getvalue(), _printable(said), _PAGE)


def _whole(axes: Axes, which: Literal["x", "y"]) -> None:
    """The whole range of a share, with room for markers at its ends."""
    axes.set(**{f"{which}lim": (-0.02, 1.02), f"{which}ticks": [0, 0.2, 0.4, 0.6, 0.8, 1]})


def _band(axes: Axes, curve: Curve, series: int) -> None:
    held = [point for point in curve if not math.isnan(point.figure.low)]
    at, low, high = ([p.at for p in held], [p.figure.low for p in held], [p.figure.high for p in held])
    axes.fill_between(at, low, high, color=_drawn(series), alpha=0.16, linewidth=0)


def _band_across(axes: Axes, figure: Estimate, y: float, series: int) -> None:
    low, high = max(figure.low, LEAST_MS), max(figure.high, LEAST_MS)
    axes.fill_between([low, high], [y - 0.16] * 2, [y + 0.16] * 2, color=_drawn(series), alpha=0.25, linewidth=0)


def _line(axes: Axes, curve: Curve, series: int, label: str, marked: Sequence[int]) -> None:
    at, values = [point.at for point in curve], [point.figure.value for point in curve]
    axes.plot(at, values, label=label, markevery=list(marked), **_look(series))


def _ring(axes: Axes, curve: RiskCoverage, series: int, *, named: bool) -> None:
    x, y = curve.coverage.value, curve.risk.value
    if math.isnan(x) or math.isnan(y):
        return
    axes.plot([x], [y], "o", markersize=11, markerfacecolor="none", markeredgecolor=_drawn(series), markeredgewidth=1.8)
    if named:
        left = x > 0.6
        axes.annotate(
            f"min_confidence {curve.threshold:g}", (x, y), (-9, 9) if left else (9, -9), textcoords="offset points",
            ha="right" if left else "left", va="bottom" if left else "top", color=_INK,
        )  # fmt: skip


def _look(series: int) -> dict[str, Any]:
    return {
        "color": _drawn(series),
        "linestyle": _DASHES[series % len(_DASHES)],
        "marker": _MARKERS[series % len(_MARKERS)],
        "markeredgecolor": _CARD,
        "markeredgewidth": 0.8,
    }


def _drawn(series: int) -> str:
    return f"#0505{series % len(SERIES):02x}"


def _places(curve: Curve, at: set[float], said: str) -> list[tuple[str, Estimate]]:
    return [(said.format(point.at), point.figure) for point in curve if point.at in at]


def _said(label: str, figures: Sequence[tuple[str, Estimate]]) -> str:
    told = [f"{f.value:.3f} ({f.low:.3f} to {f.high:.3f}) {what}" for what, f in figures if not math.isnan(f.value)]
    return f"{label}: {', '.join(told) or 'nothing to judge'}.".lstrip(": ")


def _short(label: str) -> str:
    label = _printable(label)
    return label if len(label) <= LABEL_CHARS else f"{label[: LABEL_CHARS - 1]}…"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in text)
