"""People: what they learnt and reported, and what security costs them."""

from __future__ import annotations

import pandas as pd

from reportkit import stats
from reportkit.measures.finishing import percent, share
from reportkit.measures.model import Moment, Part, Value
from reportkit.measures.registry import measure

_DIMS = {"unit": "unit_id"}


def _cells(*names: str) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return (
        "SELECT {group} AS grp, measure, difficulty, unit_id, n, num, den, minutes, survey_n FROM people_cells "
        f"WHERE period = {{period}} AND measure IN ({listed}) ORDER BY 1, 2, 4"
    )


def _sum(rows: pd.DataFrame, name: str, column: str) -> float:
    return float(rows.loc[rows["measure"] == name, column].sum())


def _ratio(rows: pd.DataFrame, name: str) -> tuple[int, int]:
    return int(_sum(rows, name, "num")), int(_sum(rows, name, "den"))


@measure(
    id="W01", name="Training completed in time",
    definition="Staff whose training fell due in the quarter and who completed it by then, of all whose training fell due; who joined after the cut-off is left out by the source.",
    why="The obligation, not yet the behaviour.", use="Below target: the manager's list.",
    source="reportkit", unit="percent", direction="up", needs=("people_measures",), fields=("people_measures.num",),
    reduce=_cells("training"), dims=_DIMS, green=95, red=85, noise="proportion", digits=1, kind="implementation", people=True,
)  # fmt: skip
def trained(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of due training that was completed."""
    return share(*_ratio(rows, "training"), "no training of this quarter was loaded")


@measure(
    id="W02", name="Phishing exercises reported",
    definition="Recipients who reported the exercise, of those to whom it was delivered. Beside it: the median minutes to the first report, and the click rate by difficulty of the template; "
    "harder templates and new filters move the click rate, so it is never compared across difficulties.",
    why="One report is worth more than a hundred people who did not click.", use="Low: make reporting easier, not the exercise.",
    source="reportkit", unit="percent", direction="up", needs=("people_measures",), fields=("people_measures.num",),
    reduce=_cells("phishing", "phishing_clicks"), dims=_DIMS, noise="proportion", digits=1, people=True,
)  # fmt: skip
def reported(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of delivered exercises that were reported."""
    sent = rows[rows["measure"] == "phishing"]
    minutes = sent["minutes"].dropna()
    parts: list[Part] = [
        Part(
            "Hours to the first report, median of units",
            float(minutes.median()) / 60 if len(minutes) else None,
            "hours",
        )
    ]
    clicks = rows[rows["measure"] == "phishing_clicks"]
    for difficulty, some in clicks.groupby(clicks["difficulty"].fillna("unknown"), sort=True):
        clicked, delivered = _ratio(some, "phishing_clicks")
        parts.append(
            Part(f"Clicked, {difficulty} template", percent(clicked, delivered), "percent")
        )
    return share(
        *_ratio(rows, "phishing"), "no phishing exercise of this quarter was loaded", parts
    )


@measure(
    id="W03", name="Near misses reported for each hundred staff",
    definition="Incidents and near misses that staff reported themselves in the quarter, for each hundred staff, with the exact Poisson interval. Beside it: trained champions, and the share of "
    "the survey that agrees that security helps, with its interval.",
    why="People report where they are not blamed.", use="A fall needs a question, not praise.",
    source="reportkit; Garwood 1936", unit="ratio", direction="up", needs=("people_measures",), fields=("people_measures.num",),
    reduce=_cells("near_misses", "champions", "survey"), dims=_DIMS, noise="interval", digits=2, people=True,
)  # fmt: skip
def near_misses(rows: pd.DataFrame, at: Moment) -> Value:
    """Give self-reported near misses for each hundred staff."""
    count, staff = _ratio(rows, "near_misses")
    rate = stats.poisson_exact(count, staff / 100)
    agree, answers = _ratio(rows, "survey")
    survey = stats.wilson(agree, answers)
    parts = (
        Part("Champions for each hundred staff", percent(*_ratio(rows, "champions")), "ratio"),
        Part("Agree that security helps", 100 * survey.value if survey else None, "percent"),
        Part("at least", 100 * survey.low if survey else None, "percent"),
        Part("at most", 100 * survey.high if survey else None, "percent"),
        Part("Answers", answers, "count"),
    )  # fmt: skip
    if rate is None:
        return Value(reason="no near misses of this quarter were loaded", n=0, parts=parts)
    return Value(
        value=rate.value,
        low=rate.low,
        high=rate.high,
        numerator=count,
        denominator=staff,
        n=staff,
        parts=parts,
    )


#: What a person does only because of security, and the measures in which it is counted.
FRICTION = ("mfa_prompts", "lockouts", "blocked", "access_waits")


@measure(
    id="U01", name="Hours that security takes from staff",
    definition="Hours spent on sign-in prompts and failures, lock-outs, blocked legitimate actions and waits for access in the quarter, for each hundred staff and month. "
    "The time away after a failure counts where the source holds it.",
    why="Friction is a cost that no budget shows.", use="Held against the friction limit of each group before a control is made stricter.",
    source="CEPR DP18701; reportkit", unit="hours", direction="down", needs=("people_measures",), fields=("people_measures.minutes",),
    reduce=_cells(*FRICTION), dims=_DIMS, digits=1, kind="impact", people=True,
)  # fmt: skip
def friction(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the hours of friction for each hundred staff and month."""
    timed = rows[rows["minutes"].notna()]
    # Each measure names the same staff of a unit; the largest is the unit's.
    staff = float(timed.groupby("unit_id")["n"].max().sum())
    if not staff:
        return Value(reason="no friction of this quarter was loaded", n=0)
    hours = float(timed["minutes"].sum()) / 60
    months = 3
    parts = tuple(
        Part(
            name.replace("_", " ").capitalize(),
            percent(_sum(timed, name, "minutes") / 60 / months, staff),
            "hours",
        )
        for name in FRICTION
        if (timed["measure"] == name).any()
    )
    return Value(
        value=100 * hours / staff / months,
        numerator=hours,
        denominator=staff,
        n=int(staff),
        parts=parts,
    )


@measure(
    id="U02", name="Service hours lost to security itself",
    definition="Hours of service lost in the quarter to incidents that a security control caused. Beside it: service desk tickets about security measures for each thousand staff.",
    why="A control that stops the business is an incident.", use="Each one has a review like any other outage.",
    source="reportkit", unit="hours", direction="down", needs=("incidents",), fields=("incidents.control_caused",),
    reduce="SELECT {group} AS grp, COUNT(*) AS cases, SUM(CASE WHEN control_caused THEN 1 ELSE 0 END) AS own, "
    "SUM(CASE WHEN control_caused THEN COALESCE(service_minutes, 0) ELSE 0 END) AS minutes, "
    "SUM(CASE WHEN control_caused AND service_minutes IS NULL THEN 1 ELSE 0 END) AS unknown FROM incidents "
    "WHERE confirmed <> 'false_positive' AND CAST(detected AS DATE) >= {start} AND detected <= {end} GROUP BY {group}",
    dims={"unit": "unit_id"}, digits=1, kind="impact",
)  # fmt: skip
def service_impact(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the service hours that security controls cost."""
    own, minutes, unknown = (int(rows[name].sum()) for name in ("own", "minutes", "unknown"))
    parts: tuple[Part, ...] = (Part("Outages caused by a control", own, "count"),)
    if set(rows["grp"]) <= {""}:
        desk = at.sql(
            f"SELECT SUM(num) AS tickets, SUM(n) AS staff FROM people_cells WHERE measure = 'tickets' AND period = '{at.period.key}'"
        ).iloc[0]
        rate = (
            1000 * float(desk["tickets"]) / float(desk["staff"])
            if desk["staff"] == desk["staff"] and desk["staff"]
            else None
        )
        parts += (Part("Tickets for each thousand staff", rate, "ratio"),)
    return Value(
        value=minutes / 60, n=int(rows["cases"].sum()), parts=parts,
        note=f"{unknown} of these outages have no duration" if unknown else "",
    )  # fmt: skip


@measure(
    id="U03", name="Customers' security questions answered in time",
    definition="Security questionnaires of customers answered within the promised time in the quarter, of all answered. Beside it: deals delayed or lost, and customers gone, that name security as a "
    "reason, and the share of revenue under a certification. Reasons are what people say in surveys and notes.",
    why="Trust is what the customer asks about before signing.", use="Slow answers cost deals before any breach does.",
    source="reportkit; attribution by survey", unit="percent", direction="up", needs=("people_measures",), fields=("people_measures.num",),
    reduce=_cells("questionnaires", "deals_delayed", "churn", "certified_revenue"), dims=_DIMS, noise="proportion", digits=1, kind="impact", people=True,
)  # fmt: skip
def customer_trust(rows: pd.DataFrame, at: Moment) -> Value:
    """Give the share of customers' questionnaires answered in time."""
    asked = rows[rows["measure"] == "questionnaires"]
    minutes = asked["minutes"].dropna()
    parts = (
        Part("Median turnaround", float(minutes.median()) / 1440 if len(minutes) else None, "days"),
        Part("Deals delayed or lost that name security", percent(*_ratio(rows, "deals_delayed")), "percent"),
        Part("Customers gone that name security", percent(*_ratio(rows, "churn")), "percent"),
        Part("Revenue under a certification", percent(*_ratio(rows, "certified_revenue")), "percent"),
    )  # fmt: skip
    return share(
        *_ratio(rows, "questionnaires"), "no questionnaire of this quarter was loaded", parts
    )
