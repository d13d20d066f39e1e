"""No line of the package loads a pickle: a file that does would run what is in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import glioscope

SOURCE = Path(glioscope.__file__).parent
MODULES = frozenset(
    {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
)
LOADERS = frozenset({"load", "read_pickle", "__import__", "import_module"})


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Return the calls that could load a pickle, with the name of what they call."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        last = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if last in LOADERS or any(keyword.arg == "allow_pickle" for keyword in node.keywords):
            yield ast.unparse(node.func), node


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names.add(node.module.partition(".")[0])
    return names


def complaints(text: str) -> list[str]:
    """Say what in a module could load a pickle."""
    tree = ast.parse(text)
    found = [f"imports {name}" for name in sorted(imported(tree) & MODULES)]
    for name, call in calls(tree):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        allowed = given.get("allow_pickle")
        if allowed is not None and ast.unparse(allowed) != "False":
            found.append(f"line {call.lineno}: {name} with allow_pickle")
        if name.endswith(("read_pickle", "__import__", "import_module")):
            found.append(f"line {call.lineno}: {name}")
        only_weights = given.get("weights_only")
        if name.endswith("torch.load") and (
            only_weights is None or ast.unparse(only_weights) != "True"
        ):
            found.append(f"line {call.lineno}: torch.load of more than weights")
    return found


def test_no_module_of_the_package_can_load_a_pickle() -> None:
    modules = sorted(SOURCE.rglob("*.py"))
    assert len(modules) > 200
    found = {
        str(path.relative_to(SOURCE)): told
        for path in modules
        if (told := complaints(path.read_text(encoding="utf-8")))
    }

    # these two import by a name, which the code itself gives
    by_name = {"core/optional.py", "pipeline/__init__.py"}
    assert set(found) <= by_name
    assert all("import_module" in told for name in found for told in found[name])


def test_what_loads_a_pickle_is_seen() -> None:
    for text in (
        "import pickle",
        "from joblib import load",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "pd.read_pickle(path)",
        "importlib.import_module(name)",
    ):
        assert complaints(text), text
    assert complaints("np.load(path); torch.load(path, weights_only=True)") == []
