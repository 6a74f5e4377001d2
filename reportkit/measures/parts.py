"""A measure that is split: its parts, in the order of a reader, found by place or by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, SupportsIndex, overload

from reportkit.errors import UsageError, nearest
from reportkit.exhibit import Exhibit
from reportkit.facts import Block, Facts

if TYPE_CHECKING:
    import pandas as pd

    from reportkit.measures.model import Measure


class Parts(Exhibit, list["Measure"]):
    """The parts of a measure: a list, also by name: ``parts["critical"]``.

    Attributes:
        id: the measure.
        by: the dimension it is split by.
        reason: why there are none, when it is not measured.
    """

    def __init__(self, parts: Iterable[Measure] = (), *, id_: str = "", by: str = "", reason: str = "") -> None:  # fmt: skip
        super().__init__(parts)
        self.id, self.by, self.reason = id_, by, reason

    @property
    def names(self) -> list[str]:
        """What the parts are called."""
        return [part.scope.partition("=")[2] for part in self]

    @overload
    def __getitem__(self, which: SupportsIndex | str) -> Measure: ...
    @overload
    def __getitem__(self, which: slice) -> list[Measure]: ...
    def __getitem__(self, which: SupportsIndex | str | slice) -> Measure | list[Measure]:
        """Give a part by its place or its name.

        Raises:
            UsageError: no part is called so.
        """
        if isinstance(which, str):
            if which not in self.names:
                raise UsageError(f"{self.id} has no part {which!r}; {nearest(which, self.names)}")
            return self[self.names.index(which)]
        return super().__getitem__(which)

    def to_frame(self) -> pd.DataFrame:
        """Give the parts as a pandas frame: one row each, with value, interval, what was counted, status and reason."""
        import pandas as pd

        columns = ["value", "numerator", "denominator", "low", "high", "n", "reason"]
        rows = [
            (name, *(getattr(part.value, one) for one in columns), part.status)
            for name, part in zip(self.names, self, strict=True)
        ]
        return pd.DataFrame(rows, columns=[self.by, *columns, "status"]).set_index(self.by)

    def _ipython_key_completions_(self) -> list[str]:
        return self.names

    # A shell's own way of showing lists is not asked.
    _repr_pretty_ = Exhibit._repr_pretty_

    def __repr__(self) -> str:
        said = ", ".join(repr(part).rpartition(": ")[2].rstrip(">") + f" {name}" for name, part in zip(self.names, self, strict=True))  # fmt: skip
        return f"<{self.id} by {self.by}: {said or self.reason or 'no parts'}>"

    def _blocks(self) -> tuple[Block, ...]:
        from reportkit.showing import numbers

        return numbers.parts(self)

    def _facts(self) -> Facts:
        return Facts(figures=tuple(part.figure() for part in self))
