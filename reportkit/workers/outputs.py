"""What a cell has shown, as the notebook keeps it: the same whichever engine ran the cell."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode, from_dict

#: Printed text beyond this many characters of one cell is cut: a loop that prints must not fill the disk.
STREAM_LIMIT = 1_000_000
#: A cell that shows more than this many characters in charts, tables and pictures is no part of a report.
SHOWN_LIMIT = 50_000_000
CUT = f"\n[cut: more than {STREAM_LIMIT:,} characters printed]\n"


class Collector:
    """Gathers the outputs of one notebook's cells.

    Attributes:
        shown: characters that the present cell has shown, printed text aside.
    """

    def __init__(self) -> None:
        self.shown = 0
        self._outputs: list[NotebookNode] = []
        self._named: dict[str, list[NotebookNode]] = {}
        self._printed: dict[str, int] = {}
        self._clear = False

    def begin(self, outputs: list[NotebookNode]) -> None:
        """Begin a cell; its outputs go into the list."""
        self._outputs, self._printed, self._clear, self.shown = outputs, {}, False, 0

    def take(self, message: list[Any]) -> None:
        """Take what the cell's process tells: ``stream``, ``display``, ``result``, ``update``, ``clear`` or ``error``."""
        kind, *parts = message
        if kind == "clear":
            self._clear = True
            if not parts[0]:
                self._cleared()
        elif kind == "update":
            data, metadata, name = parts
            for output in self._named.get(name, ()):
                output.data, output.metadata = from_dict(data), from_dict(metadata)
        elif kind == "stream":
            self.print(*parts)
        else:
            self._cleared()
            self._outputs.append(self._made(kind, parts))

    def print(self, name: str, text: str) -> None:
        """Take printed text."""
        cut = self.cut(name, text)
        if cut:
            self._cleared()
            self._outputs.append(NotebookNode(output_type="stream", name=name, text=cut))

    def cut(self, name: str, text: str) -> str:
        """Give what is kept of printed text: all, a part with a note, or nothing."""
        before = self._printed.get(name, 0)
        self._printed[name] = before + len(text)
        if before > STREAM_LIMIT:
            return ""
        if before + len(text) > STREAM_LIMIT:
            return text[: STREAM_LIMIT - before] + CUT
        return text

    def count(self, data: dict[str, Any]) -> bool:
        """Count what is shown; True while it is not too much."""
        self.shown += sum(len(str(value)) for value in data.values())
        return self.shown <= SHOWN_LIMIT

    def _cleared(self) -> None:
        if self._clear:
            self._outputs.clear()
            self._clear = False

    def _made(self, kind: str, parts: list[Any]) -> NotebookNode:
        if kind == "error":
            name, value, trace = parts
            return NotebookNode(output_type="error", ename=name, evalue=value, traceback=trace)
        data, metadata, last = parts
        output = NotebookNode(
            output_type="execute_result" if kind == "result" else "display_data",
            metadata=from_dict(metadata),
            data=from_dict(data),
        )
        if kind == "result":
            output["execution_count"] = last
        elif last:
            self._named.setdefault(last, []).append(output)
        return output


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join printed text that arrived in pieces: how it was cut, and which stream came first, is chance."""
    together: list[NotebookNode] = []
    streams: dict[str, list[NotebookNode]] = {}

    def settle() -> None:
        for name in sorted(streams, reverse=True):
            first, *more = streams[name]
            first.text = "".join([first.text, *(output.text for output in more)])
            together.append(first)
        streams.clear()

    for output in outputs:
        if output.output_type == "stream":
            streams.setdefault(output.name, []).append(output)
        else:
            settle()
            together.append(output)
    settle()
    return together
