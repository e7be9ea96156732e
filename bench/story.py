"""An article whose words are known, and the parts of web pages that stand around one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Story:
    """An article: its headline and its paragraphs."""

    title: str
    paragraphs: Sequence[str]

    def body(self, between: Sequence[str] = (), tag: str = "p") -> str:
        """The paragraphs as elements, the blocks of `between` spread among them."""
        rows = [f"<{tag}>{escape(text)}</{tag}>" for text in self.paragraphs]
        for number, block in enumerate(between, 1):
            rows.insert(min(len(rows), number * 2 + number - 1), block)
        return "\n".join(rows)


MENU = (
    '<header class="site-header"><a href="/" class="logo">The Daily Beacon</a><nav class="main-nav"><ul>'
    + "".join(
        f'<li><a href="/{s.lower()}">{s}</a></li>'
        for s in ("World", "Politics", "Business", "Sport", "Culture", "Travel")
    )
    + '</ul></nav><form role="search"><input placeholder="Search"><button>Search the site</button></form></header>'
)
FOOTER = (
    '<footer class="site-footer"><p>Copyright 2024 Beacon Media Group. All rights reserved worldwide.</p><ul>'
    '<li><a href="/about">About us</a></li><li><a href="/jobs">Careers with Beacon</a></li><li><a href="/privacy">'
    "Privacy policy</a></li><li><a href='/terms'>Terms and conditions</a></li></ul></footer>"
)
ASIDE = (
    '<aside class="sidebar"><h3>Most popular</h3><ol><li><a href="/1">Ten walks to take before the autumn rain</a></li>'
    '<li><a href="/2">Why bakers have stopped trusting the scales</a></li><li><a href="/3">A guide to quiet hotels</a>'
    "</li></ol><h3>Editors recommend</h3><p>Our columnist spent a week without a telephone.</p></aside>"
)
RELATED = (
    '<section class="related-articles"><h2>You might also like</h2><div class="card"><a href="/4"><h3>Ferry firm cuts '
    "winter crossings</h3><p>Islanders fear for their deliveries as the operator trims its timetable.</p></a></div>"
    '<div class="card"><a href="/5"><h3>The orchard that refused to sell</h3><p>Developers circled for a decade; the '
    "family said no each spring.</p></a></div></section>"
)
COMMENTS = (
    '<section id="comments" class="comments-area"><h2>3 comments</h2><ol class="comment-list">'
    + "".join(
        f'<li class="comment"><cite>{name}</cite> <time>2 hours ago</time><p>{text}</p><a href="#r">Reply</a></li>'
        for name, text in (
            ("gull77", "I have been saying this for years and nobody at the council ever listens to residents."),
            ("Marta K", "Lovely reporting as usual, although the photograph seems to show another harbour entirely!"),
            ("oldsalt", "Complete rubbish, my grandfather would be spinning. Bring back the tram and be done."),
        )
    )
    + '</ol><form class="comment-form"><label>Leave a reply</label><button>Post your comment</button></form></section>'
)
SHARE = (
    '<div class="share-bar social-share"><span>Share this story</span><a href="#f">Facebook</a><a href="#x">Twitter</a>'
    '<a href="#w">WhatsApp</a><button>Copy link</button></div>'
)
NEWSLETTER = (
    '<div class="newsletter-signup"><h3>Get the morning briefing</h3><p>Sign up for our free newsletter and never miss '
    'an important headline again. Delivered daily.</p><form><input type="email"><button>Subscribe</button></form></div>'
)
AD = '<div class="ad-slot" data-ad-unit="mid"><span>Advertisement</span></div>'
COOKIES = (
    "We and our 842 partners store and access information on your device, such as cookies, and process personal data "
    "for personalised advertising, audience research and services development. You may change your preferences at any "
    "time. <button>Manage options</button><button>Reject all</button><button>Accept all cookies</button>"
)


def page(story: Story, body: str, head: str = "", attributes: str = 'lang="en"') -> str:
    """A document around `body` with the usual metadata."""
    title = escape(story.title)
    return (
        f'<!DOCTYPE html><html {attributes}><head><meta charset="utf-8"><title>{title} | The Daily Beacon</title>'
        f'<meta property="og:title" content="{title}"><meta property="og:site_name" content="The Daily Beacon">'
        '<meta property="article:published_time" content="2024-08-02T06:15:00+00:00"><meta name="author" '
        'content="Ida Holm"><link rel="canonical" href="https://beacon.example/story">'
        f"<style>.x{{color:red}}</style>{head}</head><body>{body}</body></html>"
    )
