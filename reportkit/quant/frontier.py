"""Which options together buy most: sets by cost and by what they take off the bad years, under a budget."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportkit.errors import DataError
from reportkit.quant.business_case import TAIL, appraise, combined
from reportkit.quant.exceedance import LossCurve

if TYPE_CHECKING:
    from reportkit.quant.business_case import BusinessCase, Option

#: Most sets that are tried.
MOST = 4096


@dataclass(frozen=True)
class Choice:
    """One set of options, at most one of each decision.

    Attributes:
        options: the options, in the order of the decisions; doing nothing is the empty set.
        cost: mean cost of the horizon in today's money.
        tail: what they take off the mean of the worst years, in money a year, after insurance.
        ale: what they take off the mean year.
        affordable: whether the cost lies within the budget.
        efficient: whether no set within reach costs no more and takes off more.
        marginal: tail taken off for each unit of money beyond the efficient set before it.
    """

    options: tuple[Option, ...]
    cost: float
    tail: float
    ale: float
    affordable: bool
    efficient: bool = False
    marginal: float | None = None

    @property
    def name(self) -> str:
        """The options in words."""
        return " + ".join(option.name for option in self.options) or "Do nothing"


def frontier(
    case: BusinessCase,
    decisions: Sequence[Sequence[Option]],
    budget: float = math.inf,
    tail: float = TAIL,
) -> tuple[Choice, ...]:
    """Try every set with at most one option of each decision.

    Args:
        case: scenarios, horizon, rate and worlds.
        decisions: the options of each decision; doing nothing is always one of them.
        budget: the most that may be spent, in today's money.
        tail: probability beyond which years count as bad.

    Returns:
        All sets, the cheapest first. The efficient ones among the affordable ones are the frontier.

    Raises:
        DataError: more sets than are tried.
    """
    number = math.prod(len(options) + 1 for options in decisions)
    if number > MOST:
        raise DataError(
            f"{number:,} sets of options are more than {MOST:,}; leave out the ones nobody would choose."
        )
    today = LossCurve.from_losses(case.today)
    found = []
    for chosen in itertools.product(*[(None, *options) for options in decisions]):
        some = tuple(option for option in chosen if option is not None and not option.does_nothing)
        if sum(option.cover is not None for option in some) > 1:
            continue
        found.append(_choice(case, some, today, budget, tail))
    unique = {tuple(o.id for o in choice.options): choice for choice in found}
    return _marked(sorted(unique.values(), key=lambda c: (c.cost, -c.tail)))


def _choice(
    case: BusinessCase, some: tuple[Option, ...], today: LossCurve, budget: float, tail: float
) -> Choice:
    appraised = appraise(case, combined(some))
    cost = appraised.present_cost
    return Choice(
        some,
        cost,
        today.tail_value_at_risk(tail) - appraised.curve.tail_value_at_risk(tail),
        appraised.avoided,
        cost <= budget,
    )


def _marked(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    marked: list[Choice] = []
    last: Choice | None = None
    for choice in choices:
        if choice.affordable and (last is None or choice.tail > last.tail):
            extra = choice.cost - last.cost if last else 0.0
            gain = (choice.tail - last.tail) / extra if last and extra > 0 else None
            last = Choice(
                choice.options,
                choice.cost,
                choice.tail,
                choice.ale,
                affordable=True,
                efficient=True,
                marginal=gain,
            )
            marked.append(last)
        else:
            marked.append(choice)
    return tuple(marked)
