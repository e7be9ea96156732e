"""The command line of `rag eval`: `rag eval SET` asks, its subcommands do the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.errors import LoadError
from rag.option import INCOMPLETE, OK, JsonOption, LibraryOption, console, default_library, print_json

if TYPE_CHECKING:
    from eval.command import Outcome

app = typer.Typer(
    help="Ask every question of a set, score the answers, and say why they failed.  `rag eval SET` is short for "
    "`rag eval run SET`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

SetArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SET", show_default=False,
        help="Questions: our .jsonl, SQuAD .json, a BEIR folder, or NAME of NAME.questions.jsonl.",
    ),
]  # fmt: skip
ArticlesOption = Annotated[
    Path | None,
    typer.Option("--articles", "-a", help="Make a library from these articles, once, instead of --library."),
]
ModelOption = Annotated[str | None, typer.Option("--model", help="The model of a library made from articles.")]
TokensOption = Annotated[int | None, typer.Option("--chunk-tokens", help="Its tokens of a chunk.", min=24)]
OverlapOption = Annotated[int | None, typer.Option("--overlap", help="Its tokens that neighbours share.", min=0)]
SplitOption = Annotated[str | None, typer.Option("--split", help="Which qrels of a BEIR folder.")]
LimitOption = Annotated[int | None, typer.Option("--limit", help="Ask only so many, evenly spaced.", min=1)]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", help="Keep the run in this folder; one that was interrupted goes on."),
]
LeastOption = Annotated[
    float | None, typer.Option("--min-confidence", help="Withhold answers less likely right.", min=0, max=1)
]
BaselineOption = Annotated[Path | None, typer.Option("--baseline", help="Compare with this run.")]
GateOption = Annotated[
    str, typer.Option("--gate", help="Fail on a significant loss beyond this: 'hit@5:-0.01,refusal_f1:-0.02'.")
]


@app.command()
def run(
    questions: SetArgument,
    library: LibraryOption = None,
    articles: ArticlesOption = None,
    model: ModelOption = None,
    chunk_tokens: TokensOption = None,
    overlap: OverlapOption = None,
    split: SplitOption = None,
    limit: LimitOption = None,
    min_confidence: LeastOption = None,
    undated: Annotated[
        bool, typer.Option("--undated", help="Ask as of today, not as of the day that a question has.")
    ] = False,
    out: OutOption = None,
    baseline: BaselineOption = None,
    gate: GateOption = "",
    as_json: JsonOption = False,
) -> int:
    """Ask a set and score it; the run is kept.  Exit code 3 where a gate is broken."""
    from eval.command import Order, Source, evaluate
    from eval.corpus import Recipe

    source = Source(library, articles, Recipe(model, chunk_tokens, overlap))
    order = Order(questions, source, default_library, split, limit, out, min_confidence, baseline, gate, not undated)
    return _tell(evaluate(order, console=console(error=as_json), quiet=as_json), as_json=as_json)


@app.command()
def show(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.", show_default=False)],
    baseline: BaselineOption = None,
    gate: GateOption = "",
    as_json: JsonOption = False,
) -> int:
    """Score a stored run again, without asking anything."""
    from eval.command import judge_again

    return _tell(judge_again(run, baseline, gate), as_json=as_json)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="The run before.", show_default=False)],
    b: Annotated[Path, typer.Argument(metavar="B", help="The run after.", show_default=False)],
    gate: GateOption = "",
    as_json: JsonOption = False,
) -> int:
    """Pair two runs by question: differences with intervals and p-values, and the questions that changed."""
    from eval.command import compare_runs
    from eval.compare import to_dict
    from eval.show import show_comparison, show_verdicts

    found, verdicts = compare_runs(a, b, gate)
    if as_json:
        print_json(to_dict(found) | {"gates": [verdict.to_dict() for verdict in verdicts]})
    else:
        show_comparison(console(), found)
        show_verdicts(console(), verdicts)
    return INCOMPLETE if any(verdict.broken for verdict in verdicts) else OK


@app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file [default: report.html in the run]")] = None,
) -> int:
    """Write one HTML file with figures, curves, causes and every question; two runs are compared."""
    from eval.report import write_report
    from eval.run import read_run

    path = out or runs[-1] / "report.html"
    if path.exists() and path.suffix.lower() not in (".html", ".htm"):
        raise LoadError(f"{path} exists and is no .html file: name the report otherwise, it would replace it.")
    write_report([read_run(folder) for folder in runs], path)
    console(error=True).print(f"The report is {path}", markup=False, soft_wrap=True)
    return OK


@app.command()
def disagreement(
    cases: Annotated[
        Path | None, typer.Argument(metavar="SET", help="Cases, .jsonl [default: those that come with article-rag].")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Ask of sources that differ and of such that do not: are the differences shown, and only they?"""
    from eval.disagreement import SET, figures, judge_cases, load_cases
    from eval.show import show_disagreement

    judged = judge_cases(load_cases(cases or SET))
    if as_json:
        wrong = [one.case.id for one in judged if not one.right]
        print_json({"figures": {name: figure.to_dict() for name, figure in figures(judged).items()}, "wrong": wrong})
    else:
        show_disagreement(console(), judged)
    return OK


@app.command()
def new(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The new set, .jsonl.", show_default=False)],
    library: LibraryOption = None,
    count: Annotated[int, typer.Option("-n", "--count", help="How many questions to draft.", min=1)] = 50,
    seed: Annotated[int, typer.Option(help="Another seed drafts others.")] = 0,
) -> int:
    """Draft a set from a library: sentences worth asking about; a person fills in questions and answers."""
    import rag
    from eval.draft import draft

    with rag.open(library or default_library()) as opened:
        made = draft(opened, out, count=count, seed=seed)
    chosen = f" --library {library}" if library else ""
    console(error=True).print(
        f"{made} drafts in {out}: fill in question and answers, delete what is not worth asking, then\n"
        f"rag eval check {out}{chosen}", markup=False, soft_wrap=True,
    )  # fmt: skip
    return OK


@app.command()
def check(
    questions: SetArgument,
    library: LibraryOption = None,
    articles: ArticlesOption = None,
    split: SplitOption = None,
    as_json: JsonOption = False,
) -> int:
    """Find what is wrong with a set: answers in no named article, duplicates, contradictions.  Exit code 3 if any."""
    from dataclasses import asdict

    from eval.check import check as find
    from eval.command import Source, opened
    from eval.dataset import load_set
    from eval.show import show_problems

    loaded = load_set(questions, split=split)
    said = console(error=True)
    with opened(loaded, Source(library, articles), default_library, said, quiet=as_json) as (found, _):
        problems = find(loaded.questions, found)
    if as_json:
        print_json([asdict(problem) for problem in problems])
    else:
        show_problems(console(), problems, len(loaded.questions))
    return INCOMPLETE if problems else OK


@app.command()
def calibrate(
    questions: Annotated[Path, typer.Argument(metavar="SET|RUN", help="A set, or a run of one.", show_default=False)],
    library: LibraryOption = None,
    articles: ArticlesOption = None,
    split: SplitOption = None,
    limit: LimitOption = None,
    out: OutOption = None,
    min_confidence: Annotated[
        float | None,
        typer.Option("--min-confidence", help="Make this the library's own, below which it refuses.", min=0, max=1),
    ] = None,
    signals: Annotated[
        str | None, typer.Option(help="Fit on these signals of `evidence` only: answers,share,covered")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write it into this file, not into the library.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, and write nothing.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Fit how likely an answer is right on a set, cross-validated, and make it the library's own."""
    from eval.command import CalibrateOrder, Order, Source, calibrate, fit_json, report_fit
    from rag.calibration import SIGNALS

    order = Order(questions, Source(library, articles), default_library, split, limit, out, min_confidence)
    chosen = tuple(name.strip() for name in signals.split(",")) if signals else SIGNALS
    wish = CalibrateOrder(order, chosen, save, dry_run)
    found, written = calibrate(wish, console=console(error=as_json), quiet=as_json)
    if as_json:
        print_json(fit_json(found, written))
    else:
        report_fit(found, written, console())
    return OK


@app.command()
def sweep(
    questions: SetArgument,
    vary: Annotated[
        list[str],
        typer.Option("--vary", help="NAME=V,V of max_tokens, overlap, or a setting such as rrf_k; repeat it."),
    ],
    library: LibraryOption = None,
    articles: ArticlesOption = None,
    grid: Annotated[bool, typer.Option("--grid", help="Every combination, not one change at a time.")] = False,
    split: SplitOption = None,
    limit: LimitOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> int:
    """Ask a set under many settings; a table of quality against latency.  Each variant is a run of its own."""
    from eval.command import Source
    from eval.sweeping import SweepOrder, run_sweep

    source = Source(library, articles)
    order = SweepOrder(questions, tuple(vary), source, default_library, grid, limit, out, split)
    found = run_sweep(order, console=console(error=as_json), quiet=as_json)
    if as_json:
        print_json(found)
    return OK


def main(arguments: Sequence[str]) -> int:
    """Run `rag eval` with these arguments; the exit code.  What is no subcommand is a set."""
    commands = {info.name or (info.callback.__name__ if info.callback else "") for info in app.registered_commands}
    whole = list(arguments)
    if whole and whole[0] not in {*commands, "--help"}:
        whole.insert(0, "run")
    code = typer.main.get_command(app).main(whole, prog_name="rag eval", standalone_mode=False)
    return int(code or OK)


def _tell(outcome: Outcome, *, as_json: bool) -> int:
    """Print an outcome; the exit code."""
    from eval.command import outcome_json, report_outcome

    if as_json:
        print_json(outcome_json(outcome))
    else:
        report_outcome(outcome, console())
    return OK if outcome.passed else INCOMPLETE
