"""FIRST's daily file of exploit predictions: the model and the day stand in a comment above the header."""

from __future__ import annotations

import re

from reportkit.sources import text
from reportkit.sources.grid import texts
from reportkit.sources.model import Asked, Problem, Records

_COMMENT = re.compile(rb"#model_version:([^,\r\n]+),score_date:(\d{4}-\d{2}-\d{2})")
_HEADER = {"cve", "epss", "percentile"}


def sniff(head: bytes, name: str) -> bool:  # noqa: ARG001
    """Say whether a file begins like a file of scores."""
    return _COMMENT.match(head) is not None or head.splitlines()[:1] == [b"cve,epss,percentile"]


def read(asked: Asked) -> Records:
    """Read all scores."""
    import pyarrow as pa

    grid = text.grid(asked.content, _HEADER, ",")
    said = _COMMENT.match(asked.content.head)
    day = said.group(2).decode() if said else asked.observed.isoformat() if asked.observed else None
    count = len(grid.numbers)
    problems = list(grid.problems)
    if day is None:
        problems.append(Problem(None, "score_date", None, "is not in the file; give the day of the scores with --observed", "warning"))  # fmt: skip
    columns = {
        "vuln_id": grid.arrow("cve"),
        "epss": grid.arrow("epss"),
        "percentile": grid.arrow("percentile"),
        "score_date": texts([day] * count),
        "model": texts([said.group(1).decode() if said else None] * count),
    }
    return Records(
        table="epss", rows=pa.table(columns), numbers=grid.numbers, records=count, problems=problems
    )
