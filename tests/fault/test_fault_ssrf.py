"""No address of ours, of a redirect, a feed or a robots.txt makes a connection into this machine or its network.

A server on loopback stands for the inside and counts connections; a name service of the test points every name at it.
Where something must answer first, a second server on 127.0.0.2 stands for the public web.
"""

from __future__ import annotations

import itertools
import socket
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from local_web import LOCAL, Answer, Site, moved, page, serving

from index.address import is_public
from index.fetch import REDIRECTS, Limits, fetch
from index.gather import gather
from index.wire import Guard, Inside
from rag.errors import LoadError

QUICK = Limits(seconds=5, pause=0)

HOSTS = (
    # IPv4, plain and in the forms that inet_aton reads
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7f.1", "0x7f.0.0.1", "0177.0.0.1",
    "0177.0.0.01", "00000177.0.0.1", "0x7F.0x0.0x0.0x1", "127.0.0.1.", "127.0.0.01", "0127.0.0.1", "127.000.000.001",
    "127.0x1", "0", "0.0.0.0", "00", "0x0", "0x", "127.0.0.2", "127.255.255.254", "4294967295", "4294967296",
    "18446744073709551617", "256.256.256.256", "127.0.0.1.1", "1.2.3", "0x7f.256", "127.0.0", "-1", "+127.0.0.1",
    # private, shared, link-local, metadata, multicast, reserved, broadcast, documentation, relays
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1",
    "100.127.255.255", "169.254.169.254", "169.254.170.2", "169.254.1.1", "2852039166", "0xA9FEA9FE",
    "0251.0376.0251.0376",
    "0xa9.0xfe.0xa9.0xfe", "169.254.43518", "169.16689662", "100.100.100.200", "192.0.0.192", "192.0.0.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1",
    "192.88.99.1",
    # IPv6, plain, mapped, translated, tunnelled, local
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2002:a00:1::]",
    "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[2001::1]", "[fe80::1]", "[fe80::1%25lo]", "[fe80::1%lo]", "[fec0::1]",
    "[fc00::1]", "[fd00::1]", "[fd00:ec2::254]", "[ff02::1]", "[ff0e::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]",
    "[5f00::1]", "[4000::1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[::FFFF:10.0.0.1]", "[0::1]",
    "[::1", "::1]", "::1", "[::1]x", "x[::1]", "[127.0.0.1]", "[v1.x]", "[]", "[[::1]]", "[::1%00]", "[::1.2.3]",
    # names that mean the inside, and names that anybody can point at it
    "localhost", "LOCALHOST", "localhost.", "localhost..", "localhost.localdomain", "x.localhost", "ip6-localhost",
    "ip6-loopback", "broadcasthost", "metadata", "metadata.google.internal", "metadata.google.internal.",
    "instance-data", "kubernetes.default.svc", "host.docker.internal", "router.local", "intranet", "wpad",
    "127.0.0.1.nip.io", "7f000001.rbndr.us", "localtest.me", "spoofed.example.org", "loopback", "a.b.c.d.e.example",
    # other digits, other dots, other letters
    "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "１２７。１",
    "٢١٣٠٧٠٦٤٣٣", "١٢٧.٠.٠.١", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "ℓocalhost", "loc\u00adalhost", "local\u200bhost",
    "localhost\u3002",
    "127.0.0.1\u2044x", "0ｘ7f.1", "ʟocalhost", "127.0.0.①", "[∷1]", "［::1］",
    # escapes, and what one program strips and another does not
    "%31%32%37.0.0.1", "127.0.0.1%00.example.org", "127.0.0.1%2f.example.org", "%6cocalhost", "local%68ost",
    "127.0.0.1\x00.example.org", "127.0.0.1\t", "12\t7.0.0.1", "127.0.0.1\n", "127.0.0\r\n.1", "127.0.0.1 ",
    " 127.0.0.1", "127.0.0.1\x0b", "127.0.0.1\xa0", "\ufeff127.0.0.1", "127.0.0.1;x", "127.0.0.1,example.org",
    "127.0.0.1|x", "{127.0.0.1}", "<127.0.0.1>", '"127.0.0.1"', "127.0.0.1^", "127.0.0.1`", "$(127.0.0.1)", "*", ".",
    "..", ".127.0.0.1", "127..0.0.1", "-", "-.localhost", "a" * 64 + ".example.org", "a." * 127 + "example",
    "a" * 5_000,
)  # fmt: skip

WHOLE = (
    # who is the host?
    "http://example.org@127.0.0.1:{port}/", "http://example.org:80@127.0.0.1:{port}/",
    "http://user:password@127.0.0.1:{port}/", "http://@127.0.0.1:{port}/", "http://:@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}@localhost:{port}/", "http://example.org%40127.0.0.1:{port}/",
    "http://example.org\\@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@example.org/",
    "http://127.0.0.1:{port}\\.example.org/", "http:\\\\127.0.0.1:{port}\\", "http:/\\127.0.0.1:{port}/",
    "http://example.org&@127.0.0.1:{port}/", "http://example.org#@127.0.0.1:{port}/x", "http://x?@127.0.0.1:{port}/",
    "http:127.0.0.1:{port}/", "http:/127.0.0.1:{port}/", "http:///127.0.0.1:{port}/", "http:////127.0.0.1:{port}/",
    "//127.0.0.1:{port}/", "127.0.0.1:{port}/", "localhost:{port}", "/etc/passwd", "http://", "http:", "", " ",
    "://127.0.0.1:{port}/", "http ://127.0.0.1:{port}/", "\thttp://127.0.0.1:{port}/", "ht\ntp://127.0.0.1:{port}/",
    "\x01http://127.0.0.1:{port}/", "http://127.0.0.1:{port}/\r\nHost: example.org\r\n\r\n", "hTTp://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/ HTTP/1.1\r\nX: y", "http://127.0.0.1:{port}/%0d%0aX:%20y", "http://127.0.0.1:{port}?x",
    "http://127.0.0.1:{port}#x", "https://127.0.0.1:{port}/", "https://[::1]:{port}/", "https://localhost:{port}/",
    # ports
    "http://127.0.0.1:22/", "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:-1/",
    "http://127.0.0.1:{port}:80/", "http://127.0.0.1:80:{port}/", "http://127.0.0.1:+{port}/", "http://127.0.0.1: 80/",
    "http://127.0.0.1:８０/", "http://127.0.0.1:0x50/", "http://127.0.0.1:/", "http://example.org:6379/",
    "http://example.org:25/", "http://127.0.0.1:99999999999999999999/", "http://127.0.0.1:{port}a/",
    # schemes
    "file:///etc/passwd", "file://127.0.0.1:{port}/x", "file:/etc/passwd", "FILE:///etc/passwd", "ftp://127.0.0.1:{port}/",
    "ftps://127.0.0.1:{port}/", "sftp://127.0.0.1:{port}/", "gopher://127.0.0.1:{port}/_x", "dict://127.0.0.1:{port}/d",
    "ldap://127.0.0.1:{port}/", "ldaps://127.0.0.1:{port}/", "tftp://127.0.0.1:{port}/", "telnet://127.0.0.1:{port}/",
    "ssh://127.0.0.1:{port}/", "jar:http://127.0.0.1:{port}/!/x", "data:text/html,hello", "data:;base64,aGVsbG8=",
    "javascript:fetch('http://127.0.0.1:{port}')", "vbscript:x", "about:blank", "blob:http://127.0.0.1:{port}/x",
    "view-source:http://127.0.0.1:{port}/", "feed:http://127.0.0.1:{port}/", "feed://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/", "wss://127.0.0.1:{port}/", "netdoc:///etc/passwd", "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/x", "url:http://127.0.0.1:{port}/", "httpx://127.0.0.1:{port}/",
    "http+srv://127.0.0.1:{port}/", "mailto:x@127.0.0.1", "tel:127", "php://input", "phar://x", "rtsp://127.0.0.1:{port}/",
)  # fmt: skip

FORMS = tuple(f"http://{host}:{{port}}/" for host in HOSTS) + WHOLE


def filled(form: str, port: int) -> str:
    return form.replace("{port}", str(port))


def pointing_inside(host: str, port: int) -> list[str]:
    """A name service as an attacker would have it: numbers as the system reads them, every name at loopback."""
    try:
        numeric = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        return ["127.0.0.1"]
    return [str(address[0]) for *_, address in numeric]


def test_there_are_at_least_200_different_forms() -> None:
    assert len(set(FORMS)) == len(FORMS) >= 200


class TestForms:
    pytestmark = LOCAL

    @pytest.fixture
    def inside(self) -> Iterator[Site]:
        with serving() as site:
            site.pages = {"/": page("secret"), "/robots.txt": Answer()}
            yield site

    def strict(self, site: Site) -> Guard:
        """The default guard, but that the inner server's port is allowed and the attacker answers for names."""
        return Guard(resolve=pointing_inside, ports=frozenset({80, 443, site.port}))

    def test_the_count_would_show_a_connection(self, inside: Site) -> None:
        assert fetch(inside.url(), guard=inside.guard()).body == b"secret"
        assert inside.connections == 1

    def test_no_form_reaches_the_inside(self, inside: Site) -> None:
        reached = []
        for form in FORMS:
            try:
                reached.append(fetch(filled(form, inside.port), guard=self.strict(inside), limits=QUICK).url)
            except LoadError as error:
                assert str(error)
        assert reached == []
        assert inside.connections == 0

    def test_gathering_them_names_each_and_ends_nothing(self, inside: Site, tmp_path: Path) -> None:
        urls = [filled(form, inside.port) for form in FORMS]
        done = gather(urls, tmp_path / "web", limits=QUICK, guard=self.strict(inside))
        assert (done.files, done.counts.failed) == ((), len(FORMS))
        assert len(done.issues) == len(FORMS)
        assert inside.connections == 0
        assert not (tmp_path / "web").exists()

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.0.0.5", "172.20.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
            "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.8", "192.0.0.9", "192.0.2.1", "192.88.99.1",
            "198.18.0.1", "::1", "::", "::ffff:10.0.0.5", "::ffff:93.184.216.34", "::10.0.0.5", "64:ff9b::a00:5",
            "64:ff9b:1::1", "2002:a00:5::1", "2002:5db8:d822::1", "2001::1", "2001:10::1", "2001:20::1",
            "2001:db8::1", "3fff::1", "fe80::1", "fe80::1%lo", "fec0::1", "fc00::1", "fd12::1", "ff02::1", "ff0e::1",
            "100::1", "5f00::1", "4000::1", "8000::1",
        ],
    )  # fmt: skip
    def test_no_answer_of_the_name_service_is_taken_that_is_not_public(self, inside: Site, address: str) -> None:
        assert not is_public(ip_address(address))
        for answer in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
            guard = Guard(resolve=lambda host, port, answer=answer: answer, ports=frozenset({inside.port}))  # type: ignore[misc]
            with pytest.raises(Inside, match="inside this network"):
                fetch(inside.url(), guard=guard, limits=QUICK)
        assert inside.connections == 0

    @pytest.mark.parametrize(
        "answer", ["127.1", "2130706433", "0x7f.1", "127.0.0.1\x00", "localhost", "", "10.0.0.5/8"]
    )
    def test_an_answer_that_is_no_address_is_not_handed_on(self, inside: Site, answer: str) -> None:
        guard = Guard(lambda host, port: [answer], lambda address: True, frozenset({inside.port}))
        with pytest.raises(Inside):
            fetch(inside.url(), guard=guard, limits=QUICK)
        assert inside.connections == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has 127.0.0.2 without being asked to")
class TestThroughThePublicWeb:
    pytestmark = LOCAL

    @pytest.fixture
    def inside(self) -> Iterator[Site]:
        with serving() as site:
            site.pages = {"/": page("secret"), "/robots.txt": Answer()}
            yield site

    @pytest.fixture
    def public(self) -> Iterator[Site]:
        with serving("127.0.0.2") as site:
            yield site

    def guard(self, public: Site, inside: Site) -> Guard:
        """Example.org is the public server; all else is resolved as the attacker wants; both ports are allowed."""

        def resolve(host: str, port: int) -> list[str]:
            return ["127.0.0.2"] if host == "example.org" else pointing_inside(host, port)

        return Guard(resolve, public.is_mine, frozenset({80, 443, public.port, inside.port}))

    def test_no_redirect_reaches_the_inside(self, public: Site, inside: Site) -> None:
        guard = self.guard(public, inside)
        targets = [filled(form, inside.port) for form in FORMS if form.isascii() and form.isprintable()]
        absolute = [target for target in targets if "//" in target[:8] and "example.org" not in target]
        assert len(absolute) > 150
        followed = []
        for number, (target, status) in enumerate(zip(absolute, itertools.cycle(REDIRECTS), strict=False)):
            public.pages = {"/": moved(f"/hop{number}"), f"/hop{number}": moved(target, status)}
            try:
                followed.append(fetch(public.url(), guard=guard, limits=QUICK))
            except LoadError as error:
                assert str(error).startswith(("redirects to ", "redirects more than 3 times"))
        # What names no host is a path of the public server, which has no such page.
        assert {(found.status, urlsplit(found.url).hostname) for found in followed} <= {(404, "example.org")}
        assert len(followed) < 5
        assert public.connections >= 2 * len(absolute)
        assert inside.connections == 0

    def test_a_redirect_that_leaves_out_the_scheme(self, public: Site, inside: Site) -> None:
        public.pages = {"/": moved(f"//127.0.0.1:{inside.port}/")}
        with pytest.raises(Inside, match=r"^redirects to http://127\.0\.0\.1:\d+/, which leads to an address inside"):
            fetch(public.url(), guard=self.guard(public, inside), limits=QUICK)
        assert inside.connections == 0

    def test_a_name_that_changes_its_address_is_pinned(self, public: Site, inside: Site) -> None:
        """The answer that was checked is the one that is connected to; nobody asks for another in between."""
        answers = itertools.chain(["127.0.0.2"], itertools.repeat("127.0.0.1"))
        asked: list[str] = []

        def rebinding(host: str, port: int) -> list[str]:
            asked.append(next(answers))
            return [asked[-1]]

        guard = Guard(rebinding, public.is_mine, frozenset({public.port}))
        public.pages = {"/": page("public")}
        assert fetch(public.url(host="rebind.example"), guard=guard, limits=QUICK).body == b"public"
        assert asked == ["127.0.0.2"]
        with pytest.raises(Inside):
            fetch(public.url(host="rebind.example"), guard=guard, limits=QUICK)
        assert (public.connections, inside.connections) == (1, 0)

    def test_a_name_that_changes_between_redirects(self, public: Site, inside: Site) -> None:
        answers = itertools.chain(["127.0.0.2"], itertools.repeat("127.0.0.1"))
        guard = Guard(lambda host, port: [next(answers)], public.is_mine, frozenset({public.port, inside.port}))
        public.pages = {"/": moved(f"http://rebind.example:{inside.port}/")}
        with pytest.raises(Inside, match="redirects to"):
            fetch(public.url(host="rebind.example"), guard=guard, limits=QUICK)
        assert inside.connections == 0

    @pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
    def test_no_proxy_of_the_environment_is_used(
        self, public: Site, inside: Site, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, f"http://127.0.0.1:{inside.port}")
        public.pages = {"/": page("direct")}
        assert fetch(public.url(), guard=self.guard(public, inside), limits=QUICK).body == b"direct"
        assert inside.connections == 0

    @pytest.mark.parametrize(
        "start",
        [
            Answer(b"<rss version='2.0'><channel><item><link>LINK</link></item></channel></rss>"),
            Answer(b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='LINK'/></entry></feed>"),
            Answer(b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>LINK</loc></url></urlset>"),
            Answer(b"<sitemapindex xmlns='http://x'><sitemap><loc>LINK</loc></sitemap></sitemapindex>"),
            page("<html><link rel=alternate type='application/rss+xml' href='LINK'></html>"),
            moved("LINK"),
        ],
        ids=["rss", "atom", "sitemap", "index", "front-page", "redirect"],
    )
    def test_no_listing_leads_inside(self, public: Site, inside: Site, start: Answer, tmp_path: Path) -> None:
        for link in (f"http://127.0.0.1:{inside.port}/", f"http://localhost:{inside.port}/", "http://169.254.169.254/"):
            headers = {name: value.replace("LINK", link) for name, value in start.headers.items()}
            public.pages = {"/": Answer(start.body.replace(b"LINK", link.encode()), start.status, headers)}
            done = gather([public.url()], tmp_path / "web", limits=QUICK, guard=self.guard(public, inside))
            assert done.files == ()
            assert "leads to an address inside this network" in done.issues[-1].message
        assert inside.connections == 0

    def test_no_robots_txt_leads_inside(self, public: Site, inside: Site, tmp_path: Path) -> None:
        public.pages = {"/robots.txt": moved(f"http://127.0.0.1:{inside.port}/robots.txt"), "/": page("x")}
        done = gather([public.url()], tmp_path / "web", limits=QUICK, guard=self.guard(public, inside))
        assert [issue.message.partition(" (")[0] for issue in done.issues] == [
            f"redirects to http://127.0.0.1:{inside.port}/robots.txt, which leads to an address inside this network"
        ]
        assert (public.asked, inside.connections) == (["/robots.txt"], 0)
