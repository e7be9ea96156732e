"""Tables: which column is which field, delimiters, encodings, rows by number; JSON lines, arrays and objects."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.draft import Draft, Issue
from index.load import read_file
from index.table import SYNONYMS, mapping
from rag.errors import LoadError


def read(tmp_path: Path, name: str, content: str | bytes, **fields: str) -> list[Draft | Issue]:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_file(path, fields))


def drafts(found: list[Draft | Issue]) -> list[Draft]:
    assert all(isinstance(item, Draft) for item in found), found
    return [item for item in found if isinstance(item, Draft)]


def told(found: list[Draft | Issue]) -> list[tuple[str, str]]:
    return [(item.origin.partition("#")[2], item.message) for item in found if isinstance(item, Issue)]


# -- CSV ------------------------------------------------------------------------------------------------------------

HEADED = "Headline,Body,Publisher,Byline,Link,Pub Date,lang,guid\n"


def test_columns_are_known_by_the_names_that_they_have_elsewhere(tmp_path: Path) -> None:
    row = 'Pilots go home,"They went, all of them.",Echo,Ida Holm,https://e.org/1,2024-08-02,en-GB,p1\n'
    (draft,) = drafts(read(tmp_path, "a.csv", HEADED + row))
    assert draft == Draft(
        "p1", "Pilots go home", "They went, all of them.", "Echo", "https://e.org/1", date(2024, 8, 2),
        f"{tmp_path}/a.csv#2", draft.position, "Ida Holm", "en",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("suffix", "sign"),
    [(".csv", ","), (".csv", ";"), (".csv", "\t"), (".csv", "|"), (".tsv", "\t")],
    ids=["comma", "semicolon", "tab", "bar", "tsv"],
)
def test_delimiters(tmp_path: Path, sign: str, suffix: str) -> None:
    rows = [["title", "text"], ["One", "It came, it saw; it | won."], ["Two", "Also, it left; so it did."]]
    file = io.StringIO()
    csv.writer(file, delimiter=sign).writerows(rows)
    assert [(d.title, d.text) for d in drafts(read(tmp_path, f"a{suffix}", file.getvalue()))] == [
        ("One", "It came, it saw; it | won."), ("Two", "Also, it left; so it did.")
    ]  # fmt: skip


def test_a_single_column_is_not_cut_at_its_commas(tmp_path: Path) -> None:
    found = drafts(read(tmp_path, "a.csv", "text\nHello, you there.\nAnd you.\n"))
    assert [draft.text for draft in found] == ["Hello, you there.", "And you."]


def test_rows_have_the_numbers_of_a_spreadsheet(tmp_path: Path) -> None:
    """The header is row 1; a blank line is a row; a cell with line ends in it is in one row."""
    text = 'title,text\nOne,"First line.\nSecond line."\n\nTwo,Third.\n,   \nThree,x,y\n'
    found = read(tmp_path, "a.csv", text)
    assert [item.origin.partition("#")[2] for item in found] == ["2", "4", "6"]
    assert isinstance(found[0], Draft) and found[0].text == "First line.\nSecond line."
    assert told(found) == [("6", "has 3 cells where the header has 2: put texts that hold the delimiter in quotes")]


def test_a_row_without_text_is_named(tmp_path: Path) -> None:
    assert told(read(tmp_path, "a.csv", "title,text\nOne,\nTwo,Some.\n")) == [("2", "holds no text")]
    assert told(read(tmp_path, "a.jsonl", '{"text": null}\n{"body": ""}\n')) == [
        ("1", "holds no text"),
        ("2", "holds no text"),
    ]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"], ids=["utf-8", "with-mark", "utf-16", "western"]
)
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = "title,text\nÜber die Brücke,Größere Schäden hätten für die Fähren üble Folgen gehabt.\n" * 3
    assert drafts(read(tmp_path, "a.csv", text.encode(encoding)))[0].title == "Über die Brücke"


def test_a_late_byte_that_is_not_utf_8_changes_the_encoding_of_all(tmp_path: Path) -> None:
    rows = "title,text\n" + f"One,{'Plain words of it. ' * 60}\n" * 1_000
    late = rows.encode() + "Zwei,Größere Schäden hätten für die Fähren üble Folgen gehabt.\n".encode("cp1252")
    assert drafts(read(tmp_path, "a.csv", late))[-1].text.startswith("Größere Schäden hätten für")


def test_no_column_with_text_names_the_columns_and_the_option(tmp_path: Path) -> None:
    (issue,) = read(tmp_path, "a.csv", "Titel,Inhalt\nEins,Zwei\n")
    assert issue == Issue(
        f"{tmp_path}/a.csv",
        "has no column with the articles' text; its columns are Titel, Inhalt: "
        "name the one that it is with --field text=COLUMN",
    )
    (draft,) = drafts(read(tmp_path, "a.csv", "Titel,Inhalt\nEins,Zwei\n", text="Inhalt", title="titel"))
    assert (draft.title, draft.text) == ("Eins", "Zwei")


def test_a_column_that_was_named_and_is_not_there_is_told(tmp_path: Path) -> None:
    (issue,) = read(tmp_path, "a.csv", "title,text\nOne,Two\n", source="Paper")
    assert isinstance(issue, Issue)
    assert issue.message == "has no column 'Paper' for source; its columns are title, text"


def test_a_text_of_several_columns(tmp_path: Path) -> None:
    content = "title,summary,body\nOne,In short.,At length.\nTwo,,Only this.\n"
    found = drafts(read(tmp_path, "a.csv", content, text="summary+body"))
    assert [draft.text for draft in found] == ["In short.\n\nAt length.", "Only this."]


def test_a_header_alone_is_told(tmp_path: Path) -> None:
    assert told(read(tmp_path, "a.csv", "title,text\n\n")) == [("", "holds no articles")]


def test_a_quote_that_is_never_closed_does_not_end_the_batch(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", 'title,text\nOne,Fine.\nTwo,"never closed\n' + "x,y\n" * 1_000)
    assert isinstance(found[0], Draft) and found[0].text == "Fine."


def test_bad_rows_are_named_up_to_a_limit(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "title,text\n" + "a,b,c\n" * 150 + "One,Fine.\n")
    assert len(found) == 102 and isinstance(found[100], Draft)
    assert told(found[-1:]) == [("", "has 50 more rows from which nothing could be taken")]


def test_html_in_a_cell_becomes_text_and_talk_of_html_stays(tmp_path: Path) -> None:
    rows = [["text"], ["<p>First &amp; best.</p>\n<p>Second.</p>"], ["In HTML, </p> ends what <p> begins."]]
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    found = drafts(read(tmp_path, "a.csv", file.getvalue()))
    assert [draft.text for draft in found] == ["First & best.\n\nSecond.", "In HTML, </p> ends what <p> begins."]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=40)
                .filter(lambda text: text.strip() and "</" not in text), min_size=1, max_size=6))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_what_a_writer_writes_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["title", "text", "url"])
    writer.writerows(["A title", text, "https://e.org"] for text in texts)
    found = drafts(read(tmp_path_factory.getbasetemp(), "any.csv", file.getvalue()))
    from index.draft import normalise

    assert [draft.text for draft in found] == [normalise(text) for text in texts]


@pytest.mark.long
def test_a_long_table_is_read_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("title,text\n")
        for number in range(300_000):
            file.write(f"Number {number},{'word ' * 60}\n")
    tracemalloc.start()
    assert sum(isinstance(item, Draft) for item in read_file(path)) == 300_000
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


# -- JSON -----------------------------------------------------------------------------------------------------------

ONE: dict[str, Any] = {"headline": "One", "content": "First.", "publishedAt": "2024-08-02T10:00:00Z"}


@pytest.mark.parametrize(
    ("content", "titles"),
    [
        pytest.param(json.dumps([ONE, {**ONE, "headline": "Two"}]), ["One", "Two"], id="array"),
        pytest.param(json.dumps([ONE, {**ONE, "headline": "Two"}], indent=2), ["One", "Two"], id="indented-array"),
        pytest.param(json.dumps(ONE, indent=2), ["One"], id="object"),
        pytest.param(f"{json.dumps(ONE)}\n{json.dumps(ONE)}\n", ["One", "One"], id="lines"),
        pytest.param(json.dumps({"status": "ok", "articles": [ONE, ONE]}), ["One", "One"], id="wrapped"),
        pytest.param("\ufeff" + json.dumps([ONE]), ["One"], id="byte-order-mark"),
        pytest.param(json.dumps([ONE] * 900 + [{**ONE, "content": "long " * 60_000}]), ["One"] * 901, id="long"),
    ],
)
def test_json_files(tmp_path: Path, content: str, titles: list[str]) -> None:
    found = drafts(read(tmp_path, "a.json", content))
    assert [draft.title for draft in found] == titles
    assert [draft.origin for draft in found] == [f"{tmp_path}/a.json#{n}" for n in range(1, len(titles) + 1)]
    assert found[0].published == date(2024, 8, 2)


@pytest.mark.parametrize(
    ("content", "count", "message"),
    [
        pytest.param("[]", 0, "holds no articles", id="empty-array"),
        pytest.param('[{"text": "a"}, {"text":', 1, "is not JSON after article 1", id="cut"),
        pytest.param('[{"text": "a"}', 1, "is not JSON after article 1 (it ends within the array", id="never-closed"),
        pytest.param("nonsense", 0, "is not JSON (", id="none"),
        pytest.param("[" * 200_000, 0, "cannot be parsed (RecursionError", id="nested"),
        pytest.param('{"a":' * 200_000, 0, "cannot be parsed (RecursionError", id="nested-objects"),
    ],
)
def test_json_that_ends_badly_keeps_what_came_before(tmp_path: Path, content: str, count: int, message: str) -> None:
    *before, issue = read(tmp_path, "a.json", content)
    assert len(drafts(before)) == count
    assert isinstance(issue, Issue) and issue.message.startswith(message)


def test_nested_names_and_lists(tmp_path: Path) -> None:
    record = {
        "meta": {"headline": "Deep", "people": [{"name": "Ida Holm"}, {"name": "Jo Vance"}], "a.b": "dotted"},
        "paragraphs": ["First.", "Second."],
        "source": {"id": None, "name": "Echo"},
    }
    content = json.dumps(record) + "\n"
    names = {"title": "meta.headline", "author": "meta.people.name", "text": "paragraphs", "id": "meta.a.b"}
    (draft,) = drafts(read(tmp_path, "a.ndjson", content, **names))
    assert (draft.title, draft.author, draft.text) == ("Deep", "Ida Holm, Jo Vance", "First.\n\nSecond.")
    assert draft.source == "Echo"


def test_a_record_without_text_names_its_fields_and_the_option(tmp_path: Path) -> None:
    found = read(tmp_path, "a.jsonl", '{"titel": "x", "inhalt": "y"}\n{"text": 5}\n')
    assert told(found) == [
        ("1", "has no field 'text' with the article's text (its fields are titel, inhalt; "
              "name the one that it is with --field text=NAME)"),
        ("2", "has no field 'text' with the article's text (its fields are text; "
              "name the one that it is with --field text=NAME)"),
    ]  # fmt: skip


@pytest.mark.parametrize("field", SYNONYMS)
def test_a_name_of_ours_counts_before_its_synonyms(field: str) -> None:
    assert SYNONYMS[field][0] == field
    own = [name for names in SYNONYMS.values() for name in names]
    assert len(own) == len(set(own))


# -- the option -----------------------------------------------------------------------------------------------------


def test_options_name_columns() -> None:
    assert mapping(["text = summary+body", "title=meta.headline"]) == {
        "text": "summary+body", "title": "meta.headline"
    }  # fmt: skip
    assert mapping([]) == {}


@pytest.mark.parametrize("option", ["text", "text=", "headline=x", "text=a+", "=x"])
def test_an_option_that_names_no_column_is_refused(option: str) -> None:
    with pytest.raises(LoadError, match="write FIELD=COLUMN, where FIELD is one of id, title, text"):
        mapping([option])
