"""The last table of a report: what it was made from, which checks it passed, and what somebody let pass.

It holds no time and nothing of the machine, so that the same inputs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reportkit.facts import Cell, Column, Table
from reportkit.locale import plural

if TYPE_CHECKING:
    from reportkit.ledger.releases import Release
    from reportkit.render.model import Document

ID = "evidence"
#: The table in which the reports' own notebooks say how they are made again.
_OWN = "reproducibility"
_LONG = 32
_SHORT = 16
_LISTED = 8


def added(
    document: Document,
    said: Mapping[str, Any],
    gates: Iterable[Mapping[str, Any]],
    *,
    releases: Sequence[Release] = (),
    finished: bool = False,
) -> Document:
    """Give a document with that table as its end; one of an older run, whose manifest says too little, stays as it is.

    Args:
        document: what the notebook says.
        said: the manifest, as far as it is written.
        gates: what was judged so far.
        releases: who let which gate pass.
        finished: whether those are all gates, also those on the written files.
    """
    from reportkit.render.model import Placed

    if "fingerprint" not in said:
        return document
    rows = [
        ("Fingerprint", f"{said['fingerprint'][:_LONG]}… of all inputs: notebook, parameters, rows, words, settings, what was told"),
        ("Rows", _rows(said["inputs"])),
        ("Notebook", f"{said['notebook']['file']}, SHA-256 {said['notebook']['sha256'][:_SHORT]}…, random numbers from {said['seed']}"),
        ("Set by hand", _parameters(said["parameters"])),
        ("Made with", f"reportkit {said['versions']['reportkit']}, templates {said['templates'][:_SHORT]}…; every version stands in the manifest"),
        ("Checks", _checks(list(gates), {one.gate for one in releases}, finished=finished)),
        *(("Released", _released(one)) for one in releases),
    ]  # fmt: skip
    cells = tuple((Cell(text=name, kind="strong"), Cell(text=text)) for name, text in rows if text)
    for number, placed in enumerate(document.blocks):
        own = placed.content
        if isinstance(own, Table) and own.id == _OWN and len(own.columns) == 2:
            # What the report says of itself, and what the run knows, are one table.
            kept = tuple(row for row in own.rows if row[0].text not in {"Inputs", "Made with"})
            whole = replace(placed, content=own.model_copy(update={"rows": kept + cells}))
            blocks = (*document.blocks[:number], whole, *document.blocks[number + 1 :])
            return replace(document, blocks=blocks)
    table = Table(
        id=ID,
        title="How this file was made",
        columns=(Column(label="What"), Column(label="Value", width=4)),
        rows=cells,
        dense=True,
    )
    annexed = any("annex" in placed.tags for placed in document.blocks)
    cell = document.blocks[-1].cell + 1 if document.blocks else 0
    last = Placed(content=table, cell=cell, tags=frozenset({"annex"} if annexed else ()))
    return replace(document, blocks=(*document.blocks, last))


def _rows(inputs: Sequence[Mapping[str, Any]]) -> str:
    rows, rejected = (sum(one[name] for one in inputs) for name in ("rows", "rejected"))
    tables = len({one["table"] for one in inputs})
    lost = f"; {rejected:,} rejected" if rejected else ""
    return f"{rows:,} in {plural(len(inputs), 'load')} of {plural(tables, 'table')}{lost}"


def _parameters(parameters: Mapping[str, Mapping[str, Any]]) -> str:
    given = [f"{name} = {one['value']!r}" for name, one in parameters.items() if one["origin"] == "given"]  # fmt: skip
    more = f" and {len(given) - _LISTED} more" if len(given) > _LISTED else ""
    return f"{', '.join(given[:_LISTED])}{more}" if given else ""


def _checks(gates: Sequence[Mapping[str, Any]], released: set[str], *, finished: bool) -> str:
    passed = sum(gate["result"] == "pass" for gate in gates)
    failed = [gate for gate in gates if gate["result"] == "fail"]
    parts = [f"{passed} passed"]
    for words, names in (
        ("released", [one["name"] for one in failed if one["holds"] and one["name"] in released]),
        ("holding it back", [one["name"] for one in failed if one["holds"] and one["name"] not in released]),
        ("to look at", [one["name"] for one in failed if not one["holds"]]),
    ):  # fmt: skip
        if names:
            parts.append(f"{len(names)} {words} ({', '.join(names).replace('_', ' ')})")
    rest = "" if finished else "; those on the written files stand in the manifest"
    return ", ".join(parts) + rest


def _released(one: Release) -> str:
    return (
        f"{one.gate.replace('_', ' ')} ({one.said}), by {one.by} on {one.at:%d %B %Y}: {one.reason}"
    )
