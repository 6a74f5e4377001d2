"""What the canonical tables said on a day: SQL relations at an as-of date, over tables as known by an instant.

A relation at a day shows only what had happened by then. Rows that began later are absent, ends that came later are
masked, of each versioned thing the version then in force is shown. So no query on a view can read today's status into
the past.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from reportkit import grouping
from reportkit.sql import among, day, quote
from reportkit.tables import OPEN, RECLASSIFIED, TABLES, TableSpec

#: What a relation is made from, besides its own table.
MADE_FROM = {
    "findings": ("assets", "kev"),
    "open_findings": ("findings",),
    "finding_groups": ("findings",),
    "open_finding_groups": ("open_findings",),
    "coverage": ("assets",),
}
#: Days before it was recorded for which a version without a day of its own still speaks.
REACH = timedelta(45)
#: A cell of fewer people than this is not shown.
FEWEST = 5
ESTATE = ("assets", "coverage")
#: Accounts as they were at any time of the quarter: the version in force at its start, and each one since.
SEEN = "identities_seen"
#: Findings that are alike in all that most measures ask, with their number as ``n``; among those open.
GROUPS = ("finding_groups", "open_finding_groups")
FINDINGS = ("findings", "open_findings", *GROUPS)
#: Measures of people stand in ``people_cells``; who asks for ``people_measures`` gets them without cells of few people.
NAMES = (*TABLES, "open_findings", "people_cells", SEEN)
_ENVELOPE = ("source", "recorded_at", "extract_id")


@dataclass(frozen=True)
class Moment:
    """The day a relation shows, and what is in it.

    Attributes:
        schema: where the relations are made.
        known: schema with the tables as known by an instant.
        as_of: the day.
        end: last instant of that day, naive UTC.
        period: key of the quarter; rows of later quarters are absent.
        start: first day of the quarter.
        units: business units to keep, or None for the whole firm.
        once: tables of which each thing is known to have one version, so that none has to be chosen.
        blank: columns of findings in which nothing stands.
        scope: day whose scope and units of assets count, where that is another than the view's own.
    """

    schema: str
    known: str
    as_of: date
    end: datetime
    period: str
    start: date
    units: tuple[str, ...] | None
    once: frozenset[str] = frozenset()
    blank: frozenset[str] = frozenset()
    scope: date | None = None


def named(query: str, needless: Collection[str] = ()) -> list[str]:
    """Give the relations a query may ask for, each after those it is made from, but for what findings need not be made from."""
    found: list[str] = []

    def take(name: str) -> None:
        for part in MADE_FROM.get(name, ()):
            if name not in FINDINGS or part not in needless:
                take(part)
        if name not in found:
            found.append(name)

    words = set(re.findall(r"\w+", query.lower()))
    for name in (*NAMES, *GROUPS):
        if name in words:
            take(name)
    return found


def select(
    name: str, at: Moment, asked: Collection[str] | None = None, *, grouped: bool = False
) -> str:
    """Give the SELECT that a relation stands for.

    Args:
        name: a canonical table, or ``open_findings``.
        at: the day.
        asked: columns that will be used; what only others need is not looked up. None for all.
        grouped: findings that are alike were counted together (:func:`grouping`), and need not be counted one by one.
    """
    if name in GROUPS and asked is None:
        narrow = ", ".join((*grouping.GROUPED, *grouping.BESIDE, "CAST(1 AS BIGINT) AS n"))
        return f"SELECT {narrow} FROM {at.schema}.{'open_findings' if name == 'open_finding_groups' else 'findings'}"
    if name == "open_findings" and asked is None:
        return f"SELECT * FROM {at.schema}.findings WHERE state IN {among(OPEN)}"
    if name in {"people_cells", "people_measures"}:
        return _people(at, masked=name == "people_measures")
    if name == SEEN:
        return _at(TABLES["identities"], at, since=at.start)
    if name == "assets" and at.scope is not None:
        return _rescoped(at, at.scope)
    return _findings(at, asked, name, grouped) if name in FINDINGS else _at(TABLES[name], at)


def _rescoped(at: Moment, since: date) -> str:
    """Give the assets of the day, each in the scope and unit of an earlier day, if it was known then."""
    spec = TABLES["assets"]
    now, then = (_at(spec, replace(at, units=None, as_of=as_of)) for as_of in (at.as_of, since))
    kept = ("unit_id", "in_scope")
    shown = [
        f"CASE WHEN b.asset_id IS NOT NULL THEN b.{name} ELSE a.{name} END AS {name}"
        if name in kept
        else f"a.{name} AS {name}"
        for name in (*spec.names, *_ENVELOPE)
    ]
    units = "" if at.units is None else f" WHERE unit_id IN ({', '.join(map(quote, at.units))})"
    return f"SELECT * FROM (SELECT {', '.join(shown)} FROM ({now}) AS a LEFT JOIN ({then}) AS b ON b.asset_id = a.asset_id) AS rescoped{units}"


def few(name: str, spec: TableSpec) -> str:
    """Give a number of people of a row, left out where the row speaks of fewer than five."""
    sizes = ", ".join(f"NULLIF({size}, 0)" for size in spec.cells)
    return f"CASE WHEN COALESCE({sizes}, {FEWEST}) >= {FEWEST} THEN {name} END AS {name}"


def shown(name: str, known: str) -> str:
    """Give the SELECT of a table with all its versions, without numbers of fewer than five people."""
    spec = TABLES[name]
    if name == "people_measures":
        end = datetime(9999, 12, 31)  # noqa: DTZ001 - naive UTC by contract
        always = Moment("", known, end.date(), end, "~", end.date(), None)
        return _people(always, masked=True)
    columns = [few(column, spec) if column in spec.cells else column for column in spec.names]
    return f"SELECT {', '.join((*columns, *_ENVELOPE))} FROM {known}.{name}"


def _people(at: Moment, *, masked: bool) -> str:
    """Give measures of people, with the mark of small cells and of the next larger ones that would give them away.

    The rule of :func:`reportkit.measures.small.withheld`, over all units of the firm: who reads one unit's numbers may
    know the others. A cell without people is not small; one that counts something and says of how many is.

    Args:
        at: the day.
        masked: leave the numbers of marked cells out, in place of the marks.
    """
    spec = TABLES["people_measures"]
    numbers = ("n", "num", "den", "minutes", "survey_n")
    many = "1000000000"
    sizes = (f"COALESCE(NULLIF({name}, 0), {many})" for name in ("n", "den", "survey_n"))
    fewest = f"LEAST({', '.join(sizes)})"
    table = "PARTITION BY period, measure"
    ordered = f"{table} ORDER BY COALESCE(people, {many}), unit_id"
    shown = [
        f"CASE WHEN NOT hidden THEN {name} END AS {name}" if masked and name in numbers else name
        for name in spec.names
    ]
    shown += [] if masked else ["people", "hidden", "hidden_in_all"]
    units = "" if at.units is None else f" WHERE unit_id IN ({', '.join(map(quote, at.units))})"
    return f"""
SELECT {", ".join((*shown, *_ENVELOPE))}
FROM (
  SELECT *, SUM(CASE WHEN hidden THEN 1 ELSE 0 END) OVER ({table}) AS hidden_in_all
  FROM (
    SELECT *, people IS NOT NULL
      AND (people < {FEWEST} OR (smallest < {FEWEST} AND before_it < {FEWEST})) AS hidden
    FROM (
      SELECT *, MIN(people) OVER ({table}) AS smallest,
        COALESCE(SUM(people) OVER ({ordered} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before_it
      FROM (
        SELECT *, CASE WHEN {fewest} < {many} THEN {fewest} WHEN num > 0 OR minutes > 0 THEN 1 END AS people
        FROM {at.known}.people_measures WHERE period <= {quote(at.period)}
      ) AS counted
    ) AS ranked
  ) AS guarded
) AS told{units}"""


def columns(query: str) -> frozenset[str] | None:
    """Give the words of a query that may be columns, or None when it asks for all of them."""
    if "*" in re.sub(r"count\s*\(\s*\*\s*\)", "", query.lower()):
        return None
    return frozenset(re.findall(r"\w+", query.lower()))


def _at(spec: TableSpec, at: Moment, since: date | None = None) -> str:
    """Give the version in force of each thing, and, where a day is given, every version since that day too."""
    instant = f"TIMESTAMP '{at.end.isoformat(sep=' ')}'"

    def limit(name: str) -> str:
        return instant if spec.column(name).type == "instant" else day(at.as_of)

    masked = spec.happens
    later: dict[str, str] = {}
    for column, event, called, before in spec.later:
        names = ", ".join(map(quote, called))
        case = f"WHEN {column} IN ({names}) AND {event} > {limit(event)} THEN {quote(before)} "
        later[column] = later.get(column, "") + case
    shown = [
        f"CASE WHEN {name} <= {limit(name)} THEN {name} END AS {name}"
        if name in masked
        else f"CASE {later[name]}ELSE {name} END AS {name}"
        if name in later
        else f"CASE WHEN {spec.effective} IS NOT NULL OR {_near(at)} THEN {name} END AS {name}"
        if name in spec.lapses
        else few(name, spec)
        if name in spec.cells
        else name
        for name in spec.names
    ]
    conditions = []
    if spec.effective:
        conditions.append(f"({spec.effective} IS NULL OR {spec.effective} <= {day(at.as_of)})")
    if begin := spec.begins:
        conditions.append(f"({begin} IS NULL OR {begin} <= {limit(begin)})")
    if "period" in spec.names:
        conditions.append(f"(period IS NULL OR period <= {quote(at.period)})")
    unit = ""
    if at.units is not None and "unit_id" in spec.names and not spec.reference:
        unit = f"unit_id IN ({', '.join(map(quote, at.units))})"
        if spec.name == "coverage":
            # What was observed belongs to the unit of the asset, whatever unit the observation names, if any.
            unit = (
                f"(asset_id IN (SELECT asset_id FROM {at.schema}.assets) OR "
                f"({unit} AND asset_id NOT IN (SELECT asset_id FROM {at.known}.assets)))"
            )
        if not spec.effective:
            conditions.append(unit)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    chosen = f"SELECT {', '.join((*shown, *_ENVELOPE))}"
    if not spec.effective:
        return f"{chosen} FROM {at.known}.{spec.name}{where}"
    identity = ", ".join(spec.identity)
    if spec.name in at.once:
        both = " AND ".join(filter(None, (where.removeprefix(" WHERE "), unit)))
        return f"{chosen} FROM {at.known}.{spec.name}{f' WHERE {both}' if both else ''}"
    order = f"{spec.effective} DESC NULLS LAST"
    if spec.lapses:
        # Of several versions without a day the last one that still speaks for this day counts.
        order += f", CASE WHEN {_near(at)} THEN 0 ELSE 1 END, recorded_at DESC"
    last = "rank_ = 1"
    if since is not None:
        recent = f"COALESCE({spec.effective} >= {day(since)}, FALSE)"
        identity, last = f"{identity}, {recent}", f"(rank_ = 1 OR {recent})"
    # Of whose unit a thing is says its version in force: what moved away is not shown by an older one.
    last = f"{last} AND {unit}" if unit else last
    return (
        f"{chosen} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY {identity} ORDER BY {order}) "
        f"AS rank_ FROM {at.known}.{spec.name}{where}) AS versions WHERE {last}"
    )


def _near(at: Moment) -> str:
    """Say that a row was recorded by the day, or so soon after it that it still speaks for it."""
    return f"CAST(recorded_at AS DATE) <= {day(at.as_of + REACH)}"


#: Columns of findings that come from another table, by that table.
_FROM_OTHERS = {
    "assets": ("unit_id", "asset_criticality", "asset_exposure"),
    "thresholds": ("due_original", "due_current"),
    "kev": ("kev", "kev_date", "kev_due", "ransomware"),
}
_MASKED = ("closed", "state", "accepted_at")


def needless(at: Moment, asked: Collection[str] | None) -> frozenset[str]:
    """Give the tables that findings need not be looked up in, when no more is asked of them."""
    if asked is None:
        return frozenset()
    idle = {table for table, names in _FROM_OTHERS.items() if not any(n in asked for n in names)}
    return frozenset(idle - {"assets"} if at.units is not None else idle)


def _findings(
    at: Moment,
    asked: Collection[str] | None,
    name: str,
    grouped: bool = False,  # noqa: FBT001, FBT002 - its own module asks
) -> str:
    """Findings at the day, with unit of the asset, service level at opening and catalogue of exploited ones added.

    A finding known to be fixed without a date counts as closed on the day that became known; one that came back is not
    closed, whatever day an earlier closing left behind. An acceptance ends with its last day. A due date comes from the
    service level in force on the day of opening, so a later change of policy moves no past due date; of two service
    levels from one day the shorter counts. A weakness that stands for several CVEs is known to be exploited from the
    day the first of them is.
    """
    t = day(at.as_of)
    joined = {
        table
        for table, names in _FROM_OTHERS.items()
        if asked is None or any(name in asked for name in names)
    }
    if at.units is not None:
        joined.add("assets")
    added = {
        "unit_id": "COALESCE(f.unit_id, a.unit_id)" if "assets" in joined else "f.unit_id",
        "asset_criticality": "a.criticality" if "assets" in joined else "CAST(NULL AS BIGINT)",
        "asset_exposure": "a.exposure" if "assets" in joined else "CAST(NULL AS VARCHAR)",
        "due_original": "f.due_original",
        "due_current": "f.due_current",
        "kev_date": "f.kev_date",
        "kev_due": "f.kev_due",
        "ransomware": "f.ransomware",
    }

    def first(*options: str) -> str:
        # Where nothing stands, nothing is looked up: then a database can leave out what is listed nowhere.
        filled = [option for option in options if option.removeprefix("f.") not in at.blank]
        filled = filled or [options[-1]]
        return filled[0] if len(filled) == 1 else f"COALESCE({', '.join(filled)})"

    sources = [f"{at.known}.{'finding_groups' if grouped else 'findings'} AS f"]
    if name in GROUPS:
        told = ("due_original", "due_current", *grouping.BESIDE)
        added = {column: how for column, how in added.items() if column in told}
    if grouped:
        # A view keeps its columns, though groups know nothing of these.
        added["unit_id"] = "CAST(NULL AS VARCHAR)"
    if "assets" in joined:
        sources.append(f"LEFT JOIN {at.schema}.assets AS a ON a.asset_id = f.asset_id")
    if "thresholds" in joined:
        policy = "f.opened + CAST(s.days AS INTEGER)"
        added["due_original"] = first("f.due_original", policy)
        added["due_current"] = first("f.due_current", "f.due_original", policy)
        sources.append(
            "LEFT JOIN (SELECT scope, MIN(days) AS days, valid_from, "
            "LEAD(valid_from) OVER (PARTITION BY scope ORDER BY valid_from) AS valid_to "
            f"FROM {at.known}.thresholds WHERE kind = 'sla' GROUP BY scope, valid_from) AS s "
            "ON s.scope = f.severity AND s.valid_from <= f.opened AND (s.valid_to IS NULL OR s.valid_to > f.opened)"
        )
    if "kev" in joined and name not in GROUPS:
        own = [] if "kev" in at.blank else ["CASE WHEN f.kev THEN f.opened END"]
        added["kev_date"] = first("k.date_added", "f.kev_date", *own)
        added["kev_due"] = first("k.due_date", "f.kev_due")
        added["ransomware"] = first("k.ransomware", "f.ransomware")
        several = (
            ""
            if "cve_ids" in at.blank
            else (
                " UNION ALL SELECT cves, MIN(date_added), MIN(due_date), BOOL_OR(ransomware) "
                "FROM (SELECT cves, UNNEST(STRING_SPLIT(cves, '|')) AS vuln_id "
                f"FROM (SELECT DISTINCT cve_ids AS cves FROM {at.known}.findings WHERE cve_ids LIKE '%|%') AS named) AS each_cve "
                f"JOIN {at.schema}.kev USING (vuln_id) GROUP BY cves"
            )
        )
        sources.append(
            "LEFT JOIN (SELECT vuln_id AS cves, date_added, due_date, ransomware "
            f"FROM {at.schema}.kev{several}) AS k ON k.cves = {first('f.cve_ids', 'f.vuln_id')}"
        )
    plain = [name for name in TABLES["findings"].names if name not in {*added, *_MASKED, "kev"}]
    ended = (
        "CASE WHEN f.state IN ('fixed', 'decommissioned') THEN COALESCE(f.closed, CAST(f.recorded_at AS DATE)) "
        "WHEN f.state = 'reopened' THEN NULL ELSE f.closed END"
    )
    beyond: tuple[str, ...] = _ENVELOPE
    if name in GROUPS:
        plain, beyond = [column for column in plain if column in grouping.GROUPED], ("n",)
    counted = "f.n" if grouped else "CAST(1 AS BIGINT) AS n"
    inner = [f"f.{column}" for column in (*plain, "state", "accepted_at")]
    inner += [counted if column == "n" else f"f.{column}" for column in beyond]
    inner += [f"{ended} AS ended", *(f"{how} AS {column}" for column, how in added.items())]
    where = f" WHERE unit_id IN ({', '.join(map(quote, at.units))})" if at.units is not None else ""
    # What is not open is left out before anything is made of it; whether it has ended is said without making the day of it.
    still = (
        f" AND f.state NOT IN {among(RECLASSIFIED)} AND (f.closed > {t} OR f.state = 'reopened' OR (f.closed IS NULL "
        f"AND (f.state NOT IN ('fixed', 'decommissioned') OR CAST(f.recorded_at AS DATE) > {t})))"
        if name in {"open_findings", "open_finding_groups"}
        else ""
    )
    shown = [*plain, *added]
    if name not in GROUPS:
        shown.append(f"COALESCE(kev_date <= {t}, FALSE) AS kev")
    return f"""
SELECT {", ".join(shown)},
  CASE WHEN accepted_at <= {t} THEN accepted_at END AS accepted_at,
  CASE WHEN ended <= {t} THEN ended END AS closed,
  CASE
    WHEN state IN {among(RECLASSIFIED)} THEN state
    WHEN ended <= {t} THEN CASE WHEN state = 'decommissioned' THEN state ELSE 'fixed' END
    WHEN (accepted_at <= {t} OR (state = 'accepted' AND accepted_at IS NULL)) AND (accepted_until IS NULL OR accepted_until >= {t}) THEN 'accepted'
    WHEN state = 'reopened' THEN 'reopened'
    ELSE 'open'
  END AS state, {", ".join(beyond)}
FROM (
  SELECT {", ".join(inner)}
  FROM {" ".join(sources)}
  WHERE (f.opened IS NULL OR f.opened <= {t}){still}
) AS joined{where}"""
