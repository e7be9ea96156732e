"""The walls: which package imports which, what importing costs, what the code never does."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

import rag

ROOT = Path(__file__).parents[1]
PACKAGES = ("rag", "index", "ui", "eval")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
HEAVY = (
    "numpy", "faiss", "tantivy", "openvino", "torch", "sentence_transformers", "transformers", "gradio", "fastapi",
    "trafilatura", "typer", "rich", "yaml", "huggingface_hub", "tokenizers", "langchain_text_splitters", "safetensors",
)  # fmt: skip


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for path in FILES:
        yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


def test_import_directions() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_all_of_rag_is_what_it_says() -> None:
    public = {
        name
        for name, value in vars(rag).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("rag")
    }
    assert sorted(public) == sorted(rag.__all__)
    assert all(getattr(rag, name).__doc__ for name in rag.__all__)


def test_importing_rag_loads_nothing_heavy_and_none_of_the_other_packages() -> None:
    code = "import sys, rag; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = set(python(code).split())
    assert "rag" in loaded
    assert loaded.isdisjoint({*HEAVY, "index", "ui", "eval"})


def test_loading_the_command_line_loads_no_model_runtime() -> None:
    code = "import sys, rag.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = set(python(code).split())
    assert loaded.isdisjoint({"faiss", "openvino", "torch", "transformers", "gradio", "index", "ui", "eval"})


TRAINING = {"torch", "transformers", "sentence_transformers"}
CHILD_ONLY = {"rag.network": {"rag.export_reader"}, "rag.export_reader": set()}
"""Modules that need PyTorch, and which modules may import them when they are imported themselves."""


def imported_at_once(tree: ast.AST) -> set[str]:
    """The modules that are imported when this one is, not those that a function imports."""
    assert isinstance(tree, ast.Module)
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_pytorch_is_imported_only_by_the_process_that_compiles() -> None:
    needs = {".".join(path.with_suffix("").parts): imported_at_once(tree) for path, tree in trees()}
    training = {name for name, modules in needs.items() if TRAINING & {module.partition(".")[0] for module in modules}}
    assert training == set(CHILD_ONLY)
    for name, allowed in CHILD_ONLY.items():
        assert {other for other, modules in needs.items() if name in modules} == allowed


@pytest.mark.parametrize("name", [f"{path.parent.name}.{path.stem}" for path in FILES if path.stem != "__main__"])
def test_every_module_says_what_it_is_for(name: str) -> None:
    module = importlib.import_module(name.removesuffix(".__init__"))
    assert module.__doc__ or not Path(str(module.__file__)).read_text("utf-8").strip()


def test_every_package_is_typed() -> None:
    assert [package for package in PACKAGES if not (ROOT / package / "py.typed").exists()] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_file_is_over_400_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


BANNED_MODULES = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "cloudpickle"}


def test_nothing_unpickles() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and BANNED_MODULES & {alias.name.partition(".")[0] for alias in node.names})
        or (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in BANNED_MODULES)
    ]
    assert found == []


def test_no_call_evaluates_prints_or_trusts_code_from_elsewhere() -> None:
    found = [
        f"{path}:{node.lineno} {what}" for path, tree in trees() for node in ast.walk(tree) if (what := _bad(node))
    ]
    assert found == []


def _bad(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    name = ast.unparse(node.func)
    if name in ("eval", "exec", "print", "torch.load", "yaml.load", "yaml.unsafe_load", "os.system"):
        return name
    if any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in node.keywords):
        return "shell"
    for word in node.keywords:
        if word.arg in ("trust_remote_code", "allow_pickle") and ast.unparse(word.value) != "False":
            return word.arg
    if name.endswith("np.load") and not any(word.arg == "allow_pickle" for word in node.keywords):
        return "np.load without allow_pickle=False"
    return None


def test_the_version_is_the_changelog_s_newest_entry() -> None:
    newest = re.search(r"^## \[?v?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    declared = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert newest is not None and declared is not None
    assert newest.group(1) == declared.group(1) == version("article-rag")
