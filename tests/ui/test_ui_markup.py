"""Addresses, example questions, the turnstile and the colours."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
from ui_fakes import ARTICLES, BRIDGE, SWAP

from rag.types import Article, Noise
from ui.errors import PageError
from ui.examples import subject, suggestions
from ui.markup import esc, safe_url
from ui.turnstile import Turnstile


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a?b=c&d=é#f",
        "http://example.com:8080/",
        "HTTPS://EXAMPLE.COM/",
        "http://[2001:db8::1]/x",
        "https://bücher.example/",
    ],
)
def test_web_addresses_are_links(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "ftp://example.com/",
        "file:///etc/passwd",
        "data:text/html,x",
        "//example.com/",
        "/relative",
        "example.com",
        "https://",
        "https:///x",
        "http:example.com",
        "https://user:secret@example.com/",
        "https://bank.test@evil.test/",
        "https://example.com/ x",
        "https://example.com/\nx",
        'https://example.com/"x',
        "https://example.com/\\x",
        "https://example.com/\u202egpj.exe",
        "http://[::1",
        " https://example.com",
    ],
)
def test_other_addresses_are_not(url: str | None) -> None:
    assert safe_url(url) is None


def test_escaping_survives_broken_text() -> None:
    assert esc("a<b>&\"'\ud800") == "a&lt;b&gt;&amp;&quot;&#x27;?"


def test_examples_speak_of_names_in_the_newest_articles() -> None:
    assert suggestions(ARTICLES) == (
        "What is reported about Pell Harbour Bridge?",
        "What is reported about the United States?",
        "What is reported about the Ostermere Library?",
    )


def test_examples_are_different_limited_and_newest_first() -> None:
    same = [replace(BRIDGE, id=str(i)) for i in range(5)]
    later = replace(SWAP, published=date(2025, 1, 1))
    assert suggestions([*same, later], limit=1) == ("What is reported about the United States?",)
    assert len(suggestions(same)) == 1
    assert suggestions([]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "all lower case here.",
        "",
        "On Monday August began.",
        "One Two. Three Four.",
        "中文没有大写。",
        "A LOUD WORD",
    ],
)
def test_no_name_no_question(text: str) -> None:
    assert subject(Article("x", "t", text)) is None


def test_names_in_noise_do_not_count() -> None:
    text = "see also Wall Street Journal\nthen came Old Tom here"
    assert subject(Article("x", "t", text, noise=(Noise(0, 29, "navigation"),))) == "Old Tom"


def test_the_turnstile_refuses_when_full_and_opens_again() -> None:
    gate = Turnstile(at_once=1, waiting=0)
    with gate.passing(), pytest.raises(PageError, match="Too many questions"), gate.passing():
        pass
    with gate.passing():
        pass


def test_the_turnstile_waits_no_longer_than_told() -> None:
    gate = Turnstile(at_once=1, waiting=1, patience=0.05)
    with gate.passing(), pytest.raises(PageError), gate.passing():
        pass


def test_the_turnstile_lets_those_who_wait_through() -> None:
    gate, done = Turnstile(at_once=2, waiting=20), []

    def pass_through() -> None:
        with gate.passing():
            done.append(1)

    threads = [threading.Thread(target=pass_through) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(done) == 20


PAIRS = [
    ("ink", "paper", 7.0),
    ("ink", "card", 7.0),
    ("soft", "paper", 4.5),
    ("soft", "card", 4.5),
    ("noise", "card", 4.5),
    ("accent", "paper", 4.5),
    ("accent", "card", 4.5),
    ("on-accent", "accent", 4.5),
    ("mark-ink", "mark", 7.0),
    ("paper", "ink", 4.5),
    ("field", "paper", 3.0),
    ("field", "card", 3.0),
]


@pytest.mark.parametrize("scheme", [":root", ".dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast(scheme: str, front: str, ground: str, least: float) -> None:
    """WCAG 2.2, 1.4.3 and 1.4.11: 4.5:1 for text, 3:1 for the edges of controls."""
    sheet = (files("ui") / "page.css").read_text(encoding="utf-8")
    rules = re.search(re.escape(scheme) + r" \{(.*?)\}", sheet, re.DOTALL)
    assert rules
    colours = dict(re.findall(r"--rag-([\w-]+): (#[0-9a-f]{6});", rules[1]))
    high, low = sorted((_luminance(colours[front]), _luminance(colours[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= least


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
