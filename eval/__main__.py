"""`python -m eval SET --library L`: the same as `rag eval SET --library L`."""

from __future__ import annotations

import sys

from rag.cli import main

if __name__ == "__main__":
    sys.exit(main(["eval", *sys.argv[1:]]))
