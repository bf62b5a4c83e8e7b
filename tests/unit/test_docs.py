"""What the documentation says is so: its examples run, its lists are complete, its links lead somewhere."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.main import get_command

from tokenfilter.adapters.http import dashboard
from tokenfilter.adapters.http.token_feed import PushFeed
from tokenfilter.adapters.telegram.screens.help import COMMANDS
from tokenfilter.cli import app
from tokenfilter.settings import SECRETS, Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
NUMBERS = [*range(1, 44), *range(50, 64)]
CLI = get_command(app).commands

_FENCE = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:src|tests|benchmarks|docs)/[\w./-]+\.\w+)(?:::(\w+))?`")
_TESTED = re.compile(r"<!-- tested -->\n```console\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """What stands under a heading, up to the next of its kind."""
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text(page), flags=re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no heading {heading!r}"
    return found[1]


def rows(page: str) -> Iterator[list[str]]:
    """The cells of every table row."""
    for line in text(page).splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def options(model: type[BaseModel] = Settings, path: tuple[str, ...] = ()) -> Iterator[tuple[str, object]]:
    """Every option with its default."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from options(field.annotation, (*path, name))
        else:
            yield ".".join((*path, name)), field.default


def spelt(default: object) -> str:
    """A default as configuration.md writes it."""
    match default:
        case None:
            return "none"
        case bool():
            return f"`{str(default).lower()}`"
        case tuple():
            return "`[" + ", ".join(f'"{d}"' for d in default) + "]`"
        case _:
            return f"`{default}`"


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/property-test-a-filter.md"])
def test_the_property_tests_of_the_documentation_run(page):
    block = re.search(r"^```python\n(from hypothesis.*?)^```", text(page), flags=re.MULTILINE | re.DOTALL)
    assert block, f"{page} shows no property test"
    names = {"__name__": page}
    exec(compile(block[1], page, "exec"), names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        test()


def test_every_command_and_none_other_is_described():
    described = re.findall(r"^## `tokenfilter (\w+)`$", text("docs/reference/command-line.md"), flags=re.MULTILINE)
    assert sorted(described) == sorted(CLI)


@pytest.mark.parametrize("name", CLI)
def test_every_option_of_a_command_and_none_other_is_described(name):
    described = section("docs/reference/command-line.md", f"`tokenfilter {name}`")
    taken = {option for param in CLI[name].params for option in param.opts if option.startswith("--")}
    listed = re.findall(r"^\| `(--[\w-]+)", described, flags=re.MULTILINE)
    assert set(listed) == taken - {"--help"}


def test_every_setting_is_described_with_its_default():
    described = {cells[0]: cells[1] for cells in rows("docs/reference/configuration.md") if "`" in cells[0]}
    secrets = {".".join(secret) for secret in SECRETS}
    taken = {f"`{name}`{' 🔑' if name in secrets else ''}": spelt(default) for name, default in options()}
    assert described == taken


def test_every_requirement_stands_once_and_in_order():
    listed = [cells[0] for cells in rows("docs/reference/requirements.md") if re.fullmatch(r"R\d+", cells[0])]
    assert listed == [f"R{number}" for number in NUMBERS]


def test_a_requirement_names_what_keeps_it_or_says_not_yet():
    for cells in rows("docs/reference/requirements.md"):
        if re.fullmatch(r"R\d+", cells[0]):
            kept = cells[2]
            assert kept.startswith("**Not yet") or re.search(r"`[\w./-]+`", kept), cells[0]


@pytest.mark.parametrize("page", [p.relative_to(ROOT).as_posix() for p in PAGES])
def test_every_file_and_test_a_page_names_exists(page):
    for path, test in _PATH.findall(text(page)):
        assert (ROOT / path).exists(), f"{page} names {path}"
        if test:
            assert re.search(rf"def {test}\(", text(path)), f"{page} names {path}::{test}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_within_the_documentation_leads_somewhere(page):
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target or target.startswith("#"):
            continue
        assert (page.parent / target.partition("#")[0]).exists(), f"{page.name} links to {target}"


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        links = _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link]
    assert set(PAGES) <= reached


def test_the_page_of_metrics_and_flags_is_what_its_script_writes():
    spec = importlib.util.spec_from_file_location("generate_reference", DOCS / "generate_reference.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text(encoding="utf-8") == script.page()


def test_every_command_of_the_bot_and_none_other_is_described():
    described = re.findall(r"^## `/(\w+)`", text("docs/reference/bot-commands.md"), flags=re.MULTILINE)
    assert described == [name for name, _ in COMMANDS]


def test_every_port_and_none_other_is_described():
    described = re.findall(r"^\| `(\w+)` \|", text("docs/reference/ports.md"), flags=re.MULTILINE)
    ports = {file.stem for file in (ROOT / "src/tokenfilter/ports").glob("*.py")} - {"__init__", "failures"}
    assert sorted(described) == sorted(ports)


def test_every_adapter_of_a_port_is_named_and_none_other():
    described = {
        cells[0].strip("`"): set(re.findall(r"`(\w+)`", cells[2]))
        for cells in rows("docs/reference/ports.md")
        if cells[0].startswith("`")
    }
    for port, adapters in described.items():
        files = (ROOT / "src/tokenfilter/adapters").glob(f"*/{port}.py")
        found = {file.parent.name for file in files if f"ports.{port} import" in file.read_text(encoding="utf-8")}
        assert adapters == found, port


def test_every_address_of_the_web_server_is_described():
    routes = dashboard.health_routes(metrics=bytes, reasons=list, token=None)
    routes += dashboard.routes(figures=dict, token=None) + PushFeed(token="x").routes()
    described = text("docs/reference/http.md")
    for route in routes:
        if not route.path.startswith("/static/"):
            assert f"`{route.path}`" in described or f"`POST {route.path}`" in described, route.path


def shown_commands() -> list[tuple[str, str]]:
    """Commands with the output shown for each, from the blocks marked as tested."""
    found = []
    for block in _TESTED.findall(text("docs/how-to/replay-and-backtest.md")):
        for shown in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = shown.splitlines()
            end = next(n for n, line in enumerate(lines) if not line.endswith("\\"))
            found.append(("\n".join(lines[: end + 1]), "\n".join(lines[end + 1 :])))
    return found


@pytest.mark.parametrize(("command", "shown"), shown_commands())
def test_a_command_prints_what_is_shown_below_it(command, shown):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOKENFILTER_")}
    shell, environment = ["bash", "-c", command], {**clean, "PATH": path}
    done = subprocess.run(shell, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=50)
    assert done.stdout.strip() == shown.strip(), done.stderr
