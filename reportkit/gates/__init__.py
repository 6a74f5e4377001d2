"""Named checks between "rendered" and "may be sent"; each gives a result and a reason for the manifest."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from reportkit.facts import INJECTED
from reportkit.gates.data import commentary, fresh, restated
from reportkit.gates.evidence import Evidence, Gate, Result
from reportkit.gates.external import external
from reportkit.gates.printed import glyphs, overflow, whole
from reportkit.gates.private import paths, secrets
from reportkit.gates.written import agrees

__all__ = [
    "ARTEFACTS", "CONTENT", "NEVER_RELEASED", "Evidence", "Gate", "Result", "artefacts", "commentary", "content", "fresh", "glyphs",
    "held", "overflow", "paths", "restated", "secrets", "whole",
]  # fmt: skip

#: What nobody may let pass: a report that did not run, is not the one asked for, or gives away what it must not.
NEVER_RELEASED = frozenset({"complete", "parameters", "secrets", "network"})
#: A larger page opens slowly on a phone and is refused by some mail gateways.
PAGE_BYTES = 1_000_000
#: Mail programs cut a larger body.
BODY_BYTES = 100_000
_NOT_COUNTED = {INJECTED, "skip-execution"}


def content(evidence: Evidence) -> tuple[Gate, ...]:
    """Judge what the notebook says, before anything is written."""
    return tuple(judge(evidence) for judge in CONTENT)


def artefacts(evidence: Evidence) -> tuple[Gate, ...]:
    """Judge what was written."""
    return tuple(judge(evidence) for judge in ARTEFACTS)


def held(gates: Iterable[Gate]) -> tuple[Gate, ...]:
    """Give the gates that keep a report back."""
    return tuple(gate for gate in gates if gate.result == "fail" and gate.holds)


# ---- what the notebook says ------------------------------------------------------------------------------------------


def complete(evidence: Evidence) -> Gate:
    """Every cell with code ran, and none ended in an error its author did not allow."""
    cells = [cell for cell in evidence.notebook["cells"] if cell["cell_type"] == "code"]
    due = [
        cell for cell in cells if "".join(cell["source"]).strip() and not _tags(cell) & _NOT_COUNTED
    ]
    missed = [number for number, cell in enumerate(due, 1) if cell.get("execution_count") is None]
    failed = [
        number
        for number, cell in enumerate(due, 1)
        if "raises-exception" not in _tags(cell)
        and any(output["output_type"] == "error" for output in cell.get("outputs", ()))
    ]
    if missed or failed:
        return Gate(
            "complete",
            "fail",
            f"code cells that did not run: {missed or 'none'}; that failed: {failed or 'none'}",
        )
    return Gate("complete", "pass", f"all {len(due)} code cells ran")


def parameters(evidence: Evidence) -> Gate:
    """The values the notebook was given are the values that were asked for."""
    if not evidence.bound:
        return Gate("parameters", "not-applicable", "no parameter was passed")
    cell = next((cell for cell in evidence.notebook["cells"] if INJECTED in _tags(cell)), None)
    if cell is None:
        return Gate(
            "parameters", "fail", "the notebook holds no cell with the parameters of this run"
        )
    seen = dict(_assigned("".join(cell["source"])))
    wrong = sorted(
        name for name in evidence.bound if name not in seen or seen[name] != evidence.bound[name]
    )
    if wrong or seen.keys() - evidence.bound.keys():
        return Gate(
            "parameters",
            "fail",
            f"not as asked for: {', '.join(wrong) or 'further names were set'}",
        )
    return Gate("parameters", "pass", f"{len(seen)} values as asked for")


def _assigned(source: str) -> Iterator[tuple[str, Any]]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, ast.literal_eval(node.value)


def alt_text(evidence: Evidence) -> Gate:
    """Every chart and picture says in words what it shows."""
    from reportkit.render.model import Chart, Image

    pictures = [
        placed for placed in evidence.document.blocks if isinstance(placed.content, Chart | Image)
    ]
    missing = evidence.document.without_alt
    if missing:
        return Gate("alt_text", "fail", f"without alternative text: {', '.join(missing)}")
    if not pictures:
        return Gate("alt_text", "not-applicable", "no charts or pictures")
    return Gate(
        "alt_text", "pass", f"all {len(pictures)} charts and pictures have alternative text"
    )


def reconciled(evidence: Evidence) -> Gate:
    """Every roll-forward adds up, and opens where the last published report closed."""
    found = evidence.document.facts.reconciliations
    wrong = [
        f"{item.name}: {item.opening:g} {item.restated:+g} and its movements do not give {item.closing:g}"
        for item in found
        if not item.holds
    ]
    wrong += [
        f"{item.name}: opens at {item.opening:g}, but {item.told:g} was told"
        for item in found
        if item.told is not None and abs(item.told - item.opening) > 1e-9
    ]
    if wrong:
        return Gate("reconciled", "fail", "; ".join(wrong))
    if not found:
        return Gate("reconciled", "not-applicable", "no roll-forwards")
    return Gate("reconciled", "pass", f"all {len(found)} roll-forwards add up and open as told")


def bound(evidence: Evidence) -> Gate:
    """Every number in prose is the measure it stands for, at the precision it is written with."""
    found = evidence.document.facts.bindings
    if not found:
        return Gate("bound", "not-applicable", "no numbers in prose are bound to measures")
    told = {
        figure.measure: figure.value
        for figure in evidence.document.facts.figures
        if not figure.scope
    }
    wrong = [
        f"{item.measure}: the text says {item.text!r}, the measure {_plain(item.value)}"
        for item in found
        if not agrees(item.text, item.value)
    ]
    wrong += [
        f"{item.measure}: the text stands for {_plain(item.value)}, the report shows {_plain(told[item.measure])}"
        for item in found
        if item.part == "value"
        and item.measure in told
        and not _same(item.value, told[item.measure])
    ]
    if wrong:
        return Gate("bound", "fail", "; ".join(dict.fromkeys(wrong)))
    return Gate("bound", "pass", f"all {len(found)} bound numbers agree with their measures")


def typed(evidence: Evidence) -> Gate:
    """No number in the author's words was typed by hand; such a number is nobody's, and may be yesterday's."""
    found = evidence.document.facts.typed
    if found:
        reason = f"typed by hand and bound to no measure: {', '.join(found)}"
        return Gate("typed", "fail", reason, holds=False)
    if not evidence.document.facts.bindings:
        return Gate("typed", "not-applicable", "no numbers in prose", holds=False)
    return Gate("typed", "pass", "every number in prose is bound to a measure", holds=False)


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(one))


def _plain(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"


# ---- what was written ------------------------------------------------------------------------------------------------


def network(evidence: Evidence) -> Gate:
    """Nothing in page or mail is fetched from anywhere when it is opened."""
    if not evidence.pages:
        return Gate("network", "not-applicable", "no page or mail was written")
    found = [f"{name}: {what}" for name, text in evidence.pages.items() for what in external(text)]
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        return Gate("network", "fail", f"fetched when opened: {'; '.join(found[:5])}{more}")
    return Gate("network", "pass", f"{' and '.join(evidence.pages)} ask for nothing")


def size(evidence: Evidence) -> Gate:
    """Page and mail body are small enough; a mail body that would be cut on its way holds the report."""
    sizes = {name: len(text.encode()) for name, text in evidence.pages.items()}
    if not sizes:
        return Gate("size", "not-applicable", "no page or mail was written")
    limits = {name: BODY_BYTES if name.endswith(".eml") else PAGE_BYTES for name in sizes}
    large = [name for name in sizes if sizes[name] > limits[name]]
    told = ", ".join(f"{name} {value / 1000:,.0f} kB" for name, value in sizes.items())
    if not large:
        return Gate("size", "pass", told)
    cut = any(name.endswith(".eml") for name in large)
    return Gate("size", "fail", f"{' and '.join(large)} too large ({told})", holds=cut)


def conformant(evidence: Evidence) -> Gate:
    """The PDF is written for screen readers (UA-1) and archives (A-2a)."""
    if evidence.conformance is None:
        return Gate("conformant", "not-applicable", "no PDF was written", holds=False)
    if not evidence.conformance:
        return Gate(
            "conformant", "fail", "the PDF claims no standard; see the warnings", holds=False
        )
    names = [
        f"PDF/{name.split('-')[0].upper()}-{name.split('-')[1]}" for name in evidence.conformance
    ]
    return Gate("conformant", "pass", " and ".join(names), holds=False)


def _tags(cell: Mapping[str, Any]) -> set[str]:
    return set(cell.get("metadata", {}).get("tags", ()))


#: In the order in which they judge.
CONTENT: tuple[Callable[[Evidence], Gate], ...] = (
    complete, parameters, alt_text, fresh, reconciled, restated, bound, commentary, typed,
)  # fmt: skip
ARTEFACTS: tuple[Callable[[Evidence], Gate], ...] = (
    overflow, glyphs, secrets, paths, network, size, conformant, whole,
)  # fmt: skip
