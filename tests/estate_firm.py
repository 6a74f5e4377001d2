"""Everything beside the estate that a board hears of, so that every measure has something to say."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.columns import LAST, UNITS, Chance, days, instants, joined, numbered, ordinal, pick

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

Columns = dict[str, Any]
_FRAMEWORKS = ("NIST CSF 2.0", "ISO/IEC 27001")
_LAST = ordinal(LAST)


def make(count: int, source: np.random.Generator) -> dict[str, Columns]:
    """Give the columns of each table: so many rows of what there is much of, a twentieth or a hundredth of the rest."""
    much: dict[str, Callable[[Chance], Columns]] = {
        "identities": _identities, "incidents": _incidents, "audits": _audits, "risks": _risks, "actions": _actions, "spend": _spend,
    }  # fmt: skip
    some: dict[str, Callable[[Chance], Columns]] = {
        "controls": _controls,
        "suppliers": _suppliers,
        "services": _services,
        "governance_items": _governance,
    }
    made = {name: how(Chance(source, count)) for name, how in much.items()}
    made |= {name: how(Chance(source, count // 20)) for name, how in some.items()}
    made["initiatives"] = _initiatives(Chance(source, count // 100))
    made["people_measures"] = _people(source)
    return made | _told()


def _identities(of: Chance) -> Columns:
    begun, left = of.day(), of.flag(0.3)
    gone = 24 * (_LAST - of.spread(200))
    due = _LAST - of.whole(-90, 300)
    return {
        "account_id": numbered("p", of.rows), "unit_id": of.word(*UNITS), "valid_from": days(begun), "created": days(begun),
        "type": of.word("human", "service", "admin"), "privileged": of.flag(0.3), "standing": of.truth(), "enforced": of.flag(0.8),
        "mfa": of.word("none", "weak", "strong", "phishing_resistant", None),
        "hr_end": instants(gone, ~left), "disabled_at": instants(gone + of.spread(30) - 3, ~left | of.flag(0.03)),
        "last_used": days(_LAST - of.spread(60), of.flag(0.1)), "review_due": days(due, of.flag(0.1)),
        "reviewed_at": days(due + of.whole(-120, 20), of.flag(0.2)), "review_result": of.word("kept", "kept", "changed", "revoked", None),
    }  # fmt: skip


def _incidents(of: Chance) -> Columns:
    """Cases; those that harm a service last for hours, and a few go on."""
    seen = 24 * (of.day() + of.spread(1) % 1)
    harmed, day = of.flag(0.7), (seen // 24).astype(int)
    return {
        "incident_id": numbered("i", of.rows), "unit_id": of.word(*UNITS), "severity": of.whole(1, 6),
        "confirmed": of.word("confirmed", "suspected", "near_miss"), "cause": numbered("cause ", of.whole(300), of.flag(0.2)),
        "control_caused": of.truth(), "occurred": instants(seen - of.spread(200) + 1, of.flag(0.3)), "detected": instants(seen),
        "detected_by": of.word("internal", "internal", "external", None), "acknowledged": instants(seen + of.spread(1), of.flag(0.1)),
        "contained": instants(seen + of.spread(20) - 1, of.flag(0.04)), "restored": instants(seen + of.spread(50) - 1, ~harmed | of.flag(0.04)),
        "service_minutes": _some(of.whole(1, 600), ~harmed | of.flag(0.1)), "determined_at": days(day + of.whole(1, 9), of.flag(0.5)),
        "notices": _notices(of, seen),
    }  # fmt: skip


def _notices(of: Chance, seen: Any) -> list[str | None]:
    """Notices of one case in five: one due in three days, one whose clock begins with a determination."""

    def written(hours: Any) -> list[str]:
        return np.datetime_as_string((hours * 3600).astype("datetime64[s]")).tolist()  # type: ignore[no-any-return]

    due, sent = written(seen + 72), written(seen + of.spread(60))
    return [
        json.dumps([{"regime": "DORA", "due": by, "sent": at}, {"regime": "SEC 8-K", "sent": at if late else None}])
        if told else None
        for told, late, by, at in zip(of.flag(0.2), of.flag(0.7), due, sent, strict=True)
    ]  # fmt: skip


def _audits(of: Chance) -> Columns:
    begun, open_ = of.day(), of.flag(0.4)
    return {
        "finding_id": numbered("x", of.rows), "unit_id": of.word(*UNITS), "valid_from": days(begun), "opened": days(begun),
        "audit_source": of.word("internal", "external", None), "rating": of.word("critical", "high", "medium", "low"),
        "control_id": numbered("c", of.whole(2_000), of.flag(0.2)), "repeat_of": numbered("x", of.whole(of.n), of.flag(0.95)),
        "due_original": days(begun + 90), "due_current": days(begun + 150, of.flag(0.1)),
        "verified_closed": days(begun + of.whole(1, 300), open_), "accepted_at": days(begun + of.whole(1, 300), ~open_ | of.flag(0.9)),
        "state": of.word(*["open"] * 8, "false_positive", None),
    }  # fmt: skip


def _risks(of: Chance) -> Columns:
    """Risks, every second one with a later version of another size."""
    begun, first = of.day(), (of.n + 1) // 2
    # The later version of each, on a day after the first.
    again = np.r_[of.rows[:first], of.rows[:first], of.rows[first : 2 * first]][: of.n]
    later = np.r_[begun[:first], begun[:first] + of.whole(1, 900)[:first]][: of.n]
    due = begun + of.whole(100, 900)
    return {
        "risk_id": numbered("r", again), "unit_id": of.word(*UNITS), "valid_from": days(later), "opened": days(begun[again]),
        "category": of.word("cyber", "cyber", "other", None), "objective_id": numbered("o", of.whole(400)), "owner": of.word("CIO", "COO", None),
        "residual": of.cents(2_000_000), "status": of.word("open", "open", "open", "closed"), "closed": days(later + of.whole(1, 200), of.flag(0.5)),
        "review_due": days(due, of.flag(0.1)), "reviewed_at": days(due + of.whole(-100, 50), of.flag(0.3)),
        "accepted_until": days(begun + of.whole(200, 1200), of.flag(0.7)), "rationale": of.word("new estimate", "", None),
    }  # fmt: skip


def _actions(of: Chance) -> Columns:
    begun = of.day()
    done = begun + of.whole(10, 200)
    return {
        "action_id": numbered("t", of.rows), "unit_id": of.word(*UNITS), "valid_from": days(begun), "opened": days(begun),
        "parent_type": of.word("risk", "risk", "audit", "incident", "supplier"), "owner": of.word("CIO", "COO", None),
        "due_original": days(begun + 90, of.flag(0.05)), "due_current": days(begun + 150), "retargets": _some(of.whole(4), of.flag(0.2)),
        "done_at": days(done, of.flag(0.2)), "verified_at": days(done + 14, of.flag(0.5)), "status": of.word(*["open"] * 6, "cancelled", None),
    }  # fmt: skip


def _spend(of: Chance) -> Columns:
    """Budget lines of two quarters of the year and one before it, some of them in dollars."""
    posts = of.whole(2, 20)
    return {
        "line_id": numbered("b", of.rows), "unit_id": of.word(*UNITS), "period": pick(["2026-Q1", "2026-Q3", "2025-Q4"], of.rows % 3),
        "category": of.word("people", "tools"), "run_change": of.word("run", "change"), "budget": of.cents(5_000_000),
        "actual": _some(of.cents(5_000_000), of.flag(0.01)), "committed": of.cents(5_000_000), "forecast": of.cents(5_000_000),
        "currency": of.word("EUR", "EUR", "USD", None), "headcount_plan": posts + 0.5, "headcount_actual": posts - of.whole(2) * 1.0,
        "it_spend": of.cents(90_000_000), "revenue": of.cents(2_000_000_000), "staff": of.whole(9_000, 12_000),
    }  # fmt: skip


def _controls(of: Chance) -> Columns:
    seen = of.day()
    return {
        "control_id": numbered("c", of.rows), "unit_id": of.word(*UNITS), "assessed_at": days(seen), "framework": of.word(*_FRAMEWORKS),
        "requirement_ids": joined("R", of.whole(300), of.flag(0.2)), "csf_id": numbered("R", of.whole(300), of.flag(0.7)),
        "state": of.word("implemented", "implemented", "partial", "na", None), "result": of.word("effective", "effective", "ineffective", "not_tested"),
        "method": of.word("test", "examine", "assert", None), "evidence_at": days(seen - of.whole(200), of.flag(0.1)),
        "next_due": days(seen + of.whole(200, 800), of.flag(0.3)),
    }  # fmt: skip


def _suppliers(of: Chance) -> Columns:
    return {
        "supplier_id": numbered("s", of.rows), "unit_id": of.word(*UNITS), "valid_from": days(of.day()), "tier": of.whole(1, 5),
        "critical_function": of.truth(), "last_assessed": days(_LAST - of.whole(500), of.flag(0.1)), "result": of.word("pass", "conditional", "fail"),
        "contract_end": days(_LAST + of.whole(900), of.flag(0.1)), "exit_tested_at": days(_LAST - of.whole(900), of.flag(0.3)),
        "country": of.word("DE", "US", None),
    }  # fmt: skip


def _services(of: Chance) -> Columns:
    return {
        "service_id": numbered("v", of.rows), "unit_id": of.word(*UNITS), "criticality": of.whole(1, 5),
        "supplier_ids": joined("s", of.whole(30), of.flag(0.2)),
    }  # fmt: skip


def _governance(of: Chance) -> Columns:
    begun, staff = of.day(), of.whole(50, 500)
    return {
        "item_id": numbered("g", of.rows), "unit_id": of.word(*UNITS), "valid_from": days(begun), "kind": of.word("policy", "standard", "exception", "obligation"),
        "owner": of.word("CIO", "COO", None), "approved_at": days(begun), "review_due": days(begun + of.whole(300, 1200), of.flag(0.1)),
        "expiry": days(begun + of.whole(100, 1200), of.flag(0.1)), "status": of.word("active", "active", "draft", "expired", None),
        "scope_n": staff, "attested_n": _some(staff - of.whole(40), of.flag(0.3)),
    }  # fmt: skip


def _initiatives(of: Chance) -> Columns:
    """Projects, whose plans, cash flows and benefits are documents of their own."""
    begun, live = of.day(), _LAST - of.whole(-200, 500)
    cost, gain = of.whole(100, 900), of.whole(50, 500)
    late, better = of.whole(-30, 30), of.whole(-5, 15)
    baseline = [LAST - timedelta(int(back)) for back in of.whole(120)]
    return {
        "initiative_id": numbered("n", of.rows), "unit_id": of.word(*UNITS), "valid_from": days(begun), "objective_id": numbered("o", of.whole(12)),
        "scenario_ids": of.word("s1", "s2", "s1|s2", None), "budget": of.cents(900_000), "actual": of.cents(900_000), "currency": ["EUR"] * of.n,
        "cash_flows": [
            json.dumps([{"year": 0, "mode": -int(c)}, *({"year": y, "low": 0, "mode": int(g), "high": 2 * int(g)} for y in (1, 2, 3))])
            for c, g in zip(cost, gain, strict=True)
        ],
        "milestones": [
            json.dumps([{"title": "Live", "baseline": f"{day}", "done": f"{day + timedelta(int(n))}"}])
            for day, n in zip(baseline, late, strict=True)
        ],
        "benefits": [
            json.dumps([{"metric": "hours", "baseline": 20, "expected": 10, "realised": 20 - int(n)}]) for n in better
        ],
        "ended_at": days(live + 90, of.flag(0.6)), "security_review_at": days(live - of.whole(-30, 90), of.flag(0.2)), "go_live": days(live),
        "health": of.word("on_track", "at_risk", "late"),
    }  # fmt: skip


def _people(source: np.random.Generator) -> Columns:
    """What units say of their people in two quarters; of one group there are too few to tell."""
    names = (
        "training", "phishing", "phishing_clicks", "near_misses", "champions", "survey", "mfa_prompts", "lockouts", "blocked",
        "access_waits", "tickets", "questionnaires", "deals_delayed", "churn", "certified_revenue",
    )  # fmt: skip
    cells = list(product(UNITS, ("2026-Q2", "2026-Q3"), names))
    of = Chance(source, len(cells))
    few = np.array([cell == ("U4", "2026-Q3", "lockouts") for cell in cells])
    staff = np.where(few, 3, of.whole(100, 900))
    return {
        "unit_id": [unit for unit, _, _ in cells], "period": [period for _, period, _ in cells], "measure": [name for _, _, name in cells],
        "n": staff, "num": np.minimum(of.whole(1, 90), staff), "den": staff, "minutes": of.cents(4_000),
        "difficulty": pick([None, "easy", "hard"], np.array([(name == "phishing_clicks") * (1 + place % 2) for place, (_, _, name) in enumerate(cells)])),
    }  # fmt: skip


def _told() -> dict[str, Columns]:
    """Give what somebody decided or wrote down once: scenarios, insurance, rates, requirements, objectives."""
    start = date(2024, 1, 1)
    groups, requirements = np.arange(10), np.arange(300)
    listed = [(f"P{n}", None) for n in groups] + [(f"R{n}", f"P{n % 10}") for n in requirements]
    return {
        "scenarios": {
            "scenario_id": ["s1", "s2"] * 2, "unit_id": [None, "U2"] * 2, "state": ["current", "current", "residual", "residual"], "title": ["Ransom", "Leak"] * 2,
            "valid_from": [start] * 4, "rate": [0.3, 0.5, 0.1, 0.4], "low": [100_000.0, 50_000.0] * 2, "high": [5_000_000.0, 1_000_000.0] * 2,
            "sev_dist": ["lognormal_ci90"] * 4, "currency": ["EUR"] * 4, "insured": [True, False] * 2,
        },
        "insurance": {
            "policy_id": ["cyber"], "valid_from": [start], "valid_to": [date(2026, 12, 31)], "retention": [1_000_000.0], "limit_amount": [10_000_000.0],
            "currency": ["EUR"], "basis": ["annual"],
        },
        "fx_rates": {"currency": ["USD"], "to_currency": ["EUR"], "valid_from": [start], "rate": [0.87]},
        "frameworks": {
            "framework": [name for name in _FRAMEWORKS for _ in listed], "requirement_id": [id_ for id_, _ in listed] * 2,
            "parent_id": [parent for _, parent in listed] * 2, "applicable": [(True, True, False, None)[n % 4] for n in range(2 * len(listed))],
        },
        "objectives": {
            "objective_id": [f"o{n}" for n in range(12)], "valid_from": [start] * 12, "owner": ["CEO", "CFO", None] * 4,
        },
    }  # fmt: skip


def _some(values: Any, missing: Any) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, mask=missing)
