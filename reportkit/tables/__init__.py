"""The canonical tables as data: columns, types, units, allowed values, keys.

One row of a table is one version of a thing. Two rules make the two time axes work:

* ``identity`` names the thing, ``effective`` the column from which a version holds. A view at a day shows, for each
  thing, the last version effective on or before that day.
* Rows are never changed. A correction is a new row in a later load; a view known by an instant uses only loads
  recorded by then, and among rows of the same version the last one recorded.

A query sees ``source``, ``recorded_at`` and ``extract_id`` beside the columns of every row.
"""

from __future__ import annotations

from reportkit.errors import DataError, nearest
from reportkit.tables.assurance import AUDITS, CONTROLS, GOVERNANCE, SUPPLIERS, THRESHOLDS
from reportkit.tables.cases import CASES
from reportkit.tables.estate import ASSETS, COVERAGE, FINDINGS, IDENTITIES
from reportkit.tables.programme import INITIATIVES, PEOPLE, SPEND
from reportkit.tables.reference import REFERENCE
from reportkit.tables.risk import ACTIONS, INCIDENTS, RISKS, SCENARIOS
from reportkit.tables.spec import (
    COUNTED,
    OPEN,
    RECLASSIFIED,
    SEVERITIES,
    Column,
    TableSpec,
    Type,
    unpack,
)

__all__ = [
    "COUNTED",
    "OPEN",
    "RECLASSIFIED",
    "REFERENCE",
    "SEVERITIES",
    "TABLES",
    "Column",
    "TableSpec",
    "Type",
    "table",
    "unpack",
]

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (
        ASSETS,
        COVERAGE,
        FINDINGS,
        IDENTITIES,
        INCIDENTS,
        RISKS,
        SCENARIOS,
        ACTIONS,
        AUDITS,
        CONTROLS,
        SUPPLIERS,
        GOVERNANCE,
        PEOPLE,
        SPEND,
        INITIATIVES,
        THRESHOLDS,
        *REFERENCE,
        *CASES,
    )
}


def table(name: str) -> TableSpec:
    """Give a canonical table by name.

    Raises:
        DataError: unknown name; the message holds the nearest known one.
    """
    if name not in TABLES:
        raise DataError(f"Table {name!r} is not known; {nearest(name, TABLES)}")
    return TABLES[name]
