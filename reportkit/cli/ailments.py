"""What ``reportkit doctor`` looks at inside a workspace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.cli import options
from reportkit.cli.doctor import Finding
from reportkit.errors import ReportkitError, TemporaryError

if TYPE_CHECKING:
    from reportkit.deliver.transport import Transport
    from reportkit.distribution import Mail

#: Seconds that a mail server has to let us in.
_PATIENCE = 12.0


def configuration(place: Path) -> Iterator[Finding]:
    """Whether the configuration and the mappings can be meant."""
    from reportkit import schemas
    from reportkit.cli.settings import files

    count = 0
    for name, faults in files(place):
        count += 1
        for fault in faults:
            yield Finding("configuration", "bad", f"{name}: {fault}")
    yield Finding("configuration", "good", f"{count} file{'s' * (count != 1)} read")
    if old := schemas.stale(place):
        yield Finding("configuration", "watch", f"{' and '.join(old)}: of another version, so that editors may be wrong; type: reportkit config schema --save")  # fmt: skip


def secrets(place: Path) -> Iterator[Finding]:
    """Whether every secret that the configuration names is there; none is shown."""
    from reportkit import config, secret

    names = dict.fromkeys(_references(config.read(place).model_dump(mode="json")))
    for name in names:
        try:
            secret.resolve(name)
        except ReportkitError as error:
            yield Finding("secrets", "bad", error.message)
        else:
            yield Finding("secrets", "good", f"{name} is there")


def _references(value: Any) -> Iterator[str]:
    from reportkit.secret import is_reference

    if isinstance(value, dict):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, str) and is_reference(value):
        yield value


def mail(place: Path) -> Iterator[Finding]:
    """Whether messages can go out: the server is reached, trusted, and lets us in; nothing is sent."""
    from reportkit import config
    from reportkit.deliver.sending import transport

    settings = config.read(place).mail
    if settings.transport == "folder":
        yield Finding("mail", "good", f"messages go into {settings.folder}/, nothing is sent")
        return
    way = transport(_impatient(settings), place)
    yield from _within(_PATIENCE, lambda: _greeted(way), f"{way.name} has not let us in after {_PATIENCE:g} seconds; check host, port and security in [mail.{settings.transport}]")  # fmt: skip


def _impatient(settings: Mail) -> Mail:
    """Wait for no answer as long as somebody who sends would."""
    parts = {
        name: part.model_copy(update={"timeout_seconds": min(part.timeout_seconds, _PATIENCE / 2)})
        for name in ("smtp", "graph")
        if (part := getattr(settings, name)) is not None
    }
    return settings.model_copy(update=parts)


def _greeted(way: Transport) -> Finding:
    try:
        way.open().close()
    except TemporaryError as error:
        return Finding("mail", "bad", error.message.replace("; it is tried again later", ""))
    except ReportkitError as error:
        return Finding("mail", "bad", error.message)
    return Finding("mail", "good", f"{way.name} answers and lets us in")


def _within(seconds: float, look: Callable[[], Finding], otherwise: str) -> Iterator[Finding]:
    """Look at something that may never answer: a server that sends a byte now and then keeps every line open."""
    found: list[Finding] = []
    thread = threading.Thread(target=lambda: found.append(look()), daemon=True)
    thread.start()
    thread.join(seconds)
    yield found[0] if found else Finding("mail", "bad", otherwise)


def stale(place: Path) -> Iterator[Finding]:
    """What is too old for the latest closed quarter, or not there."""
    from reportkit import trust
    from reportkit.store import newest
    from reportkit.tables import TABLES
    from reportkit.workspace import Workspace

    workspace = Workspace(place, now=options.now())
    if not workspace.periods():
        yield Finding("data", "watch", "nothing is loaded yet; begin with 'reportkit load findings FILE'")  # fmt: skip
        return
    # The records of loads say enough; rows that cannot be read are for another look.
    today = workspace.calendar.day(workspace.now)
    view, fresh = workspace.at(workspace.calendar.latest_closed(today)), 0
    loads = workspace.store.loads(known_by=workspace.now)
    for name in dict.fromkeys(load.table for load in loads):
        at = newest([load for load in loads if load.table == name])
        limit = trust.max_age(view, name)
        if at is None or limit is None:
            continue
        age = (view.as_of - workspace.calendar.day(at)).days
        if age > limit:
            yield Finding("data", "watch", f"{TABLES[name].spoken} were last loaded on {at:%Y-%m-%d}, {age} days before {view.period.key} ended (at most {limit})")  # fmt: skip
        else:
            fresh += 1
    yield Finding("data", "good", f"{fresh} table{'s' * (fresh != 1)} fresh for {view.period.key}")
    folder = place / "commentary"
    words = folder / f"{view.period.key}.md"
    if not words.is_file() and not any((folder / view.period.key).glob("*.md")):
        yield Finding("data", "watch", f"there is no commentary/{words.name}; the report then speaks for itself")  # fmt: skip


def store(place: Path) -> Iterator[Finding]:
    """Whether what was kept is still what was kept."""
    from reportkit import verify

    checked = verify.workspace(place)
    for fault in checked.faults:
        yield Finding("store", "bad", fault)
    yield Finding("store", "good" if not checked.faults else "watch", f"{checked.loads:,} loads, {checked.extracts:,} extracts and {checked.publications:,} publications checked")  # fmt: skip
