"""The ledger's rows are bound to each other, lie beside their runs, and come back from there."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from reportkit import verify
from reportkit.errors import ConfigError, DataError, UsageError
from reportkit.facts import Facts
from reportkit.ledger import Event, Ledger, approvals, chain, deliveries, journal, releases, schema
from reportkit.ledger.approvals import Approval
from reportkit.ledger.deliveries import Delivery, Outbox
from reportkit.ledger.rebuild import rebuild
from reportkit.ledger.releases import Release
from tests.unit.test_ledger import TOLD, figure

AT = datetime(2026, 4, 10, 9)
LATER = datetime(2026, 5, 1)
WHAT: dict[str, Any] = {"report": "board", "period": "2026-Q1", "unit": "", "run_id": "run-1"}


def message(name: str) -> Delivery:
    return Delivery(kind="report", **WHAT, recipient=f"{name}@example.org", prepared_at=AT)


def filled(folder: Path) -> Ledger:
    """Give a ledger with a run: told, released, approved, and mailed to four whose mails are in every state."""
    place = folder / "runs/board/2026-Q1/_all/run-1"
    place.mkdir(parents=True)
    ledger = Ledger(folder)
    ledger.publish(
        TOLD, Facts(figures=(figure(10), figure(None, "severity=high"))), {"findings": ("a" * 64,)}
    )
    releases.add(
        ledger,
        Release(
            **WHAT, gate="bound", said="93 is not 92", reason="rounded by hand", by="Ada", at=AT
        ),
    )
    approvals.add(ledger, Approval(**WHAT, digest="d" * 64, by="Ada", at=AT))
    ledger.record(Event("run-1", "published", AT))
    with ledger.writing() as connection:
        deliveries.prepare(connection, [message(name) for name in ("anna", "ben", "cleo", "dan")])
    outbox = Outbox(ledger, "desk")
    for state in ("accepted", "refused", None):
        (one,) = outbox.claim(AT)
        outbox.sending(
            one,
            AT,
            message_id=f"<{one.recipient}>",
            sha256="s" * 64,
            sent={"attached": {"a.pdf": "f"}},
        )
        if state:
            assert outbox.finish(one, state, AT, f"250 {one.recipient}").result()
    return ledger


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection, connection:
        connection.execute(statement)


def test_a_ledger_that_nobody_touched_has_no_fault(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    assert chain.faults(ledger) == journal.faults(ledger) == []
    assert journal.files(tmp_path) == [tmp_path / "runs/board/2026-Q1/_all/run-1/ledger.jsonl"]
    links = chain.read(ledger)
    assert [link.id for link in links] == list(range(1, 14))
    assert links[0].previous == "0" * 64
    assert all(after.previous == before.hash for before, after in itertools.pairwise(links))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE figures SET value = 9 WHERE scope = ''", "publications .*is not what was written"),
        ("UPDATE publications SET published_at = '2026-04-01 00:00:00.000000'", "publications .*is not what was written"),
        ("DELETE FROM publication_inputs", "publications .*is not what was written"),
        ("UPDATE approvals SET \"by\" = 'Eve'", "approvals .*is not what was written"),
        ("UPDATE releases SET reason = 'because'", "releases .*is not what was written"),
        ("DELETE FROM events", "Row 1 of events .*was removed"),
        ("INSERT INTO events (run_id, state, at, \"by\", note) VALUES ('run-1', 'approved', '2026-04-10', 'Eve', '')", "Row 2 of events .*was not written by reportkit"),
        ("UPDATE deliveries SET state = 'accepted' WHERE recipient LIKE 'ben%'", "ben@example.org says accepted, and its history refused"),
        ("DELETE FROM chain WHERE id = 3", "lacks rows 3 to 3 of its chain"),
        ("UPDATE chain SET previous = hash WHERE id = 5", "Row 5 of the ledger's chain .*was changed"),
        ("DELETE FROM delivery_events WHERE id = (SELECT MAX(id) FROM delivery_events)", "was removed"),
    ],
)  # fmt: skip
def test_every_change_behind_its_back_shows(tmp_path: Path, statement: str, said: str) -> None:
    filled(tmp_path)
    change(tmp_path, statement)
    found = chain.faults(Ledger(tmp_path))
    assert len([one for one in found if re.search(said, one)]) == 1, found


def test_an_end_that_was_cut_off_shows_beside_the_runs(tmp_path: Path) -> None:
    filled(tmp_path)
    change(tmp_path, "DELETE FROM delivery_events WHERE id = 5")
    change(tmp_path, "DELETE FROM chain WHERE id = 13")
    change(tmp_path, "UPDATE deliveries SET state = 'prepared' WHERE state = 'sending'")
    assert chain.faults(Ledger(tmp_path)) == []
    assert "has lost row 13" in journal.faults(Ledger(tmp_path))[0]


def test_a_lost_ledger_comes_back_and_nothing_is_sent_again(tmp_path: Path) -> None:
    before = filled(tmp_path)
    told, events = before.publications(), before.events()
    (tmp_path / "ledger.db").unlink()
    ledger = Ledger(tmp_path)
    found = rebuild(ledger, LATER)
    assert dict(found.rows) == {"publications": 1, "releases": 1, "approvals": 1, "events": 1, "deliveries": 4, "delivery_events": 5}  # fmt: skip
    assert (found.uncertain, found.lacking) == (2, ())
    assert ledger.publications() == told
    assert ledger.figures(told[0])[("V01", "")].value == 10
    assert ledger.cut_off("findings") == TOLD.known_by
    assert ledger.events() == events
    assert approvals.of_run(ledger, "run-1")[0].by == "Ada"
    assert releases.of_run(ledger, "run-1")[0].reason == "rounded by hand"
    states = {one.recipient.partition("@")[0]: one for one in deliveries.find(ledger)}
    assert {name: one.state for name, one in states.items()} == {"anna": "accepted", "ben": "refused", "cleo": "uncertain", "dan": "uncertain"}  # fmt: skip
    assert states["anna"].message_id == "<anna@example.org>"
    assert states["anna"].sent == {"attached": {"a.pdf": "f"}}
    assert Outbox(ledger, "desk").claim(LATER) == []
    with ledger.writing() as connection:
        assert deliveries.prepare(connection, [message("anna"), message("dan")]) == 0
    assert chain.faults(ledger) == journal.faults(ledger) == []
    with pytest.raises(UsageError, match="has rows; only a lost one is made again"):
        rebuild(ledger, LATER)


def test_what_no_run_holds_is_told_as_lost(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    ledger.record(Event("elsewhere", "approved", AT, "Ada"))
    ledger.record(Event("run-1", "superseded", AT))
    (tmp_path / "runs/ledger.jsonl").unlink()
    (tmp_path / "ledger.db").unlink()
    again = Ledger(tmp_path)
    assert rebuild(again, LATER).lacking == ((14, 14),)
    assert chain.faults(again) == ["The ledger lacks rows 14 to 14 of its chain"]
    again.record(Event("run-1", "published", LATER))
    assert len(chain.faults(again)) == 1


def test_a_damaged_journal_makes_no_ledger(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "ledger.db").unlink()
    path = journal.files(tmp_path)[0]
    whole = path.read_text()
    path.write_text(whole.replace('"value": 10.0', '"value": 11.0'))
    with pytest.raises(DataError, match="line 1: is not what was written"):
        rebuild(Ledger(tmp_path), LATER)
    assert not (tmp_path / "ledger.db").exists()
    # A machine died while the last line was written: that line was told nobody.
    path.write_text(whole + '{"id": 14, "of": "eve')
    assert sum(rebuild(Ledger(tmp_path), LATER).rows.values()) == 13


def test_without_a_journal_there_is_nothing_to_make_it_from(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="restore a backup"):
        rebuild(Ledger(tmp_path), LATER)


def test_a_journal_that_fell_behind_is_written_on(tmp_path: Path) -> None:
    ledger = filled(tmp_path)
    path = journal.files(tmp_path)[0]
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:4]))
    ledger.record(Event("run-1", "superseded", LATER))
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == list(range(1, 15))


def test_a_line_that_was_cut_off_is_written_again_and_spoils_no_other(tmp_path: Path) -> None:
    """A disk was full, or a machine died, while a line was added; the next words come after it."""
    ledger = filled(tmp_path)
    path = journal.files(tmp_path)[0]
    lines = path.read_text().splitlines(keepends=True)
    for left in (5, 40, len(lines[-1]) - 1):
        path.write_text("".join(lines[:-1]) + lines[-1][:left])
        ledger.record(Event("run-1", "superseded", LATER))
        assert path.read_text().splitlines(keepends=True)[:13] == lines
        assert journal.faults(ledger) == []


def test_a_lost_journal_shows_and_is_written_again(tmp_path: Path, typed: Any) -> None:
    ledger = filled(tmp_path)
    (tmp_path / "reportkit.toml").write_text("")
    path = journal.files(tmp_path)[0]
    was = path.read_text()
    lines = was.splitlines(keepends=True)
    for left in ("", lines[0], "".join(lines[3:])):
        path.write_text(left)
        ended = typed("verify", "-w", tmp_path)
        assert (ended.code, "'reportkit rebuild --journals'" in ended.out + ended.err) == (3, True)
        assert typed("rebuild", "--journals", "-w", tmp_path).code == 0
        assert sorted(path.read_text().splitlines(keepends=True)) == sorted(lines)
        assert journal.faults(ledger) == []
    (tmp_path / "ledger.db").unlink()
    assert sum(rebuild(Ledger(tmp_path), LATER).rows.values()) == 13
    change(tmp_path, "UPDATE approvals SET \"by\" = 'Eve'")
    path.unlink()
    ended = typed("rebuild", "--journals", "-w", tmp_path)
    assert (ended.code, "is not what was written" in ended.err, path.exists()) == (3, True, False)


def test_of_a_long_journal_only_the_end_is_looked_at(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(3):
        rows = [Delivery(kind="notice", report="board", period="2026-Q1", unit="", about=f"{number} {n}", recipient="a@example.org", prepared_at=AT, job={"text": "x" * 2_000}) for n in range(100)]  # fmt: skip
        with ledger.writing() as connection:
            deliveries.prepare(connection, rows)
    path = journal.files(tmp_path)[0]
    assert path.stat().st_size > 2 * journal._END
    was = path.read_bytes()
    with path.open("r+b") as file:
        file.truncate(len(was) - 5_000)
    ledger.record(Event("elsewhere", "approved", AT))
    with ledger.writing() as connection:
        deliveries.prepare(connection, [Delivery(kind="notice", report="board", period="2026-Q1", unit="", about="last", recipient="a@example.org", prepared_at=AT)])  # fmt: skip
    assert path.read_bytes()[: was.rindex(b'{"id": 298')] == was[: was.rindex(b'{"id": 298')]
    assert [link.id for link, _ in sorted(journal.read(path), key=lambda one: one[0].id)] == list(
        range(1, 303)
    )
    assert journal.faults(ledger) == []


# ---- older and newer ledgers -----------------------------------------------------------------------------------------


def older(folder: Path) -> None:
    """Make of a ledger what the release before wrote: without chain, releases, proof and a version."""
    filled(folder)
    for statement in (
        "DROP TABLE chain", "DROP TABLE releases", "DROP TABLE ledger_schema", "ALTER TABLE delivery_events DROP COLUMN proof",
    ):  # fmt: skip
        change(folder, statement)
    journal.files(folder)[0].unlink()


def test_an_older_ledger_is_copied_and_then_brought_to_today(tmp_path: Path) -> None:
    older(tmp_path)
    was = (tmp_path / "ledger.db").read_bytes()
    ledger = Ledger(tmp_path)
    assert ledger.publications()[0].run_id == "run-1"
    assert not schema.aside(ledger.path, 1).exists(), "to read it changes nothing"
    ledger.record(Event("run-1", "superseded", LATER))
    copy = schema.aside(ledger.path, 1)
    assert copy.name == "ledger-schema1.db"
    with (
        closing(sqlite3.connect(copy)) as one,
        closing(sqlite3.connect(tmp_path / "was.db")) as other,
    ):
        (tmp_path / "was.db").write_bytes(was)
        assert list(one.iterdump()) == list(other.iterdump())
    assert chain.faults(ledger) == journal.faults(ledger) == []
    assert [event.state for event in ledger.events()] == ["published", "superseded"]
    (tmp_path / "ledger.db").unlink()
    again = Ledger(tmp_path)
    rebuild(again, LATER)
    assert {one.recipient: one.message_id for one in deliveries.find(again)}["anna@example.org"] == "<anna@example.org>"  # fmt: skip


def test_a_copy_never_takes_the_place_of_another(tmp_path: Path) -> None:
    older(tmp_path)
    other = schema.aside(tmp_path / "ledger.db", 1)
    other.write_text("somebody's")
    Ledger(tmp_path).record(Event("run-1", "superseded", LATER))
    assert other.read_text() == "somebody's"
    with closing(sqlite3.connect(tmp_path / "ledger-schema1-2.db")) as copy:
        assert copy.execute("SELECT COUNT(*) FROM deliveries").fetchone() == (4,)


def test_a_newer_ledger_is_refused_in_one_sentence(tmp_path: Path) -> None:
    filled(tmp_path)
    change(tmp_path, "INSERT INTO ledger_schema VALUES (9)")
    was = (tmp_path / "ledger.db").read_bytes()
    for asked in (
        lambda: Ledger(tmp_path).publications(),
        lambda: Ledger(tmp_path).record(Event("r", "approved", AT)),
    ):
        with pytest.raises(
            ConfigError, match=r"newer reportkit \(version 9 of its tables, 2 is known here\)"
        ):
            asked()
    assert (tmp_path / "ledger.db").read_bytes() == was


def test_verify_says_what_was_changed(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "reportkit.toml").write_text("")
    change(tmp_path, "UPDATE approvals SET \"by\" = 'Eve'")
    faults = verify.workspace(tmp_path).faults
    assert any("approvals" in one and "is not what was written" in one for one in faults)
    shutil.rmtree(tmp_path / "runs")
    assert any("approvals" in one for one in verify.workspace(tmp_path).faults)
