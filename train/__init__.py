"""Training of the shipped reader; `python -m train.reader` does it all.  See docs/reader.md."""
