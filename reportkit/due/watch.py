"""What was expected and did not happen: owners are told once when it begins and once when it is over."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reportkit import schedule
from reportkit.config import Settings
from reportkit.deliver.compose import Stamp
from reportkit.deliver.sending import prepared
from reportkit.due.work import Work, owners, unsent
from reportkit.errors import from_os
from reportkit.ledger import Ledger, claims, deliveries
from reportkit.ledger.claims import Claim, Incident
from reportkit.run import approval
from reportkit.run.folder import MANIFEST, manifest, series

_STATES = ("due", "running", "drafted", "released", "done", "held", "failed", "missed")
_SAID = {"failed": "has failed", "missed": "was missed", "unsent": "did not reach everybody"}
_DELIVERIES = ("prepared", "sending", "accepted", "refused", "uncertain")


@dataclass(frozen=True)
class Trouble:
    """One thing that somebody must look at.

    Attributes:
        kind: overdue, held, failed, missed or unsent.
        said: what is wrong.
        todo: what to do about it.
    """

    claim: Claim
    kind: str
    said: str
    todo: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is about."""
        return (*self.claim.key, self.kind)

    @property
    def title(self) -> str:
        """One line for a list."""
        name = " ".join(filter(None, self.claim.key))
        return f"{name}: {self.kind}"


def found(work: Work) -> list[Trouble]:
    """Give everything that is wrong now."""
    now, late = work.clock(), timedelta(hours=work.settings.due.overdue_hours)
    troubles = []
    for one in claims.find(work.ledger):
        option = f" --unit {one.unit}" if one.unit else ""
        again = f"'reportkit run {one.report} --period {one.period}{option}' makes it again; the next 'reportkit due' goes on from there."  # fmt: skip
        if one.state == "held":
            troubles.append(Trouble(one, "held", one.said, f"Mend what the checks name. {again}"))
        elif one.state in {"failed", "missed"}:
            troubles.append(Trouble(one, one.state, one.said, again))
        elif one.state == "drafted" and one.key in work.trouble:
            troubles.append(Trouble(one, "unsent", work.trouble[one.key], "Mend the cause; the next 'reportkit due' tries it again."))  # fmt: skip
        elif one.state in {"due", "running"} and now > one.scheduled_at + late:
            troubles.append(Trouble(one, "overdue", f"It was to run at {one.scheduled_at:%Y-%m-%d %H:%M} UTC and is {one.state}. {one.said}".strip(), again))  # fmt: skip
        elif one.state == "drafted" and now > (one.changed_at or one.scheduled_at) + late:
            troubles.append(_unapproved(work, one, option, now))
        elif one.state == "drafted":
            troubles += _draft_not_arrived(work, one, option, now, late)
        elif one.state in {"released", "done"}:
            troubles += _not_arrived(work, one, option, now, late)
    return troubles


def _unapproved(work: Work, one: Claim, option: str, now: datetime) -> Trouble:
    place = series(work.folder, one.report, one.period, one.unit or None) / one.run_id
    counted = ""
    if (place / MANIFEST).is_file():
        standing = approval.standing(work.folder, place, manifest(place), now)
        counted = f" ({len(standing.valid)} of {standing.required})"
    return Trouble(one, "overdue", f"Run {one.run_id} waits for approval{counted}.", f"'reportkit approve {one.report} {one.period}{option} --by NAME'")  # fmt: skip


def _draft_not_arrived(work: Work, one: Claim, option: str, now: datetime, late: timedelta) -> list[Trouble]:  # fmt: skip
    """Say who is to approve and was not reached: nobody approves what nobody got."""
    sent = deliveries.find(work.ledger, report=one.report, period=one.period, unit=one.unit, kind="draft")  # fmt: skip
    left = [d for d in sent if d.run_id == one.run_id and (d.state in {"refused", "uncertain"} or (d.state != "accepted" and now > d.prepared_at + late))]  # fmt: skip
    if not left:
        return []
    said = "; ".join(f"{d.recipient}: {d.state}, {d.said}" for d in left)
    todo = f"Mend the address under [due] or [approval], and tell them by hand that run {one.run_id} waits: 'reportkit approve {one.report} {one.period}{option} --by NAME'."  # fmt: skip
    return [Trouble(one, "unsent", f"The draft did not reach everybody who is to approve it. {said}", todo)]  # fmt: skip


def _not_arrived(work: Work, one: Claim, option: str, now: datetime, late: timedelta) -> list[Trouble]:  # fmt: skip
    left = [d for d in unsent(work.ledger, one) if d.state in {"refused", "uncertain"} or now > d.prepared_at + late]  # fmt: skip
    if not left:
        return []
    said = "; ".join(f"{d.recipient}: {d.state}, {d.said}" for d in left[:20])
    more = f"; and {len(left) - 20} more" if len(left) > 20 else ""
    todo = f"'reportkit resend {one.report} {one.period}{option} --to ADDRESS' sends a refused or uncertain one again, if you decide so."  # fmt: skip
    return [Trouble(one, "unsent", said + more, todo)]


def tell(work: Work, troubles: list[Trouble]) -> None:
    """Open and close incidents, each with its mails to the owners in one transaction."""
    now = work.clock().replace(microsecond=0)
    open_now = {(i.report, i.period, i.unit, i.kind): i for i in claims.incidents(work.ledger, open_only=True)}  # fmt: skip
    earlier = claims.incidents(work.ledger)
    for trouble in troubles:
        if trouble.key in open_now:
            continue
        number = 1 + sum((i.report, i.period, i.unit, i.kind) == trouble.key for i in earlier)
        report, period, unit, kind = trouble.key
        incident = Incident(report=report, period=period, unit=unit, kind=kind, number=number, opened_at=now, closed_at=None, said=trouble.said)  # fmt: skip
        with work.ledger.writing() as connection:
            if claims.open_incident(connection, incident):
                deliveries.prepare(connection, _notice(work, incident, trouble.todo, now, over=False))  # fmt: skip
    still = {trouble.key for trouble in troubles}
    for key, incident in open_now.items():
        if key not in still:
            with work.ledger.writing() as connection:
                if claims.close_incident(connection, incident, now):
                    deliveries.prepare(connection, _notice(work, incident, "", now, over=True))


def _notice(work: Work, one: Incident, todo: str, now: datetime, *, over: bool) -> list[deliveries.Delivery]:  # fmt: skip
    name = " ".join(filter(None, (one.report, one.period, one.unit)))
    what = "is all right again" if over else _SAID.get(one.kind, f"is {one.kind}")
    subject = f"{work.settings.organisation.name}: {name} {what}"
    lines = [subject, ""]
    if over:
        lines.append(
            f"It was {one.kind} since {one.opened_at:%Y-%m-%d %H:%M} UTC and is so no more."
        )
    else:
        lines += [one.said, "", todo]
    lines += ["", "Recipients of the report hear nothing of this.", f"Workspace: {work.folder.name}"]  # fmt: skip
    return _mail(work, subject, "\n".join(lines) + "\n", Stamp(one.report, one.period, one.unit, kind="notice", about=f"{one.kind} {one.number} {'over' if over else 'begun'}"), now)  # fmt: skip


def _mail(work: Work, subject: str, text: str, stamp: Stamp, now: datetime) -> list[deliveries.Delivery]:  # fmt: skip
    job = {"subject": subject, "text": text}
    return prepared(owners(work.settings), stamp, now=now, run_id="", job=job)


def heartbeat(work: Work, troubles: list[Trouble]) -> None:
    """Say once a day that somebody watches, where the workspace asks for that."""
    if not work.settings.due.heartbeat:
        return
    now = work.clock().replace(microsecond=0)
    day = work.settings.calendar.day(now).isoformat()
    coming = schedule.upcoming(work.settings.schedule, work.settings.calendar, now, 3)
    lines = [f"{len(troubles)} thing{'' if len(troubles) == 1 else 's'} to look at.", *(f"- {t.title}" for t in troubles), "", "Next:"]  # fmt: skip
    lines += [f"- {one.report} {one.period.key}, {one.local:%Y-%m-%d %H:%M %Z}" for one in coming] or ["- nothing"]  # fmt: skip
    subject = f"{work.settings.organisation.name}: reports are watched, {day}"
    mails = _mail(work, subject, "\n".join(lines) + "\n", Stamp("reportkit", day, kind="notice", about="heartbeat"), now)  # fmt: skip
    with work.ledger.writing() as connection:
        deliveries.prepare(connection, mails)


# ---- figures for monitors --------------------------------------------------------------------------------------------


def openmetrics(settings: Settings, ledger: Ledger, troubles: list[Trouble], now: datetime) -> str:
    """Give the state of runs and deliveries as OpenMetrics text."""
    runs = dict.fromkeys(_STATES, 0)
    for one in claims.find(ledger):
        runs[one.state] += 1
    mails = dict.fromkeys(_DELIVERIES, 0)
    for sent in deliveries.find(ledger, kind=None):
        mails[sent.state] += 1
    kinds = dict.fromkeys(("overdue", "held", "failed", "missed", "unsent"), 0)
    for trouble in troubles:
        kinds[trouble.kind] += 1
    coming = schedule.upcoming(settings.schedule, settings.calendar, now, 1)
    lines = [
        *_gauge("reportkit_runs", "Scheduled runs by state.", "state", runs),
        *_gauge("reportkit_deliveries", "Messages by state.", "state", mails),
        *_gauge("reportkit_incidents", "What somebody must look at now.", "kind", kinds),
        "# TYPE reportkit_last_round_timestamp_seconds gauge",
        "# UNIT reportkit_last_round_timestamp_seconds seconds",
        "# HELP reportkit_last_round_timestamp_seconds When due runs were last looked for.",
        f"reportkit_last_round_timestamp_seconds {now.replace(tzinfo=UTC).timestamp():.0f}",
    ]
    if coming:
        lines += [
            "# TYPE reportkit_next_run_timestamp_seconds gauge",
            "# UNIT reportkit_next_run_timestamp_seconds seconds",
            "# HELP reportkit_next_run_timestamp_seconds When the next report is due.",
            f"reportkit_next_run_timestamp_seconds {coming[0].scheduled_at.replace(tzinfo=UTC).timestamp():.0f}",
        ]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _gauge(name: str, words: str, label: str, values: Mapping[str, int]) -> list[str]:
    head = [f"# TYPE {name} gauge", f"# HELP {name} {words}"]
    return head + [f'{name}{{{label}="{key}"}} {value}' for key, value in values.items()]


def write_metrics(path: Path, text: str) -> None:
    """Put the file in its place in one step, so that a collector never reads half of it."""
    work = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        work.write_text(text, encoding="utf-8")
        work.replace(path)
    except OSError as error:
        raise from_os(error, "Writing the metrics") from error
