"""Security advisories in CSAF 2.0.

A finding is one vulnerability of one product that the advisory says is affected; whether the product is in use here, an
advisory does not know, so it names no asset. What is fixed, not affected or under investigation is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reportkit.sources import cvss, document
from reportkit.sources.document import items, mapping, word
from reportkit.sources.findings import Findings, cves, score_columns
from reportkit.sources.model import Asked, Records

_AFFECTED = ("known_affected", "first_affected", "last_affected")


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like an advisory."""
    return document.is_json(head) and b'"csaf_version"' in head


def read(asked: Asked) -> Records:
    """Read all records of the file."""
    whole, problems = document.parse(asked.content)
    top = mapping(whole)
    tracking = mapping(mapping(top.get("document")).get("tracking"))
    names = dict(_products(mapping(top.get("product_tree"))))
    found = Findings("CSAF", asked)
    for entry in items(top.get("vulnerabilities")):
        status = mapping(entry.get("product_status"))
        affected = dict.fromkeys(str(p) for key in _AFFECTED for p in status.get(key) or [])
        found.records += sum(len(status[key]) for key in status if isinstance(status[key], list))
        for product in affected:
            _add(found, entry, product, names.get(product, product), tracking)
    return found.done(problems)


def _products(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the name of each product by its id: in branches, in a plain list, and as one product in another."""
    for part in [*items(node.get("full_product_names")), mapping(node.get("product")), *(mapping(r.get("full_product_name")) for r in items(node.get("relationships")))]:  # fmt: skip
        if word(part.get("product_id")):
            yield str(part["product_id"]), word(part.get("name")) or str(part["product_id"])
    for branch in items(node.get("branches")):
        yield from _products(branch)


def _add(
    found: Findings, entry: dict[str, Any], product: str, name: str, tracking: dict[str, Any]
) -> None:
    scores = None
    for score in items(entry.get("scores")):
        given = mapping(score.get("cvss_v4") or score.get("cvss_v3") or score.get("cvss_v2"))
        if product in (score.get("products") or []) and given:
            scores = cvss.score(word(given.get("baseScore")), word(given.get("version")), word(given.get("vectorString")))  # fmt: skip
            break
    numbers = cves(word(entry.get("cve")))
    named = [word(item.get("text")) for item in items(entry.get("ids"))]
    rule = numbers[0] if numbers else next(filter(None, named), word(entry.get("title")))
    fixes = [p for r in items(entry.get("remediations")) if r.get("category") == "vendor_fix" for p in r.get("product_ids") or []]  # fmt: skip
    day = (word(tracking.get("current_release_date")) or "")[:10] or None
    found.add(
        found.records,
        rule,
        found.severity(found.records, None, scores),
        f"{word(tracking.get('id')) or ''}|{product}",
        location=word(tracking.get("id")),
        component=name,
        title=word(entry.get("title")) or rule,
        cves=numbers,
        opened=(word(tracking.get("initial_release_date")) or "")[:10] or None,
        last_seen=day,
        fix_available="true" if product in fixes else None,
        **score_columns(scores),
    )
