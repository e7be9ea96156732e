"""The FAISS index: exact inner-product search over half-precision vectors, in the order of the chunk columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.encoder import Vectors
from rag.errors import LibraryCorrupt

LOOP_LIMIT = 1_000
"""Repetitions that an index file may ask of its reader; ours has none."""
Vector = npt.NDArray[np.float16]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def build(vectors: Vector, dimension: int) -> memoryview:
    """The serialised index of (n, dimension) vectors; the caller writes it, so that a failed write is seen."""
    import faiss

    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True
    step = 65_536
    for start in range(0, len(vectors), step):
        index.add(np.ascontiguousarray(vectors[start : start + step], dtype=np.float32))
    return memoryview(faiss.serialize_index(index).data)


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
