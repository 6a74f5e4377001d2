"""CycloneDX bills of materials, JSON and XML, with the vulnerabilities they carry.

A finding is one vulnerability on one affected component of one product. A bill without vulnerabilities has none. What the
maker's analysis says counts: not affected and false positive are no open findings, resolved is fixed. Severity is that
of the first rating that names one, else the grade of its score. XML before 1.4 carries vulnerabilities inside
components; both are read alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportkit.errors import DataError
from reportkit.sources import cvss, document, markup
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import WORDS, Findings, cves, score_columns
from reportkit.sources.model import Asked, Problem, Records

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LEVELS = WORDS | {"unknown": "info", "negligible": "info"}
STATES = {
    "resolved": "fixed",
    "resolved_with_pedigree": "fixed",
    "exploitable": "open",
    "in_triage": "open",
    "false_positive": "false_positive",
    "not_affected": "false_positive",
}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a CycloneDX bill of materials."""
    if document.is_json(head):
        return b'"bomFormat"' in head or b"cyclonedx.org/schema" in head
    return b"cyclonedx.org/schema" in head and markup.root(head) == "bom"


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    found = Findings("CycloneDX", asked, LEVELS)
    problems: list[Problem] = []
    if document.is_json(asked.content.head):
        whole, problems = document.parse(asked.content)
        if not isinstance(whole, dict) or "bomFormat" not in whole:
            raise DataError(f"{asked.content.path} is not a CycloneDX bill: it has no 'bomFormat'.")
        bill = whole
    else:
        if markup.check(asked.content) != "bom":
            raise DataError(f"{asked.content.path} is not a CycloneDX bill: its root is not <bom>.")
        bill = _from_xml(asked)
    metadata = mapping(bill.get("metadata"))
    product = _named(mapping(metadata.get("component")))
    made = word(metadata.get("timestamp"))
    names: dict[str, str] = {}
    _names(items(bill.get("components")), names)
    for weakness in items(bill.get("vulnerabilities")):
        for ref in _affected(weakness):
            found.records += 1
            _add(found, weakness, product, names.get(ref or "", ref), made[:10] if made else None)
    return found.done(problems)


def _names(components: list[dict[str, Any]], names: dict[str, str]) -> None:
    for component in components:
        ref, named = word(component.get("bom-ref")), _named(component)
        if ref and named:
            names[ref] = named
        _names(items(component.get("components")), names)


def _named(component: dict[str, Any]) -> str | None:
    parts = (word(component.get(key)) for key in ("group", "name", "version"))
    return " ".join(part for part in parts if part) or None


def _affected(weakness: dict[str, Any]) -> list[str | None]:
    refs = [word(one.get("ref")) for one in items(weakness.get("affects"))]
    return list(dict.fromkeys(refs)) or [None]


def _add(
    found: Findings,
    weakness: dict[str, Any],
    product: str | None,
    component: str | None,
    made: str | None,
) -> None:
    number = found.records
    ratings = items(weakness.get("ratings"))
    scores = cvss.best(
        cvss.score(one.get("score"), one.get("method"), one.get("vector"))
        for one in ratings
        if "cvss" in str(one.get("method") or "cvss").casefold()
    )
    analysis = mapping(weakness.get("analysis"))
    said = word(analysis.get("state")) or "in_triage"
    if said not in STATES:
        found.reject(number, "state", said, f"is not an analysis state ({', '.join(STATES)})")
        return
    state = STATES[said]
    updated = word(analysis.get("lastUpdated")) or made
    rule = word(weakness.get("id"))
    references = (word(one.get("id")) for one in items(weakness.get("references")))
    found.add(
        number,
        rule,
        found.severity(
            number, next((w for one in ratings if (w := word(one.get("severity")))), None), scores
        ),
        component,
        asset_id=product,
        component=component,
        title=f"{rule} in {component}" if component else rule,
        cves=cves(rule) or cves(*references, word(weakness.get("description"))),
        opened=made,
        last_seen=made if state == "open" else None,
        state=state,
        closed=updated[:10] if state == "fixed" and updated else None,
        **score_columns(scores),
    )


def _from_xml(asked: Asked) -> dict[str, Any]:
    """Give the parts of an XML bill that matter, in the shape of a JSON one."""
    bill: dict[str, Any] = {"metadata": {}, "components": [], "vulnerabilities": []}
    wanted = {"metadata", "component", "vulnerability"}
    for element in markup.elements(asked.content, wanted):
        name = markup.local(element)
        if name == "metadata":
            bill["metadata"] = {
                "timestamp": markup.text(element, "timestamp"),
                "component": _component(markup.child(element, "component")),
            }
        elif name == "vulnerability":
            bill["vulnerabilities"].append(_weakness(element, None))
        else:
            for part in element.iter():
                if markup.local(part) == "component":
                    _embedded(part, bill)
    return bill


def _embedded(part: Element, bill: dict[str, Any]) -> None:
    component = _component(part)
    # Bills before 1.4 need no references; the place in the file stands in for one.
    component["bom-ref"] = component["bom-ref"] or f"component {len(bill['components']) + 1}"
    bill["components"].append(component)
    for entry in markup.child(part, "vulnerabilities") or ():
        bill["vulnerabilities"].append(_weakness(entry, component["bom-ref"]))


def _component(element: Element | None) -> dict[str, Any]:
    if element is None:
        return {}
    fields = {name: markup.text(element, name) for name in ("group", "name", "version")}
    return fields | {"bom-ref": element.get("bom-ref")}


def _weakness(element: Element, ref: str | None) -> dict[str, Any]:
    targets = [one for part in element if markup.local(part) == "affects" for one in part]
    return {
        "id": markup.text(element, "id"),
        "description": markup.text(element, "description"),
        "references": [
            {"id": markup.text(one, "id")} for one in markup.child(element, "references") or ()
        ],
        "ratings": [
            {
                "severity": markup.text(one, "severity"),
                "score": markup.text(one, "score", "base") or markup.text(one, "score"),
                "method": markup.text(one, "method"),
                "vector": markup.text(one, "vector"),
            }
            for one in markup.child(element, "ratings") or ()
        ],
        "analysis": {"state": markup.text(element, "analysis", "state")},
        "affects": [{"ref": ref}] if ref else [{"ref": markup.text(one, "ref")} for one in targets],
    }
