"""How long a known exploited weakness may stay open: the catalogue's date, or a rule that a workspace switched on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from reportkit import remediation
from reportkit.errors import ConfigError
from tests.conftest import Ended
from tests.unit.technical import asset, stored, weak

Typed = Callable[..., Ended]
RULE = """
[[remediation]]
id = "bod-26-04"
name = "CISA BOD 26-04"
valid_from = 2026-06-10
source = "Read at cisa.gov by counsel on 1 July 2026"
enabled = {enabled}

  [[remediation.case]]
  exposure = "internet"
  automatable = true
  days = 3

  [[remediation.case]]
  exposure = "internet"
  days = 14

  [[remediation.case]]
  tech_impact = "partial"
"""
KEV = [
    {"vuln_id": "CVE-OLD", "date_added": date(2026, 5, 1), "due_date": date(2026, 9, 29)},
    {"vuln_id": "CVE-NEW", "date_added": date(2026, 9, 10), "due_date": date(2026, 12, 1)},
]
FOUND = {"opened": date(2026, 9, 20), "vuln_id": "CVE-NEW"}
ROWS = [
    weak(1, **FOUND, automatable=True),  # 10 + 3 September: overdue
    weak(2, **FOUND),  # 10 + 14: overdue since the 24th
    weak(3, **FOUND),  # not on the internet, and nothing is known of its impact: the catalogue's date
    weak(4, **FOUND, tech_impact="partial"),  # with the next upgrade: no date
    weak(5, **{**FOUND, "opened": date(2026, 7, 1)}),  # found before it was listed: 1 + 14 July
    weak(6, opened=date(2026, 9, 20), vuln_id="CVE-OLD"),  # listed before the rule held: the catalogue's date, overdue
]  # fmt: skip
ASSETS = [asset(n, exposure="internet" if n in (1, 2, 5, 6) else "internal") for n in range(1, 7)]


def late(folder: Path, text: str) -> tuple[float | None, str]:
    ws = stored(folder, assets=ASSETS, findings=ROWS, kev=KEV)
    if text:
        (folder / "clocks.toml").write_text(text, encoding="utf-8")
    value = ws.at("2026-Q3").measure("V03").value
    return value.value, value.note


def test_the_catalogue_s_own_date_counts_until_a_rule_is_switched_on(tmp_path: Path) -> None:
    assert late(tmp_path / "a", "") == (1, "")
    assert late(tmp_path / "b", RULE.format(enabled="false")) == (1, "")


def test_a_rule_that_is_switched_on_sets_the_dates_since_it_holds(tmp_path: Path) -> None:
    # F1, F2, F5 by the rule, F6 by the catalogue; F4 has no date.
    assert late(tmp_path, RULE.format(enabled="true")) == (4, "1 listed finding has no due date")


def test_it_ships_unverified_and_switched_off() -> None:
    (rule,) = remediation.listed(None)
    assert (rule.id, rule.verified, rule.enabled, rule.cases) == ("bod-26-04", False, False, ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RULE.format(enabled="true").partition("\n  [[")[0], "is switched on and has no case"),
        (RULE.format(enabled="true").replace("days = 3", "days = 2.5"), "has days = 2.5; give whole days"),
        (RULE.format(enabled="true").replace("automatable = true", 'automatable = "yes"'), "choose true, false"),
        (RULE.format(enabled="true").replace("exposure", "exposed", 1), "unknown key 'exposed'; did you mean 'exposure'"),
        (RULE.format(enabled="true").replace("source", "origin"), "unknown key 'origin'"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        late(tmp_path, text)


def test_it_is_listed_beside_the_clocks(tmp_path: Path, typed: Typed) -> None:
    stored(tmp_path)
    assert "unverified, switched off" in typed("clocks", "-w", tmp_path).out
    (tmp_path / "clocks.toml").write_text(RULE.format(enabled="true"), encoding="utf-8")
    assert "3 / 14 / none set" in typed("clocks", "-w", tmp_path).out
