"""What the README shows is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_snippet_prints_what_the_readme_says(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    snippet = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    shown = re.search(r"leaves behind:\n\n```\n(.*?)```", readme, re.DOTALL)
    assert snippet and shown
    rag = [sys.executable, "-c", "import sys; from rag.cli import main; sys.exit(main())"]
    samples = str(ROOT / "examples" / "articles")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([*rag, "index", samples, "--library", "library"], cwd=tmp_path, check=True, env=environment)
    done = subprocess.run(
        [sys.executable, "-c", snippet.group(1)],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    # The last digit of a confidence hangs on how short the numbers are that the processor multiplies.
    said, promised = (re.search(r"^True (0\.\d\d) ", text) for text in (done.stdout, shown.group(1)))
    assert said and promised and abs(float(said.group(1)) - float(promised.group(1))) <= 0.02
    assert done.stdout.replace(said.group(1), promised.group(1)) == shown.group(1)
