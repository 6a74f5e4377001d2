"""What an object shows of itself: a rich view in the front end of a notebook, text in a terminal, and a hint where a name is mistyped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from reportkit.errors import nearest

if TYPE_CHECKING:
    from reportkit.facts import Block, Facts, Table


class Exhibit:
    """An object that shows itself; the class says by which blocks.

    As the last line of a cell it is markup; ``print`` gives the same as text; ``repr`` is one line. A name that it does not
    have is answered with the nearest one that it has.
    """

    #: Whether a report that holds it prints it.
    _printed: ClassVar[bool] = True

    def _blocks(self) -> tuple[Block, ...]:
        """Give what is shown, in the order of reading."""
        raise NotImplementedError

    def _facts(self) -> Facts | None:
        """Give what a report that holds it tells, if anything."""
        return None

    # Commands make these objects too, and show none: what showing needs is loaded when something is shown.

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from reportkit import markup, plain
        from reportkit.facts import MIME, bundle

        blocks = self._blocks()
        shown: dict[str, Any] = {
            "text/html": markup.html(*blocks),
            "text/plain": plain.text(*blocks),
        }
        if self._printed:
            # A report prints one block for each output: the last is the table with everything.
            shown = {MIME: bundle(blocks[-1] if blocks else None, self._facts()), **shown}
        return shown

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: FBT001 - the protocol of IPython
        # Inside another object there is room for a line.
        alone = not cycle and len(getattr(printer, "stack", ())) <= 1
        printer.text(str(self) if alone else repr(self))

    def __str__(self) -> str:
        from reportkit import plain

        return plain.text(*self._blocks())

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise absent(self, name)


def absent(item: Any, name: str) -> AttributeError:
    """Give the error for a name that an object does not have, with the nearest one that it has."""
    own = type(item).__name__
    if name.startswith("_"):
        return AttributeError(f"{own!r} object has no attribute {name!r}", name=name, obj=item)
    if hasattr(type(item), name):
        # It is there, and what it asked for was not: its own error says what.
        try:
            object.__getattribute__(item, name)
        except AttributeError as error:
            return error
    known = [one for one in dir(item) if not one.startswith("_")]
    return AttributeError(f"{own} has no {name!r}; {nearest(name, known)}", name=name, obj=item)


def pairs(title: str, said: Iterable[tuple[str, str]], note: str = "") -> Table:
    """Give a table of names and what stands behind each; those without anything are left out."""
    from reportkit.facts import Cell, Column, Table

    rows = tuple((Cell(text=name, kind="muted"), Cell(text=text)) for name, text in said if text)
    return Table(id="shown", title=title, columns=(Column(label="What"), Column(label="It says")), rows=rows, note=note)  # fmt: skip
