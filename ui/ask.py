"""The Ask tab: a conversation of questions and answers, with a place beside it for the source that is open."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.errors import QuestionError, RagError
from rag.followup import Turn as Earlier
from rag.followup import rewritten
from rag.stage import listening
from rag.types import MAX_QUESTION_CHARS, Answer, Filters
from ui import render
from ui.examples import suggestions
from ui.markup import plain
from ui.parts import add_part, guarded
from ui.port import LibraryPort
from ui.source import source
from ui.turnstile import Turnstile

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

log = logging.getLogger(__name__)

LOOK_AGAIN = 2.0
"""Opening a generation reads its files, so not for every question."""
MOST_TURNS = 40
"""Turns of a conversation that are kept."""
UNEXPECTED = "Something went wrong while answering. The details are in the log of the program."
NOTHING = "Please type a question first."


MOST_EARLY = 256
"""Questions remembered that were stopped before their turn came."""


class Stopped(Exception):
    """The reader of the page went away or pressed Stop."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation with what is shown for it while it is the newest, and after that."""

    number: int
    html: str
    later: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """What changes on the page: the line that says what is done, and the turns, None while they stay."""

    status: str
    turns: tuple[Turn, ...] | None = None


class Desk:
    """Turns questions into HTML, several at a time; never raises."""

    def __init__(
        self, library: LibraryPort, turnstile: Turnstile | None = None, examples: Sequence[str] | None = None
    ) -> None:
        """`examples` to start with; by default they are made from the newest articles."""
        self._library = library
        self._examples = examples
        self._turnstile = turnstile or Turnstile()
        self._look_at = 0.0
        self._stops: dict[str, Callable[[bool], None]] = {}
        self._early: deque[str] = deque(maxlen=MOST_EARLY)
        self._threads = ThreadPoolExecutor(self._turnstile.places + 4, thread_name_prefix="ask")

    @property
    def library(self) -> LibraryPort:
        """The library as it is open now."""
        return self._library

    def header(self) -> str:
        """The name and size of the library as it is open now."""
        return guarded(lambda: render.header(self._library.info))

    def welcome(self) -> str:
        """What stands in the place of the answer before the first question: questions to start with."""

        def work() -> str:
            library = self._library
            found = suggestions(library.articles()) if self._examples is None else self._examples
            return render.welcome(library.info, [plain(text) for text in found])

        return guarded(work)

    def renewed(self, turns: Sequence[Turn]) -> Any:
        """The welcome as it is now, while nothing was asked."""
        import gradio as gr

        return gr.skip() if turns else self.welcome()

    async def converse(self, typed: str | None, choices: str | None, turns: Sequence[Turn]) -> AsyncIterator[Update]:
        """What the page shows while a question is answered, and at last the conversation with its answer."""
        asked, name = (typed or "").strip(), _name(choices)
        if problem := _refused(asked):
            yield Update(render.problem(problem))
            return
        if name in self._early:
            yield Update(render.status("stop", self._library.info))
            return
        loop = asyncio.get_running_loop()
        stages: asyncio.Queue[str | None] = asyncio.Queue()
        stopped = told = False

        def tell(stage: str | None) -> None:
            if stopped:
                raise Stopped
            loop.call_soon_threadsafe(stages.put_nowait, stage)

        def work() -> Turn | None:
            try:
                with listening(tell):
                    return self.turn(asked, choices, turns)
            finally:
                loop.call_soon_threadsafe(stages.put_nowait, None)

        def stop(telling: bool) -> None:
            nonlocal stopped, told
            stopped, told = True, telling
            loop.call_soon_threadsafe(stages.put_nowait, None)

        self._stops[name] = stop
        yield Update(render.status("wait", self._library.info))
        done = loop.run_in_executor(self._threads, work)
        try:
            while (stage := await stages.get()) is not None:
                yield Update(render.status(stage, self._library.info))
            # What is stopped ends at its next step; nobody waits for that.
            turn = None if stopped else await done
        finally:
            stopped = True
            self._stops.pop(name, None)
        said = render.status("stop", self._library.info) if told else ""
        yield Update(said, (*turns, turn)[-MOST_TURNS:] if turn else None)

    def stop(self, name: str | None, *, told: bool = True) -> None:
        """End the question of that name, now or as soon as its turn comes, and say so if `told`."""
        if not name:
            return
        if stop := self._stops.get(name):
            stop(told)
        else:
            self._early.append(name)

    def turn(self, asked: str, choices: str | None, turns: Sequence[Turn]) -> Turn | None:
        """A question answered in its conversation; None where it was stopped."""
        number = turns[-1].number + 1 if turns else 1
        try:
            filters = chosen(choices)
            earlier = [Earlier(turn.answer.question, turn.answer) for turn in turns if turn.answer]
            read_as = rewritten(asked, earlier)
            with self._turnstile.passing():
                answer = self._fresh().ask(read_as or asked, filters=filters)
            later = render.turn(answer, asked, number, newest=False)
            return Turn(number, render.turn(answer, asked, number), later, answer)
        except Stopped:
            return None
        except RagError as error:
            return _failed(number, asked, str(error))
        except Exception:
            log.exception("a question could not be answered")
            return _failed(number, asked, UNEXPECTED)

    def _fresh(self) -> LibraryPort:
        """The library, gone over to what was published since; looked for once in `LOOK_AGAIN` seconds."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_AGAIN
            self.refresh()
        return self._library

    def refresh(self) -> None:
        """Go over to what was published since."""
        try:
            self._library.reload()
        except Exception:
            # The open generation is whole, whatever has become of the folder since.
            log.warning("the library on disk cannot be opened; answering from what is open", exc_info=True)


def _failed(number: int, asked: str, why: str) -> Turn:
    shown = render.failed(asked, why, number)
    return Turn(number, shown, shown)


def _refused(asked: str) -> str | None:
    if not asked:
        return NOTHING
    if len(asked) > MAX_QUESTION_CHARS:
        return (
            f"The question has {len(asked):,} characters; at most {MAX_QUESTION_CHARS:,} are read. Please shorten it."
        )
    return None


def _name(choices: str | None) -> str:
    """The name that the page's script gave to a question, by which it can be stopped."""
    try:
        return str(json.loads(choices or "{}").get("name") or "")
    except (ValueError, AttributeError, RecursionError):
        return ""


def chosen(choices: str | None) -> Filters:
    """The filters that the page's script wrote as JSON.  Raises QuestionError where they are none."""
    try:
        given: dict[str, Any] = json.loads(choices or "{}")
        sources = given.get("sources") or []
        if not all(isinstance(source, str) for source in sources):
            raise TypeError
        after, before, as_of = (_day(given.get(name)) for name in ("after", "before", "as_of"))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise QuestionError(
            "The filters cannot be read: dates are written YYYY-MM-DD, sources by their names."
        ) from None
    if after and before and after > before:
        raise QuestionError(f"No day lies between {after} and {before}: exchange the two dates of the period.")
    return Filters(after, before, tuple(sources), as_of=as_of)


def _day(text: object) -> date | None:
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise TypeError
    return date.fromisoformat(text)


def add_routes(app: FastAPI, desk: Desk) -> None:
    """What the tab's script asks for."""
    add_part(app, "source", lambda asked: source(desk.library, asked))
    add_part(app, "sources", lambda asked: render.source_list(desk.library.sources()))


def build(desk: Desk, header: gr.HTML) -> tuple[gr.HTML, gr.State]:
    """The tab's blocks, wired to `desk`; to be called inside its place on the page.

    Where the conversation is shown, and its turns: before the first one, the welcome follows what the library holds.
    """
    import gradio as gr

    with gr.Row(elem_id="rag-desk"):
        with gr.Column(elem_id="rag-talk"):
            output = html(desk.welcome(), "rag-output")
            status = html("", "rag-status")
            html("", "rag-told")
            with gr.Column(elem_id="rag-form"):
                with gr.Row(elem_id="rag-line"):
                    box = gr.Textbox(
                        label="Your question",
                        show_label=False,
                        placeholder="Ask a question",
                        lines=1,
                        max_lines=5,
                        max_length=MAX_QUESTION_CHARS,
                        autofocus=True,
                        container=False,
                        scale=1,
                        elem_id="rag-question",
                        html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=True),
                    )
                    button = gr.Button("Ask", variant="primary", scale=0, min_width=96, elem_id="rag-ask")
                    stop = gr.Button("Stop", scale=0, min_width=96, elem_id="rag-stop")
                with gr.Row(elem_id="rag-more"):
                    html(render.filters(), "rag-filters")
                    fresh = gr.Button("New conversation", scale=0, min_width=0, elem_id="rag-fresh")
        html(render.empty_source(), "rag-source")
    choices = gr.Textbox(visible="hidden", elem_id="rag-choices")
    turns = gr.State(())
    asking = gr.on(
        [button.click, box.submit],
        _asker(desk),
        [box, choices, turns],
        [box, header, status, output, turns],
        js="(question, choices, turns) => [question, window.rag.choices(question), turns]",
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="once",
    )
    # Gradio's own way to cancel takes its time, in which the page would not take the next question.
    asking.then(None, js="() => window.rag.answered()", api_visibility="private")
    asked = gr.Textbox(visible="hidden", elem_id="rag-asked")

    def begin(name: str | None) -> tuple[Any, ...]:
        desk.stop(name, told=False)
        return desk.welcome(), "", ()

    begun = fresh.click(
        begin,
        [asked],
        [output, status, turns],
        js="() => [window.rag.begun()]",
        api_visibility="private",
        show_progress="hidden",
    )
    for ended in (begun.then, begun.failure):
        ended(None, js="() => window.rag.cleared()", api_visibility="private")
    stop.click(
        desk.stop,
        [asked],
        js="() => [window.rag.stopped()]",
        api_visibility="private",
        show_progress="hidden",
    )
    return output, turns


def _asker(desk: Desk) -> Callable[..., AsyncIterator[tuple[Any, ...]]]:
    async def ask(typed: str | None, choices: str | None, turns: Sequence[Turn]) -> AsyncIterator[tuple[Any, ...]]:
        import gradio as gr

        same = gr.skip()
        async for update in desk.converse(typed, choices, turns):
            if update.turns is None:
                yield same, same, update.status, same, same
            else:
                *before, newest = update.turns
                shown = render.conversation([*(turn.later for turn in before), newest.html])
                yield "", desk.header(), "", shown, update.turns

    return ask


def html(value: str, name: str) -> gr.HTML:
    """An element of our own HTML, with no script and no style of Gradio's."""
    import gradio as gr

    return gr.HTML(value, elem_id=name, js_on_load=None, apply_default_css=False)
