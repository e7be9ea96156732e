"""What an open library holds: one generation with its encoder, its calibration and what reads passages."""

from __future__ import annotations

import threading

from rag.calibration import Calibration, calibration_for
from rag.encoder import Encoder, load_matching
from rag.errors import LibraryNotFound
from rag.scoring import Scorer, load_scorer, reader_name
from rag.snapshot import Snapshot
from rag.types import Settings


class Reading:
    """What reads passages, loaded when first needed; a library's snapshots share it."""

    def __init__(self, scorer: Scorer | None, reader: str | None, reranker: str | None) -> None:
        self._scorer = scorer
        self._named = (reader, reranker)
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Known without loading it."""
        if self._scorer is not None:
            return self._scorer.name
        return reader_name(*self._named)

    @property
    def scorer(self) -> Scorer:
        with self._lock:
            if self._scorer is None:
                self._scorer = load_scorer(*self._named)
            return self._scorer


class Held:
    """A snapshot with its encoder and how many questions are using it; closed when retired and out of use."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder | None, reader: Reading) -> None:
        self.snapshot = snapshot
        self.reader = reader
        self.calibrate()
        self.known_encoder = encoder
        self._users = 1
        self._retired = False
        self._lock = threading.RLock()

    @property
    def encoder(self) -> Encoder:
        """The encoder that the snapshot was built with, loaded when first needed."""
        with self._lock:
            if self.known_encoder is None:
                self.known_encoder = load_matching(self.snapshot.manifest.encoder)
            return self.known_encoder

    @property
    def settings(self) -> Settings:
        """The defaults, with the confidence that the library's owner asks for."""
        return settings_of(self.calibration)

    def calibrate(self) -> None:
        """Read the calibration that the library has now.  Raises LibraryCorrupt."""
        self.calibration: Calibration = calibration_for(
            self.snapshot.folder, encoder=self.snapshot.manifest.encoder.fingerprint, reader=self.reader.name
        )

    def take(self) -> None:
        """Keep the snapshot open until `release`.  Raises LibraryNotFound if it is closed."""
        with self._lock:
            if self._users == 0:
                raise LibraryNotFound(f"{self.snapshot.folder} was closed; open it again with rag.open().")
            self._users += 1

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self.snapshot.close()

    def retire(self) -> None:
        """Give up the use that the library itself has had; a second time does nothing."""
        with self._lock:
            if not self._retired:
                self._retired = True
                self.release()

    @property
    def closed(self) -> bool:
        return self._retired


def settings_of(calibration: Calibration) -> Settings:
    """The defaults, with the minimal confidence of the calibration where its owner has set one."""
    least = calibration.min_confidence
    return Settings() if least is None else Settings(min_confidence=least)
