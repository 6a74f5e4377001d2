"""Which module may see which, and what the first import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "reportkit"

GROUND = {
    "archives", "errors", "mistakes", "period", "config", "resources", "branding", "editions", "theme", "locale", "stationery", "facts", "tables", "objects", "rows", "knowledge", "kept", "layers", "ranking", "secret", "connections", "store", "sql", "warehouse", "ledger",
    "verify", "distribution", "recurrence", "layout", "backup", "exhibit", "markup", "plain", "made", "sound",
}  # fmt: skip
INNER = {
    "sources", "workspace", "view", "phrases", "bridge", "catalogue", "comparability", "errata", "relations", "remembered", "grouping", "clocks", "stats", "measures", "oddities", "scorecard", "quant", "charts", "display", "narrative",
    "restate", "remediation", "sections", "cases", "demo", "lifecycle", "seedmap", "export", "privacy", "intake", "profile", "snapshot", "trust", "schemas", "browse", "showing", "picking", "restated", "frontend",
}  # fmt: skip
OUTER = {
    "run",
    "evidence",
    "workers",
    "gates",
    "render",
    "deliver",
    "schedule",
    "due",
    "lint",
    "preview",
}
FLOORS = (
    dict.fromkeys(GROUND, "ground") | dict.fromkeys(INNER, "inner") | dict.fromkeys(OUTER, "outer")
)
#: What each floor may import of the package; the package's own front re-exports the inner chain only.
MAY_SEE = {
    "ground": {"ground"},
    "inner": {"ground", "inner"},
    "outer": {"ground", "outer"},
    "front": {"ground", "inner"},
    "cli": {"ground", "inner", "outer", "front", "cli"},
}
#: Libraries that belong to one chain only.
NOT_INNER = {
    "papermill",
    "nbconvert",
    "nbclient",
    "smtplib",
    "typst",
    "css_inline",
    "jupyter_client",
}
HEAVY = (
    "pandas", "numpy", "altair", "papermill", "nbconvert", "nbclient", "duckdb", "pyarrow", "typst", "vl_convert",
    "scipy", "sqlalchemy", "IPython", "holidays", "jsonschema", "rfc3987_syntax",
)  # fmt: skip


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_bundled" not in path.parts)


def part(path: Path) -> str:
    """Give the first name below the package: ``render`` for ``reportkit/render/html.py``."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def floor(name: str) -> str:
    return {"__init__": "front", "cli": "cli", "__main__": "cli"}.get(name) or FLOORS.get(
        name, "unplaced"
    )


@cache
def imported(path: Path) -> frozenset[str]:
    """Give the absolute names that a module imports anywhere, also inside functions and for types."""
    package = ("reportkit", *path.relative_to(PACKAGE).parts[:-1])
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            source = ".".join(filter(None, (base, node.module)))
            names.add(source)
            names.update(f"{source}.{alias.name}" for alias in node.names)
    return frozenset(names)


def parts_seen(path: Path) -> set[str]:
    known = {part(module) for module in modules()}
    seen = {name.split(".")[1] for name in imported(path) if name.startswith("reportkit.")}
    return seen & known


def test_every_module_has_a_floor() -> None:
    # One that has none is left out below, so that this test alone says what to do.
    placed = FLOORS.keys() | {"__init__", "__main__", "cli"}
    assert {part(path) for path in modules()} - placed == set()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_import_direction(path: Path) -> None:
    own = floor(part(path))
    allowed = MAY_SEE.get(own, set(MAY_SEE)) | {"unplaced"}
    wrong = {name for name in parts_seen(path) if floor(name) not in allowed}
    assert not wrong, f"{path.name} is on the {own} floor and must not import {sorted(wrong)}"


#: Within the outer chain: a run knows all others, gates know what was rendered, and nobody knows who runs it.
WITHIN: dict[str, set[str]] = {
    "run": {"gates", "render", "workers", "deliver"},
    "evidence": {"run"},
    "gates": {"render"},
    "render": set(),
    "workers": set(),
    "schedule": set(),
    "deliver": {"render"},
    "due": {"run", "deliver", "schedule", "gates"},
}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_outer_chain_has_no_way_back(path: Path) -> None:
    own = part(path)
    if own in WITHIN:
        assert parts_seen(path) & OUTER - {own} <= WITHIN[own]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_stay_in_their_chain(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imported(path)}
    if part(path) != "sql" and floor(part(path)) != "ground":
        runtime = libraries_at_run_time(path)
        assert "duckdb" not in runtime, "only sql.py imports duckdb"
    if floor(part(path)) in {"inner", "front"}:
        assert not libraries & NOT_INNER


def libraries_at_run_time(path: Path) -> set[str]:
    """Give the libraries imported outside ``if TYPE_CHECKING``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            node.body = []
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_floors_are_read_from_code_not_assumed() -> None:
    """The reader sees relative imports, imports inside functions and imports for types."""
    assert "facts" in parts_seen(PACKAGE / "ledger" / "__init__.py")
    assert any(parts_seen(path) for path in modules() if part(path) == "render")


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_after(code: str) -> set[str]:
    out = run("-c", f"{code}\nimport sys; print(*[n for n in {HEAVY} if sys.modules.get(n)])")
    return set(out.splitlines()[-1].split())


HELP = """
import sys
sys.argv = ["reportkit", "--help"]
from reportkit.cli import main
try:
    main()
except SystemExit:
    pass
"""


def test_import_is_light() -> None:
    assert loaded_after("import reportkit") == set()


def test_help_is_light() -> None:
    assert loaded_after(HELP) == set()


@pytest.mark.parametrize(("code", "most"), [("import reportkit", 80), (HELP, 230)], ids=["import", "help"])  # fmt: skip
def test_little_is_loaded(code: str, most: int) -> None:
    """What the wait costs, as a number that no other process changes: 64 modules, and 209 for the list of commands."""
    assert int(run("-c", f"{code}\nimport sys; print(len(sys.modules))").splitlines()[-1]) <= most


@pytest.mark.parametrize(
    "code",
    [
        "import reportkit.cli, nbformat; nbformat.validate(nbformat.v4.new_notebook())",
        "import reportkit as rk\nfor name in rk.__all__: getattr(rk, name)",
        "import reportkit as rk; rk.charts; import altair",
    ],
    ids=["command", "every name", "charts"],
)
def test_slow_address_grammar_is_never_built(code: str) -> None:
    """The grammars of jsonschema's rarest format check cost more than a report; nothing here needs them."""
    assert "rfc3987_syntax" not in loaded_after(code)


def test_public_names_are_the_lazy_ones() -> None:
    import reportkit

    assert sorted(reportkit._NAMES) == reportkit.__all__
    with pytest.raises(AttributeError, match="no attribute 'chart'"):
        _ = reportkit.chart
