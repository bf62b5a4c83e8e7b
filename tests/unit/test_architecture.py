"""The shape that DESIGN promises, read from the syntax tree: a pure domain, proved ports, files a person can read."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "tokenfilter"
MODULES = sorted(SOURCE.rglob("*.py"))
DOMAIN = sorted((SOURCE / "domain").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PORTS = sorted(p for p in (SOURCE / "ports").glob("*.py") if p.stem not in ("__init__", "failures"))
NAMED_LIKE_A_PORT = sorted(p for p in (SOURCE / "adapters").rglob("*.py") if p.stem in {port.stem for port in PORTS})

PURE = {
    "abc",
    "binascii",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "types",
    "typing",
    "unicodedata",
    "zlib",
    "zoneinfo",
}
"""Standard modules that neither wait, nor look at the world, nor keep state."""

CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter"}
MOST_LINES = 300
MAY_PRINT = {"cli.py", "commands.py", "store_commands.py"}

named = {"ids": lambda path: str(path.relative_to(ROOT))}


def tree(path):
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(path):
    """Every module a file imports, in full."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def classes(path):
    """A file's classes by name, with the names of their bases."""
    found = [node for node in tree(path).body if isinstance(node, ast.ClassDef)]
    return {c.name: {ast.unparse(base).split("[")[0] for base in c.bases} for c in found}


def protocol(port):
    """The Protocol of a port's file: its stem in camel case."""
    return port.stem.title().replace("_", "")


@pytest.mark.parametrize("path", DOMAIN, **named)
def test_the_domain_imports_itself_and_pure_standard_modules_alone(path):
    foreign = [m for m in imported(path) if not m.startswith("tokenfilter.domain") and m.split(".")[0] not in PURE]
    assert foreign == []


@pytest.mark.parametrize("path", DOMAIN, **named)
def test_the_domain_never_waits(path):
    waiting = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    assert [node.lineno for node in ast.walk(tree(path)) if isinstance(node, waiting)] == []


@pytest.mark.parametrize("path", DOMAIN, **named)
def test_the_domain_reads_no_clock(path):
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert [c.lineno for c in calls if isinstance(c, ast.Attribute) and c.attr in CLOCKS] == []


@pytest.mark.parametrize("path", DOMAIN, **named)
def test_the_domains_values_are_frozen(path):
    """All but those that say in their docstring that they are mutable."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not is_mutable(node):
            made = [ast.unparse(d) for d in node.decorator_list if ast.unparse(d).startswith("dataclass")]
            assert all("frozen=True" in d and "slots=True" in d for d in made), node.name


def is_mutable(node):
    """Whether a class says so itself."""
    return "mutable" in (ast.get_docstring(node) or "").lower()


@pytest.mark.parametrize("port", PORTS, **named)
def test_a_port_is_one_protocol_named_like_its_file(port):
    protocols = [name for name, bases in classes(port).items() if "Protocol" in bases]
    assert protocols == [protocol(port)]


@pytest.mark.parametrize("port", PORTS, **named)
def test_a_port_has_a_memory_adapter_a_suite_and_a_test_of_the_same_stem(port):
    for place in ("src/tokenfilter/adapters/memory/{}.py", "src/tokenfilter/testing/contracts/{}.py"):
        assert (ROOT / place.format(port.stem)).exists(), place
    assert (ROOT / "tests" / "contract" / f"test_{port.stem}.py").exists()


@pytest.mark.parametrize("port", PORTS, **named)
def test_a_suite_is_run_against_every_adapter_of_its_port(port):
    """Each adapter's file is imported by the contract test of its stem, and each class there inherits a suite."""
    suites = set(classes(SOURCE / "testing" / "contracts" / port.name))
    assert f"{protocol(port)}Contract" in suites
    test = ROOT / "tests" / "contract" / f"test_{port.stem}.py"
    assert all(bases & suites for name, bases in classes(test).items() if name.startswith("Test"))


@pytest.mark.parametrize("port", PORTS, **named)
def test_whatever_a_suite_asks_is_a_promise_of_the_port(port):
    """A suite sees ports, the domain and its own helpers, never an adapter."""
    seen = set(imported(SOURCE / "testing" / "contracts" / port.name))
    assert not [
        m for m in seen if m.startswith("tokenfilter.") and m.split(".")[1] not in ("ports", "domain", "testing")
    ]


@pytest.mark.parametrize("path", NAMED_LIKE_A_PORT, **named)
def test_an_adapters_file_named_like_a_port_implements_it(path):
    wanted = protocol(path)
    assert [name for name, bases in classes(path).items() if wanted in bases]
    assert f"tokenfilter.ports.{path.stem}" in set(imported(path))


@pytest.mark.parametrize("path", [*MODULES, *TESTS], **named)
def test_a_file_can_be_read_at_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", [p for p in MODULES if p.read_text(encoding="utf-8").strip()], **named)
def test_everything_public_says_what_it_is(path):
    """Modules, classes and functions; an adapter's methods are described at its port."""
    module = tree(path)
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    public = [node for node in module.body if isinstance(node, kinds) and not node.name.startswith("_")]
    assert ast.get_docstring(module)
    assert [node.name for node in public if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("path", [p for p in MODULES if p.name not in MAY_PRINT], **named)
def test_only_commands_print(path):
    called = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert [f.lineno for f in called if isinstance(f, ast.Name) and f.id == "print"] == []


@pytest.mark.parametrize("path", [*MODULES, *TESTS], **named)
def test_nothing_is_left_for_later_and_no_machine_is_named(path):
    if path == Path(__file__):
        return
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX)\b|/(home|root|Users)/\w+", text)


def test_no_two_tests_or_modules_hide_one_another():
    for folder in {p.parent for p in TESTS}:
        names = [p.name.lower() for p in folder.glob("*.py")]
        assert len(set(names)) == len(names)
