"""Who may enter, for how long, and whether anyone looks: expected values by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.technical import END, KNOWN, START, account, before, parts, split, stored, view
from tests.unit.workspaces import load

NEXT_DAY = END + timedelta(1)


# ---- K04 sign-in -----------------------------------------------------------------------------------------------------


def test_enforced_and_not_registered_counts(tmp_path: Path) -> None:
    root = {"privileged": True, "mfa": "strong", "enforced": True}
    rows = [
        account(1, **root),
        account(2, **root, type="admin"),
        account(3, **{**root, "mfa": "phishing_resistant"}),
        account(4, **{**root, "enforced": False}),  # registered
        account(5, **{**root, "enforced": None}),
        account(6, **{**root, "mfa": "none"}),
        account(7, **{**root, "mfa": "weak", "enforced": False}, disabled_at=datetime(2026, 10, 1)),
        account(8, **{**root, "enforced": False}, disabled_at=datetime(2026, 9, 30, 23, 59)),
        account(9, **root, type="service"),
        account(10, **{**root, "enforced": False}, type=None),
        account(11, mfa="weak", enforced=True),
        account(12, mfa="none", enforced=False),
        account(13, **root, created=NEXT_DAY),
    ]
    v = view(tmp_path, identities=rows)
    value = v.measure("K04").value
    # Privileged people: 1 to 7, met by 1, 2, 3. People in all: 1 to 7, 11 and 12; enforced for 1, 2, 3, 11.
    assert (value.numerator, value.denominator) == (3, 7)
    assert parts(value) == {
        "Privileged, resistant to phishing": pytest.approx(100 / 7),
        "All accounts of people": pytest.approx(400 / 9),
        "Accounts of services, left out": 1,
    }
    assert value.note == "1 privileged account has no type and is left out"


def test_few_and_no_privileged_accounts(tmp_path: Path) -> None:
    root = {"privileged": True, "mfa": "strong", "enforced": True}
    rows = [account(n, unit_id="a" if n < 6 else "b", **root) for n in range(12)]
    v = view(tmp_path / "a", identities=rows)
    assert split(v, "K04", "unit") == {"a": 100, "b": 100}
    few = view(tmp_path / "b", identities=rows[:4]).measure("K04").value
    assert (few.value, few.reason) == (None, "withheld: fewer than five people")
    none = view(tmp_path / "c", identities=[account(1, enforced=True)]).measure("K04").value
    assert (none.value, none.reason) == (None, "no privileged account of a person is known")


def test_a_quarter_before_the_first_load_does_not_see_today_s_accounts(tmp_path: Path) -> None:
    """An account without a day from which it is so, recorded on 2 October, speaks for 45 days before and for no earlier one."""
    rows = [account(n, privileged=True, mfa="strong", enforced=True, created=date(2025, 1, 1)) for n in range(5)]  # fmt: skip
    ws = stored(tmp_path / "a", identities=rows)
    assert ws.at("2026-Q3").measure("K04").value.value == 100
    early = ws.at("2026-Q2").measure("K04").value
    assert (early.value, early.reason) == (None, "no privileged account of a person is known")
    assert early.note == "5 accounts do not say whether they were privileged on this day"
    # An export of July is what the second quarter is told from, also after that of October came.
    older = stored(tmp_path / "c", identities=rows)
    load(older, "identities", [{**r, "enforced": n < 3} for n, r in enumerate(rows)], datetime(2026, 7, 5))  # fmt: skip
    assert [older.at(q).measure("K04").value.value for q in ("2026-Q2", "2026-Q3")] == [60, 100]
    dated = stored(tmp_path / "b", identities=[{**r, "valid_from": END} for r in rows])
    none = dated.at("2026-Q1").measure("K04").value
    assert none.value is None
    assert none.reason


# ---- I01, I02, I03 ---------------------------------------------------------------------------------------------------


def test_privilege_that_never_ends(tmp_path: Path) -> None:
    rows = [account(n, privileged=True, standing=n <= 5, unit_id="a") for n in range(1, 8)]
    rows += [
        account(8, privileged=True, standing=None),
        account(9, privileged=False, standing=True),
        account(10, privileged=True, standing=True, disabled_at=datetime(2026, 9, 30, 12)),
    ]
    staff = [{"line_id": "L", "period": p, "staff": n} for p, n in (("2026-Q2", 999), ("2026-Q3", 250))]  # fmt: skip
    v = view(tmp_path / "a", identities=rows, spend=staff)
    value = v.measure("I01").value
    # Five of the seven that say; 5 for 250 staff are 2 for a hundred.
    assert (value.numerator, value.denominator) == (5, 7)
    assert parts(value) == {"For each hundred staff": 2}
    assert value.note == "1 privileged account does not say whether it is permanent"
    bare = view(tmp_path / "b", identities=rows).measure("I01").value
    assert parts(bare) == {"For each hundred staff": None}
    silent = [account(1, privileged=True), account(2, standing=True)]
    none = view(tmp_path / "c", identities=silent).measure("I01").value
    assert (none.value, none.reason) == (None, "no privileged account says whether it is permanent")


LEFT = datetime(2026, 9, 1, 12)


def gone(number: int, hours: float | None, left: datetime = LEFT, **more: Any) -> dict[str, Any]:
    return account(number, hr_end=left, disabled_at=None if hours is None else left + timedelta(hours=hours), **more)  # fmt: skip


def test_leavers_still_enabled_count(tmp_path: Path) -> None:
    rows = [gone(n, float(n)) for n in range(1, 8)]  # 1 to 7 hours
    rows += [
        gone(8, 24),
        gone(9, -10),
        gone(10, None),
    ]  # a day exactly; before the end; still enabled
    rows += [
        gone(11, 1, datetime(2026, 10, 1, 9)),  # has not left yet
        gone(12, 900, datetime(2025, 9, 29, 12)),  # left more than a year before
        account(13),
    ]
    value = view(tmp_path, identities=rows).measure("I02").value
    # Ten: 0, 1 to 7, 24, and one open: S(24) = 1/10, so nine in ten within 24 hours. Median of ten: the fifth, 4.
    assert (value.value, value.n, value.numerator) == (24, 10, 9)
    assert parts(value) == {
        "Median": 4, "Not finished yet": pytest.approx(10), "Later than 24 hours": pytest.approx(10), "Accounts that name no person": 10,
    }  # fmt: skip


def test_a_leaver_is_gone_when_the_last_account_is(tmp_path: Path) -> None:
    """Six people of two accounts each: HR ends the one at once, the other a person's hours later; one is still enabled."""
    rows = [gone(n, 1, person_id=f"P{n}", unit_id="a") for n in range(6)]
    rows += [account(10 + n, person_id=f"P{n}", unit_id="a", privileged=True, disabled_at=LEFT + timedelta(hours=10 * n)) for n in range(5)]  # fmt: skip
    rows.append(account(15, person_id="P5", unit_id="a"))
    value = view(tmp_path, identities=rows).measure("I02").value
    # Hours: 1 (the later of 1 and 0), 10, 20, 30, 40, and one open: five of six, so nine in ten is not reached.
    assert (value.n, value.numerator, value.value) == (6, 5, None)
    assert parts(value)["Median"] == 20
    assert parts(value)["Accounts that name no person"] == 0


def test_leavers_of_whom_too_many_are_enabled(tmp_path: Path) -> None:
    """Mean of those disabled: an hour. Two of ten are enabled since 29 days and 12 hours: 708 hours to the day's end."""
    rows = [*(gone(n, 1) for n in range(8)), gone(8, None), gone(9, None)]
    v = view(tmp_path, identities=rows)
    value = v.measure("I02").value
    assert (value.value, value.reason) == (None, "one in ten is not disabled within 708 hours")
    # In New York the day ends four hours later.
    west = view(tmp_path / "b", '[organisation]\ntimezone = "America/New_York"', identities=rows)
    assert west.measure("I02").value.reason == "one in ten is not disabled within 712 hours"


def test_who_is_hired_again_is_no_leaver(tmp_path: Path) -> None:
    rows = [{**gone(n, None), "valid_from": date(2026, 9, 2)} for n in range(6)]
    rows[5] = {**gone(5, 1), "valid_from": date(2026, 9, 2)}
    ws = stored(tmp_path, identities=rows)
    back = {**account(0), "valid_from": date(2026, 9, 20)}
    load(ws, "identities", [back], KNOWN)
    assert type(ws)(ws.folder, now=ws.now).at("2026-Q3").measure("I02").value.n == 5
    none = view(tmp_path / "b", identities=[gone(1, 1, datetime(2025, 1, 1))]).measure("I02").value
    assert (none.value, none.reason) == (None, "nobody left in 12 months")


def test_reviews_are_due_in_the_quarter_and_done_by_then(tmp_path: Path) -> None:
    due = {"review_due": date(2026, 8, 31)}
    rows = [
        account(1, review_due=START, reviewed_at=START, review_result="kept", last_used=before(90)),
        account(2, review_due=END, reviewed_at=END, review_result="revoked", last_used=before(91)),
        account(3, reviewed_at=date(2026, 9, 1), review_result="changed", **due),  # a day late
        account(4, reviewed_at=date(2026, 6, 3), review_result="kept", **due),  # 89 days before
        account(
            5, reviewed_at=date(2026, 6, 2), review_result="kept", **due
        ),  # 90: the last round's
        account(6, last_used=END, **due),
        account(7, review_due=before(1, START)),
        account(8, review_due=NEXT_DAY, reviewed_at=START, review_result="kept"),
        account(9, disabled_at=datetime(2026, 6, 30, 23), last_used=before(200), **due),
    ]
    value = view(tmp_path, identities=rows).measure("I03").value
    # Due 1 to 6, met by 1, 2, 4. Reviewed in the quarter 1, 2, 3, 8, of which 2 and 3 lost access.
    assert (value.numerator, value.denominator) == (3, 6)
    assert parts(value) == {
        "Reviews that took access away": 50,
        "Accounts unused for 90 days": 1,  # 2; the ninetieth day itself is not more than 90
        "Of enabled ones whose last use is known": pytest.approx(100 / 3),  # of 1, 2, 6
    }


def test_a_review_that_is_done_or_put_off_stays_due(tmp_path: Path) -> None:
    """What fell due in the quarter is what was promised in it: the next date of whoever was reviewed takes nothing away."""
    first = [account(n, review_due=date(2026, 9, 1), valid_from=date(2026, 1, 5)) for n in range(6)]
    ws = stored(tmp_path, identities=first)
    done = [account(n, review_due=date(2027, 9, 1), reviewed_at=date(2026, 8, 20), review_result="kept", valid_from=date(2026, 8, 20)) for n in range(2)]  # fmt: skip
    # Put off, and reviewed on the later day.
    moved = [account(2, review_due=date(2026, 12, 1), valid_from=date(2026, 8, 30))]
    late = [account(3, review_due=date(2027, 9, 1), reviewed_at=date(2026, 9, 15), review_result="revoked", valid_from=date(2026, 9, 15))]  # fmt: skip
    # Reviewed in time, and once more on the quarter's last day.
    twice = [
        account(4, review_due=date(2027, 8, 1), reviewed_at=date(2026, 8, 1), review_result="kept", valid_from=date(2026, 8, 1)),
        account(4, review_due=date(2027, 9, 30), reviewed_at=END, review_result="changed", valid_from=END),
    ]  # fmt: skip
    load(ws, "identities", [*done, *moved, *late, *twice], KNOWN)
    value = ws.at("2026-Q3").measure("I03").value
    assert (value.numerator, value.denominator) == (3, 6)
    # Five reviews in the quarter: 0, 1, 3, and 4 twice; those of 3 and of 4's second took access away.
    assert parts(value)["Reviews that took access away"] == 40


def test_an_account_disabled_before_the_quarter_needs_no_review(tmp_path: Path) -> None:
    """Disabled on 30 June at 22:00 in New York, which is July already in UTC."""
    rows = [account(n, review_due=END) for n in range(6)]
    rows[0]["disabled_at"] = datetime(2026, 7, 1, 2)
    west = '[organisation]\ntimezone = "America/New_York"'
    due = [view(tmp_path / f"{len(s)}", s, identities=rows).measure("I03").value.denominator for s in ("", west)]  # fmt: skip
    assert due == [6, 5]


def test_reviews_without_due_or_use(tmp_path: Path) -> None:
    value = view(tmp_path, identities=[account(1, review_due=NEXT_DAY)]).measure("I03").value
    assert (value.value, value.reason) == (None, "no access review fell due")
    assert set(parts(value).values()) == {None}
