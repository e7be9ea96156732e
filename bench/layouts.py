"""Pages as the web lays them out, around articles whose words are known: what `bench.extraction` measures with.

No page is copied from anywhere: each follows the structure (elements, classes, ids) that such pages share.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from html import escape

from bench.story import AD, ASIDE, COMMENTS, COOKIES, FOOTER, MENU, NEWSLETTER, RELATED, SHARE, Story, page

Layout = Callable[[Story], str]


def _framed(story: Story, inner: str, extra: str = "") -> str:
    return page(story, f"{MENU}<main>{inner}</main>{ASIDE}{FOOTER}{extra}")


def _article(story: Story, between: Sequence[str] = (), after: str = "") -> str:
    return f"<article><h1>{escape(story.title)}</h1>{story.body(between)}{after}</article>"


def plain(story: Story) -> str:
    return page(story, _article(story))


def portal(story: Story) -> str:
    return _framed(story, _article(story, [SHARE]) + RELATED)


def div_soup(story: Story) -> str:
    body = f'<div><div class="hl">{escape(story.title)}</div><div class="story-body">{story.body()}</div></div>'
    return page(story, f'<div id="top">{MENU}</div><div id="wrap">{body}<div id="right">{ASIDE}</div></div>{FOOTER}')


def blog(story: Story) -> str:
    after = (
        '<div class="sharedaddy"><h3>Share this:</h3><ul><li><a>Tweet</a></li><li><a>Email a link to a '
        'friend</a></li></ul></div><div id="jp-relatedposts"><h3>Related</h3><p>In "Travel": my canal summer</p></div>'
    )
    inner = f'<h1 class="entry-title">{escape(story.title)}</h1><div class="entry-content">{story.body()}{after}</div>'
    return _framed(story, f'<article class="post hentry">{inner}</article>{COMMENTS}')


def consent(opening: str, closing: str = "</div>") -> Layout:
    """A page with the banner of a consent tool, which begins with `opening`."""

    def layout(story: Story) -> str:
        return _framed(story, _article(story), f"{opening}<h2>We value your privacy</h2><p>{COOKIES}</p>{closing}")

    return layout


def consent_first(story: Story) -> str:
    banner = (
        f'<div class="cmplz-cookiebanner banner-1" role="dialog"><div>Cookies verwalten</div><p>{COOKIES}</p></div>'
    )
    return page(story, banner + MENU + f"<main>{_article(story)}</main>" + FOOTER)


def newsletter(story: Story) -> str:
    return _framed(story, _article(story, [NEWSLETTER, AD, NEWSLETTER]))


def inline_teasers(story: Story) -> str:
    teaser = (
        '<div class="inline-related"><p>Read more: <a href="/7">Ministers quarrel over who pays for sand</a></p></div>'
    )
    aside = '<aside><h4>More on this story</h4><ul><li><a href="/8">Timeline of the affair</a></li></ul></aside>'
    return _framed(story, _article(story, [teaser, aside, teaser]))


def paywall_over_full_text(story: Story) -> str:
    free = json.dumps({"@context": "https://schema.org", "@type": "NewsArticle", "isAccessibleForFree": False})
    wall = (
        '<div class="paywall-overlay modal"><h2>Subscribe to continue reading</h2><p>Already a subscriber? Log in. '
        "Unlimited access costs one euro for the first month, cancel whenever.</p><button>See offers</button></div>"
    )
    body = _article(story).replace("<article>", '<article class="paywalled-content">')
    return page(story, MENU + body + wall + FOOTER, f'<script type="application/ld+json">{free}</script>')


def live_blog(story: Story) -> str:
    posts = "".join(
        f'<div class="live-post"><time>{9 + n}:05</time><p>{escape(text)}</p></div>'
        for n, text in enumerate(story.paragraphs)
    )
    keys = '<div class="live-controls"><button>Auto-refresh on</button><a href="#">Jump to latest</a></div>'
    return _framed(story, f'<article class="live-blog"><h1>{escape(story.title)}</h1>{keys}{posts}</article>')


def amp(story: Story) -> str:
    bar = (
        '<amp-sidebar id="s"><ul><li><a href="/">Front page</a></li><li><a href="/v">Videos</a></li></ul></amp-sidebar>'
    )
    wall = f'<amp-consent id="c"><div id="c-ui"><p>{COOKIES}</p></div></amp-consent>'
    ads = '<amp-ad width="300"><div fallback>Advertisement could not load</div></amp-ad>'
    return page(story, f"{bar}{wall}<main>{_article(story, [ads, ads])}</main>{FOOTER}", attributes='amp lang="en"')


def with_table(story: Story) -> str:
    rows = "".join(f"<tr><td>{escape(' '.join(text.split()[:3]))}</td></tr>" for text in story.paragraphs[:3])
    return _framed(story, _article(story, [f'<table class="data neutral">{rows}</table>']))


def captions(story: Story) -> str:
    figure = (
        '<figure class="neutral"><img src="a.jpg" alt="A quay"><figcaption>Gulls wait on the quay for the evening '
        "boats.</figcaption></figure>"
    )
    return _framed(story, _article(story, [figure, figure]))


def table_layout(story: Story) -> str:
    links = "".join(f'<tr><td><a href="/{n}">Section number {n}</a></td></tr>' for n in range(9))
    body = f"<td width=600><font size=5><b>{escape(story.title)}</b></font>{story.body()}</td>"
    return page(
        story, f"<table><tr><td width=150><table>{links}</table></td>{body}</tr></table><hr><font>Webmaster mail</font>"
    )


def line_breaks(story: Story) -> str:
    text = "<br><br>".join(escape(text) for text in story.paragraphs)
    return _framed(story, f'<div class="article-text"><h1>{escape(story.title)}</h1>{text}</div>')


def letter(story: Story) -> str:
    widget = (
        '<div class="subscription-widget-wrap"><div class="subscription-widget"><p class="cta-caption">Thanks '
        "for reading The Beacon Letter! Subscribe for free to receive new posts and support my work.</p></div></div>"
    )
    inner = f'<h1 class="post-title">{escape(story.title)}</h1><div class="available-content"><div class="body markup">'
    end = f'{story.body([widget])}{widget}</div></div><div class="post-footer"><a>3 Likes</a><a>Restack</a></div>'
    return page(
        story, f'<div class="main-menu">{MENU}</div><article class="post">{inner}{end}</article>{COMMENTS}{FOOTER}'
    )


def magazine(story: Story) -> str:
    byline = '<div class="author-card"><a>Ida Holm</a><button>Follow</button><span>8 min read</span></div>'
    bio = '<div class="author-bio"><h2>Written by Ida Holm</h2><p>Writer of small things, keeper of bees.</p></div>'
    return page(
        story,
        f"{MENU}<article><section><h1>{escape(story.title)}</h1>{byline}{story.body()}</section></article>{bio}{RELATED}",
    )


def long_comments(story: Story) -> str:
    return page(story, f'{MENU}<article>{story.body()}</article><div id="disqus_thread">{COMMENTS * 6}</div>{FOOTER}')


def cards_below(story: Story) -> str:
    cards = f'<div class="post-feed">{RELATED.replace("related-articles", "post-card-list") * 3}</div>'
    return _framed(story, _article(story) + cards)


def short_piece(story: Story) -> str:
    return _framed(
        Story(story.title, story.paragraphs[:2]), _article(Story(story.title, story.paragraphs[:2])) + RELATED
    )


def quotes_and_lists(story: Story) -> str:
    texts = [escape(text) for text in story.paragraphs]
    lists = "".join(f"<li>{text}</li>" for text in texts[1:3])
    rest = "".join(f"<p>{text}</p>" for text in texts[4:])
    quote = f"<blockquote><p>{texts[3]}</p></blockquote>" if len(texts) > 3 else ""
    body = f"<p>{texts[0]}</p><ul>{lists}</ul><h2 class='neutral'>What comes next</h2>{quote}{rest}"
    return _framed(story, f"<article><h1>{escape(story.title)}</h1>{body}</article>")


def drawn_by_script(story: Story) -> str:
    facts = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": story.title}
    data = json.dumps({**facts, "articleBody": "\n\n".join(story.paragraphs)})
    return page(story, '<div id="app"></div>', f'<script type="application/ld+json">{data}</script>')


def print_view(story: Story) -> str:
    return page(
        story, f"<h2>{escape(story.title)}</h2>{story.body()}<p><a href='/story'>Back to the web version</a></p>"
    )


def advertised(story: Story) -> str:
    body = story.body([AD, '<p class="ad-label">Article continues below this advertisement</p>', AD, SHARE])
    tags = '<div class="tags"><a>Harbours</a><a>Ferries</a><a>Islands</a></div>'
    return _framed(
        story, f'<h1>{escape(story.title)}</h1><div itemprop="articleBody">{body}</div>{tags}{NEWSLETTER}{RELATED}'
    )


def hashed_names(story: Story) -> str:
    """Names that a build tool made say nothing."""
    menu = '<div class="_3xk1">' + "".join(f'<a class="q9" href="/{n}">Department {n}</a>' for n in range(8)) + "</div>"
    texts = "".join(f'<div class="css-1a2b"><p class="css-9z">{escape(text)}</p></div>' for text in story.paragraphs)
    cards = "".join(
        f'<div class="css-77"><a href="/c{n}"><div>Card {n}: a minister resigns over a parking place</div></a></div>'
        for n in range(4)
    )
    body = f'<div class="css-0"><h1 class="css-t">{escape(story.title)}</h1>{texts}</div>'
    return page(
        story, f'{menu}<div class="x1">{body}<div class="css-r">{cards}</div></div><div class="zz">Imprint</div>'
    )


def in_a_form(story: Story) -> str:
    return page(
        story, f'<form id="aspnetForm" action="./"><div id="ctl00">{MENU}{_article(story)}{FOOTER}</div></form>'
    )


def misleading_names(story: Story) -> str:
    """The body bears the names of what is elsewhere taken out."""
    inner = f'<div class="social-story share-enabled"><div class="promo-wrap sponsor-free">{story.body()}</div></div>'
    return _framed(
        story, f'<article class="post tag-news has-sidebar related-on"><h1>{escape(story.title)}</h1>{inner}</article>'
    )


def standfirst(story: Story) -> str:
    head = f'<header><h1>{escape(story.title)}</h1><p class="standfirst">{escape(story.paragraphs[0])}</p></header>'
    return _framed(story, f"<article>{head}{Story(story.title, story.paragraphs[1:]).body()}</article>")


def many_links(story: Story) -> str:
    def linked(text: str) -> str:
        words = [escape(word) for word in text.split()]
        return " ".join(f'<a href="/w">{w}</a>' if n % 3 == 0 else w for n, w in enumerate(words))

    body = "".join(f"<p>{linked(text)}</p>" for text in story.paragraphs)
    return _framed(story, f"<article><h1>{escape(story.title)}</h1>{body}</article>")


def divs_for_paragraphs(story: Story) -> str:
    body = f'<div role="main"><h1>{escape(story.title)}</h1><div data-t="b">{story.body(tag="div")}</div></div>'
    return page(story, MENU + body + RELATED + FOOTER)


def unnamed_noise(story: Story) -> str:
    """Calls among the paragraphs that nothing but their words tells from them."""
    calls = [
        '<p><strong>Read more: <a href="/9">The bridge that nobody wanted to paint</a></strong></p>',
        '<p><em><a href="/n">Sign up for our newsletter here</a></em></p>',
        '<p><a href="/t">Follow us on Twitter for more updates</a></p>',
    ]
    return _framed(story, _article(story, calls))


def columns(story: Story) -> str:
    """The text in many containers, with others between them."""
    parts = "".join(
        f'<div class="StoryBodyCompanionColumn"><div><p>{escape(text)}</p></div></div><div class="companion">{AD}</div>'
        for text in story.paragraphs
    )
    return _framed(story, f'<section name="articleBody"><h1>{escape(story.title)}</h1>{parts}</section>')


def next_article(story: Story) -> str:
    other = (
        '<article class="next-story"><h2><a href="/10">Market traders strike over rent</a></h2><p>Stalls were shut on '
        "Saturday as sellers marched to the town hall with empty crates.</p><a href='/10'>Read on</a></article>"
    )
    return _framed(story, _article(story) + other * 2)


def accordions(story: Story) -> str:
    first, *rest = story.paragraphs
    more = "".join(
        f"<details open><summary class='neutral'>Part</summary><p>{escape(text)}</p></details>" for text in rest
    )
    return _framed(story, f"<article><h1>{escape(story.title)}</h1><p>{escape(first)}</p>{more}</article>")


def boxes(*names: str) -> Layout:
    """Boxes of full sentences, named as such boxes are, among the paragraphs."""
    text = (
        "Our reporters have covered this coast for three decades. If you value what they do, consider helping us keep "
        "going. Every contribution matters to a small newsroom."
    )

    def layout(story: Story) -> str:
        return _framed(story, _article(story, [f"<div {name}><p>{text}</p></div>" for name in names]))

    return layout


LAYOUTS: dict[str, Layout] = {
    "plain article": plain,
    "news portal": portal,
    "div soup": div_soup,
    "blog with comments": blog,
    "OneTrust banner": consent(
        '<div id="onetrust-consent-sdk"><div id="onetrust-banner-sdk" role="alertdialog">', "</div></div>"
    ),
    "Cookiebot dialog": consent('<div id="CybotCookiebotDialog" class="CybotCookiebotDialogActive">'),
    "Didomi notice": consent('<div id="didomi-host"><div class="didomi-popup-container">', "</div></div>"),
    "Quantcast choice": consent('<div class="qc-cmp2-container"><div class="qc-cmp2-summary-section">', "</div></div>"),
    "Sourcepoint message": consent('<div id="sp_message_container_1234"><div class="message">', "</div></div>"),
    "home-made banner": consent('<div class="cookie-notice" aria-label="cookieconsent">'),
    "banner before all": consent_first,
    "newsletter boxes": newsletter,
    "inline teasers": inline_teasers,
    "paywall over full text": paywall_over_full_text,
    "live blog": live_blog,
    "AMP": amp,
    "table in the text": with_table,
    "figures with captions": captions,
    "layout by tables": table_layout,
    "line breaks only": line_breaks,
    "letter with widgets": letter,
    "magazine with bio": magazine,
    "long comments": long_comments,
    "cards below": cards_below,
    "short piece": short_piece,
    "quotes and lists": quotes_and_lists,
    "drawn by script": drawn_by_script,
    "print view": print_view,
    "advertised": advertised,
    "hashed names": hashed_names,
    "in a form": in_a_form,
    "misleading names": misleading_names,
    "standfirst in the header": standfirst,
    "many links": many_links,
    "divs for paragraphs": divs_for_paragraphs,
    "unnamed noise": unnamed_noise,
    "columns": columns,
    "next article": next_article,
    "accordions": accordions,
    "appeals": boxes('class="donation-box"', 'class="c-newsletter-promo"', 'class="piano-offer"'),
    "widgets": boxes('class="coral-stream"', 'class="c-related-list"', 'class="read-more-box"'),
    "consent in the text": boxes('id="usercentrics-root"', 'class="qc-cmp2-container"', 'role="dialog"'),
    "native advertising": boxes('class="advertorial-unit"', 'class="sponsored-content"', 'class="author-bio"'),
}


def stub(story: Story) -> str:
    """The beginning of an article and a wall."""
    wall = (
        '<div class="paywall"><h2>To continue reading, subscribe</h2><p>Already a subscriber? Log in to read the full '
        "article. Cancel at any time.</p></div>"
    )
    free = json.dumps({"@context": "https://schema.org", "@type": "NewsArticle", "isAccessibleForFree": "False"})
    lead = " ".join(story.paragraphs[0].split()[:40])
    body = f"<article><h1>{escape(story.title)}</h1><p>{escape(lead)}…</p></article>{wall}"
    return page(story, MENU + body + FOOTER, f'<script type="application/ld+json">{free}</script>')


def consent_wall(story: Story) -> str:
    """A choice about cookies where the article should be."""
    ask = f"<h1>Before you continue to The Daily Beacon</h1><p>{COOKIES}</p><p>Read our cookie policy.</p>"
    return page(story, f'<div class="consent-page"><form action="/save">{ask}</form></div>')


def empty_shell(story: Story) -> str:
    """A page that only a script can fill."""
    return page(story, '<div id="root"></div><noscript>You need to enable JavaScript to run this app.</noscript>')


REFUSED: dict[str, tuple[Layout, str]] = {
    "paywall stub": (stub, "paywall"),
    "consent wall": (consent_wall, "consent"),
    "script only": (empty_shell, "JavaScript"),
}
