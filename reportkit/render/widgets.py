"""Controls of ipywidgets as words: what they were set to when the notebook was kept; nobody can move them on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
_STATE = "application/vnd.jupyter.widget-state+json"
_PREFIX = "IPY_MODEL_"
_DEEPEST = 20

#: An output as nbformat has it, such as ``{"output_type": "display_data", "data": {"text/html": ...}}``.
Output = Mapping[str, Any]


def states(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what a notebook keeps of its controls, by their id; nothing when it keeps nothing."""
    kept = metadata.get("widgets")
    kept = kept.get(_STATE) if isinstance(kept, Mapping) else None
    found = kept.get("state") if isinstance(kept, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def outputs(view: Any, known: Mapping[str, Any]) -> list[Output]:
    """Give what a control shows as outputs that need no browser; nothing when it is not known.

    Args:
        view: what the notebook holds under :data:`VIEW`.
        known: from :func:`states`.
    """
    model = view.get("model_id") if isinstance(view, Mapping) else None
    found: list[Output] = []
    lines: list[str] = []
    for kind, value in _walk(str(model), known, 0):
        if kind == "line":
            lines.append(value)
            continue
        found += _text(lines)
        lines = []
        found.append(value)
    return found + _text(lines)


def _text(lines: list[str]) -> list[Output]:
    words = "  \n".join(lines)
    return [{"output_type": "display_data", "data": {"text/markdown": words}}] if lines else []


def _walk(model: str, known: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    entry = known.get(model.removeprefix(_PREFIX))
    state = entry.get("state") if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or not isinstance(state, Mapping) or depth > _DEEPEST:
        return
    name = str(entry.get("model_name", ""))
    if name == "OutputModel":
        for output in state.get("outputs") or ():
            yield "output", output
    elif isinstance(state.get("children"), list | tuple):
        titles = state.get("titles") or ()
        for number, child in enumerate(state["children"]):
            if number < len(titles):
                yield "line", _escaped(titles[number])
            yield from _walk(str(child), known, depth + 1)
    elif name in {"HTMLModel", "HTMLMathModel"}:
        yield (
            "output",
            {"output_type": "display_data", "data": {"text/html": str(state.get("value", ""))}},
        )
    elif name == "ImageModel":
        # The bytes lie in a buffer beside the state, which not every program keeps.
        yield "line", _escaped(f"Picture {state.get('description') or ''}".strip())
    else:
        words = _said(state)
        if words:
            yield "line", words


def _said(state: Mapping[str, Any]) -> str:
    label = str(state.get("description") or state.get("description_tooltip") or "").strip()
    value: Any = state.get("value")
    options = state.get("_options_labels")
    if isinstance(options, list | tuple) and "index" in state:
        index = state["index"]
        chosen = index if isinstance(index, list | tuple) else [index]
        value = (
            ", ".join(
                str(options[one])
                for one in chosen
                if isinstance(one, int) and 0 <= one < len(options)
            )
            or "nothing"
        )
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, list | tuple):
        value = " to ".join(map(str, value))
    if isinstance(state.get("max"), int | float) and "bar_style" in state and value is not None:
        value = f"{value} of {state['max']}"
    if value in {None, ""}:
        return _escaped(label)
    return _escaped(f"{label}: {value}" if label else str(value))


def _escaped(words: str) -> str:
    import re

    return re.sub(r"([\\`*_\[\]<>#|~!])", r"\\\1", " ".join(words.split()))
