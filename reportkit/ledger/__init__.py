"""What was told: the figures of every published report, kept as they were printed.

``reportkit publish`` is the only act that writes told figures; an erratum adds a revision beside the first, which stays
readable. The ledger is a SQLite file in the workspace, or a PostgreSQL database that several desks share (``[ledger] url``).
Nothing is ever updated or deleted: each row is chained to those before it (:mod:`reportkit.ledger.chain`), and lies beside its run
too (:mod:`reportkit.ledger.journal`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from reportkit import config
from reportkit.errors import TemporaryError, UsageError
from reportkit.exhibit import Exhibit, pairs
from reportkit.facts import Block, Facts, Figure
from reportkit.ledger import approvals, chain, claims, deliveries, releases
from reportkit.ledger.database import FILE, Database, metadata

#: All tables are made together, so all modules that have some are known here.
__all__ = [
    "FILE",
    "Database",
    "Erratum",
    "Event",
    "Ledger",
    "Publication",
    "State",
    "approvals",
    "chain",
    "claims",
    "deliveries",
    "of",
    "releases",
]
#: What happened to a run after it was made; draft and held stand in its own manifest.
State = Literal["released", "approved", "revoked", "published", "superseded"]

_publications = sa.Table(
    "publications",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("report", sa.String, nullable=False),
    sa.Column("period", sa.String, nullable=False),
    sa.Column("unit", sa.String, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("known_by", sa.DateTime, nullable=False),
    sa.Column("published_at", sa.DateTime, nullable=False),
    sa.Column("also", sa.Text, nullable=False, default="[]"),
    sa.UniqueConstraint("report", "period", "unit", "revision"),
)
_inputs = sa.Table(
    "publication_inputs",
    metadata,
    sa.Column("publication_id", sa.ForeignKey("publications.id"), primary_key=True),
    sa.Column("table", sa.String, primary_key=True),
    sa.Column("extract", sa.String, primary_key=True),
)
_figures = sa.Table(
    "figures",
    metadata,
    sa.Column("publication_id", sa.ForeignKey("publications.id"), primary_key=True),
    sa.Column("measure", sa.String, primary_key=True),
    sa.Column("scope", sa.String, primary_key=True),
    sa.Column("value", sa.Float),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("definition_version", sa.Integer, nullable=False),
    sa.Column("figure", sa.Text, nullable=False),
)
_errata = sa.Table(
    "errata",
    metadata,
    sa.Column("publication_id", sa.ForeignKey("publications.id"), primary_key=True),
    sa.Column("measure", sa.String, primary_key=True),
    sa.Column("scope", sa.String, primary_key=True),
    sa.Column("erratum", sa.Text, nullable=False),
)
_events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("by", sa.String, nullable=False, default=""),
    sa.Column("note", sa.Text, nullable=False, default=""),
)


@dataclass(frozen=True, repr=False)
class Publication(Exhibit):
    """One published report: which quarter, as known by when, told when.

    Attributes:
        also: names of the loads that count although they were recorded later; an erratum names them.
    """

    report: str
    period: str
    unit: str
    revision: int
    run_id: str
    as_of: date
    known_by: datetime
    published_at: datetime
    id: int = 0
    also: tuple[str, ...] = ()

    def __repr__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"<Publication {self.report} {self.period}{unit}, revision {self.revision}, published {self.published_at:%Y-%m-%d %H:%M}>"

    def _blocks(self) -> tuple[Block, ...]:
        said = (
            ("Quarter", self.period),
            ("Unit", self.unit or "the whole firm"),
            ("Revision", str(self.revision)),
            ("As of", f"{self.as_of:%Y-%m-%d}"),
            ("Known by", f"{self.known_by:%Y-%m-%d %H:%M} UTC"),
            ("Published", f"{self.published_at:%Y-%m-%d %H:%M} UTC"),
            ("Run", self.run_id),
            ("Counts also", ", ".join(self.also)),
        )
        return (pairs(f"Report {self.report}, as told", said),)

    def to_dict(self) -> dict[str, Any]:
        """Give the publication as plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Erratum:
    """One told figure put right: what it was, what it is, why, and who approved that."""

    measure: str
    scope: str
    name: str
    unit: str
    old: float | None
    new: float | None
    cause: str
    reason: str
    approver: str


@dataclass(frozen=True)
class Event:
    """What happened to a run."""

    run_id: str
    state: State
    at: datetime
    by: str = ""
    note: str = ""


class Ledger(Database):
    """The ledger of one workspace: what was told."""

    # ---- writing -------------------------------------------------------------------------------------------------

    def publish(
        self, publication: Publication, facts: Facts, extracts: Mapping[str, tuple[str, ...]]
    ) -> Publication:
        """Keep the figures of a report as told.

        Args:
            publication: what is published; its ``revision`` and ``id`` are given by the ledger.
            facts: the facts of the run.
            extracts: SHA-256 of every extract used, by table.

        Raises:
            UsageError: the quarter is already published from another run; told figures are not overwritten.
            TemporaryError: the ledger is locked, cannot be reached or cannot be written.
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
            return self._add(publication, 1, facts.figures, extracts, ())
        except sa.exc.IntegrityError:
            return self.publish(publication, facts, extracts)

    def correct(
        self,
        publication: Publication,
        figures: Sequence[Figure],
        errata: Sequence[Erratum],
        extracts: Mapping[str, tuple[str, ...]],
    ) -> Publication:
        """Keep a corrected revision of a published report beside the earlier ones.

        Args:
            publication: the last revision, with the loads that are to count too and the new time of telling.
            figures: all figures of the new revision.
            errata: those that are others, with reason and approver.
            extracts: as in :meth:`publish`.

        Raises:
            UsageError: somebody else corrected it in the meantime.
            TemporaryError: as in :meth:`publish`.
        """
        try:
            told = self._add(publication, publication.revision + 1, figures, extracts, errata)
        except sa.exc.IntegrityError:
            raise UsageError(
                f"Report {publication.report} for {publication.period} has another revision {publication.revision + 1} "
                "since; look at it with 'reportkit errata' and begin again."
            ) from None
        before = self.publication(told.report, told.period, told.unit, publication.revision)
        if before is not None:
            note = f"by revision {told.revision}"
            editions = [event.run_id for event in self.events() if event.note == f"edition of {before.run_id}"]  # fmt: skip
            for run_id in (before.run_id, *editions):
                self.record(Event(run_id, "superseded", told.published_at, note=note))
        return told

    def record(self, event: Event) -> None:
        """Keep what happened to a run."""
        with self.writing() as connection:
            made = connection.execute(_events.insert().values(**asdict(event)))
            chain.add(connection, "events", [int((made.inserted_primary_key or (0,))[0])], event.run_id)  # fmt: skip

    def _add(
        self,
        publication: Publication,
        revision: int,
        figures: Sequence[Figure],
        extracts: Mapping[str, tuple[str, ...]],
        errata: Sequence[Erratum],
    ) -> Publication:
        values = {name: value for name, value in asdict(publication).items() if name not in {"id", "revision", "also"}}  # fmt: skip
        with self.writing() as connection:
            result = connection.execute(
                _publications.insert().values(
                    **values, revision=revision, also=json.dumps(sorted(publication.also))
                )
            )
            number = int((result.inserted_primary_key or (0,))[0])
            parts: tuple[tuple[sa.Table, list[dict[str, Any]]], ...] = (
                (_inputs, [{"publication_id": number, "table": table, "extract": extract} for table, shas in extracts.items() for extract in sorted(set(shas))]),
                (_figures, [_row(number, f) for f in {(f.measure, f.scope): f for f in figures}.values()]),
                (_errata, [{"publication_id": number, "measure": e.measure, "scope": e.scope, "erratum": json.dumps(asdict(e))} for e in errata]),
            )  # fmt: skip
            for table, rows in parts:
                if rows:
                    connection.execute(table.insert(), rows)
            chain.add(connection, "publications", [number], publication.run_id)
        told = self.publication(publication.report, publication.period, publication.unit)
        if told is None:
            raise TemporaryError(
                f"The ledger {self.place} did not keep the publication; try again."
            )
        return told

    # ---- reading -------------------------------------------------------------------------------------------------

    def publication(
        self, report: str, period: str, unit: str = "", revision: int | None = None
    ) -> Publication | None:
        """Give a publication of a report for a quarter, the latest revision when none is named; None when there is none."""
        query = (
            sa.select(_publications)
            .where(
                _publications.c.report == report,
                _publications.c.period == period,
                _publications.c.unit == (unit or ""),
            )
            .order_by(_publications.c.revision.desc())
        )
        if revision is not None:
            query = query.where(_publications.c.revision == revision)
        found = self._select(query)
        return found[0] if found else None

    def publications(self, report: str | None = None, unit: str | None = None) -> list[Publication]:
        """List the publications of a report and of a unit, or all, oldest quarter first."""
        c = _publications.c
        query = sa.select(_publications).order_by(c.as_of, c.id)
        if report is not None:
            query = query.where(c.report == report)
        if unit is not None:
            query = query.where(c.unit == unit)
        return self._select(query)

    def figures(self, publication: Publication) -> dict[tuple[str, str], Figure]:
        """Give the told figures of a publication by measure and scope."""
        query = sa.select(_figures.c.figure).where(_figures.c.publication_id == publication.id)
        told = [Figure.model_validate_json(text) for (text,) in self.rows(query)]
        return {(figure.measure, figure.scope): figure for figure in told}

    def errata(self, publication: Publication) -> list[Erratum]:
        """List what a revision put right; nothing for a first one."""
        query = sa.select(_errata.c.erratum).where(_errata.c.publication_id == publication.id)
        found = [Erratum(**json.loads(text)) for (text,) in self.rows(query)]
        return sorted(found, key=lambda one: (one.measure, one.scope))

    def events(self, run_id: str | None = None) -> list[Event]:
        """List what happened to a run, or to all, in its order."""
        query = sa.select(
            _events.c.run_id, _events.c.state, _events.c.at, _events.c.by, _events.c.note
        ).order_by(_events.c.id)
        if run_id is not None:
            query = query.where(_events.c.run_id == run_id)
        return [Event(*row) for row in self.rows(query)]

    def inputs(self) -> list[tuple[Publication, list[tuple[str, str]]]]:
        """List every publication with the table and hash of each extract it rests on."""
        found = []
        for publication in self.publications():
            query = sa.select(_inputs.c.table, _inputs.c.extract).where(
                _inputs.c.publication_id == publication.id
            )
            found.append((publication, [(a, b) for a, b in self.rows(query)]))
        return found

    def cut_off(self, table: str) -> datetime | None:
        """Give the last instant by which a publication used a table: earlier knowledge can no longer be stated."""
        query = (
            sa.select(sa.func.max(_publications.c.known_by))
            .join(_inputs, _inputs.c.publication_id == _publications.c.id)
            .where(_inputs.c.table == table)
        )
        found = self.rows(query)
        latest: datetime | None = found[0][0] if found else None
        return latest

    def _select(self, query: sa.Select[Any]) -> list[Publication]:
        return [
            Publication(**{**values, "also": tuple(json.loads(values["also"]))})
            for values in ({**row._mapping} for row in self.rows(query))  # noqa: SLF001 - public by name
        ]


def of(folder: Path) -> Ledger:
    """Give the ledger of a workspace: its own file, or the database that its configuration names.

    Raises:
        ConfigError: the configuration cannot be understood.
    """
    return Ledger(folder, config.read(folder).ledger.url)


def _row(number: int, figure: Figure) -> dict[str, Any]:
    return {
        "publication_id": number,
        "measure": figure.measure,
        "scope": figure.scope,
        "value": figure.value,
        "status": figure.status,
        "definition_version": figure.definition_version,
        "figure": json.dumps(figure.model_dump(mode="json"), sort_keys=True),
    }
