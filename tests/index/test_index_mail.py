"""Messages and mailboxes: headers, which text is taken, quotes and signatures, attachments, many messages."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from index.draft import Draft, Issue
from index.load import read_file
from index.mail import own_html, own_words

BODY = "The harbour was quiet on Monday. Nobody at the quay could say why the ferry had not come in."


def letter(text: str | None = BODY, **headers: str) -> EmailMessage:
    message = EmailMessage()
    if text is not None:
        message.set_content(text)
    for name, value in {
        "From": "Ida Holm <ida@beacon.example>", "Subject": "The ferry", "Date": "Fri, 02 Aug 2024 23:30:00 -0500",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }.items():  # fmt: skip
        message[name] = value
    return message


def read(tmp_path: Path, message: EmailMessage | bytes, name: str = "a.eml") -> list[Draft | Issue]:
    path = tmp_path / name
    path.write_bytes(message if isinstance(message, bytes) else message.as_bytes())
    return list(read_file(path))


def only(tmp_path: Path, message: EmailMessage | bytes) -> Draft:
    (found,) = read(tmp_path, message)
    assert isinstance(found, Draft), found
    return found


# -- headers --------------------------------------------------------------------------------------------------------


def test_headers_are_the_fields(tmp_path: Path) -> None:
    message = letter(Content_Language="en-GB", Archived_At="<https://beacon.example/brief/7>")
    draft = only(tmp_path, message)
    assert draft == Draft(
        None, "The ferry", BODY, "beacon.example", "https://beacon.example/brief/7", date(2024, 8, 2),
        f"{tmp_path}/a.eml", len(message.as_bytes()), "Ida Holm", "en",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        pytest.param(b"=?utf-8?q?Die_F=C3=A4hre?=", "Die Fähre", id="quoted"),
        pytest.param(b"=?iso-8859-1?B?RGllIEbkaHJl?=", "Die Fähre", id="base64"),
        pytest.param(b"=?utf-8?q?Die?=\r\n =?utf-8?q?_F=C3=A4hre?=", "Die Fähre", id="folded"),
        pytest.param("Die Fähre".encode(), "Die Fähre", id="bare-utf-8"),
        pytest.param(("Die Fähren kamen für die Gäste spät").encode("cp1252"), "Die Fähren kamen für die Gäste spät",
                     id="bare-western"),
        pytest.param(b"=?x-none?q?abc?=", "=?x-none?q?abc?=", id="no-such-encoding"),
        pytest.param(b"=?utf-8?b?A?=", "=?utf-8?b?A?=", id="broken-base64"),
    ],
)  # fmt: skip
def test_encoded_subjects(tmp_path: Path, raw: bytes, title: str) -> None:
    assert only(tmp_path, b"From: a@b.example\r\nSubject: " + raw + b"\r\n\r\n" + BODY.encode()).title == title


@pytest.mark.parametrize(
    ("list_id", "source"),
    [
        ("The Morning Brief <brief.beacon.example>", "The Morning Brief"),
        ('"Harbour News" <h.example>', "Harbour News"),
        ("<brief.beacon.example>", "beacon.example"),
        ("9f3a2mc list <9f3a2.112.list-id.example>", "beacon.example"),
    ],
)
def test_the_source_is_the_list_or_the_sender_s_domain(tmp_path: Path, list_id: str, source: str) -> None:
    assert only(tmp_path, letter(List_Id=list_id)).source == source


def test_a_message_without_subject_is_called_after_its_file(tmp_path: Path) -> None:
    (draft,) = read(tmp_path, b"From: a@b.example\n\n" + BODY.encode(), "2024-08-02-quiet-harbour.eml")
    assert isinstance(draft, Draft)
    assert (draft.title, draft.published, draft.author) == ("Quiet harbour", date(2024, 8, 2), "a@b.example")


def test_what_is_no_message_is_refused(tmp_path: Path) -> None:
    (issue,) = read(tmp_path, b"Just a text that somebody called a message.\n")
    assert isinstance(issue, Issue) and issue.message.startswith("is not a message")


# -- its text -------------------------------------------------------------------------------------------------------

PAGE = (
    "<html><body><div style='display:none;max-height:0'>A preview line</div><table><tr><td><h1>The brief</h1></td></tr>"
    f"<tr><td><p>{BODY}</p></td></tr><tr><td>A first<br><br>A second</td></tr></table></body></html>"
)


def test_plain_text_is_preferred(tmp_path: Path) -> None:
    message = letter()
    message.add_alternative(f"<p>{BODY}</p><p>Unsubscribe</p>", subtype="html")
    assert only(tmp_path, message).text == BODY


@pytest.mark.parametrize("text", [None, "View this mail in your browser."], ids=["page-only", "a-mere-hint"])
def test_the_page_counts_where_the_text_is_none_or_next_to_none(tmp_path: Path, text: str | None) -> None:
    message = letter(text)
    if text is None:
        message.set_content(PAGE, subtype="html")
    else:
        message.add_alternative(PAGE, subtype="html")
    draft = only(tmp_path, message)
    assert draft.text == f"The brief\n\n{BODY}\n\nA first\n\nA second"
    assert [(mark.kind, mark.label, mark.start, mark.end) for mark in draft.marks] == [("heading", "The brief", 0, 9)]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("iso-8859-1", "cp1252"), ("utf-8", "cp1252"), ("x-unknown", "utf-8"), ("us-ascii", "utf-8")],
)
def test_wrong_charsets(tmp_path: Path, declared: str, encoding: str) -> None:
    text = "Größere Schäden hätten für die Fähren üble Folgen gehabt, sagte der Fährmann. " * 4
    head = f"From: a@b.example\r\nContent-Type: text/plain; charset={declared}\r\n\r\n"
    assert only(tmp_path, head.encode() + text.encode(encoding)).text == text.strip()


def test_flowed_lines_are_paragraphs_again(tmp_path: Path) -> None:
    raw = b"From: a@b.example\nContent-Type: text/plain; format=flowed\n\nOne line \nand on.\nAnother.\n\n-- \nIda\n"
    assert only(tmp_path, raw).text == "One line and on.\nAnother."


@pytest.mark.parametrize(
    ("text", "reply", "own"),
    [
        pytest.param("Mine.\n\nOn Mon, 5 Aug, Jo Vance wrote:\n> Yours.\n> More.\n\nMine too.", False,
                     "Mine.\n\nMine too.", id="quote"),
        pytest.param("Mine.\n\nAm Montag, 5. August schrieb Jo <jo@x.example>:\n\n> Deins.", False, "Mine.",
                     id="german"),
        pytest.param("Mine.\nOn Mon, 5 Aug 2024 at 10:15,\nJo Vance <jo@x.example> wrote:\n> Yours.", False, "Mine.",
                     id="attribution-of-two-lines"),
        pytest.param("Mine.\n> Yours.\nMine.", True, "Mine.\nMine.", id="marks-in-a-reply"),
        pytest.param("Today:\n> A first story\n> A second", False, "Today:\n> A first story\n> A second",
                     id="marks-in-a-newsletter"),
        pytest.param("On Monday the minister wrote:\nNothing is settled.", False,
                     "On Monday the minister wrote:\nNothing is settled.", id="prose-that-looks-like-it"),
        pytest.param("Mine.\n-- \nIda Holm\nThe Beacon", False, "Mine.", id="signature"),
        pytest.param("One.\n--" + "\nA line." * 30, False, "One.\n--" + "\nA line." * 30, id="a-rule-is-no-signature"),
        pytest.param("Mine.\n-----Original Message-----\nFrom: Jo\nYours.", True, "Mine.", id="original-message"),
        pytest.param("See below.\n-----Original Message-----\nFrom: Jo\nThe minutes.", False,
                     "See below.\n-----Original Message-----\nFrom: Jo\nThe minutes.", id="forwarded-by-outlook"),
        pytest.param("---------- Forwarded message ---------\nFrom: Jo\n\nThe news.", False,
                     "---------- Forwarded message ---------\nFrom: Jo\n\nThe news.", id="forwarded-stays"),
        pytest.param("> All of it.\n> Is a quote.", True, "> All of it.\n> Is a quote.", id="nothing-else"),
    ],
)  # fmt: skip
def test_own_words(text: str, reply: bool, own: str) -> None:
    assert own_words(text, reply) == own


def test_the_page_of_a_reply_loses_what_it_quotes() -> None:
    said = '<div class="gmail_attr">On Tue, desk wrote:</div><blockquote>Did you?</blockquote>'
    quoted = f'<div class="gmail_quote">{said}</div>'
    assert "Did you?" not in own_html(f"<p>I bought none.</p>{quoted}")
    assert "I bought none." in own_html(f"<p>I bought none.</p>{quoted}")
    assert "Did you?" in own_html(quoted)


# -- attachments ----------------------------------------------------------------------------------------------------


def test_attachments_are_articles_of_their_own(tmp_path: Path) -> None:
    message = letter()
    for name, content in (("report.txt", "First report."), ("report.txt", "Second report."), ("../up.md", "# Up\nHi.")):
        message.add_attachment(content.encode(), maintype="application", subtype="octet-stream", filename=name)
    message.add_attachment(b"\0", maintype="image", subtype="heic", filename="photo.heic")
    main, *inner, note = read(tmp_path, message)
    assert isinstance(main, Draft) and main.text == BODY
    assert [(item.origin.partition("#")[2], item.text) for item in inner if isinstance(item, Draft)] == [
        ("report.txt", "First report."),
        ("2-report.txt", "Second report."),
        ("up.md", "# Up\nHi."),
    ]
    assert {(item.published, item.source) for item in inner if isinstance(item, Draft)} == {
        (date(2024, 8, 2), "beacon.example")
    }
    assert note == Issue(main.origin, "has attachments of kinds that are not read: photo.heic", skipped=False)


def test_an_attached_message_and_an_archive(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in/a.txt", "In the archive.")
    message = letter()
    message.add_attachment(letter("Inner words.", Subject="Inner"))
    message.add_attachment(packed.getvalue(), maintype="application", subtype="zip", filename="a.zip")
    found = [(item.origin.partition("#")[2], item.title) for item in read(tmp_path, message) if isinstance(item, Draft)]
    assert found == [("", "The ferry"), ("message.eml", "Inner"), ("a.zip#in/a.txt", "A")]


def test_messages_in_messages_have_an_end(tmp_path: Path) -> None:
    message = letter("The innermost.")
    for _ in range(9):
        outer = letter()
        outer.add_attachment(message)
        message = outer
    found = read(tmp_path, message)
    assert sum(isinstance(item, Draft) for item in found) == 4
    assert [item.message for item in found if isinstance(item, Issue)] == [
        "lies in 3 other files, the limit; its attachments are not read"
    ]


def test_a_letter_that_only_carries_a_file(tmp_path: Path) -> None:
    message = letter(" \n")
    message.add_attachment(b"Its words.", maintype="text", subtype="plain", filename="a.txt")
    note, draft = read(tmp_path, message)
    assert isinstance(note, Issue) and not note.skipped and "only its attachments" in note.message
    assert isinstance(draft, Draft) and draft.text == "Its words."


# -- mailboxes ------------------------------------------------------------------------------------------------------

FROM = b"From ida@beacon.example Fri Aug  2 10:00:00 2024\n"


def test_a_mailbox_has_its_messages_by_number(tmp_path: Path) -> None:
    quoted = b"From: x@y.example\nSubject: Two\n\n>From now on it is so.\n>>From before.\nFrom here on, too.\n"
    raw = FROM + letter().as_bytes() + b"\n" + FROM + quoted + b"\n" + FROM + b"\n" + FROM + letter().as_bytes()
    one, two, three, four = read(tmp_path, raw, "box.mbox")
    assert [item.origin.partition("#")[2] for item in (one, two, three, four)] == ["1", "2", "3", "4"]
    assert isinstance(one, Draft) and (one.title, one.text) == ("The ferry", BODY)
    assert isinstance(two, Draft) and two.text == "From now on it is so.\n>From before.\nFrom here on, too."
    assert isinstance(three, Issue) and three.message.startswith("is not a message")
    assert isinstance(four, Draft) and four.position == len(raw)


def test_attachments_in_a_mailbox(tmp_path: Path) -> None:
    message = letter()
    message.add_attachment(b"Its words.", maintype="text", subtype="plain", filename="a report.txt")
    _, attached = read(tmp_path, FROM + message.as_bytes(), "box.mbox")
    assert isinstance(attached, Draft)
    assert (attached.origin, attached.title) == (f"{tmp_path}/box.mbox#1#a report.txt", "A report")


def test_what_is_no_mailbox_is_refused(tmp_path: Path) -> None:
    (issue,) = read(tmp_path, b"Dear all,\nno mailbox.\n", "box.mbox")
    assert issue == Issue(f"{tmp_path}/box.mbox", "is not a mailbox: it does not begin with a line 'From '")


def test_a_mailbox_of_any_size_takes_the_memory_of_a_message(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    with path.open("wb") as file:
        for number in range(60):
            file.write(FROM + letter("word " * 20_000, Subject=f"Number {number}").as_bytes() + b"\n")
    assert path.stat().st_size > 6_000_000
    tracemalloc.start()
    try:
        assert sum(isinstance(item, Draft) for item in read_file(path)) == 60
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
