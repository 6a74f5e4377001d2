"""What people did: training, phishing exercises, sign-in friction, tickets, survey; by unit and quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportkit.demo import catalogue
from reportkit.demo.deliveries import Delivery, deliver
from reportkit.demo.scene import JOINED, QUARTERS, Scene

if TYPE_CHECKING:
    import numpy as np

Row = tuple[int, dict[str, Any]]
#: How a unit differs: training completed, phishing reported, prompts per person and day.
TRAINED = {"HQ": 0.96, "PAY": 0.975, "COM": 0.965, "TRM": 0.925, "FLD": 0.875, "BRK": 0.70}
REPORTED = {"HQ": 0.31, "PAY": 0.36, "COM": 0.38, "TRM": 0.21, "FLD": 0.15, "BRK": 0.12}
PROMPTS = {"HQ": 2.1, "PAY": 2.4, "COM": 2.2, "TRM": 1.4, "FLD": 1.1, "BRK": 3.0}
#: Difficulty of the phishing exercise by quarter, and what it does to reports and clicks.
DIFFICULTY = ("medium", "easy", "medium", "hard", "medium", "hard", "medium", "medium")
REPORT_FACTOR = {"easy": 1.2, "medium": 1.0, "hard": 0.75}
CLICKED = {"easy": 0.022, "medium": 0.048, "hard": 0.105}
WORKDAYS = 62
#: Security questionnaires of customers in a quarter, by unit that sells.
ASKED = {"PAY": 46, "COM": 72}


def people(scene: Scene) -> Delivery:
    """Deliver nine measures of each unit in each quarter."""
    rng = scene.rng("people")
    rows: list[Row] = []
    for quarter in range(QUARTERS):
        for unit in catalogue.table("units"):
            if unit["unit_id"] == "BRK" and quarter < JOINED:
                continue
            key = {"unit_id": unit["unit_id"], "period": scene.periods[quarter].code}
            rows += [
                (quarter, {**key, **row})
                for row in _measures(rng, unit["unit_id"], int(unit["staff"]), quarter)
            ]
    rows += [
        (quarter, {"unit_id": unit, "period": scene.periods[quarter].code, **row})
        for quarter in range(QUARTERS)
        for unit, asked in ASKED.items()
        for row in _customers(scene.rng(f"customers {unit} {quarter}"), asked, quarter)
    ]
    return deliver("people_measures", "People and service desk systems", rows)


def _customers(rng: np.random.Generator, asked: int, quarter: int) -> list[dict[str, Any]]:
    """Give what customers asked and said: answers became faster once they were written down."""
    answers = asked + int(rng.integers(-6, 7))
    in_time = int(answers * min(0.97, 0.72 + 0.03 * quarter))
    days = 9.5 - 0.7 * quarter + float(rng.uniform(-0.5, 0.5))
    deals, gone, revenue = 3 * asked, 40 + asked // 2, 180 + 12 * asked
    return [
        {"measure": "questionnaires", "n": answers, "num": in_time, "den": answers, "minutes": round(days * 1440), "source_note": "Answered within ten working days; minutes are the median turnaround"},
        {"measure": "deals_delayed", "n": deals, "num": int(rng.integers(2, 7)), "den": deals, "source_note": "Offers delayed or lost that name security, of all offers; from sales notes"},
        {"measure": "churn", "n": gone, "num": int(rng.integers(0, 3)), "den": gone, "source_note": "Customers who left and name security, of all who left; from exit talks"},
        {"measure": "certified_revenue", "n": revenue, "num": int(revenue * min(0.95, 0.6 + 0.035 * quarter)), "den": revenue, "source_note": "Revenue under a certification, in hundred thousands"},
    ]  # fmt: skip


def _measures(
    rng: np.random.Generator, unit: str, staff: int, quarter: int
) -> list[dict[str, Any]]:
    grown = 1 + 0.035 * quarter
    due = int(staff * rng.uniform(0.30, 0.36))
    trained = min(0.995, TRAINED[unit] + 0.004 * quarter - (0.02 if quarter == 3 else 0))
    difficulty = DIFFICULTY[quarter]
    sent = int(staff * 0.97)
    delivered = int(sent * rng.uniform(0.965, 0.985))
    reported = int(delivered * min(0.8, REPORTED[unit] * grown * REPORT_FACTOR[difficulty]))
    clicked = int(
        delivered
        * CLICKED[difficulty]
        * (1.5 if unit in {"FLD", "BRK"} else 1.0)
        / (1 + 0.05 * quarter)
    )
    # Enforcement brings more prompts at first; keys then take most of them away again.
    prompts = int(
        staff
        * PROMPTS[unit]
        * WORKDAYS
        * (1.15 if quarter in {3, 4} else 1 - 0.03 * quarter)
        * rng.uniform(0.97, 1.03)
    )
    failed = int(prompts * rng.uniform(0.018, 0.026))
    lockouts = int(staff * rng.uniform(0.055, 0.075) / (1 + 0.05 * quarter))
    tickets = int(staff * rng.uniform(0.11, 0.14) * (1.25 if quarter in {3, 4} else 1.0))
    answers = int(staff * rng.uniform(0.22, 0.31))
    favourable = int(
        answers
        * min(
            0.9,
            0.62
            + (0.08 if unit in {"PAY", "COM"} else 0)
            + 0.012 * quarter
            - (0.06 if quarter in {3, 4} else 0),
        )
    )
    near = int(staff * rng.uniform(0.006, 0.011) * grown * 100 / 100)
    champions = int(staff * (0.012 + 0.001 * quarter))
    return [
        {"measure": "training", "n": staff, "num": int(due * trained), "den": due, "source_note": "Role training completed, of training due in the quarter"},
        {"measure": "phishing", "n": sent, "num": reported, "den": delivered, "minutes": round(float(rng.uniform(3, 11)), 1), "difficulty": difficulty,
         "source_note": "Reported, of delivered exercise mails; minutes are the median to the first report"},
        {"measure": "phishing_clicks", "n": sent, "num": clicked, "den": delivered, "difficulty": difficulty, "source_note": "Clicked, of delivered exercise mails"},
        {"measure": "mfa_prompts", "n": staff, "num": failed, "den": prompts, "minutes": round(prompts * 0.21 + failed * 1.6, 1),
         "source_note": "Failed prompts, of all prompts; minutes are the time of all users"},
        {"measure": "lockouts", "n": staff, "num": lockouts, "den": staff, "minutes": round(lockouts * 23.0, 1), "source_note": "Lock-outs, with time away"},
        {"measure": "tickets", "n": staff, "num": tickets, "den": staff, "minutes": round(tickets * 17.0, 1), "source_note": "Service desk tickets about security measures"},
        {"measure": "survey", "n": staff, "num": favourable, "den": answers, "survey_n": answers, "source_note": "Agree that security helps them do their work"},
        {"measure": "near_misses", "n": staff, "num": near, "den": staff, "source_note": "Near misses reported by staff"},
        {"measure": "champions", "n": staff, "num": champions, "den": staff, "source_note": "Trained security champions"},
    ]  # fmt: skip
