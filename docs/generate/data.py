"""The pages of what comes in: tables, formats, mappings."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from generate.markdown import ROOT, table


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
            lines += table(("column", "type", "unit", "allowed", "meaning"), rows)
            lines += [f"\n{rule[:1].upper()}{rule[1:]}." for rule in spec.rules]
    return "\n".join(lines) + "\n"


def formats() -> str:
    """Give the page of formats and mappings, with the files they were tried on."""
    from reportkit.cli.formats import tried
    from reportkit.sources import mapping
    from reportkit.sources.formats import described

    with (ROOT / "tests/corpus/agreement.csv").open(encoding="utf-8", newline="") as stream:
        files = list(csv.DictReader(stream))
    agreed = sum(row["agrees"] == "yes" for row in files)
    asserted = [row for row in files if row["peer_count_is"] == "asserted"]
    lines = [
        "# Formats",
        "",
        "`reportkit inspect FILE` says which of these a file is and what it holds; `reportkit formats` lists them.",
        "",
        *table(("format", "what it is"), ((f"`{name}`", words) for name, words in described().items())),
        "",
        "## Ready mappings",
        "",
        "For CSV, JSON lists, Parquet and spreadsheets. One that was not tried on a real export says so.",
        "",
        *table(
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
        *table(
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
        return table(("key", "meaning"), rows)

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
