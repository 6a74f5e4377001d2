"""Durations as books and manuals print them, a plus after what had not finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportkit.stats import kaplan_meier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reportkit.stats import Survival

# Freireich et al. (1963), weeks of remission.
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"

# Miller (1981), weeks of remission in acute myelogenous leukaemia; data set aml of R's survival.
MAINTAINED = "9 13 13+ 18 23 28+ 31 34 45+ 48 161+"
NONMAINTAINED = "5 5 8 8 12 16+ 23 27 30 33 43 45"

# Klein, Moeschberger (1997), days free of disease after a transplant of bone marrow; data set BMT of SAS.
ALL = """2081+ 1602+ 1496+ 1462+ 1433+ 1377+ 1330+ 996+ 226+ 1199+ 1111+ 530+ 1182+ 1167+ 418 383 276 104 609 172
487 662 194 230 526 122 129 74 122 86 466 192 109 55 1 107 110 332"""
AML_LOW = """2569+ 2506+ 2409+ 2218+ 1857+ 1829+ 1562+ 1470+ 1363+ 1030+ 860+ 1258+ 2246+ 1870+ 1799+ 1709+ 1674+
1568+ 1527+ 1324+ 957+ 932+ 847+ 848+ 1850+ 1843+ 1535+ 1447+ 1384+ 414 2204 1063 481 105 641 390 288 421 79 748
486 48 272 1074 381 10 53 80 35 248 704 211 219 606"""
AML_HIGH = """2640+ 2430+ 2252+ 2140+ 2133+ 1238+ 1631+ 2024+ 1345+ 1136+ 845+ 422 162 84 100 2 47 242 456 268 318
32 467 47 390 183 105 115 164 93 120 80 677 64 168 74 16 157 625 48 273 63 76 113 363"""


def curve(printed: str | Sequence[str]) -> Survival:
    """The curve of printed durations."""
    marks = printed.split() if isinstance(printed, str) else list(printed)
    made = kaplan_meier([float(m.rstrip("+")) for m in marks], [not m.endswith("+") for m in marks])
    assert made is not None
    return made
