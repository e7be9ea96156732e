"""The FAISS index: exact inner-product search over half-precision vectors, in the order of the chunk columns."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.encoder import Vectors
from rag.errors import LibraryCorrupt

WRITE_BYTES = 1 << 20
LOOP_LIMIT = 1_000
"""Repetitions that an index file may ask of its reader; ours has none."""
Vector = npt.NDArray[np.float16]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def write(path: Path, blocks: Iterable[Vector], dimension: int) -> None:
    """Write the index of (n, dimension) blocks of vectors and force it to the disk.  Raises OSError.

    Besides the index itself only one block is held.  FAISS does not notice a disk that fails, so the file is ours.
    """
    import faiss

    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True
    for block in blocks:
        index.add(np.ascontiguousarray(block, dtype=np.float32))
    with path.open("wb") as file:
        writer = faiss.PyCallbackIOWriter(file.write, WRITE_BYTES)  # type: ignore[attr-defined]
        faiss.write_index(index, writer)
        file.flush()
        os.fsync(file.fileno())


class DenseIndex:
    """Search over a memory-mapped index file whose checksum the caller has verified."""

    def __init__(self, path: Path, *, dimension: int, size: int) -> None:
        import faiss

        # A file cannot hold more than its own size, whatever its header claims.
        faiss.set_deserialization_vector_byte_limit(path.stat().st_size)
        faiss.set_deserialization_loop_limit(LOOP_LIMIT)
        try:
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise LibraryCorrupt(f"{path} is not a FAISS index: run rag repair --library {path.parents[2]}") from error
        if (self._index.d, self._index.ntotal) != (dimension, size):
            raise LibraryCorrupt(
                f"{path} holds {self._index.ntotal} vectors of {self._index.d} dims, expected {size} of {dimension}: "
                f"run rag repair --library {path.parents[2]}"
            )

    def vectors(self, positions: Positions) -> Vectors:
        """The (n, dimension) vectors at the given positions; for `rag verify`."""
        found = [self._index.reconstruct(int(position)) for position in positions]
        return np.stack(found) if found else np.empty((0, self._index.d), np.float32)

    def search(self, query: Vectors, k: int, allowed: Mask | None = None) -> tuple[Positions, Vectors]:
        """Positions and inner products of the k best, best first; only where `allowed` is true, if given."""
        import faiss

        if not self._index.ntotal:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters: Any = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        k = min(k, self._index.ntotal)
        scores, positions = self._index.search(query[None, :].astype(np.float32), k, params=parameters)
        found = positions[0] >= 0
        return positions[0][found], scores[0][found]
