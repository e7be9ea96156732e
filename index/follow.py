"""`rag sync`: the places that a library follows, looked at together, and what was wrong with any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index.address import parse
from index.discover import IGNORE, check_there, file_of, unknown_kind
from index.draft import Issue
from index.ledger import Fields, FileState, forget_root, read_files, read_roots, write_files
from index.load import suffix_of
from index.plan import Plan, make_plan, places_of
from index.report import OnProgress, SyncReport
from index.sync import Options, look, sync
from index.writer import locked
from rag.disk import beside
from rag.encoder import Encoder
from rag.errors import LoadError
from rag.manifest import NAME, ChunkerSpec, read_manifest
from rag.store import Store


@dataclass(frozen=True, slots=True)
class Order:
    """What `rag sync` was asked for: places to follow besides those that are followed, and how to read them.

    `addresses` are to be followed too; their pages lie in `web_folder(library)`, where `index.gather` put them.
    With `allow_empty` a place that is empty now loses its articles; else they are kept, since a disk that is not
    connected looks just so.
    """

    paths: tuple[Path, ...] = ()
    fields: Mapping[str, str] | None = None
    retry: bool = False
    reread: bool = False
    allow_empty: bool = False
    keep_days: int | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Root:
    """A place or address that is followed; `there` is False where it is missing, `files` are known of it."""

    path: str
    fields: Fields
    there: bool
    files: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A file with trouble: nothing was taken from it, or (`articles` > 0) not all."""

    path: str
    problem: str
    articles: int


@dataclass(frozen=True, slots=True)
class Status:
    """What a library follows, and what could not be read of it."""

    generation: int
    articles: int
    roots: tuple[Root, ...]
    trouble: tuple[Quarantined, ...]


def follow(
    library: Path,
    order: Order,
    *,
    encoder: Encoder | None = None,
    chunker: ChunkerSpec | None = None,
    on_progress: OnProgress | None = None,
) -> SyncReport:
    """Bring the library up to date with every place that it follows, in one commit, and follow the new ones.

    Raises LoadError where there is nothing to follow or a new place does not exist, and as `index.sync.sync`.
    """
    roots, options = _prepare(library, order, *_known(library))
    return sync(roots, library, encoder=encoder, chunker=chunker, options=options, on_progress=on_progress)


def preview(library: Path, order: Order) -> tuple[Plan, list[Issue]]:
    """What `follow` would do, without opening a file that need not be hashed and without writing anything."""
    followed, states = _known(library)
    roots, options = _prepare(library, order, followed, states)
    looked, issues = look(roots, options, followed)
    return make_plan(looked, states, retry=options.retry, reread=options.reread), issues


def forget(library: Path, place: str) -> None:
    """No longer follow a place; its articles stay.  Raises LoadError where it is not followed, and LibraryError."""
    read_manifest(library)
    with locked(library) as store, store.transaction():
        names = (place,) if is_address(place) else (str(Path(place).resolve()), str(Path(place).absolute()), place)
        known = next((name for name in names if name in read_roots(store)), None)
        if known is None:
            followed = ", ".join(read_roots(store)) or "nothing"
            raise LoadError(f"{place} is not followed by {library}; followed: {followed}.")
        forget_root(store, known)
        left = read_roots(store)
        files = [path for path in read_files(store) if known in places_of(path)]
        write_files(store, {}, [path for path in files if not any(root in places_of(path) for root in left)])


def status(library: Path) -> Status:
    """What the library follows and what of it is in quarantine.  Raises the LibraryError family."""
    manifest = read_manifest(library)
    roots, files = _known(library)
    trouble = [
        Quarantined(path, state.problem, state.articles) for path, state in sorted(files.items()) if state.problem
    ]
    counts = _counts(roots, files)
    following = [
        Root(path, fields, is_address(path) or Path(path).exists(), counts[path]) for path, fields in roots.items()
    ]
    return Status(manifest.generation, manifest.articles, tuple(following), tuple(trouble))


def web_folder(library: Path) -> Path:
    """Where the pages of followed addresses are kept, beside the library."""
    return beside(library, "web")


def is_address(place: str) -> bool:
    """Whether a place is an address on the web rather than a path."""
    return "://" in place


def addresses(library: Path) -> list[str]:
    """The addresses that the library follows."""
    return [path for path in _known(library)[0] if is_address(path)]


def places(library: Path) -> list[Path]:
    """The files and folders that the library follows, pages of addresses among them."""
    roots = _known(library)[0]
    found = [Path(path) for path in roots if not is_address(path)]
    return found + ([web_folder(library)] if len(found) < len(roots) else [])


def _known(library: Path) -> tuple[dict[str, dict[str, str]], dict[str, FileState]]:
    if not (library / NAME).exists():
        return {}, {}
    with closing(Store(library)) as store:
        return read_roots(store), read_files(store)


def _prepare(
    library: Path, order: Order, followed: Mapping[str, Fields], files: Mapping[str, FileState]
) -> tuple[list[Path], Options]:
    for path in order.paths:
        _check_place(path, library)
    for address in order.addresses:
        parse(address)
    new = {
        str(path.resolve()): {**followed.get(str(path.resolve()), {}), **(order.fields or {})} for path in order.paths
    }
    new |= {address: {} for address in order.addresses}
    everything = {**followed, **new}
    if not everything:
        raise LoadError(f"{library} follows nothing yet: name a folder, as in rag sync FOLDER.")
    roots = {path: fields for path, fields in everything.items() if not is_address(path)}
    if len(roots) < len(everything) and web_folder(library).exists():
        roots[str(web_folder(library))] = {}
    issues = {} if order.allow_empty else dict(_absent(roots, files or _origins(library)))
    missing = {path for path in roots if not Path(path).exists()}
    options = Options(
        prune=True,
        retry=order.retry,
        reread=order.reread,
        revive=False,
        fields={Path(path): fields for path, fields in roots.items()},
        roots={path: fields for path, fields in new.items() if followed.get(path) != fields},
        issues=tuple(issues.values()),
        emptied=tuple(Path(path) for path in missing if order.allow_empty),
        keep_days=order.keep_days,
        urls=_urls(library),
    )
    return [Path(path) for path in roots if path not in missing], options


def _check_place(path: Path, library: Path) -> None:
    """Raise LoadError for a place that can never give an article, before it is remembered."""
    check_there(path)
    if path.resolve() == library.resolve():
        raise LoadError(f"{path} is the library itself: name a folder with articles.")
    if path.is_file() and not suffix_of(path):
        raise LoadError(f"{path} {unknown_kind(path)}.")


def _urls(library: Path) -> dict[str, str]:
    """The addresses of the pages that were fetched, by their files."""
    if not web_folder(library).exists():
        return {}
    from index.mirror import Mirror

    return {str(path): url for path, url in Mirror(web_folder(library)).addresses().items()}


def _origins(library: Path) -> set[str]:
    """The files that articles come from, for a library that has no notes of its files yet."""
    if not (library / NAME).exists():
        return set()
    manifest = read_manifest(library)
    with closing(Store(library)) as store:
        return {str(file_of(row.origin)) for row in store.live(manifest.generation)}


def _absent(roots: Collection[str], files: Iterable[str]) -> Iterator[tuple[str, Issue]]:
    """Places that had files and show none: nobody deletes everything by unplugging a disk."""
    counts = _counts(roots, files)
    for path in roots:
        known = counts[path]
        if not known or not _is_bare(Path(path)):
            continue
        what = "is empty now" if Path(path).exists() else "is not there"
        message = (
            f"{what} (is its disk connected?): what its {known:,} files gave is kept.  If they were deleted, say so: "
            "rag sync --allow-empty"
        )
        yield path, Issue(path, message)


def _is_bare(path: Path) -> bool:
    """Whether there is nothing at a path, or a folder with nothing to see in it, as systems leave a mount point."""
    try:
        if not path.is_dir():
            return not path.exists()
        names = {one.name for one in path.iterdir()}
        return IGNORE not in names and all(name.startswith(".") for name in names)
    except OSError:
        return True


def _counts(roots: Collection[str], files: Iterable[str]) -> Counter[str]:
    """How many files lie under each root."""
    return Counter(place for file in files for place in places_of(file) if place in roots)
