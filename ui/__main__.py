"""`python -m ui LIBRARY` is `rag ui LIBRARY`."""

import sys

if __name__ == "__main__":
    from rag.cli import main

    main(["ui", *sys.argv[1:]])
