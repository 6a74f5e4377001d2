"""The ledger in a PostgreSQL database that several desks share: what the file does, it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from reportkit import backup
from reportkit.errors import ConfigError, TemporaryError, UsageError
from reportkit.facts import Facts
from reportkit.ledger import Erratum, Event, Ledger, approvals, chain, journal, of, schema
from reportkit.ledger.approvals import Approval
from reportkit.ledger.rebuild import rebuild
from tests.system import postgres
from tests.unit.test_ledger import TOLD, figure

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    programs = postgres.binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt install postgresql)")
    with postgres.server(programs) as url:
        yield url


@pytest.fixture
def server(cluster: str) -> Iterator[str]:
    """A database that no other test has written to."""
    yield cluster
    import sqlalchemy as sa

    engine = sa.create_engine(cluster.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture(params=["file", "server"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    if request.param == "file":
        return Ledger(tmp_path)
    url: str = request.getfixturevalue("server")
    return Ledger(tmp_path, url)


def test_told_figures_revisions_and_events(ledger: Ledger) -> None:
    assert ledger.publications() == []
    assert ledger.cut_off("findings") is None
    told = ledger.publish(TOLD, Facts(figures=(figure(10), figure(None, "severity=high"))), {"findings": ("a" * 64,)})  # fmt: skip
    assert ledger.publish(TOLD, Facts(figures=(figure(11),)), {}) == told
    with pytest.raises(UsageError, match="told figures are not overwritten"):
        ledger.publish(replace(TOLD, run_id="run-2"), Facts(figures=(figure(11),)), {})
    ledger.record(Event(told.run_id, "approved", datetime(2026, 4, 9, 12), "Chair", "as discussed"))
    wrong = Erratum(measure="V01", scope="", name="Open weaknesses", unit="count", old=10, new=8, cause="reclassified", reason="twice", approver="Chair")  # fmt: skip
    later = replace(told, also=("late-load",), run_id="run-1-r2", published_at=datetime(2026, 5, 1))
    second = ledger.correct(later, [figure(8)], [wrong], {"findings": ("b" * 64,)})
    with pytest.raises(UsageError, match="has another revision 2"):
        ledger.correct(later, [figure(7)], [wrong], {})
    assert (second.revision, second.also) == (2, ("late-load",))
    assert ledger.publication("board", "2026-Q1") == second
    assert ledger.publication("board", "2026-Q1", revision=1) == told
    assert ledger.figures(told)["V01", ""].value == 10
    assert ledger.figures(told)["V01", "severity=high"].value is None
    assert ledger.figures(second)["V01", ""].value == 8
    assert ledger.errata(second) == [wrong]
    assert ledger.errata(told) == []
    assert [event.state for event in ledger.events()] == ["approved", "superseded"]
    assert ledger.events("run-1")[0].by == "Chair"
    assert ledger.cut_off("findings") == TOLD.known_by
    assert [len(inputs) for _, inputs in ledger.inputs()] == [1, 1]


def test_two_desks_see_one_ledger(server: str, tmp_path: Path) -> None:
    desks = [tmp_path / name for name in ("a", "b")]
    for desk in desks:
        desk.mkdir()
        (desk / "reportkit.toml").write_text(f'[ledger]\nurl = "{server}"\n')
    one, other = map(of, desks)
    told = one.publish(replace(TOLD, report="shared"), Facts(figures=(figure(10),)), {})
    assert other.figures(told)["V01", ""].value == 10
    assert not any((desk / "ledger.db").exists() for desk in desks)


def test_an_address_that_is_none_or_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="scheme 'sqlite'"):
        Ledger(tmp_path, "sqlite:///x.db").publications()
    with pytest.raises(TemporaryError, match=r"at \[ledger\] url cannot be read"):
        Ledger(tmp_path, f"postgresql:///postgres?host={tmp_path}&user=nobody").publications()


def test_claims_deliveries_and_approvals(ledger: Ledger) -> None:
    """Of two desks one takes a run and a message; what is known is not put in twice."""
    from reportkit.ledger import approvals, claims, deliveries, leases
    from reportkit.ledger.deliveries import Delivery, Outbox

    now = datetime(2026, 10, 12, 8)
    assert claims.find(ledger) == []
    assert deliveries.find(ledger) == []
    one = claims.Claim(report="board", period="2026-Q3", unit="", scheduled_at=now)
    assert [claims.plan(ledger, [one, one], now) for _ in range(2)] == [1, 0]
    mine, theirs = claims.Desk(ledger, leases.token()), claims.Desk(ledger, leases.token())
    taken = mine.take(now, most=4)
    assert taken is not None
    assert theirs.take(now, most=4) is None
    mail = Delivery(kind="report", report="board", period="2026-Q3", unit="", recipient="anna@example.org", prepared_at=now)  # fmt: skip
    assert not theirs.land(taken, "released", now)
    assert mine.land(taken, "released", now, also=lambda c: deliveries.prepare(c, [mail, mail]))
    first, second = Outbox(ledger, leases.token()), Outbox(ledger, leases.token())
    (held,) = first.claim(now, most=9)
    assert second.claim(now) == []
    assert not second.sending(held, now, message_id="<1>", sha256="a", sent={})
    assert first.sending(held, now, message_id="<1>", sha256="a", sent={"attached": {}})
    assert second.recover(now + first.lease * 2, repeatable=False) == 1
    assert [d.state for d in deliveries.find(ledger)] == ["uncertain"]
    # The answer came after all: the one who sent it may still say so.
    assert first.finish(held, "accepted", now, "250 OK").result()
    assert [state for state, _, _ in deliveries.history(ledger, held)] == ["sending", "uncertain", "accepted"]  # fmt: skip
    yes = approvals.Approval(report="board", period="2026-Q3", unit="", run_id="r", digest="d", by="Ada", at=now)  # fmt: skip
    approvals.add(ledger, yes)
    assert approvals.of_run(ledger, "r") == [yes]


def rows_of(ledger: Ledger) -> list[object]:
    return [ledger.publications(), ledger.events(), approvals.of_run(ledger, "run-1"), chain.read(ledger)]  # fmt: skip


def filled(ledger: Ledger, folder: Path) -> None:
    (folder / "runs/board/2026-Q1/_all/run-1").mkdir(parents=True)
    ledger.publish(TOLD, Facts(figures=(figure(10), figure(None, "severity=high"))), {"findings": ("a" * 64,)})  # fmt: skip
    given: dict[str, Any] = {"report": "board", "period": "2026-Q1", "unit": "", "run_id": "run-1"}
    approvals.add(ledger, Approval(**given, digest="d" * 64, by="Ada", at=datetime(2026, 4, 10)))
    ledger.record(Event("run-1", "published", datetime(2026, 4, 10)))


def test_the_chain_of_a_server_shows_a_change_and_its_rows_come_back(ledger: Ledger, tmp_path: Path) -> None:  # fmt: skip
    filled(ledger, tmp_path)
    assert chain.faults(ledger) == journal.faults(ledger) == []
    before = rows_of(ledger)
    with ledger.writing() as connection:
        connection.execute(sa.text("UPDATE events SET note = 'x'"))
    assert ["Row 1 of events" in one for one in chain.faults(ledger)] == [True]
    with ledger.writing() as connection:
        for table in reversed(Ledger.metadata.sorted_tables):
            if table.name != schema.NAME:
                connection.execute(table.delete())
    rebuild(ledger, datetime(2026, 5, 1))
    assert rows_of(ledger) == before
    # Numbers go on after those that came back.
    ledger.record(Event("run-1", "superseded", datetime(2026, 5, 2)))
    assert chain.faults(ledger) == journal.faults(ledger) == []


def test_a_backup_of_a_server_is_rows_and_goes_into_an_empty_one(server: str, tmp_path: Path) -> None:  # fmt: skip
    firm = tmp_path / "firm"
    firm.mkdir()
    (firm / "reportkit.toml").write_text(f'[ledger]\nurl = "{server}"\n')
    ledger = of(firm)
    filled(ledger, firm)
    before = rows_of(ledger)
    assert backup.backup(firm, tmp_path / "copy.zip", datetime(2026, 5, 1)).ledger == "ledger-rows.jsonl"  # fmt: skip
    with pytest.raises(UsageError, match="has rows already"):
        backup.restore(tmp_path / "copy.zip", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    with ledger.writing() as connection:
        for table in reversed(Ledger.metadata.sorted_tables):
            connection.execute(table.delete())
    made = backup.restore(tmp_path / "copy.zip", tmp_path / "again")
    # The rows behind what was told were never loaded here; that was so before.
    assert made.faults == (
        "board 2026-Q1 was told from 1 extracts that are missing; restore them from a copy",
    )
    assert rows_of(of(tmp_path / "again")) == before
    of(tmp_path / "again").record(Event("run-1", "superseded", datetime(2026, 5, 2)))


def test_an_older_ledger_on_a_server_is_copied_before_it_is_changed(server: str, tmp_path: Path) -> None:  # fmt: skip
    filled(Ledger(tmp_path, server), tmp_path)
    with Ledger(tmp_path, server).writing() as connection:
        for statement in ("DROP TABLE chain", "DROP TABLE releases", "DROP TABLE ledger_schema", "ALTER TABLE delivery_events DROP COLUMN proof"):  # fmt: skip
            connection.execute(sa.text(statement))
    ledger = Ledger(tmp_path, server)
    ledger.record(Event("run-1", "superseded", datetime(2026, 5, 2)))
    assert chain.faults(ledger) == []
    with ledger.reading() as connection_:
        assert connection_ is not None
        copied = connection_.execute(sa.text("SELECT state FROM events_schema1")).scalars().all()
    assert list(copied) == ["published"]
