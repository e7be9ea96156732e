"""`python -m index` is `rag index`."""

import sys

from rag.cli import main

if __name__ == "__main__":
    sys.exit(main(["index", *sys.argv[1:]]))
