"""What stands on a web page around its article: found by how pages name and place it, and taken out of the tree.

Where a rule is not sure, the element stays: a lost paragraph is worse than a kept menu.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TAG_NAMES = (
    "nav aside dialog button select template svg iframe amp-consent amp-sidebar amp-ad amp-auto-ads amp-sticky-ad "
    "amp-user-notification"
)
_NEVER_NAMES = "html head body main article h1 script meta link time"
_ROLE_NAMES = "navigation complementary search dialog alertdialog banner contentinfo toolbar menu"
_TAGS, _NEVER, _ROLES = (frozenset(names.split()) for names in (_TAG_NAMES, _NEVER_NAMES, _ROLE_NAMES))
_CONSENT_NAMES = (
    r"onetrust|ot-sdk|cybotcookiebot|didomi|qc-cmp2|sp_message|usercentrics|uc-banner|cmplz|borlabscookie|klaro|osano"
    r"|cky-|iubenda|truste|termly|axeptio|tarteaucitron|cookieyes|evidon|sourcepoint|fc-consent|cc-window|cc-banner"
    r"|cookie[-_]?(?:banner|notice|consent|bar|popup|dialog|wall|overlay|message|modal)"
    r"|(?:gdpr|consent)[-_]?(?:banner|notice|bar|popup|dialog|wall|overlay|message|modal|manager|box)"
)
_COMMENT_NAMES = r"comments?(?:$|[-_]|area|list|form|section|thread)|disqus|respond$|coral[-_]|viafoura|spotim"
_AROUND_NAMES = (
    r"newsletter|mailing[-_]?list|email[-_]?(?:capture|signup)|sign[-_]?up(?:$|[-_])|subscri(?:be|ption)[-_](?:widget|box"
    r"|form|cta|banner|prompt)|share(?:$|[-_])|sharing|sharedaddy|addtoany|addthis|social(?:$|[-_])|related|recommended"
    r"|you[-_]?(?:may|might)|more[-_](?:stories|articles|from|on|news)|read[-_]?(?:more|next|also)|also[-_]read"
    r"|most[-_]?(?:read|popular|viewed)|popular[-_]|trending|outbrain|taboola|promo(?:$|[-_])|post[-_](?:feed|card|nav"
    r"|footer)|up[-_]?next|ad(?:s|vert\w*)?(?:$|[-_])|sponsor|dfp[-_]|author[-_](?:bio|box|card|info|profile)"
    r"|about[-_](?:the[-_])?author|tags?(?:$|[-_]list|[-_]cloud|[-_]links)|breadcrumbs?|skip[-_]?link|site[-_](?:header"
    r"|footer|nav)|(?:main|top|side|mega)[-_]?(?:menu|nav|bar)|side-?bar|live[-_](?:controls|nav)|jp-related\w*"
    r"|print[-_](?:link|button)|donat(?:e|ion)[-_]|app[-_](?:banner|promo)|push[-_](?:prompt|notif\w*)"
)
_GATE_NAMES = (
    r"paywall|piano|regwall|reg-wall|meter(?:ed|ing)?(?:$|[-_])|subscri\w*[-_]?wall|gateway|tp-modal|offer[-_]wall"
)

_CONSENT, _COMMENTS, _LIKELY, _GATE = (
    re.compile(rf"(?:^|[-_])(?:{names})") for names in (_CONSENT_NAMES, _COMMENT_NAMES, _AROUND_NAMES, _GATE_NAMES)
)
_TOPIC = re.compile(r"(?:tag|category|cat|topic|has|is|no|not|with|js|format|type|status)-")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MAIN = ".//h1 | .//main | .//*[@itemprop='articleBody'] | .//article[not(contains(@class, 'comment'))]"
_MOST_GATE_WORDS = 120
GATE_WORDS = re.compile(
    r"to (?:continue|keep|finish) reading|(?:continue|keep) reading with|to read the (?:full|whole|rest)|already a "
    r"(?:subscriber|member)|subscribe (?:now )?to (?:continue|read|unlock|get (?:full|unlimited) access)|unlock this "
    r"(?:article|story)|(?:article|content|story|post) is (?:for|reserved for|only for|available (?:only )?to|exclusive"
    r"(?:ly)? (?:to|for)) (?:paid |paying |our )?(?:subscribers|members)|abonn(?:enten|és|ez-vous)|weiterlesen mit",
    re.IGNORECASE,
)
"""What a paywall asks for."""


def prune(tree: Any) -> None:
    """Take the clutter out of the tree of a page, in place."""
    all_words = _words(tree)
    for element in list(_outermost(tree, all_words)):
        parent = element.getparent()
        if parent is not None:
            element.drop_tree()


def has_gate(tree: Any) -> bool:
    """Whether an element of the page is named as a paywall is and asks as one does."""
    return any(
        _GATE.search(name) and GATE_WORDS.search(_text(one)) for one in tree.iter() for name in _names(one, "class")
    )


def _outermost(tree: Any, all_words: int) -> Iterator[Any]:
    """The elements to take out, without those within them."""
    taken: set[Any] = set()
    for element in tree.iter():
        if not isinstance(element.tag, str) or element.getparent() is None:
            continue
        if element.getparent() in taken:
            taken.add(element)
        elif _is_clutter(element, all_words):
            taken.add(element)
            yield element


def _is_clutter(element: Any, all_words: int) -> bool:
    tag = element.tag
    if tag == "noscript":
        return "javascript" in _text(element).lower() and _words(element) <= _MOST_GATE_WORDS
    classes, ids = _names(element, "class"), _names(element, "id")
    if tag in _NEVER and not (tag == "article" and any(_COMMENTS.search(name) for name in classes)):
        return False
    if any(_GATE.search(name) for name in classes + ids):
        # The text behind a wall often bears the same name as the wall.
        text = _text(element)
        return len(text.split()) <= _MOST_GATE_WORDS and bool(GATE_WORDS.search(text))
    if any(_COMMENTS.search(name) for name in classes + ids):
        return not _holds_main(element)
    # An id may as well be made from the heading of a section, so that only those of tools count.
    named = any(_LIKELY.search(name) for name in classes) or any(_CONSENT.search(name) for name in classes + ids)
    named = named or tag in _TAGS or element.get("role") in _ROLES or _is_menu(element)
    named = named or (tag == "footer" and not element.xpath("ancestor::article"))
    return named and not _holds_main(element) and _words(element) <= all_words / 2


def _is_menu(element: Any) -> bool:
    """Whether it is a table of nothing but links, as pages were once laid out."""
    if element.tag != "table":
        return False
    links = element.xpath(".//a")
    return len(links) >= 5 and _words(element) - sum(map(_words, links)) <= 2


def _names(element: Any, attribute: str) -> list[str]:
    """The names of an element; those that say what an article is about, or how it looks, are left out."""
    plain = _CAMEL.sub("-", (element.get(attribute) or "")[:1_000]).lower() if isinstance(element.tag, str) else ""
    return [name for name in plain.split() if not _TOPIC.match(name)]


def _holds_main(element: Any) -> bool:
    return bool(element.xpath(_MAIN))


def _text(element: Any) -> str:
    return " ".join(element.xpath(".//text()[not(parent::script) and not(parent::style)]"))


def _words(element: Any) -> int:
    return len(_text(element).split())
