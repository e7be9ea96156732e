"""The About tab: what the library is, what answers, whether all of it is whole."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rag.errors import ModelError, RagError
from rag.manifest import read_manifest
from ui.ask import Desk, html
from ui.markup import esc
from ui.parts import add_part, guarded
from ui.port import LibraryPort

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

    from rag.encoder import Encoder
    from rag.library import Library, LibraryInfo
    from rag.verify import Check, VerifyReport

SHOWN = (
    "gradio",
    "fastapi",
    "numpy",
    "openvino",
    "torch",
    "sentence-transformers",
    "tokenizers",
    "faiss-cpu",
    "tantivy",
)
"""Libraries whose versions a report of a fault needs."""
REMEDIES = {
    "calibration": "fit a new one with `rag eval calibrate`, or remove calibration.json from the library",
    "encoded again": "the vectors are of another model than is installed: install that one, or run "
    "`rag index --rebuild --library {library}`",
    "identity": "the folder holds parts of two libraries: bring back the one from a copy, or index the articles anew",
}
REPAIR = "run `rag repair --library {library}`, which builds what is derived anew and names the articles that are lost"

Fact = tuple[str, str]


def add_routes(app: FastAPI, desk: Desk) -> None:
    """What the tab's script asks for."""
    add_part(app, "about", lambda asked: about(desk.library))


def build(desk: Desk) -> None:
    """The tab's blocks, wired to `desk`; to be called inside its place on the page."""
    import gradio as gr

    html('<div class="rag-about"></div>', "rag-about")
    with gr.Row(elem_id="rag-verify-line"):
        button = gr.Button("Verify", scale=0, min_width=96, elem_id="rag-verify")
        html(
            '<p class="rag-places">Checks every file, row and offset of the library, and encodes a sample of its '
            "passages again.</p>",
            "rag-verify-hint",
        )
    outcome = html("", "rag-verified")
    button.click(
        _verifier(desk), None, [outcome], api_visibility="private", trigger_mode="once", concurrency_limit=1
    )  # fmt: skip


def _verifier(desk: Desk) -> Callable[..., str]:
    import gradio as gr

    shown = gr.Progress()

    def verify(progress: gr.Progress = shown) -> str:
        progress(None, desc="Checking every file, row and offset")
        return verified(desk)

    return verify


def verified(desk: Desk) -> str:
    """The outcome of every check of the library on disk.  Never raises."""
    from rag.verify import verify

    # What was published since has other files, and may have another model.
    desk.refresh()

    def work() -> str:
        folder = Path(desk.library.info.path)
        return checks(verify(folder, encoder=_encoder(desk.library)), folder)

    return guarded(work)


def _encoder(library: LibraryPort) -> Encoder | None:
    """The model that is loaded already; None where there is none, and the check itself says what is wrong with it."""
    try:
        return cast("Library", library).encoder
    except ModelError:
        return None


def checks(report: VerifyReport, folder: Path) -> str:
    """Each check: what was looked at or, where it failed, what is wrong and what to do."""
    bad = sum(not check.ok for check in report.checks)
    said = "All of it is whole." if report.ok else f"{bad} of {len(report.checks)} checks failed."
    rows = "".join(_check(check, folder) for check in report.checks)
    return f'<p class="rag-tally" role="status">{said}</p><ul class="rag-checks">{rows}</ul>'


def _check(check: Check, folder: Path) -> str:
    if check.ok:
        return f"<li><b>ok</b> <span>{esc(check.name)}: <bdi>{esc(check.detail)}</bdi></span></li>"
    remedy = REMEDIES.get(check.name, REPAIR).format(library=shlex.quote(str(folder)))
    return (
        f'<li class="rag-bad"><b>failed</b> <span>{esc(check.name)}: <bdi>{esc(check.detail)}</bdi>'
        f'<span class="rag-remedy">What to do: {_coded(remedy)}.</span></span></li>'
    )


def _coded(text: str) -> str:
    """Text whose parts between backquotes are commands; a path may hold some too."""
    first, *rest = text.split("`", 1)
    if not rest or "`" not in rest[0]:
        return esc(text)
    command, _, after = rest[0].rpartition("`")
    return f"{esc(first)}<code>{esc(command)}</code>{esc(after)}"


def about(library: LibraryPort) -> str:
    """What the library is, what answers, and what runs."""
    info = cast("LibraryInfo", library.info)
    folder = Path(info.path).resolve()
    of_library = [
        ("Path", str(folder)),
        ("Identity", info.library),
        ("Generation", f"{info.generation:,}"),
        ("Articles", f"{info.articles:,}"),
        ("Passages", f"{info.chunks:,}"),
        ("Size on disk", size(on_disk(folder))),
        ("Health", health(folder, info.generation)),
    ]
    of_answers = [
        ("Encoder", f"{info.encoder_name} ({info.encoder[:12]})"),
        ("Passages are", info.chunker),
        ("Reader", info.reader),
        ("Calibration", info.calibration),
    ]
    of_program = [
        ("article-rag", info.version),
        ("Python", f"{platform.python_version()} on {platform.platform()}"),
        *((name, found) for name in SHOWN if (found := _version(name))),
    ]
    return (
        f'<h2 tabindex="-1">About</h2>{_facts("This library", of_library)}{_facts("What answers", of_answers)}'
        f"{_facts('What runs', of_program)}"
    )


def _facts(title: str, facts: Sequence[Fact]) -> str:
    rows = "".join(f'<div><dt>{esc(name)}</dt><dd dir="auto">{esc(said)}</dd></div>' for name, said in facts)
    return f'<section class="rag-card"><h3>{esc(title)}</h3><dl class="rag-facts">{rows}</dl></section>'


def health(folder: Path, generation: int) -> str:
    """Whether what is on disk could be opened again, in a sentence."""
    try:
        published = read_manifest(folder).generation
    except RagError as error:
        return f"What is open goes on answering, but on disk: {error}"
    if published != generation:
        return f"Generation {published:,} is on disk and is taken up with the next question."
    return "What is open is what is on disk."


def on_disk(folder: Path) -> int:
    """Bytes of all files in the folder; those that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total


def size(count: int) -> str:
    """Bytes as people write them."""
    value, unit = float(count), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{count:,} bytes" if unit == "bytes" else f"{value:,.1f} {unit}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
