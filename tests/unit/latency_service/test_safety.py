"""What the service never does, whatever it is sent: it runs, unpickles and fetches nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import latency_service

_ROOT = Path(latency_service.__file__).parent
_FILES = sorted(_ROOT.rglob("*.py"))
#: Modules that run or load code, or that speak to other hosts of their own accord.
_UNSAFE_MODULES = {
    "code", "codeop", "ctypes", "dill", "ftplib", "http", "httpx", "imaplib", "importlib", "joblib", "marshal",
    "multiprocessing", "onnx", "pickle", "poplib", "pty", "requests", "runpy", "shelve", "smtplib", "socket",
    "subprocess", "telnetlib", "torch", "urllib", "xml", "xmlrpc",
}  # fmt: skip
#: Parts of them that do nothing of the kind, and a command of the machine's owner that no request reaches.
_ALLOWED = {"http.HTTPStatus", "importlib.metadata", "importlib.resources", "urllib.parse"}
_OWNERS_COMMANDS = {"backups.py": {"subprocess"}}
_UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}
_UNSAFE_ATTRIBUTES = {"system", "popen", "execv", "spawnv", "import_module", "unsafe_load", "full_load"}
#: Of NumPy, which computes and nothing else: they read files, and unpickle some.
_UNSAFE_OF_NUMPY = {"load", "fromfile", "memmap", "loadtxt", "genfromtxt", "fromregex", "ctypeslib"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_allowed(name: str, file: Path) -> bool:
    package, _, member = name.partition(".")
    if package == "numpy":
        return member not in _UNSAFE_OF_NUMPY
    known = any(name == allowed or name.startswith(f"{allowed}.") for allowed in _ALLOWED)
    return package not in _UNSAFE_MODULES or known or package in _OWNERS_COMMANDS.get(file.name, ())


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        elif isinstance(node, ast.Attribute) and node.attr in _UNSAFE_ATTRIBUTES:
            yield node.attr
        elif isinstance(node, ast.Attribute) and node.attr in _UNSAFE_OF_NUMPY and is_numpy(node.value):
            yield f"numpy.{node.attr}"


def is_numpy(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "numpy")


def unsafe_calls(tree: ast.AST) -> set[str]:
    unsafe = _UNSAFE_CALLS | _UNSAFE_ATTRIBUTES | {f"numpy.{name}" for name in _UNSAFE_OF_NUMPY}
    return set(called(tree)) & unsafe


@pytest.mark.parametrize("file", _FILES, ids=lambda file: str(file.relative_to(_ROOT)))
def test_no_module_can_run_load_or_fetch_what_it_is_sent(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert [name for name in imported(tree) if not is_allowed(name, file)] == []
    assert unsafe_calls(tree) == set()


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from urllib.request import urlopen",
        "eval(x)",
        "os.system(x)",
        "yaml.unsafe_load(x)",
        "np.load(x)",
        "from numpy import load",
    ],
)
def test_the_search_finds_what_it_looks_for(text: str) -> None:
    tree, file = ast.parse(text), Path("anywhere.py")
    unsafe = [name for name in imported(tree) if not is_allowed(name, file)]
    assert unsafe or unsafe_calls(tree)
