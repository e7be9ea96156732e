"""What `verify` says of a library while a writer publishes, and of its vectors encoded again."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from fakes import SMALL_CHUNKS, FakeEncoder

import rag.verify
from index.sync import remove, sync
from rag.encoder import Encoder, Vectors
from rag.manifest import Manifest, read_manifest
from rag.verify import Check, VerifyReport, verify


def outcome(report: VerifyReport, name: str) -> Check:
    (found,) = [check for check in report.checks if check.name == name]
    return found


class Tilted(FakeEncoder):
    """Vectors at a given cosine to those of FakeEncoder, as another machine may compute them."""

    def __init__(self, cosine: float) -> None:
        super().__init__()
        self.cosine = cosine

    def encode_query(self, text: str) -> Vectors:
        straight = super().encode_query(text)
        aside = super().encode_query(text + " elsewhere")
        aside = aside - (aside @ straight) * straight
        aside /= (aside @ aside) ** 0.5
        tilted: Vectors = self.cosine * straight + (1 - self.cosine**2) ** 0.5 * aside
        return tilted


def test_a_writer_that_publishes_meanwhile_is_no_damage(
    library: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []

    def read_before_a_commit(folder: Path) -> Manifest:
        found = read_manifest(folder)
        reads.append(found.generation)
        if len(reads) == 1:
            remove(["gecko"], folder)
        return found

    monkeypatch.setattr(rag.verify, "read_manifest", read_before_a_commit)
    report = verify(library, encoder=encoder)
    assert [check for check in report.checks if not check.ok] == []
    assert outcome(report, "manifest").detail.startswith("generation 2, 7 articles")
    assert reads == [1, 2, 2]


def test_a_generation_that_is_gone_and_still_published_is_damage(library: Path, encoder: FakeEncoder) -> None:
    (library / "generations" / "00000001" / "lease").unlink()
    report = verify(library, encoder=encoder)
    assert [check.name for check in report.checks if not check.ok] == ["lease", "files"]


def test_the_report_becomes_json_with_names(library: Path) -> None:
    plain = json.loads(json.dumps(asdict(verify(library, sample=0))))
    assert plain["checks"][0] == {
        "name": "manifest", "ok": True, "detail": outcome(verify(library, sample=0), "manifest").detail,
    }  # fmt: skip


@pytest.mark.parametrize(("cosine", "ok"), [(0.995, True), (0.98, False)], ids=["another-precision", "another-text"])
def test_vectors_of_another_machine_may_differ_a_little(cosine: float, ok: bool, library: Path) -> None:
    assert outcome(verify(library, encoder=Tilted(cosine)), "encoded again").ok is ok


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("/no/such/model", "The model '/no/such/model' is neither a folder nor", id="gone"),
        pytest.param("all-MiniLM-L6-v2", "The library was built with the model all-MiniLM-L6-v2", id="another"),
    ],
)
def test_a_model_that_cannot_be_had_is_a_failed_check(
    name: str, says: str, tmp_path: Path, articles_folder: Path
) -> None:
    sync([articles_folder], tmp_path / "library", encoder=FakeEncoder(name=name), chunker=SMALL_CHUNKS)
    report = verify(tmp_path / "library")
    assert [check.name for check in report.checks if not check.ok] == ["encoded again"]
    assert outcome(report, "encoded again").detail.startswith(says)


def test_no_model_is_loaded_for_a_sample_of_none(tmp_path: Path, articles_folder: Path) -> None:
    folder = tmp_path / "library"
    sync([articles_folder], folder, encoder=FakeEncoder(name="/no/such/model"), chunker=SMALL_CHUNKS)
    report = verify(folder, sample=0)
    assert report.ok and outcome(report, "encoded again").detail.startswith("skipped")
    assert outcome(report, "stored vectors").detail.partition(" ")[0] == str(min(32, read_manifest(folder).chunks))


def test_the_library_s_own_model_is_loaded_where_none_is_given(sample_folder: Path, real_encoder: Encoder) -> None:
    check = outcome(verify(sample_folder, sample=2), "encoded again")
    assert check.ok and check.detail.startswith("2 vectors, least cosine ")
