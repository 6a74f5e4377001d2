"""People: what they learnt and reported, and what security costs them."""

from __future__ import annotations

import pandas as pd

from reportkit import stats
from reportkit.measures.finishing import left_out, percent, share
from reportkit.measures.model import Moment, Part, Unit, Value
from reportkit.measures.registry import measure
from reportkit.measures.small import unsafe

_DIMS = {"unit": "unit_id"}


def _cells(*names: str) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return (
        "SELECT {group} AS grp, measure, difficulty, unit_id, n, num, den, minutes, survey_n, people, hidden, hidden_in_all FROM people_cells "
        f"WHERE period = {{period}} AND measure IN ({listed}) ORDER BY 1, 2, 4"
    )


def _counted(*names: str) -> dict[str, str]:
    listed = ", ".join(f"'{name}'" for name in names)
    return {"people_measures": f"period = {{period}} AND measure IN ({listed})"}


def _of(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    return rows[rows["measure"] == name]


def _sums(cells: pd.DataFrame) -> tuple[int, int]:
    """Add up both numbers of a share, of the units that gave both: half a share is none."""
    both = cells[cells["num"].notna() & cells["den"].notna()]
    return int(both["num"].sum()), int(both["den"].sum())


def _half(cells: pd.DataFrame) -> str:
    """Say how many units gave only half a share."""
    halves = int((cells["num"].isna() | cells["den"].isna()).sum())
    return f"units without both numbers, left out: {halves}" if halves else ""


def _part(name: str, cells: pd.DataFrame, unit: Unit = "percent") -> Part:
    """Give a share that is read beside the value; nothing where it would tell about few people."""
    return Part(name, None if unsafe(cells) else percent(*_sums(cells)), unit)


def _median(cells: pd.DataFrame, scale: float) -> float | None:
    """Give the median of units' minutes in another unit of time; of hidden units nothing is used."""
    minutes = cells.loc[~cells["hidden"].astype(bool), "minutes"].dropna()
    return float(minutes.median()) / scale if len(minutes) else None


def _share(cells: pd.DataFrame, none: str, parts: tuple[Part, ...] = ()) -> Value:
    return unsafe(cells) or share(*_sums(cells), none, parts, _half(cells))


@measure(
    id="W01", name="Training completed in time",
    definition="Staff whose training fell due in the quarter and who completed it by then, of all whose training fell due; who joined after the cut-off is left out by the source.",
    why="The obligation, not yet the behaviour.", use="Below target: the manager's list.",
    source="reportkit", unit="percent", direction="up", needs=("people_measures",), fields=("people_measures.num",),
    reduce=_cells("training"), dims=_DIMS, green=95, red=85, noise="proportion", digits=1, kind="implementation", people=True,
    counted=_counted("training"),
)  # fmt: skip
def trained(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of due training that was completed."""
    return _share(_of(rows, "training"), "no training of this quarter was loaded")


@measure(
    id="W02", name="Phishing exercises reported",
    definition="Recipients who reported the exercise, of those to whom it was delivered. Beside it: the median hours to the first report, and the rates of reports and of clicks by difficulty of the template; "
    "harder templates and new filters move them, so they are never compared across difficulties.",
    why="One report is worth more than a hundred people who did not click.", use="Low: make reporting easier, not the exercise.",
    source="reportkit", unit="percent", direction="up", needs=("people_measures",), fields=("people_measures.num",),
    reduce=_cells("phishing", "phishing_clicks"), dims=_DIMS, noise="proportion", digits=1, people=True,
    counted=_counted("phishing"),
)  # fmt: skip
def reported(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of delivered exercises that were reported."""
    sent, clicks = _of(rows, "phishing"), _of(rows, "phishing_clicks")
    parts = [Part("Hours to the first report, median of units", _median(sent, 60), "hours")]
    for word, cells in (("Reported", sent), ("Clicked", clicks)):
        for difficulty, some in cells.groupby(cells["difficulty"].fillna("unknown"), sort=True):
            parts.append(_part(f"{word}, {difficulty} template", some))
    return _share(sent, "no phishing exercise of this quarter was loaded", tuple(parts))


@measure(
    id="W03", name="Near misses reported for each hundred staff",
    definition="Incidents and near misses that staff reported themselves in the quarter, for each hundred staff, with the exact Poisson interval. Beside it: trained champions, and the share of "
    "the survey that agrees that security helps, with its interval.",
    why="People report where they are not blamed.", use="A fall needs a question, not praise.",
    source="reportkit; Garwood 1936", unit="ratio", direction="up", needs=("people_measures",), fields=("people_measures.num",),
    reduce=_cells("near_misses", "champions", "survey"), dims=_DIMS, noise="interval", digits=2, people=True,
    counted=_counted("near_misses"),
)  # fmt: skip
def near_misses(rows: pd.DataFrame, at: Moment) -> Value:
    """Give self-reported near misses for each hundred staff."""
    cells, answers = _of(rows, "near_misses"), _of(rows, "survey")
    count, staff = _sums(cells)
    rate = stats.poisson_exact(count, staff / 100)
    survey = None if unsafe(answers) else stats.wilson(*_sums(answers))
    parts = (
        _part("Champions for each hundred staff", _of(rows, "champions"), "ratio"),
        Part("Agree that security helps", 100 * survey.value if survey else None, "percent"),
        Part("at least", 100 * survey.low if survey else None, "percent"),
        Part("at most", 100 * survey.high if survey else None, "percent"),
        Part("Answers", _sums(answers)[1] if survey else None, "count"),
    )  # fmt: skip
    if rate is None:
        return Value(reason="no near misses of this quarter were loaded", n=0, parts=parts)
    return unsafe(cells) or Value(
        value=rate.value,
        low=rate.low,
        high=rate.high,
        numerator=count,
        denominator=staff,
        n=staff,
        parts=parts,
        note=_half(cells),
    )


#: What a person does only because of security, and the measures in which it is counted.
FRICTION = ("mfa_prompts", "lockouts", "blocked", "access_waits")
#: Months in a quarter.
MONTHS = 3


@measure(
    id="U01", name="Hours that security takes from staff",
    definition="Hours spent on sign-in prompts and failures, lock-outs, blocked legitimate actions and waits for access in the quarter, for each hundred staff and month. "
    "The time away after a failure counts where the source holds it.",
    why="Friction is a cost that no budget shows.", use="Held against the friction limit of each group before a control is made stricter.",
    source="CEPR DP18701; reportkit", unit="hours", direction="down", needs=("people_measures",), fields=("people_measures.minutes",),
    reduce=_cells(*FRICTION), dims=_DIMS, digits=1, kind="impact", people=True,
    counted=_counted(*FRICTION),
)  # fmt: skip
def friction(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the hours of friction for each hundred staff and month."""
    whole = rows["minutes"].notna() & (rows["n"].fillna(0) > 0)
    timed, lacking = rows[whole], int((~whole).sum())
    # Each measure names the same staff of a unit; the largest is the unit's.
    staff = float(timed.groupby("unit_id")["n"].max().sum())
    if not staff:
        return Value(reason="no friction of this quarter was loaded", n=0)
    each = {name: _of(timed, name) for name in FRICTION if (timed["measure"] == name).any()}
    for cells in each.values():
        if withheld := unsafe(cells):
            return withheld
    hours = float(timed["minutes"].sum()) / 60
    parts = tuple(
        Part(
            name.replace("_", " ").capitalize().replace("Mfa", "MFA"),
            100 * float(cells["minutes"].sum()) / 60 / MONTHS / staff,
            "hours",
        )
        for name, cells in each.items()
    )
    return Value(
        value=100 * hours / MONTHS / staff,
        numerator=hours,
        denominator=staff,
        n=int(staff),
        parts=parts,
        note=f"counts without minutes or staff, left out: {lacking}" if lacking else "",
    )


@measure(
    id="U02", name="Service hours lost to security itself",
    definition="Hours of service lost in the quarter to incidents that a security control caused. Beside it: service desk tickets about security measures for each thousand staff.",
    why="A control that stops the business is an incident.", use="Each one has a review like any other outage.",
    source="reportkit", unit="hours", direction="down", needs=("incidents",), fields=("incidents.control_caused",),
    reduce="SELECT {group} AS grp, SUM(cases) AS cases, SUM(own) AS own, SUM(minutes) AS minutes, SUM(unknown) AS unknown, SUM(unsaid) AS unsaid, "
    "SUM(num) AS tickets, SUM(n) AS staff, SUM(people) AS people, SUM(hidden) AS hidden, MAX(hidden_in_all) AS hidden_in_all FROM ("
    "SELECT unit_id, 1 AS cases, CASE WHEN control_caused THEN 1 ELSE 0 END AS own, "
    "CASE WHEN control_caused THEN COALESCE(service_minutes, 0) ELSE 0 END AS minutes, "
    "CASE WHEN control_caused AND service_minutes IS NULL THEN 1 ELSE 0 END AS unknown, "
    "CASE WHEN control_caused IS NULL THEN 1 ELSE 0 END AS unsaid, NULL AS num, NULL AS n, NULL AS people, 0 AS hidden, NULL AS hidden_in_all FROM incidents "
    "WHERE confirmed <> 'false_positive' AND detected > {begin} AND detected <= {end} "
    "UNION ALL SELECT unit_id, 0, 0, 0, 0, 0, CASE WHEN n > 0 THEN num END, CASE WHEN num IS NOT NULL THEN n END, people, CASE WHEN hidden THEN 1 ELSE 0 END, hidden_in_all "
    "FROM people_cells WHERE measure = 'tickets' AND period = {period}) AS both_ GROUP BY {group}",
    dims={"unit": "unit_id"}, digits=1, kind="impact",
    counted={"incidents": "control_caused AND confirmed <> 'false_positive' AND detected > {begin} AND detected <= {end}"},
)  # fmt: skip
def service_impact(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the service hours that security controls cost."""
    cases, own, minutes, unknown, unsaid = (
        int(rows[name].sum()) for name in ("cases", "own", "minutes", "unknown", "unsaid")
    )
    tickets, staff = float(rows["tickets"].sum()), float(rows["staff"].sum())
    few = not staff or unsafe(rows)
    parts = (
        Part("Outages caused by a control", own, "count"),
        Part("Incidents that do not say what caused them", unsaid, "count"),
        Part("Tickets for each thousand staff", None if few else 1000 * tickets / staff, "ratio"),
    )
    if own and own == unknown:
        return Value(
            reason=left_out(
                (
                    own,
                    "outages were caused by a control, none with a duration",
                    "outage was caused by a control, without a duration",
                )
            ),
            n=cases,
            parts=parts,
        )
    return Value(
        value=minutes / 60, n=cases, parts=parts,
        note=f"{unknown} of these outages have no duration" if unknown else "",
    )  # fmt: skip


@measure(
    id="U03", name="Customers' security questions answered in time",
    definition="Security questionnaires of customers answered within the promised time in the quarter, of all answered. Beside it: deals delayed or lost, and customers gone, that name security as a "
    "reason, and the share of revenue under a certification. Reasons are what people say in surveys and notes.",
    why="Trust is what the customer asks about before signing.", use="Slow answers cost deals before any breach does.",
    source="reportkit; attribution by survey", unit="percent", direction="up", needs=("people_measures",), fields=("people_measures.num",),
    reduce=_cells("questionnaires", "deals_delayed", "churn", "certified_revenue"), dims=_DIMS, noise="proportion", digits=1, kind="impact", people=True,
    counted=_counted("questionnaires"),
)  # fmt: skip
def customer_trust(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of customers' questionnaires answered in time."""
    asked = _of(rows, "questionnaires")
    parts = (
        Part("Turnaround in days, median of units", _median(asked, 1440), "days"),
        _part("Deals delayed or lost that name security", _of(rows, "deals_delayed")),
        _part("Customers gone that name security", _of(rows, "churn")),
        _part("Revenue under a certification", _of(rows, "certified_revenue")),
    )  # fmt: skip
    return _share(asked, "no questionnaire of this quarter was loaded", parts)
