"""What was told: the figures of every published report, kept as they were printed.

``reportkit publish`` is the only act that writes here. The ledger is a SQLite file in the workspace; SQLAlchemy Core
keeps the door open to a server. Nothing is ever updated or deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from reportkit.errors import TemporaryError, UsageError
from reportkit.facts import Facts, Figure

FILE = "ledger.db"

_meta = sa.MetaData()
_publications = sa.Table(
    "publications",
    _meta,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report", sa.String, nullable=False),
    sa.Column("period", sa.String, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("known_by", sa.DateTime, nullable=False),
    sa.Column("published_at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("report", "period", "unit", "revision"),
)
_inputs = sa.Table(
    "publication_inputs",
    _meta,
    sa.Column("publication_id", sa.ForeignKey("publications.id"), primary_key=True),
    sa.Column("table", sa.String, primary_key=True),
    sa.Column("extract", sa.String, primary_key=True),
)
_figures = sa.Table(
    "figures",
    _meta,
    sa.Column("publication_id", sa.ForeignKey("publications.id"), primary_key=True),
    sa.Column("measure", sa.String, primary_key=True),
    sa.Column("scope", sa.String, primary_key=True),
    sa.Column("value", sa.Float),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("definition_version", sa.Integer, nullable=False),
    sa.Column("figure", sa.Text, nullable=False),
)


@dataclass(frozen=True)
class Publication:
    """One published report: which quarter, as known by when, told when."""

    report: str
    period: str
    unit: str
    revision: int
    run_id: str
    as_of: date
    known_by: datetime
    published_at: datetime
    id: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give the publication as plain values for JSON."""
        return asdict(self)


class Ledger:
    """The ledger of one workspace.

    Args:
        folder: the workspace; its ``ledger.db`` is made at the first publication.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._engine = sa.create_engine(f"sqlite:///{self.path}", connect_args={"timeout": 30})

    def publish(
        self,
        publication: Publication,
        facts: Facts,
        extracts: Mapping[str, tuple[str, ...]],
    ) -> Publication:
        """Keep the figures of a report as told.

        Args:
            publication: what is published; its ``revision`` and ``id`` are given by the ledger.
            facts: the facts of the run.
            extracts: SHA-256 of every extract used, by table.

        Raises:
            UsageError: the quarter is already published from another run; told figures are not overwritten.
            TemporaryError: the ledger is locked or cannot be written.
        """
        told = self.publication(publication.report, publication.period, publication.unit)
        if told is not None:
            if told.run_id == publication.run_id:
                return told
            raise UsageError(
                f"Report {told.report} for {told.period} was published on {told.published_at:%d %B %Y} from run "
                f"{told.run_id}; told figures are not overwritten. A new run of it stays a draft."
            )
        try:
            _meta.create_all(self._engine)
            with self._engine.begin() as connection:
                result = connection.execute(
                    _publications.insert().values(
                        report=publication.report,
                        period=publication.period,
                        unit=publication.unit,
                        revision=1,
                        run_id=publication.run_id,
                        as_of=publication.as_of,
                        known_by=publication.known_by,
                        published_at=publication.published_at,
                    )
                )
                number = int((result.inserted_primary_key or (0,))[0])
                inputs = [
                    {"publication_id": number, "table": table, "extract": extract}
                    for table, shas in extracts.items()
                    for extract in sorted(set(shas))
                ]
                figures = {(f.measure, f.scope): f for f in facts.figures}
                if inputs:
                    connection.execute(_inputs.insert(), inputs)
                if figures:
                    connection.execute(
                        _figures.insert(), [_row(number, f) for f in figures.values()]
                    )
        except sa.exc.IntegrityError:
            return self.publish(publication, facts, extracts)
        except sa.exc.OperationalError as error:
            raise TemporaryError(
                f"The ledger {self.path} cannot be written ({error.orig}); try again."
            ) from error
        told = self.publication(publication.report, publication.period, publication.unit)
        if told is None:
            raise TemporaryError(f"The ledger {self.path} did not keep the publication; try again.")
        return told

    def publication(self, report: str, period: str, unit: str = "") -> Publication | None:
        """Give the latest publication of a report for a quarter, or None when it was never published."""
        query = (
            sa.select(_publications)
            .where(
                _publications.c.report == report,
                _publications.c.period == period,
                _publications.c.unit == (unit or ""),
            )
            .order_by(_publications.c.revision.desc())
        )
        found = self._select(query)
        return found[0] if found else None

    def publications(self) -> list[Publication]:
        """List all publications, oldest quarter first."""
        return self._select(
            sa.select(_publications).order_by(_publications.c.as_of, _publications.c.id)
        )

    def figures(self, publication: Publication) -> dict[tuple[str, str], Figure]:
        """Give the told figures of a publication by measure and scope."""
        query = sa.select(_figures.c.figure).where(_figures.c.publication_id == publication.id)
        with self._engine.connect() as connection:
            told = [Figure.model_validate_json(text) for (text,) in connection.execute(query)]
        return {(figure.measure, figure.scope): figure for figure in told}

    def inputs(self) -> list[tuple[Publication, list[tuple[str, str]]]]:
        """List every publication with the table and hash of each extract it rests on."""
        found = []
        for publication in self.publications():
            query = sa.select(_inputs.c.table, _inputs.c.extract).where(
                _inputs.c.publication_id == publication.id
            )
            with self._engine.connect() as connection:
                found.append((publication, [(a, b) for a, b in connection.execute(query)]))
        return found

    def cut_off(self, table: str) -> datetime | None:
        """Give the last instant by which a publication used a table: earlier knowledge can no longer be stated."""
        query = (
            sa.select(sa.func.max(_publications.c.known_by))
            .join(_inputs, _inputs.c.publication_id == _publications.c.id)
            .where(_inputs.c.table == table)
        )
        if not self.path.exists():
            return None
        with self._engine.connect() as connection:
            latest: datetime | None = connection.execute(query).scalar()
        return latest

    def _select(self, query: sa.Select[tuple[object, ...]]) -> list[Publication]:
        if not self.path.exists():
            return []
        with self._engine.connect() as connection:
            return [Publication(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - public by name


def _row(number: int, figure: Figure) -> dict[str, object]:
    return {
        "publication_id": number,
        "measure": figure.measure,
        "scope": figure.scope,
        "value": figure.value,
        "status": figure.status,
        "definition_version": figure.definition_version,
        "figure": json.dumps(figure.model_dump(mode="json"), sort_keys=True),
    }
