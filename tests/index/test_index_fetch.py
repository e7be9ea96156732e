"""One web page: its address, what it answers, and the limits of time and size."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_web import LOCAL, Answer, Site, moved, page, serving

from index.address import is_public, parse, shown
from index.fetch import Limits, fetch, gunzipped
from index.wire import Guard, Inside, Unanswered, system_addresses
from rag.errors import LoadError

QUICK = Limits(size=1_000, seconds=0.6, pause=0)


class TestAddress:
    @pytest.mark.parametrize(
        ("url", "text"),
        [
            ("http://example.org", "http://example.org/"),
            ("https://example.org:443/a?b=c#part", "https://example.org/a?b=c"),
            ("HTTP://Example.ORG./A%20b", "http://example.org/A%20b"),
            ("http://example.org/a b/ü?q=é", "http://example.org/a%20b/%C3%BC?q=%C3%A9"),
            ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
            ("http://президент.рф/", "http://xn--d1abbgf6aiiy.xn--p1ai/"),
            ("  https://example.org/x\n", "https://example.org/x"),
            ("http://93.184.216.34/", "http://93.184.216.34/"),
            ("http://[2606:4700:0::1]/", "http://[2606:4700::1]/"),
            ("http://my_host.example.org:80", "http://my_host.example.org/"),
        ],
    )
    def test_it_has_one_form(self, url: str, text: str) -> None:
        assert parse(url).text == text

    @pytest.mark.parametrize(
        ("url", "why"),
        [
            ("ftp://example.org/x", "only those that begin with http:// or https://"),
            ("example.org/feed", "only those that begin with http:// or https://"),
            ("http://user:secret@example.org/", "user name or password"),
            ("http://example.org:8080/", "port 8080; only the ports 80, 443"),
            ("http://example.org:http/", "cannot be read"),
            ("http:///path", "names no host"),
            ("http://0177.0.0.1/", "by a number"),
            ("http://2130706433/", "by a number"),
            ("http://exa mple.org/", "no name and no plain address"),
            ("http://example.org/a\r\nHost: x", "control character"),
            ("http://example.org\\@127.0.0.1/", "backslash"),
            ("http://[fe80::1%25eth0]/", "no plain IPv6"),
            ("http://example.org/" + "a" * 4_000, "4,019 characters; one may have 4,000"),
        ],
    )
    def test_what_could_be_misread_is_refused(self, url: str, why: str) -> None:
        with pytest.raises(LoadError, match=why.replace("(", r"\(")):
            parse(url)

    def test_another_port_can_be_allowed(self) -> None:
        assert parse("http://example.org:8080/", frozenset({8080})).text == "http://example.org:8080/"

    @given(st.text(max_size=60))
    def test_any_text_is_an_address_of_one_form_or_refused(self, url: str) -> None:
        for whole in (url, f"http://{url}", f"https://example.org/{url}"):
            try:
                address = parse(whole)
            except LoadError:
                continue
            assert address.text.isascii()
            assert address.text.isprintable()
            assert " " not in address.text
            assert parse(address.text) == address

    def test_what_is_shown_has_no_password_and_no_control_characters(self) -> None:
        assert shown("http://user:secret@example.org/\x1b[31m") == "http://example.org/\\x1b[31m"
        assert shown("http://example.org/" + "a" * 400).endswith("aaa...")

    @pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:80f::200e"])
    def test_public_addresses(self, address: str) -> None:
        assert is_public(ip_address(address))


class TestFetch:
    pytestmark = LOCAL

    @pytest.fixture
    def site(self) -> Iterator[Site]:
        with serving() as one:
            yield one

    def test_a_page(self, site: Site) -> None:
        site.pages["/a?b=c"] = page("<p>Hello</p>", ETag='"1"')
        found = fetch(site.url("/a?b=c#part"), guard=site.guard())
        assert (found.url, found.status, found.body) == (site.url("/a?b=c"), 200, b"<p>Hello</p>")
        assert found.headers["etag"] == '"1"'
        assert found.headers["content-type"] == "text/html; charset=utf-8"

    def test_what_is_sent(self, site: Site) -> None:
        from importlib.metadata import version

        fetch(site.url(), headers={"If-None-Match": '"1"'}, guard=site.guard())
        assert site.sent == [
            {
                "Host": f"example.org:{site.port}",
                "User-Agent": f"article-rag/{version('article-rag')} (+local reader)",
                "Accept": "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5",
                "Accept-Encoding": "gzip",
                "Connection": "close",
                "If-None-Match": '"1"',
            }
        ]

    def test_an_error_page_is_not_read(self, site: Site) -> None:
        found = fetch(site.url("/gone"), guard=site.guard())
        assert (found.status, found.body) == (404, b"")

    def test_redirects_are_followed_each_after_asking(self, site: Site) -> None:
        site.pages = {"/a": moved("/b", 301), "/b": moved("c?d", 307), "/c?d": page("there")}
        asked: list[str] = []
        found = fetch(site.url("/a"), guard=site.guard(), before=lambda address: asked.append(address.text))
        assert (found.url, found.body) == (site.url("/c?d"), b"there")
        assert asked == [site.url("/a"), site.url("/b"), site.url("/c?d")]

    def test_three_redirects_are_the_most(self, site: Site) -> None:
        site.pages = {f"/{number}": moved(f"/{number + 1}") for number in range(5)}
        with pytest.raises(LoadError, match="redirects more than 3 times"):
            fetch(site.url("/0"), guard=site.guard())
        assert site.asked == ["/0", "/1", "/2", "/3"]

    def test_a_redirect_that_is_refused_is_named(self, site: Site) -> None:
        site.pages = {"/a": moved("ftp://example.org/x")}
        with pytest.raises(LoadError, match=r"redirects to ftp://example\.org/x, which is not a web address"):
            fetch(site.url("/a"), guard=site.guard())

    def test_before_may_refuse(self, site: Site) -> None:
        def refuse(address: object) -> None:
            raise LoadError("not this one")

        with pytest.raises(LoadError, match=r"^not this one$"):
            fetch(site.url(), guard=site.guard(), before=refuse)
        assert site.connections == 0

    def test_a_name_that_is_not_found(self, site: Site) -> None:
        with pytest.raises(Unanswered, match=r"cannot be found \(nowhere\.example\): check its spelling"):
            fetch(site.url(host="nowhere.example"), guard=site.guard("example.org"))

    def test_nobody_listens(self, site: Site) -> None:
        with serving() as other:
            gone = other.url()
            guard = other.guard()
        with pytest.raises(Unanswered, match=r"cannot be reached \(Connection refused\)"):
            fetch(gone, guard=guard)

    def test_the_next_address_is_tried(self, site: Site) -> None:
        site.pages["/"] = page("here")
        guard = Guard(lambda host, port: ["::1", "127.0.0.1"], lambda address: True, frozenset({site.port}))
        assert fetch(site.url(), guard=guard).body == b"here"

    def test_gzip_is_unpacked(self, site: Site) -> None:
        site.pages["/"] = Answer(gzip.compress(b"text " * 100), headers={"Content-Encoding": "gzip"})
        assert fetch(site.url(), guard=site.guard()).body == b"text " * 100

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            (Answer(b"x" * 1_001), "has more than"),
            (Answer(gzip.compress(b"x" * 100_000), headers={"Content-Encoding": "gzip"}), "has more than"),
            (Answer(gzip.compress(b"x" * 900)[:-9], headers={"Content-Encoding": "gzip"}), "cannot be unpacked"),
            (Answer(b"not gzip", headers={"Content-Encoding": "gzip"}), "cannot be unpacked"),
            (Answer(b"\x8b\x00\x80", headers={"Content-Encoding": "br"}), "packed as br, which was not asked for"),
            (Answer(raw=lambda out: out.write(b"hello\r\n\r\n")), "not HTTP"),
            (Answer(raw=lambda out: out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")), "not HTTP"),
            (Answer(raw=lambda out: out.write(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000)), "not HTTP|cannot be"),
            (Answer(raw=lambda out: endless(out, b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100, 0)), "has more than"),
        ],
        ids=["large", "bomb", "cut", "not-gzip", "brotli", "not-http", "short", "header", "endless"],
    )
    def test_bodies_that_are_not_taken(self, site: Site, answer: Answer, why: str) -> None:
        site.pages["/"] = answer
        with pytest.raises(LoadError, match=why):
            fetch(site.url(), guard=site.guard(), limits=Limits(size=1_000, seconds=5))

    @pytest.mark.parametrize(
        ("start", "drip"),
        [
            (b"", b""),
            (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
            (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        ],
        ids=["silent", "headers", "body", "hints"],
    )
    def test_dripping_ends_at_the_deadline(self, site: Site, start: bytes, drip: bytes) -> None:
        site.pages["/"] = Answer(raw=lambda out: endless(out, start, drip, 0.05))
        began = time.monotonic()
        with pytest.raises(Unanswered, match="did not answer in full within 1 seconds"):
            fetch(site.url(), guard=site.guard(), limits=QUICK)
        assert 0.5 < time.monotonic() - began < 1.5

    def test_redirects_share_one_deadline(self, site: Site) -> None:
        def late(out: Any) -> None:
            time.sleep(0.4)
            out.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

        site.pages["/"] = Answer(raw=late)
        began = time.monotonic()
        with pytest.raises(Unanswered, match="did not answer in full"):
            fetch(site.url(), guard=site.guard(), limits=QUICK)
        assert time.monotonic() - began < 1.2

    def test_a_name_service_that_hangs_ends_at_the_deadline(self) -> None:
        def hang(host: str, port: int) -> list[str]:
            time.sleep(3)
            return ["127.0.0.1"]

        began = time.monotonic()
        with pytest.raises(Unanswered, match="did not answer"):
            fetch("http://example.org/", guard=Guard(hang), limits=QUICK)
        assert time.monotonic() - began < 1.5

    def test_the_system_s_resolver_and_the_strict_default(self, site: Site) -> None:
        assert "127.0.0.1" in system_addresses("localhost", 80)
        with pytest.raises(Inside, match=r"inside this network \((127\.0\.0\.1|::1)\), which is never fetched"):
            fetch("http://localhost/")


def endless(out: Any, start: bytes, drip: bytes, pause: float) -> None:
    """Write until the other side leaves, or for ten seconds."""
    out.write(start)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        out.write(drip)
        time.sleep(pause)


class TestTls:
    pytestmark = LOCAL

    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        """A key and a certificate that signs itself, for example.org."""
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("the certificate of the test is made with openssl, which is not installed")
        path = tmp_path / "both.pem"
        subprocess.run(
            [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(tmp_path / "key"),
             "-out", str(tmp_path / "cert"), "-subj", "/CN=example.org", "-addext", "subjectAltName=DNS:example.org"],
            check=True, capture_output=True,
        )  # fmt: skip
        path.write_bytes((tmp_path / "key").read_bytes() + (tmp_path / "cert").read_bytes())
        return path

    @pytest.fixture
    def names(self) -> list[str | None]:
        return []

    @pytest.fixture
    def site(self, certificate: Path, names: list[str | None]) -> Iterator[Site]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda connection, name, own: names.append(name)
        with serving(tls=context) as one:
            one.pages["/"] = page("safe")
            yield one

    def test_the_name_of_the_url_is_what_the_certificate_must_have(
        self, site: Site, certificate: Path, names: list[str | None]
    ) -> None:
        guard = site.guard(tls=ssl.create_default_context(cafile=str(certificate)))
        assert fetch(f"https://example.org:{site.port}/", guard=guard).body == b"safe"
        with pytest.raises(Unanswered, match=r"no trusted certificate for other\.example \(Hostname mismatch"):
            fetch(f"https://other.example:{site.port}/", guard=guard)
        assert names == ["example.org", "other.example"]

    def test_a_certificate_that_nobody_vouches_for(self, site: Site) -> None:
        with pytest.raises(Unanswered, match=r"no trusted certificate for example\.org \(self.signed certificate\)"):
            fetch(f"https://example.org:{site.port}/", guard=site.guard())

    def test_a_host_that_does_not_speak_it(self) -> None:
        with serving() as plain, pytest.raises(Unanswered, match=r"cannot be reached over a secure connection \(\w+"):
            fetch(f"https://example.org:{plain.port}/", guard=plain.guard(), limits=Limits(seconds=5))

    def test_a_handshake_that_hangs(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            guard = Guard(lambda host, port: ["127.0.0.1"], lambda address: True, frozenset({port}))
            began = time.monotonic()
            with pytest.raises(Unanswered, match="did not answer"):
                fetch(f"https://example.org:{port}/", guard=guard, limits=QUICK)
            assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("pack", [gzip.compress, lambda text: gzip.compress(text[:3]) + gzip.compress(text[3:])])
def test_a_packed_file_of_one_or_more_members(pack: Callable[[bytes], bytes]) -> None:
    assert gunzipped(pack(b"some text"), 9) == b"some text"
    with pytest.raises(LoadError, match="more than"):
        gunzipped(pack(b"some text."), 9)
