"""The pictures of the README and docs, taken of the page over the sample library in headless Chromium.

python -m bench.screenshots
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from bench.served import RAG, served
from bench.texts import SAMPLES

DOCS = Path(__file__).resolve().parent.parent / "docs"
SET = DOCS.parent / "eval" / "sets" / "swap.jsonl"
CHROMIUM = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SHOTS = (
    ("page.png", 1200, "light", "Who mediated the swap?"),
    ("page-dark.png", 1200, "dark", "How many prisoners were freed?"),
    ("page-phone.png", 390, "light", "Who won the chess championship?"),
)


def main() -> None:
    """Index the samples into a temporary library, serve it, take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        library = str(Path(folder) / "library")
        subprocess.run([RAG, "index", str(SAMPLES), "--library", library], check=True)
        with served(library) as url:
            _shoot(url)
        run = str(Path(folder) / "swap")
        subprocess.run([RAG, "eval", str(SET), "--library", library, "--out", run], check=True)
        subprocess.run([RAG, "eval", "report", run], check=True)
        _shoot_report(Path(run) / "report.html")


def _shoot(url: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        for name, width, scheme, question in SHOTS:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.goto(f"{url}?{urlencode({'q': question})}")
            page.locator(".rag-footnote").first.wait_for(timeout=60_000)
            page.screenshot(path=DOCS / name, full_page=True)
            page.close()
        browser.close()


def _shoot_report(path: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(CHROMIUM))
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.goto(path.as_uri())
        page.screenshot(path=DOCS / "report.png")
        page.locator("#curves").screenshot(path=DOCS / "report-curves.png")
        browser.close()


if __name__ == "__main__":
    main()
