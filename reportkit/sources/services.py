"""Services that need no mapping of one's own: where their lists are, and what becomes of a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from reportkit.connections import Bearer, CisoAssistant, DefectDojo, Paging, Rest
from reportkit.sources.document import items, mapping
from reportkit.sources.rest import Client, flat

#: Where a CISO Assistant server lists what goes into a table.
_ENDPOINTS = {
    "risks": "risk-scenarios",
    "actions": "applied-controls",
    "audits": "findings",
    "incidents": "incidents",
}


def rest(settings: DefectDojo | CisoAssistant) -> Rest:
    """Give a ready service as a list to ask for, with the mapping that explains it."""
    base = settings.url.rstrip("/")
    auth = Bearer(word="Token", token=settings.token)
    if isinstance(settings, DefectDojo):
        return Rest(
            kind="rest",
            url=f"{base}/api/v2/findings/",
            table=settings.table,
            mapping="defectdojo-api-findings",
            records="results",
            params={"related_fields": "true", "prefetch": "endpoints"},
            auth=auth,
            paging=Paging(kind="offset", parameter="offset", size_parameter="limit", size=250),
            unit=settings.unit,
            complete=settings.complete,
        )
    return Rest(
        kind="rest",
        url=f"{base}/api/{_ENDPOINTS[settings.table]}/",
        table=settings.table,
        mapping=f"ciso-assistant-api-{settings.table}",
        records="results",
        auth=auth,
        paging=Paging(kind="link", field="next"),
        unit=settings.unit,
    )


def records(
    settings: Rest | DefectDojo | CisoAssistant, since: str | None, sleep: Callable[[float], None]
) -> Iterator[dict[str, Any]]:
    """Give all records of a service, each without depth.

    Raises:
        DataError: see :meth:`reportkit.sources.rest.Client.pages`.
    """
    asked = settings if isinstance(settings, Rest) else rest(settings)
    for answer, page in Client(asked, sleep).pages(since):
        for record in page:
            if isinstance(settings, DefectDojo):
                yield from _instances(record, mapping(mapping(answer).get("prefetch")))
            else:
                yield flat(record)


def _instances(record: dict[str, Any], prefetched: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a finding once for each endpoint it is on: each is an instance that can be fixed by itself."""
    known = mapping(prefetched.get("endpoints"))
    names = [
        mapping(known.get(str(number))).get("host") or f"endpoint {number}"
        for number in record.get("endpoints") or []
    ]
    cves = [item.get("vulnerability_id") for item in items(record.get("vulnerability_ids"))]
    plain = flat({**record, "vulnerability_ids": [cve for cve in cves if cve]})
    if not names:
        yield {**plain, "instance": str(record.get("id"))}
    for name in dict.fromkeys(names):
        yield {**plain, "endpoint": name, "instance": f"{record.get('id')}-{name}"}
