"""Writes the reference pages from the definitions that the product itself runs on: python docs/make.py."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))


def _cell(text: object) -> str:
    return " ".join(str(text).replace("|", "\\|").split())


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(map(_cell, row)) + " |"


def tables() -> str:
    """Give the page of the canonical tables."""
    from reportkit.tables import TABLES

    lines = [
        "# Tables",
        "",
        "Every load ends in one of these. A column marked with * must be filled; money has two decimals and its currency beside it,",
        "an instant is UTC, a list is joined by `|`. Each row also carries `source`, `recorded_at` and `extract_id`. Columns that name",
        "people are stored as pseudonyms. `reportkit tables NAME` shows the same.",
    ]
    for reference, title in ((False, "## The sixteen"), (True, "## Reference tables")):
        lines += ["", title]
        for spec in (one for one in TABLES.values() if one.reference == reference):
            lines += ["", f"### {spec.name}", "", f"One row is {spec.row}. A version is told by {', '.join(f'`{n}`' for n in spec.key)}.", ""]  # fmt: skip
            rows = [
                (
                    f"`{c.name}`{' *' if c.required else ''}",
                    c.type,
                    c.unit,
                    ", ".join(c.allowed)
                    or (
                        f"{c.low:g} to {c.high:g}"
                        if c.low is not None and c.high is not None
                        else ""
                    ),
                    c.doc + (" (a person; stored as a pseudonym)" if c.personal else ""),
                )
                for c in spec.columns
            ]
            lines += _table(("column", "type", "unit", "allowed", "meaning"), rows)
            lines += [f"\n{rule[:1].upper()}{rule[1:]}." for rule in spec.rules]
    return "\n".join(lines) + "\n"


def formats() -> str:
    """Give the page of formats and mappings, with the files they were tried on."""
    from reportkit.cli.formats import tried
    from reportkit.sources import mapping
    from reportkit.sources.formats import described

    with (HERE.parent / "tests/corpus/agreement.csv").open(encoding="utf-8", newline="") as stream:
        files = list(csv.DictReader(stream))
    agreed = sum(row["agrees"] == "yes" for row in files)
    asserted = [row for row in files if row["peer_count_is"] == "asserted"]
    lines = [
        "# Formats",
        "",
        "`reportkit inspect FILE` says which of these a file is and what it holds; `reportkit formats` lists them.",
        "",
        *_table(("format", "what it is"), ((f"`{name}`", words) for name, words in described().items())),
        "",
        "## Ready mappings",
        "",
        "For CSV, JSON lists, Parquet and spreadsheets. One that was not tried on a real export says so.",
        "",
        *_table(
            ("mapping", "table", "product", "tried"),
            ((f"`{name}`", one.source.table, one.source.tool, tried(name)) for name, one in mapping.shipped().items()),
        ),
        "",
        "## Files tried",
        "",
        "Real exports of scanners from DefectDojo's own test samples, with the count its tests assert (or, where they assert none, the",
        "count a run of it gave). Findings are counted by our rule: one weakness on one asset at one place. Issues are what the tool",
        f"itself groups by. A count agrees when either is the peer's. {agreed} of {len(files)} agree; of the {len(asserted)} that are",
        f"asserted, {sum(row['agrees'] == 'yes' for row in asserted)} do.",
        "",
        *_table(
            ("format", "file", "findings", "issues", "peer", "agrees", "why not"),
            ((r["format"] or "refused", r["file"], r["findings"], r["tool_issues"], r["peer"], r["agrees"], r["reason"]) for r in files),
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def mappings() -> str:
    """Give the page of the keys of a mapping."""
    from reportkit.sources.mapping import Read, Rule, Source

    def keys(part: type[Source | Read | Rule]) -> Iterator[str]:
        rows = (
            (f"`{f.alias or name}`", f.description or "") for name, f in part.model_fields.items()
        )
        return _table(("key", "meaning"), rows)

    lines = [
        "# Mappings",
        "",
        "A mapping is a TOML file that says which column of somebody's export is which column of a table. `reportkit guess FILE` writes a",
        "first one; `templates/mappings/` holds ready ones to copy from.",
        "",
        "## What `guess` does",
        "",
        "It compares the headings, and the cells below them, with what people call the columns of each table",
        "(`reportkit/sources/headings.toml`), and the words of columns that take few with what people write there (`words.toml`): English,",
        "and the common ones in German, French and Dutch.",
        "",
        "- A heading that names a column, with cells that may be it, becomes a line. One that only looks like it becomes a comment.",
        "- Each word of such a column is written out. Its answer is empty where it is not obvious: what stays empty has no value, and",
        "  rejects the row where the column is required.",
        "- A required column that no heading names is asked for, as a column or as one value for all rows.",
        '- What may be read in two ways is written as a question, such as `order = "dmy or mdy?"`: the mapping is refused until it is answered.',
        "- Without `--table` it takes the table that fits best; with one that fits worse than another, it says so. Of a workbook it takes",
        "  the sheet that fits best, and lists the others with the command for each.",
        "",
        "Read every line: headings lie. Plain numbers in a column that counts in steps, such as the tier of a supplier, are taken as they",
        "stand, where 1 is the worst; a file that counts the other way needs a `map`.",
    ]
    for title, words, part in (
        ("[source]", "What the file is.", Source),
        ("[read]", "How it is read.", Read),
        (
            "[columns]",
            "One rule for each column of the table: a heading, or a table of these keys. A column of the file without a heading is `column 1` by its place.",
            Rule,
        ),
    ):
        lines += ["", f"## {title}", "", words, "", *keys(part)]
    lines += [
        "",
        "## [where] and [unless]",
        "",
        "Words by column of the file: only rows with one of them, and no rows with one of them.",
    ]
    return "\n".join(lines) + "\n"


def measures() -> str:
    """Give the page of the measures."""
    from reportkit.catalogue import FAMILIES, described
    from reportkit.measures import definitions

    known = [described(words) for words in definitions().values()]
    lines = [
        "# Measures",
        "",
        f"{len(known)} measures. A value is never shown without its definition, its day and its source; what cannot be computed is not",
        "measured, and says why. `reportkit measures V06` shows an entry, `reportkit measure V06 --period 2026-Q3 --by severity` computes it.",
        "Limits are defaults until `thresholds` says otherwise. Measures of people leave out cells of fewer than five.",
    ]
    for letter, family in FAMILIES.items():
        own = [said for said in known if said["id"].startswith(letter)]
        lines += ["", f"## {family}"] if own else []
        for said in own:
            lines += ["", f"### {said['id']} {said['name']}", "", said["definition"], ""]
            facts = [
                (title, said[name])
                for title, name in (
                    ("Why", "why"), ("Used for", "use"), ("Clock", "clock"), ("Unit", "unit"), ("Direction", "direction"), ("Limits", "limits"),
                    ("Tables", "needs"), ("Columns", "fields"), ("Split by", "split by"), ("Kind", "kind"), ("Source", "source"), ("Version", "version"),
                )
                if said[name]
            ]  # fmt: skip
            lines += _table(("", ""), facts)
    return "\n".join(lines) + "\n"


def notebooks() -> str:
    """Give the page of the tags of cells and the rules of ``reportkit check``."""
    from reportkit.lint import RULES, TAGS

    lines = [
        "# Notebooks",
        "",
        "A report is a Jupyter notebook: one cell shows one thing, and tags say what becomes of a cell (in JupyterLab: the gears on the",
        "right, Cell Tags). `reportkit new report NAME` writes one to start from.",
        "",
        "## Tags",
        "",
        *_table(("tag", "what it does"), ((f"`{name}`", words) for name, words in TAGS.items())),
        "",
        "## What `reportkit check` looks at",
        "",
        "It reads the file and runs nothing. A fault is told with its cell; the exit code is then 4. A run judges the rest by its gates.",
        "",
        *_table(("rule", "what must hold"), ((f"`{name}`", (rule.__doc__ or "").strip()) for name, rule in RULES.items())),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Give the page of commands, from the command line itself."""
    import typer

    from reportkit.cli.app import app

    lines = [
        "# Commands",
        "",
        "`reportkit COMMAND --help` says the same. Errors end in one sentence; the exit codes stand at the end.",
        "",
    ]
    lines += _commands("reportkit", typer.main.get_command(app))
    from reportkit.errors import EXIT_CODES

    lines += ["", "## Exit codes", "", *_table(("code", "meaning"), EXIT_CODES.items())]
    return "\n".join(lines) + "\n"


def _commands(name: str, command: Any) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if name != "reportkit":
        yield from (f"## {name}", "", *(_words(command.help).splitlines()), "")
        rows = [
            (f"`{_given(one)}`", _words(one.help))
            for one in command.params
            if one.name != "help" and not getattr(one, "hidden", False)
        ]
        if rows and not inner:
            yield from (*_table(("given", "meaning"), rows), "")
    for word in sorted(inner):
        if not inner[word].hidden:
            yield from _commands(f"{name} {word}", inner[word])


def _given(one: Any) -> str:
    if one.param_type_name == "argument":
        return str(one.metavar or one.name.upper())
    return ", ".join((*one.opts, *one.secondary_opts))


def _words(text: str | None) -> str:
    lines = [line.strip() for line in (text or "").replace("\f", "").splitlines()]
    return "\n".join(lines).strip()


def configuration() -> str:
    """Give the page of the configuration: every key with its default, as a new workspace has it."""
    from reportkit.cli import setup

    lines = [
        "# Configuration",
        "",
        "`reportkit.toml` of a new workspace: every key, its default and what it means. `reportkit config check` holds a file against it,",
    ]
    lines += [
        "`reportkit config schema` gives an editor its [JSON schema](reportkit.schema.json); mappings have [one of their own](mapping.schema.json)."
    ]
    lines += ["", "```toml", setup.configuration({}).rstrip(), "```"]
    return "\n".join(lines) + "\n"


def exporters() -> str:
    """Give the page of exporters."""
    import inspect
    import tomllib

    from reportkit.run import exporters as own
    from reportkit.run import jupyter_scheduler_formats

    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    rows = []
    for name, target in project["entry-points"]["nbconvert.exporters"].items():
        class_ = getattr(own, target.partition(":")[2])
        rows.append(
            (
                f"`{name}`",
                f"`{class_().file_extension}`",
                (inspect.getdoc(class_) or "").splitlines()[0],
            )
        )
    lines = [
        "# Exporters",
        "",
        "`jupyter nbconvert --to NAME`, and File, Save and Export Notebook As in JupyterLab:",
        "",
    ]
    lines += _table(("name", "file", "what it does"), rows)
    lines += [
        "",
        "jupyter-scheduler offers the same formats under its own names when JupyterLab is started by `reportkit lab`:",
        "",
    ]
    lines += _table(
        ("format", "name in the form"),
        ((f"`{key}`", words) for key, words in jupyter_scheduler_formats.FORMATS.items()),
    )
    lines += ["", "What a run keeps beside them is in [Manifest](manifest.md)."]
    return "\n".join(lines) + "\n"


#: What a chart of the gallery is called with; most take the view alone.
CALLS = {
    "bullets": ("K02", "K03", "K05", "K06", "K07", "K04"), "by_part": ("W01",), "course": ("W02",), "multiples": ("V04",), "survival": ("V06", "by=severity"),
}  # fmt: skip


def charts() -> str:
    """Give the gallery: each chart, what it shows and which reports hold it."""
    from reportkit import charts as module
    from reportkit import resources

    used: dict[str, list[str]] = {}
    for name, path in resources.notebooks().items():
        source = path.read_text(encoding="utf-8")
        for chart in sorted(set(re.findall(r"rk\.charts\.(\w+)\(", source))):
            used.setdefault(chart, []).append(name)
    lines = [
        "# Charts",
        "",
        "Each takes a view, gives one message with its numbers, and says what stands in its place when there is nothing to draw. The pictures",
        "are of the fictional company of `reportkit demo`; `python docs/make.py --gallery WORKSPACE` draws them again.",
    ]
    for name in (n for n in module.__all__ if n != "Plot"):
        words = " ".join((getattr(module, name).__doc__ or "").split("\n\n")[0].split())
        given = "".join(
            f", {a.replace('=', '=' + chr(34)) + chr(34) if '=' in a else chr(34) + a + chr(34)}"
            for a in CALLS.get(name, ())
        )
        where = (
            f"In {', '.join(f'`{one}`' for one in used[name])}."
            if name in used
            else "In no report of the suite; for one of your own."
        )
        lines += [
            "",
            f"## {name}",
            "",
            f"{words} {where}",
            "",
            f"`rk.charts.{name}(view{given})`",
            "",
            f"![{name}](../gallery/{name}.svg)",
        ]
    return "\n".join(lines) + "\n"


def draw(workspace: str) -> None:
    """Draw the pictures of the gallery from a workspace."""
    import reportkit as rk
    from reportkit.render import charts as drawing
    from reportkit.render import model

    (HERE / "gallery").mkdir(exist_ok=True)
    view = rk.open(workspace).at("2026-Q3")
    for name in (n for n in rk.charts.__all__ if n != "Plot"):
        given = CALLS.get(name, ())
        plain, named = (
            [a for a in given if "=" not in a],
            dict(a.split("=") for a in given if "=" in a),
        )
        made = getattr(rk.charts, name)(view, *plain, **named)
        if not isinstance(made, rk.charts.Plot):
            sys.exit(f"{name} has nothing to draw in {workspace}: {made}")
        spec = made.spec()
        for part in ("title", "description", "usermeta"):
            spec.pop(part)
        svg = drawing.svg(model.Chart(id=name.replace("_", "-"), spec=spec, alt=made.alt))
        wide, high = drawing.svg_size(svg)
        svg = svg.replace('font-family="Inter"', 'font-family="Inter, Arial, sans-serif"')
        width = max(wide, 560.0) + 24
        said = [(line, 15, 600, "#0B2239") for line in wrap(made.title, int(width / 8.4))]
        said += [(line, 12, 400, "#556374") for line in wrap(made.subtitle, int(width / 6.2))]
        heads = "".join(
            f'<text x="12" y="{26 + 20 * place}" font-family="Inter, Arial, sans-serif" font-size="{size}" font-weight="{weight}" fill="{fill}">{escape(text)}</text>'
            for place, (text, size, weight, fill) in enumerate(said)
        )
        top = 20 * len(said) + 22
        framed = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {high + top + 12:.0f}" width="{width:.0f}" height="{high + top + 12:.0f}" role="img">'
            f"<title>{escape(made.title)}</title><desc>{escape(made.alt)}</desc>"
            f'<rect width="100%" height="100%" fill="white"/>{heads}<g transform="translate(12 {top})">{svg}</g></svg>'
        )
        rounded = re.sub(r"(\.\d\d)\d+(?!\d*e)", r"\1", framed)
        (HERE / "gallery" / f"{name}.svg").write_text(rounded + "\n", encoding="utf-8")


def gates() -> str:
    """Give the page of the checks between rendered and sent."""
    from datetime import UTC, date, datetime

    from reportkit import gates as found
    from reportkit.facts import Cover
    from reportkit.render.model import Document

    day = date(2026, 9, 30)
    cover = Cover(
        title="",
        subtitle="",
        organisation="",
        period="",
        as_of=day,
        known_by=datetime(2026, 10, 9, tzinfo=UTC),
    )
    empty = found.Evidence(
        notebook={"cells": []}, bound={}, document=Document(cover=cover, blocks=())
    )

    def row(judge: Callable[[found.Evidence], found.Gate]) -> tuple[str, str, str]:
        gate = judge(empty)
        kind = (
            "holds; never released"
            if gate.name in found.NEVER_RELEASED
            else "holds"
            if gate.holds
            else "tells"
        )
        return f"`{gate.name}`", (judge.__doc__ or "").strip().splitlines()[0], kind

    lines = [
        "# Checks",
        "",
        "Each run passes these between the last cell and the moment at which it may be approved. Result and reason of each stand in",
        "`manifest.json` and, in short, on the last page. A check that *holds* keeps the report back (exit code 5) until it is repaired and",
        "run again, or until somebody lets it pass by name and for a reason: `reportkit release RUN --gate NAME --reason TEXT --by NAME`",
        "(`docs/evidence.md`). One that *tells* is shown and listed. A page that is too large tells, a mail that would be cut holds.",
        "",
        "## On what the notebook says",
        "",
        *_table(("check", "what must hold", "a failure"), map(row, found.CONTENT)),
        "",
        "## On what was written, for the draft and again for the final edition",
        "",
        *_table(("check", "what must hold", "a failure"), map(row, found.ARTEFACTS)),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def manifest() -> str:
    """Give the page of the fields of ``manifest.json``."""
    from pydantic import BaseModel

    from reportkit.run import schema

    def rows(part: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
        for name, one in part.model_json_schema()["properties"].items():
            yield f"`{name}`", _type(one), part.model_fields[name].description or ""

    parts = [
        one
        for one in vars(schema).values()
        if isinstance(one, type)
        and issubclass(one, BaseModel)
        and one.__module__ == schema.__name__
        and not one.__name__.startswith("_")
    ]
    lines = [
        "# manifest.json",
        "",
        f"What a run says of itself, version {schema.VERSION} of the schema (`docs/reference/manifest.schema.json` for programs). It is written once,",
        "when the run ends, and never changed: what becomes of the run after that stands in the ledger. It holds no secret, no folder of the",
        "machine and no name of a user. A field keeps its meaning as long as the version is the same.",
    ]
    for part in sorted(parts, key=lambda one: one is not schema.Manifest):
        title = "The whole" if part is schema.Manifest else part.__name__
        lines += ["", f"## {title}", "", (part.__doc__ or "").strip().splitlines()[0], "", *_table(("field", "type", "meaning"), rows(part))]  # fmt: skip
    return "\n".join(lines) + "\n"


def _type(said: dict[str, object]) -> str:
    """Say a type of a JSON schema in words."""
    if "$ref" in said:
        return str(said["$ref"]).rpartition("/")[2]
    if "const" in said:
        return repr(said["const"])
    if isinstance(said.get("enum"), list):
        return ", ".join(map(str, said["enum"]))  # type: ignore[call-overload]
    if isinstance(said.get("anyOf"), list):
        return " or ".join(_type(one) for one in said["anyOf"])  # type: ignore[attr-defined]
    kind = str(said.get("type", "any value"))
    inner = said.get("items", said.get("additionalProperties"))
    if isinstance(inner, dict):
        return f"{'list' if kind == 'array' else 'object'} of {_type(inner)}"
    if said.get("pattern") == "^[0-9a-f]{64}$":
        return "SHA-256"
    return kind


def _manifest_schema() -> str:
    from reportkit.run.schema import Manifest

    return json.dumps(Manifest.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def _schema(name: str) -> str:
    from reportkit import schemas

    return json.dumps(getattr(schemas, name)(), indent=2, ensure_ascii=False) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "reference/measures.md": measures,
    "reference/tables.md": tables,
    "reference/formats.md": formats,
    "reference/mappings.md": mappings,
    "reference/notebooks.md": notebooks,
    "reference/commands.md": commands,
    "reference/configuration.md": configuration,
    "reference/exporters.md": exporters,
    "reference/charts.md": charts,
    "reference/gates.md": gates,
    "reference/manifest.md": manifest,
    "reference/manifest.schema.json": _manifest_schema,
    "reference/reportkit.schema.json": lambda: _schema("configuration"),
    "reference/mapping.schema.json": lambda: _schema("mapping"),
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--gallery"]:
        draw(sys.argv[2])
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
