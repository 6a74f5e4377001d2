"""One incident in detail: the answer first, its course in time, what it cost and what is still to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from reportkit import display, locale, sql
from reportkit.display import Shown
from reportkit.errors import UsageError, nearest
from reportkit.facts import Callout, Cell, Column, Headline, Message
from reportkit.locale import plural
from reportkit.measures.incidents import notices
from reportkit.sections.lenses import shown
from reportkit.sections.summary import headline
from reportkit.sections.words import day, missing, money, text

if TYPE_CHECKING:
    from reportkit.facts import Tone
    from reportkit.view import View

_DAY = 24
_STEPS = (
    ("occurred", "First malicious action"), ("detected", "Discovered"), ("acknowledged", "Taken up"), ("contained", "Contained"), ("eradicated", "Removed"), ("restored", "Service restored"), ("closed", "Case closed"),
)  # fmt: skip
_ORDER: tuple[Tone, ...] = ("bad", "watch", "good", "neutral", "none")
_JUDGED: dict[str, Tone] = {"yes": "bad", "no": "good"}
_MATERIAL = {"yes": "material", "no": "not material", "pending": "not determined yet"}


def chosen(view: View, incident: str = "") -> dict[str, Any] | None:
    """Give an incident's row: the one named, else the worst confirmed one of the quarter; None when there was none.

    Raises:
        UsageError: no incident of that name is known on the day.
    """
    if incident:
        rows = view.sql(f"SELECT * FROM incidents WHERE incident_id = {sql.quote(incident)}")
        if rows.empty:
            known = view.sql("SELECT incident_id FROM incidents ORDER BY detected DESC")
            raise UsageError(
                f"Incident {incident!r} is not known on {locale.here().day(view.as_of)}; {nearest(incident, list(known['incident_id']))}"
            )
    else:
        rows = view.sql(
            f"SELECT * FROM incidents WHERE confirmed = 'confirmed' AND detected > {sql.instant(view.begin)} "
            "ORDER BY severity, COALESCE(loss_primary, 0) + COALESCE(loss_secondary, 0) DESC, incident_id LIMIT 1"
        )
    return None if rows.empty else {str(k): v for k, v in rows.iloc[0].to_dict().items()}


def incident_headline(view: View, incident: str = "") -> Shown:
    """Give the answer first: of one incident when it is named, else of the quarter."""
    if not incident:
        return _quarter(view)
    row = chosen(view, incident)
    if row is None or pd.isna(row["detected"]):
        return Shown(Headline(statement=f"Incident {incident} has no time of discovery yet."))
    return Shown(
        Headline(
            statement=f"{text(row['title'])}: {_state(row, view)}.",
            messages=tuple(sorted(_messages(row, view), key=lambda m: _ORDER.index(m.tone)))[:3],
        )
    )  # fmt: skip


def _quarter(view: View) -> Shown:
    """Give the quarter in words: the author's, else how many, how bad and how fast, and what came back."""
    words = view.commentary(shared=False)
    counted = view.measure("N01").value
    if words.statement or counted.value is None:
        return headline(view)
    row = view.sql(
        "SELECT SUM(CASE WHEN severity <= 2 THEN 1 ELSE 0 END) AS severe, SUM(COALESCE(loss_primary, 0) + COALESCE(loss_secondary, 0)) AS loss "
        f"FROM incidents WHERE confirmed = 'confirmed' AND detected > {sql.instant(view.begin)}"
    ).iloc[0]
    n, severe = int(counted.value), 0 if pd.isna(row["severe"]) else int(row["severe"])
    loss = 0.0 if pd.isna(row["loss"]) else float(row["loss"])
    cost = (
        f"{'they' if n != 1 else 'it'} cost {money(loss, view.currency)}"
        if n
        else "nothing was lost"
    )
    said = f"{severe or 'none'} of them severe; " if n else ""
    found = [_told(view, id_) for id_ in ("N05", "N06", "N03", "N04")]
    messages = sorted((m for m in found if m), key=lambda m: _ORDER.index(m.tone))[:3]
    answer = f"{plural(n, 'confirmed incident')} in {view.period.label}, {said}{cost}."
    return shown(view, Headline(statement=answer, messages=tuple(messages)), words.facts)


def _told(view: View, id_: str) -> Message | None:
    """Say a measure of the response in one sentence with what follows from it."""
    item = view.measure(id_)
    value, words = item.value, item.definition
    if value.value is None:
        return None
    if id_ == "N05":
        part, whole = int(value.numerator or 0), int(value.denominator or 0)
        tone: Tone = "bad" if part * 2 >= whole and part else "watch" if part else "good"
        return Message(title=f"{part or 'None'} of {plural(whole, 'incident')} had a cause seen in the year before.", text=words.use, tone=tone)  # fmt: skip
    now = display.write(value.value, words.unit, digits=words.digits, currency=item.currency)
    limit = f", limit {display.limit(item)}" if item.target is not None else ""
    return Message(title=f"{words.name}: {now}{limit}.", text=words.use, tone=display.TONES[item.status])  # fmt: skip


def _state(row: dict[str, Any], view: View) -> str:
    found = row["detected"]
    if pd.isna(row["contained"]):
        return f"not contained {hours((pd.Timestamp(view.end) - found).total_seconds() / 3600)} after discovery"
    held = f"contained {hours((row['contained'] - found).total_seconds() / 3600)} after discovery"
    if pd.isna(row["restored"]):
        return f"{held}, service not restored yet"
    return (
        f"{held}, service restored after {hours((row['restored'] - found).total_seconds() / 3600)}"
    )


def _messages(row: dict[str, Any], view: View) -> list[Message]:
    clocks = _clocks(row, view)
    late = clocks[~clocks["met"] & (clocks["due"] <= pd.Timestamp(view.end))]
    waiting = clocks[clocks["sent"].isna() & (clocks["due"] > pd.Timestamp(view.end))].sort_values("due")  # fmt: skip
    if len(late):
        duty = Message(title=f"{plural(len(late), 'notice was', 'notices were')} not sent in time.", text=f"{', '.join(late['regime'])}. Counsel decides what is told to the authority.", tone="bad")  # fmt: skip
    elif len(waiting):
        duty = Message(title=f"Next notice: {waiting.iloc[0]['regime']}, {minute(waiting.iloc[0]['due'])}.", text=f"{plural(len(waiting), 'notice is', 'notices are')} still to be sent; each has its clock below.", tone="watch")  # fmt: skip
    elif len(clocks):
        duty = Message(title=f"{'The one notice was' if len(clocks) == 1 else f'All {len(clocks)} notices were'} sent in time.", text="No clock is running.", tone="good")  # fmt: skip
    else:
        duty = Message(title="No notice to an authority is recorded.", text="Counsel confirms that none is due.", tone="neutral")  # fmt: skip
    material = text(row["material"], "")
    since = (pd.Timestamp(view.end) - row["detected"]).days
    decided = Message(
        title="Materiality is not determined yet." if material == "pending" else f"Determined {_MATERIAL[material]}." if material in _MATERIAL else "Nobody asked whether it is material.",
        text=f"{since} days since discovery; the filing clock starts with the determination." if material == "pending" else f"Decided on {day(row['determined_at'])}." if pd.notna(row["determined_at"]) else "The disclosure policy says who decides.",
        tone=_JUDGED.get(material, "watch"),
    )  # fmt: skip
    loss = _loss(row)
    harm = Message(
        title=f"Loss so far {money(loss, view.currency)}." if loss else "No loss is recorded.",
        text=f"{locale.number(float(row['records']) if pd.notna(row['records']) else 0)} records, {locale.number(_lost(row), 1)} hours of service.",
        tone="watch" if loss or _lost(row) else "neutral",
    )  # fmt: skip
    return [duty, decided, harm]


def _loss(row: dict[str, Any]) -> float:
    return sum(float(row[k]) for k in ("loss_primary", "loss_secondary") if pd.notna(row[k]))


def _records(row: dict[str, Any]) -> str:
    n = int(row["records"]) if pd.notna(row["records"]) else 0
    return f"{plural(n, 'record') if n else 'No records'} exposed"


def _lost(row: dict[str, Any]) -> float:
    return float(row["service_minutes"]) / 60 if pd.notna(row["service_minutes"]) else 0.0


def _clocks(row: dict[str, Any], view: View) -> pd.DataFrame:
    one = pd.DataFrame([{k: row[k] for k in ("incident_id", "determined_at", "notices")}])
    return notices(one, view)


def incident_course(view: View, incident: str = "") -> Shown:
    """Give the course of one incident, hour by hour: steps of the response and notices, each with the time since discovery."""
    gap = missing(view, "incidents", "Course of the incident")
    if gap:
        return gap
    row = chosen(view, incident)
    if row is None or pd.isna(row["detected"]):
        return Shown(Callout(title="No incident to look at", text="No confirmed incident was discovered in the quarter.", tone="neutral"))  # fmt: skip
    found = row["detected"]
    steps: list[tuple[Any, str, Cell]] = []
    by = {"internal": "by us", "external": "told by others"}.get(text(row["detected_by"], ""), "")
    for name, label in _STEPS:
        if pd.notna(row[name]):
            steps.append((row[name], label + (f", {by}" if name == "detected" and by else ""), Cell(text="–", kind="muted")))  # fmt: skip
    for notice in _clocks(row, view).to_dict("records"):
        name = (
            f"{notice['regime']}: sent" if pd.notna(notice["sent"]) else f"{notice['regime']}: due"
        )
        over = pd.isna(notice["sent"]) and notice["due"] > pd.Timestamp(view.end)
        state = display.status_cell("amber", "Running") if over else display.status_cell("green" if notice["met"] else "red", "In time" if notice["met"] else "Late", sub=f"due {minute(notice['due'])}")  # fmt: skip
        steps.append((notice["sent"] if pd.notna(notice["sent"]) else notice["due"], name, state))
    if pd.notna(row["determined_at"]):
        steps.append((pd.Timestamp(row["determined_at"]), f"Materiality determined: {_MATERIAL.get(text(row['material'], ''), '–')}", Cell(text="–", kind="muted")))  # fmt: skip
    steps = [step for step in steps if pd.notna(step[0])]
    steps.sort(key=lambda step: step[0])
    shown = [
        (Cell(text=what, kind="strong"), minute(when), Cell(text="–" if when == found else _since((when - found).total_seconds() / 3600), kind="number"), state)
        for when, what, state in steps
    ]  # fmt: skip
    open_ = [label.lower() for name, label in _STEPS[3:] if pd.isna(row[name])]
    columns = (Column(label="Step", width=2.6), Column(label="When (UTC)", width=1.3), Column(label="Since discovery", align="right"), Column(label="Clock", width=1.3))  # fmt: skip
    return display.table(
        "incident-course", f"{row['incident_id']}: {text(row['title'])}, {_state(row, view)}", columns, shown, dense=True,
        note=f"Not recorded: {', '.join(open_)}." if open_ else "",
    )  # fmt: skip


def incident_record(view: View, incident: str = "") -> Shown:
    """Give what one incident hit and cost, what was learnt, and its open actions."""
    gap = missing(view, "incidents", "Effect of the incident")
    if gap:
        return gap
    row = chosen(view, incident)
    if row is None:
        return Shown(Callout(title="No incident to look at", text="No confirmed incident was discovered in the quarter.", tone="neutral"))  # fmt: skip
    service = view.sql(f"SELECT name FROM services WHERE service_id = {sql.quote(text(row['service_id'], ''))}")["name"]  # fmt: skip
    unit = view.sql(f"SELECT name FROM units WHERE unit_id = {sql.quote(text(row['unit_id'], ''))}")["name"]  # fmt: skip
    actions = view.sql(
        f"SELECT title, owner, due_original, done_at, status FROM actions WHERE parent_type = 'incident' AND parent_id = {sql.quote(str(row['incident_id']))} ORDER BY due_original, action_id"
    )
    todo = actions[actions["done_at"].isna()]
    late = int((pd.to_datetime(todo["due_original"]) < pd.Timestamp(view.as_of)).sum())
    listed = "; ".join(f"{text(a['title'])} ({text(a['owner'])}, {day(a['due_original'])})" for a in todo.to_dict("records"))  # fmt: skip
    rows = [
        ("Where", f"{text(service.iloc[0]) if len(service) else 'No service named'}, {text(unit.iloc[0]) if len(unit) else text(row['unit_id'])}"),
        ("Cause and severity", f"{text(row['cause']).replace('_', ' ').capitalize()}, severity {text(row['severity'])} of 5 (1 is worst)"),
        ("Loss", f"{money(row['loss_primary'], view.currency)} of our own, {money(row['loss_secondary'], view.currency)} from what others did about it"),
        ("Records and service", f"{_records(row)}, {locale.number(_lost(row), 1)} hours of service lost"),
        ("Materiality", _MATERIAL.get(text(row["material"], ""), "nobody decided").capitalize() + (f", {day(row['determined_at'])}" if pd.notna(row["determined_at"]) else "")),
        ("What changed because of it", text(row["lesson"], "Nothing written down yet")),
        ("Still to do", listed or ("All actions are done" if len(actions) else "No action was agreed")),
    ]  # fmt: skip
    title = f"Loss {money(_loss(row), view.currency)}; {plural(len(todo), 'action is', 'actions are')} open, {late or 'none'} late"
    return display.table("incident-record", title, (Column(label="Incident", width=1.2), Column(label=str(row["incident_id"]), width=4)), [(Cell(text=a, kind="strong"), b) for a, b in rows], dense=True)  # fmt: skip


def hours(value: float) -> str:
    """Write a duration in hours, from three days on in days."""
    return f"{locale.number(value, 1)}{locale.NARROW}h" if abs(value) < 3 * _DAY else f"{locale.number(value / _DAY, 1)}{locale.NARROW}d"  # fmt: skip


def _since(value: float) -> str:
    return f"{hours(-value)} before" if value < 0 else hours(value)


def minute(value: Any) -> str:
    """Write an instant to the minute; blanks become a dash."""
    return "–" if pd.isna(value) else f"{day(value)} {value:%H:%M}"
