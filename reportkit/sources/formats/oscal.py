"""OSCAL in JSON, XML or YAML: what a catalogue or profile asks for, what an assessment found, what a plan promises.

Catalogues and profiles give requirements (``frameworks``), assessment results give findings (``audits``), a plan of
action and milestones gives its risks with their deadlines (``actions``). The same document gives the same rows in all
three notations. A risk whose deviation was approved is no promise any more, so its action counts as cancelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from reportkit.errors import DataError
from reportkit.sources import document, markup, structured
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import table_of
from reportkit.sources.model import Asked, Records

_KINDS = {
    "catalog": "frameworks",
    "profile": "frameworks",
    "assessment-results": "audits",
    "plan-of-action-and-milestones": "actions",
}
_BEGINS = re.compile(
    rb"\s*(\xef\xbb\xbf)?(?:\{\s*\"|---\s*\n)?(" + "|".join(_KINDS).encode() + rb")\"?\s*:"
)
#: What XML names in the singular.
_PLURALS = {
    "group": "groups", "control": "controls", "import": "imports", "result": "results", "finding": "findings",
    "risk": "risks", "observation": "observations", "with-id": "with-ids", "related-observation": "related-observations",
}  # fmt: skip
#: Elements that hold markup, of which the text is what counts.
_PROSE = frozenset({"title", "description", "statement", "deadline", "status", "collected", "start", "end", "with-id", "published"})  # fmt: skip
_STATUS = {"closed": "done", "deviation-approved": "cancelled"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like one of the four documents."""
    return _BEGINS.match(head) is not None or (
        b"/ns/oscal/" in head and markup.root(head) in _KINDS
    )


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    kind, top = _document(asked)
    rows = list(_READ[kind](top))
    return Records(
        table=_KINDS[kind], rows=table_of(rows), numbers=range(1, len(rows) + 1), records=len(rows)
    )


def _document(asked: Asked) -> tuple[str, dict[str, Any]]:
    """Give the kind of document, and its content as JSON has it."""
    content = asked.content
    if markup.is_markup(content.head):
        for element in markup.elements(content, set(_KINDS)):
            return markup.local(element), _plain(element)
    whole = (
        document.parse(content)[0] if document.is_json(content.head) else structured.yaml(content)
    )
    for kind in _KINDS:
        if found := mapping(mapping(whole).get(kind)):
            return kind, found
    raise DataError(f"{content.path} is OSCAL of no kind that is read here ({', '.join(_KINDS)}).")


def _plain(element: Element) -> dict[str, Any]:
    """Give an XML element as JSON would have it: attributes, texts, and lists under their plural name."""
    found: dict[str, Any] = dict(element.attrib)
    for part in element:
        name = markup.local(part)
        value = (
            " ".join("".join(part.itertext()).split())
            if name in _PROSE and not part.attrib
            else _plain(part)
        )
        if name in _PLURALS:
            found.setdefault(_PLURALS[name], []).append(value)
        elif name == "include-controls":
            found.setdefault(name, []).append(value)
        else:
            found.setdefault(name, value)
    return found


def _controls(
    node: dict[str, Any], parent: str | None
) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Give all controls below a group or control, with what each belongs to."""
    for control in items(node.get("controls")):
        yield control, parent
        yield from _controls(control, word(control.get("id")))
    for group in items(node.get("groups")):
        yield group, parent
        yield from _controls(group, word(group.get("id")))


def _catalogue(top: dict[str, Any]) -> Iterator[dict[str, Any]]:
    name = _title(top)
    for control, parent in _controls(top, None):
        if word(control.get("id")):
            yield {"framework": name, "requirement_id": control["id"], "title": word(control.get("title")), "parent_id": parent}  # fmt: skip


def _profile(top: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the controls a profile picks; an enhancement (ac-2.3) belongs to its control."""
    name = _title(top)
    for source in items(top.get("imports")):
        for chosen in items(source.get("include-controls")):
            for control in chosen.get("with-ids") or []:
                parent = str(control).partition(".")[0] if "." in str(control) else None
                yield {"framework": name, "requirement_id": str(control), "parent_id": parent, "applicable": "true"}  # fmt: skip


def _results(top: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for result in items(top.get("results")):
        risks = {risk.get("uuid"): risk for risk in items(result.get("risks"))}
        seen = {o.get("uuid"): _day(o.get("collected")) for o in items(result.get("observations"))}
        for finding in items(result.get("findings")):
            target = mapping(finding.get("target"))
            status = target.get("status")
            state = word(mapping(status).get("state")) or word(status)
            if state == "satisfied":
                continue
            days = [day for r in items(finding.get("related-observations")) if (day := seen.get(r.get("observation-uuid")))]  # fmt: skip
            due = [_day(risks.get(r.get("risk-uuid"), {}).get("deadline")) for r in _several(finding, "related-risk")]  # fmt: skip
            yield {
                "finding_id": finding.get("uuid"),
                "title": word(finding.get("title")),
                "control_id": word(target.get("target-id")),
                "opened": min(days, default=_day(result.get("start"))),
                "due_original": min(filter(None, due), default=None),
                "state": "open",
            }


def _plan(top: dict[str, Any]) -> Iterator[dict[str, Any]]:
    seen = {o.get("uuid"): _day(o.get("collected")) for o in items(top.get("observations"))}
    for risk in items(top.get("risks")):
        days = [day for r in items(risk.get("related-observations")) if (day := seen.get(r.get("observation-uuid")))]  # fmt: skip
        due = _day(risk.get("deadline"))
        yield {
            "action_id": risk.get("uuid"),
            "parent_type": "audit",
            "title": word(risk.get("title")),
            "opened": min(days, default=None),
            "due_original": due,
            "due_current": due,
            "status": _STATUS.get(word(risk.get("status")) or "", "open"),
        }


def _several(node: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Give what stands under a plural name, or in XML as one under a singular name."""
    return items(node.get(f"{name}s")) or items([node.get(name)])


def _title(top: dict[str, Any]) -> str:
    return word(mapping(top.get("metadata")).get("title")) or "OSCAL"


def _day(value: Any) -> str | None:
    """Give the day of an instant where it was written down; OSCAL instants carry their own zone."""
    return (word(value) or "")[:10] or None


_READ = {
    "catalog": _catalogue,
    "profile": _profile,
    "assessment-results": _results,
    "plan-of-action-and-milestones": _plan,
}
