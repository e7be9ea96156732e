"""The FAISS index: exact inner-product search over half-precision vectors, in the order of the chunk columns."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
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


def write(path: Path, blocks: Iterable[Vector], size: tuple[int, int]) -> None:
    """Write the index of blocks of vectors, `size` (n, dimension) in all, and force it to the disk.  Raises OSError.

    Only one block is held.  FAISS does not notice a disk that fails, and holds what it writes: so the file is ours.
    """
    count, dimension = size
    index = _quantizer(dimension)
    head = _head(count, dimension)
    with path.open("wb") as file:
        file.write(head)
        for block in blocks:
            file.write(index.sa_encode(np.ascontiguousarray(block, dtype=np.float32)).tobytes())
        file.flush()
        os.fsync(file.fileno())
    expected = len(head) + count * index.sa_code_size()
    if path.stat().st_size != expected:
        raise LibraryCorrupt(
            f"{path} has {path.stat().st_size:,} bytes instead of {expected:,}: run the command again."
        )


def _quantizer(dimension: int) -> Any:
    import faiss

    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True
    return index


def _head(count: int, dimension: int) -> bytes:
    """What stands before the codes in the file of an index; its last eight bytes are how many bytes of codes follow."""
    import faiss

    index = _quantizer(dimension)
    index.ntotal = count
    return faiss.serialize_index(index).tobytes()[:-8] + struct.pack("<Q", count * index.sa_code_size())


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
