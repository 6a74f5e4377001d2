"""Blocks as plain text: the first part of a mail, for those who read without markup, with the same figures."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from reportkit.facts import Callout, Decisions, Headline, Table, Tiles
from reportkit.render.markdown import plain
from reportkit.render.model import Chart, Preformatted, Prose

if TYPE_CHECKING:
    from reportkit.facts import Cell
    from reportkit.render.model import Content, Node

#: Longest line; mail clients that show plain text break at about this many columns.
WIDTH = 72
_GAP = "  "


def write(content: Content) -> str:
    """Give a block as text, without a line break at its end; empty for what text cannot show."""
    match content:
        case Prose():
            return "\n\n".join(filter(None, (_node(node) for node in content.nodes)))
        case Headline():
            parts = [wrap(content.statement)]
            parts += [wrap(f"* {m.title}: {m.text}", after="  ") for m in content.messages]
            return "\n\n".join(parts)
        case Tiles():
            return grid(
                [
                    [t.label, t.value, " ".join(filter(None, (t.delta, t.note)))]
                    for t in content.items
                ],
                right={1},
            )
        case Table():
            return _table(content)
        case Callout():
            return wrap(f"{content.title}. {content.text}" if content.title else content.text)
        case Decisions():
            return "\n\n".join(_decisions(content))
        case Chart():
            parts = [wrap(content.title), wrap(f"Chart: {content.alt}"), wrap(content.note)]
            return "\n".join(filter(None, parts))
        case Preformatted():
            return content.text
        case _:
            return ""


def unwrapped(content: Prose | Preformatted) -> Iterator[str]:
    """Give the paragraphs and list items of prose, or the lines of printed text, each in one piece."""
    if isinstance(content, Preformatted):
        yield content.text
        return
    for node in content.nodes:
        if node["type"] in {"list", "table", "block_code", "block_quote"}:
            yield _node(node)
        elif words := plain(node.get("children", [])):
            yield words


def heading(words: str, mark: str = "-") -> str:
    """Give words with a line under them."""
    lines = wrap(words).split("\n")
    return "\n".join([*lines, mark * max(map(columns, lines))])


def wrap(words: str, *, first: str = "", after: str = "") -> str:
    """Break a paragraph into lines; ``after`` starts every line but the first."""
    return "\n".join(
        textwrap.wrap(
            " ".join(words.split()),
            WIDTH,
            initial_indent=first,
            subsequent_indent=after or first,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def columns(words: str) -> int:
    """Count the columns that words take in a fixed-width font."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in words)
    hidden = sum(bool(unicodedata.combining(char)) for char in words)
    return len(words) + wide - hidden


def grid(rows: Sequence[Sequence[str]], right: Iterable[int] = (), head: Sequence[str] = ()) -> str:
    """Align rows in columns; a last column that does not fit goes on in the lines below.

    Args:
        rows: cells as text, all rows of one length.
        right: positions of columns that end at their right edge.
        head: words above the columns.
    """
    flat = [[" ".join(cell.split()) for cell in row] for row in ([head, *rows] if head else rows)]
    if not flat:
        return ""
    widths = [max(columns(row[i]) for row in flat) for i in range(len(flat[0]))]
    widths[0] = min(widths[0], max(24, WIDTH - sum(widths[1:]) - len(_GAP) * (len(widths) - 1)))
    # Words take at least a column, also where there are none, or only signs that stand on those before them.
    widths[0] = max(widths[0], 1)
    lines: list[str] = []
    for position, row in enumerate(flat):
        names = textwrap.wrap(row[0], widths[0], break_long_words=True) or [""]
        cells = [_pad(names[0], widths[0], right=False)]
        cells += [_pad(cell, widths[i], right=i in right) for i, cell in enumerate(row[1:], 1)]
        lines.append(_GAP.join(cells).rstrip())
        lines += [f"  {rest}" for rest in names[1:]]
        if head and position == 0:
            lines.append("-" * min(WIDTH, sum(widths) + len(_GAP) * (len(widths) - 1)))
    return "\n".join(lines)


def _pad(words: str, width: int, *, right: bool) -> str:
    space = " " * max(0, width - columns(words))
    return space + words if right else words + space


def _table(table: Table) -> str:
    parts = [wrap(table.title)] if table.title else []
    if table.rows:
        right = {i for i, column in enumerate(table.columns) if column.align == "right"}
        parts.append(
            grid(
                [[_cell(cell) for cell in row] for row in table.rows],
                right,
                [c.label for c in table.columns],
            )
        )
    else:
        parts.append(table.empty)
    if table.note:
        parts.append(wrap(table.note))
    return "\n".join(parts)


def _cell(cell: Cell) -> str:
    if cell.kind == "strong":
        # A row's name stays on one line; its second line is in the marked-up part.
        return cell.text
    return f"{cell.text} ({cell.sub})" if cell.sub else cell.text


def _decisions(decisions: Decisions) -> Iterator[str]:
    if not decisions.items:
        yield decisions.empty
    for item in decisions.items:
        lines = [wrap(f"{item.number}. {item.title}", after="   "), wrap(item.ask, first="   ")]
        for option in item.options:
            facts = "; ".join(filter(None, (option.cost, option.risk_change, option.user_impact)))
            mark = " (recommended)" if option.recommended else ""
            lines.append(wrap(f"- {option.name}{mark}: {facts}", first="   ", after="     "))
        lines.append(wrap(f"Owner: {item.owner}. By {item.by_when}.", first="   "))
        yield "\n".join(lines)


def _node(node: Node, indent: str = "") -> str:
    kind, children = node["type"], node.get("children", [])
    if kind == "heading":
        return heading(plain(children), "=" if node["attrs"]["level"] == 1 else "-")
    if kind == "list":
        ordered = (node.get("attrs") or {}).get("ordered")
        return "\n".join(
            _item(child, f"{position}. " if ordered else "- ", indent)
            for position, child in enumerate(children, 1)
        )
    if kind == "block_quote":
        return "\n".join(_node(child, f"{indent}> ") for child in children)
    if kind == "block_code":
        return textwrap.indent(node.get("raw", "").rstrip(), "    ")
    if kind == "table":
        return _markdown_table(children)
    return wrap(plain(children), first=indent)


def _item(node: Node, mark: str, indent: str) -> str:
    parts: list[str] = []
    for child in node.get("children", []):
        if child["type"] == "list":
            parts.append(_node(child, indent + "  "))
        else:
            words = plain(child.get("children", []))
            parts.append(wrap(words, first=indent + mark, after=indent + " " * len(mark)))
    return "\n".join(parts)


def _markdown_table(children: Sequence[Node]) -> str:
    rows: list[list[str]] = []
    for part in children:
        found = [part] if part["type"] == "table_head" else part.get("children", [])
        rows += [
            [plain(cell.get("children", [])) for cell in row.get("children", [])] for row in found
        ]
    return grid(rows[1:], (), rows[0]) if len(rows) > 1 else ""
