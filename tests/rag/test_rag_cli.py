"""The command line: exit codes, JSON, one-line errors, narrow terminals, and folders with files named like ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version as installed
from pathlib import Path

import pytest

import index.command
from rag.cli import main
from rag.errors import Interrupted
from rag.export import home as compiled_home
from rag.library import Library
from rag.models import cache_folder
from rag.readers import shipped
from rag.scoring import reader_name
from rag.types import Settings

RAG = Path(sys.executable).with_name("rag")
SWAP = "Who mediated the swap?"
NONSENSE = "What is the airspeed velocity of an unladen swallow?"
BODY = "The pilots of the harbour waited at the quay on Monday. Nobody came to relieve them until the evening.\n"
MUSEUM = "2024-06-03-silver-compass-stolen-from-museum"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(sample_folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command on the sample library; exit code, output and errors."""
    monkeypatch.setenv("ARTICLE_RAG_LIBRARY", str(sample_folder))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capfd.readouterr()

    return call


def shell(*command: str | bytes | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=300
    )


# -- asking ---------------------------------------------------------------------------------------------------------


def test_ask_prints_quotes_with_their_sources_and_how_to_see_them(run: Run, samples: Library) -> None:
    code, out, err = run("ask", SWAP, "--min-confidence", "0")
    answer = samples.ask(SWAP, settings=Settings(min_confidence=0))
    assert (code, err) == (0, "")
    assert answer.citations and answer.short
    words = " ".join(out.split())
    assert words.startswith("The sources differ:" if answer.sides else " ".join(answer.short.text.split()))
    for citation in answer.citations:
        assert f"“{' '.join(citation.quote.split())}” [{citation.number}]" in words
        assert f"rag show {citation.article_id} --quote {citation.start}-{citation.end}" in words


def test_a_refusal_is_an_answer_too(run: Run) -> None:
    code, out, err = run("ask", NONSENSE, "--min-confidence", "1")
    assert (code, err) == (0, "")
    assert "These articles do not answer this question." in out
    assert "The closest passages:" in out


def test_ask_as_json_is_the_answer_s_own_form(run: Run, samples: Library) -> None:
    code, out, _ = run("ask", SWAP, "--json", "--after", "2024-08-01", "--source", "northgate wire")
    plain = json.loads(out)
    assert (code, plain["schema"], plain["question"]) == (0, 3, SWAP)
    assert {passage["source"] for passage in plain["passages"]} == {"Northgate Wire"}
    assert set(plain) == set(samples.ask(SWAP).to_dict())
    assert plain["provenance"]["reader"] == samples.info.reader == reader_name()


def test_ask_as_on_a_day_sees_nothing_later(run: Run) -> None:
    code, out, _ = run("ask", SWAP, "--json", "--as-of", "2024-07-31")
    plain = json.loads(out)
    assert (code, plain["provenance"]["as_of"], plain["provenance"]["filters"]["as_of"]) == (0, *["2024-07-31"] * 2)
    assert plain["passages"]
    assert all(passage["published"] <= "2024-07-31" for passage in plain["passages"] if passage["published"])


def test_what_ask_printed_is_replayed(run: Run, tmp_path: Path) -> None:
    _, out, _ = run("ask", SWAP, "--json", "--as-of", "2024-08-06", "--min-confidence", "0")
    (tmp_path / "answer.json").write_text(out, "utf-8")
    code, out, err = run("replay", str(tmp_path / "answer.json"))
    assert (code, out, err) == (0, "The same answer.\n", "")


def test_search_as_json(run: Run) -> None:
    code, out, _ = run("search", "silver compass", "-k", "2", "--json")
    plain = json.loads(out)
    assert code == 0
    assert len(plain["passages"]) == 2
    assert plain["passages"][0]["article_id"] == MUSEUM


def test_search_shows_passages_with_scores(run: Run) -> None:
    code, out, _ = run("search", "silver compass", "-k", "1", "--article", MUSEUM)
    assert code == 0
    assert "1. Silver Compass Stolen From Dunhaven Museum" in out
    assert "score" in out and "cosine" in out and "BM25" in out


# -- listing and showing --------------------------------------------------------------------------------------------


def test_list_as_json_is_newest_first_with_these_fields(run: Run) -> None:
    code, out, _ = run("list", "--json")
    plain = json.loads(out)
    assert (code, len(plain)) == (0, 17)
    assert set(plain[0]) == {"id", "title", "source", "url", "published", "origin"}
    days = [row["published"] for row in plain]
    assert days == sorted(days, reverse=True)


def test_list_has_a_line_for_every_article(run: Run, samples: Library) -> None:
    code, out, _ = run("list")
    assert code == 0
    assert "published" in out
    flat = "".join(out.split())
    assert all(article.id in flat or article.id[:8] in flat for article in samples.articles())


def test_show_as_json_is_the_stored_article(run: Run, samples: Library) -> None:
    code, out, _ = run("show", MUSEUM, "--json")
    plain = json.loads(out)
    article = samples.article(MUSEUM)
    assert (code, plain["text"], plain["published"]) == (0, article.text, "2024-06-03")
    assert plain["noise"] == [list(mark) for mark in article.noise]


def test_show_prints_the_whole_article(run: Run, samples: Library) -> None:
    code, out, _ = run("show", MUSEUM, "--quote", "0-5")
    assert code == 0
    assert "".join(samples.article(MUSEUM).text.split()) in "".join(out.split())


def test_show_highlights_a_quote_on_a_terminal(sample_folder: Path) -> None:
    done = shell(
        RAG, "show", MUSEUM, "--quote", "0-5", "--library", sample_folder, cwd=sample_folder, FORCE_COLOR="1",
        TERM="xterm-256color", NO_COLOR="",
    )  # fmt: skip
    assert done.returncode == 0
    assert re.search(r"\x1b\[[0-9;]*30;43mCrime\x1b\[0m", done.stdout)


@pytest.mark.parametrize("quote", ["5-5", "9-3", "x-3", "3", "0-999999", "-1-3", "²-³"])
def test_a_range_that_is_none_is_one_line_of_error(run: Run, quote: str) -> None:
    code, out, err = run("show", MUSEUM, f"--quote={quote}")
    assert (code, out) == (1, "")
    assert err.startswith(f"--quote {quote!r} is not a range START-END within the article's ")
    assert err.count("\n") == 1


# -- indexing -------------------------------------------------------------------------------------------------------


def test_index_reports_and_exits_with_3_where_a_file_was_skipped(run: Run, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.txt").write_text(BODY)
    (tmp_path / "files" / "[b].txt").write_bytes(b"\0\1")
    library = str(tmp_path / "library")
    code, out, err = run("index", str(tmp_path / "files"), "--library", library, "--json")
    plain = json.loads(out)
    assert code == 3
    assert (plain["added"], plain["generation"], len(plain["issues"])) == (1, 1, 1)
    assert plain["issues"][0]["origin"].endswith("[b].txt")
    assert "skipped" in err and "[b].txt: is binary, not text" in err
    (tmp_path / "files" / "[b].txt").unlink()
    code, out, err = run("index", str(tmp_path / "files"), "--library", library)
    assert (code, out) == (0, "")
    assert "1 unchanged (0 chunks embedded" in err
    code, _, err = run("remove", "a", "--library", library)
    assert (code, err) == (0, "Removed 1; articles left: 0.\n")


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Interrupted("Stopped.  3 chunks are kept.")], ids=repr)
def test_an_interrupt_exits_with_130(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stop: BaseException
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise stop

    monkeypatch.setattr(index.command, "run", interrupted)
    code, out, err = run("index", str(tmp_path))
    assert (code, out) == (130, "")
    assert "Traceback" not in err


# -- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["ask", "x y", "--library", "/none"], "There is no library in /none.  Make one: rag sync", id="library"
        ),
        pytest.param(["ask", "   "], "The question is empty", id="empty-question"),
        pytest.param(["ask", "what is it"], "The question 'what is it' holds only common words", id="stop-words"),
        pytest.param(["ask", "gecko", "--after", "tomorrow"], "--after 'tomorrow' is not a date", id="date"),
        pytest.param(["ask", "gecko", "--as-of", "today"], "--as-of 'today' is not a date", id="day"),
        pytest.param(["ask", "gecko", "--reader", "/tmp"], "config.json is missing", id="no-reader"),
        pytest.param(["ask", "gecko", "--reranker", "/tmp"], "config.json is missing", id="no-reranker"),
        pytest.param(["replay", "/none.json"], "/none.json cannot be read (No such file", id="no-answer"),
        pytest.param(["show", "nobody"], "No article 'nobody' in ", id="article"),
        pytest.param(["index"], "Name the files or folders to index", id="no-paths"),
        pytest.param(["index", "/none/at/all"], "/none/at/all does not exist", id="no-such-path"),
        pytest.param(["remove", "nobody"], "No article 'nobody' in ", id="remove"),
        pytest.param(["index", "/tmp", "--model", "/tmp"], "/tmp has no modules.json", id="no-model"),
        pytest.param(["index", "/tmp", "--chunk-tokens", "99"], "The library was cut with ", id="other-chunks"),
    ],
)
def test_errors_are_one_line_and_exit_with_1(run: Run, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    line = " ".join(err.split())
    assert message.replace("  ", " ") in line
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["nothing"],
        ["ask", "gecko", "--min-confidence", "2"],
        ["search", "x", "-k", "0"],
        ["ask", "x", "--bad"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "Usage" in err and "Traceback" not in err


def test_help_and_version(run: Run) -> None:
    assert run("version")[:2] == (0, f"article-rag {installed('article-rag')}\n")
    code, out, _ = run("--help")
    assert code == 0
    commands = ("index", "ask", "replay", "search", "list", "show", "remove", "verify", "repair", "eval", "ui")
    assert all(name in out for name in commands)


def test_a_question_of_bytes_that_are_no_text_is_no_traceback(sample_folder: Path) -> None:
    done = shell(RAG, "ask", b"silver \xff compass", "--library", sample_folder, cwd=sample_folder)
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


def test_a_query_of_bytes_that_are_no_text_is_told_as_text(sample_folder: Path) -> None:
    done = shell(
        RAG, "search", b"compass Verda\xff", "--json", "--library", sample_folder, cwd=sample_folder,
        PYTHONIOENCODING="utf-8:strict",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["query"] == "compass Verda?"


def test_a_reader_that_closes_our_output_is_no_error(sample_folder: Path) -> None:
    done = shell("/bin/sh", "-c", f"{RAG} list --json --library {sample_folder} | head -1", cwd=sample_folder)
    assert (done.stdout, done.stderr) == ("[\n", "")


def test_everything_fits_a_terminal_of_40_columns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for arguments in (
        ["ask", SWAP, "--min-confidence", "0"], ["ask", NONSENSE, "--min-confidence", "1"], ["search", "compass"],
        ["list"], ["show", MUSEUM],
    ):  # fmt: skip
        code, out, _ = run(*arguments)
        assert code == 0
        assert max(len(line) for line in out.splitlines()) <= 40


# -- around us ------------------------------------------------------------------------------------------------------

SCRIPT = """
import rag
print(rag.ask("Who mediated the swap?", library={library!r}).answered is not None)
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder of a user's own modules, some named like our packages; each fails when it is imported."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("index", "ui", "eval", "library", "store", "answer", "articles", "utils", "conftest", "sync"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name}.py of the user was imported')\n")
    (folder / "articles").mkdir()
    (folder / "articles" / "a.txt").write_text(BODY)
    return folder


def test_a_script_beside_files_named_like_our_packages_can_ask(hostile: Path, sample_folder: Path) -> None:
    (hostile / "script.py").write_text(SCRIPT.format(library=str(sample_folder)))
    done = shell(sys.executable, "script.py", cwd=hostile)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_the_command_runs_beside_files_named_like_our_packages(hostile: Path, sample_folder: Path) -> None:
    questions = {"id": "q1", "question": SWAP, "answers": ["Turkey"], "articles": [MUSEUM], "answerable": True}
    (hostile / "set.jsonl").write_text(json.dumps(questions))
    for arguments in (
        ["index", "articles", "--library", "own"],
        ["ask", "Who are the pilots?", "--library", "own"],
        ["eval", "set.jsonl", "--library", str(sample_folder), "--json"],
    ):
        done = shell(RAG, *arguments, cwd=hostile)
        assert done.returncode == 0, (arguments, done.stderr)
        assert "of the user was imported" not in done.stdout + done.stderr


WATCHED = """
import json, sys
from rag.cli import main
code = main(["ask", "Who mediated the swap?", "--library", sys.argv[1], "--json"])
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def test_asking_loads_no_training_framework_and_writes_only_to_the_chosen_cache(
    sample_folder: Path, samples: Library, tmp_path: Path
) -> None:
    samples.ask(SWAP)
    home = tmp_path / "home"
    home.mkdir()
    specs = (samples.encoder.spec, shipped()[1])
    for spec in specs:
        shutil.copytree(compiled_home(spec), tmp_path / "cache" / compiled_home(spec).relative_to(cache_folder()))
    done = shell(
        sys.executable, "-c", WATCHED, str(sample_folder), cwd=tmp_path, HOME=str(home), XDG_CACHE_HOME="",
        ARTICLE_RAG_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    code, loaded = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    assert json.loads(done.stdout)["schema"] == 3
    heavy = {"torch", "sentence_transformers", "transformers", "gradio", "fastapi", "trafilatura", "huggingface_hub"}
    assert set(loaded).isdisjoint({*heavy, "index", "ui", "eval"})
    # It reports over the network that openvino was imported, and keeps an id of the user at home.
    assert "openvino_telemetry" not in loaded
    assert [*home.rglob("*")] == []
    kept = {path.parent.name: path.name for path in (tmp_path / "cache").glob("*/*")}
    assert kept == dict(zip(("encoders", "readers"), (spec.fingerprint for spec in specs), strict=True))


def test_a_cache_that_cannot_be_written_is_one_line_of_error(sample_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("not a folder")
    done = shell(RAG, "ask", SWAP, "--library", sample_folder, cwd=tmp_path, ARTICLE_RAG_CACHE=str(tmp_path / "cache"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "set ARTICLE_RAG_CACHE to a folder that can be written" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
