"""From an executed notebook to the document: outputs are read, source text is not."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from reportkit.errors import DataError
from reportkit.facts import MIME, Bundle, Callout, Cover, Facts, Table
from reportkit.facts import Break as BreakFact
from reportkit.render import media, others, specs, widgets
from reportkit.render.foreign import read_html
from reportkit.render.markdown import paragraph, plain, prose, table_node
from reportkit.render.media import Found
from reportkit.render.model import (
    UNDATED,
    Break,
    Chart,
    Content,
    Document,
    Image,
    Node,
    Placed,
    Preformatted,
    Prose,
)
from reportkit.render.remarks import remarked

HIDDEN_TAGS = frozenset({
    "setup", "parameters", "injected-parameters", "hide", "hide-output", "hide_output", "remove-output", "remove_output",
    "remove-cell", "remove_cell", "papermill-error-cell-tag",
})  # fmt: skip
_CHART_MIME = re.compile(r"application/vnd\.vegalite\.v\d+(\.\d+)*\+?\.?json")
_IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
_DATA_IMAGE = re.compile(r"data:(image/(?:png|jpeg|svg\+xml));base64,(.+)", re.DOTALL)
_ANSI = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_STAND_IN_ALT = "Picture without a description."


class Reader:
    """Reads one notebook; holds what is collected on the way."""

    def __init__(self) -> None:
        self._blocks: list[Placed] = []
        self._facts = Facts()
        self._cover: Cover | None = None
        self._left_out: list[str] = []
        self._without_alt: list[str] = []
        self._chart_ids: set[str] = set()
        self._cell, self._tags = 0, frozenset[str]()
        self._attachments: Mapping[str, Any] = {}
        self._images: list[Image] = []
        self._widgets: Mapping[str, Any] = {}
        self._foreign = False

    def read(self, notebook: Mapping[str, Any]) -> Document:
        """Walk the cells once and give the document."""
        self._widgets = widgets.states(notebook.get("metadata", {}))
        self._foreign = not any(MIME in output.get("data", ()) for cell in notebook.get("cells", ()) for output in cell.get("outputs", ()))  # fmt: skip
        for self._cell, cell in enumerate(notebook.get("cells", [])):
            self._tags = frozenset(cell.get("metadata", {}).get("tags", ()))
            self._attachments = cell.get("attachments", {})
            if cell["cell_type"] == "markdown" and not self._hidden:
                self._markdown(_joined(cell["source"]))
            elif cell["cell_type"] == "code":
                self._outputs(cell.get("outputs", ()))
        blocks = tuple(self._blocks)
        cover = self._cover
        if cover is None:
            cover, blocks = _stand_in_cover(notebook.get("metadata", {}), blocks)
        return Document(
            cover=cover,
            blocks=tuple(_levelled(remarked(blocks, self._facts))),
            facts=self._facts,
            left_out=tuple(self._left_out),
            without_alt=tuple(self._without_alt),
        )

    @property
    def _hidden(self) -> bool:
        return bool(self._tags & HIDDEN_TAGS)

    def _place(self, content: Content) -> None:
        if not self._hidden:
            self._blocks.append(Placed(content=content, cell=self._cell, tags=self._tags))

    def _leave_out(self, what: str) -> None:
        """Say that something is not shown, where it would stand."""
        if not self._hidden:
            self._left_out.append(f"cell {self._cell + 1}: {what}")
            self._place(
                Callout(title="Not shown", text=f"{what[:1].upper()}{what[1:]}.", tone="none")
            )

    # ---- markdown ----

    def _markdown(self, source: str) -> None:
        self._images = []
        written = prose(source, self._take_image, self._html_nodes)
        if written.nodes:
            self._place(written)
        for image in self._images:
            self._place(image)

    def _html_nodes(self, html: str) -> Iterator[Node]:
        for block in read_html(html, f"cell-{self._cell + 1}"):
            if isinstance(block, Prose):
                yield from block.nodes
            elif isinstance(block, Table):
                yield table_node(block)
            elif not block.url or not self._take_image(block.url, block.alt):
                # Between the words of a text: what it is, as words.
                yield paragraph(block.alt or f"[{block.missing or 'picture'}]")

    def _take_image(self, url: str, alt: str) -> bool:
        found: tuple[str, str] | None = None
        if url.startswith("attachment:"):
            data = self._attachments.get(url.removeprefix("attachment:"), {})
            found = next(((mime, _joined(data[mime])) for mime in _IMAGES if mime in data), None)
        elif match := _DATA_IMAGE.fullmatch(url):
            found = (match.group(1), match.group(2))
        if found is None:
            self._leave_out(
                f"a picture that is not inside the notebook ({url[:80] or 'without an address'})"
            )
            return False
        image = self._image(*found, alt)
        if image is not None:
            self._images.append(image)
        return image is not None

    # ---- outputs ----

    def _outputs(self, outputs: Iterable[Mapping[str, Any]]) -> None:
        printed: list[str] = []
        outputs = list(outputs)
        alone = all(output.get("name") == "stderr" for output in outputs)
        pictured = any({*_IMAGES} & output.get("data", {}).keys() for output in outputs)
        for output in outputs:
            kind = output["output_type"]
            if kind == "stream":
                # Warnings are for the author; a cell of others that says nothing else is not left blank.
                seen = output.get("name") == "stdout" or (self._foreign and alone)
                printed += [_joined(output["text"])] if seen else []
                continue
            if pictured and others.nameless(_joined(output.get("data", {}).get("text/plain", ""))) and len(output["data"]) == 1:  # fmt: skip
                continue
            self._preformatted("".join(printed))
            printed = []
            if kind == "error":
                words = _tidy(f"{output.get('ename', '')}: {output.get('evalue', '')}")
                self._place(Callout(title="A cell failed", text=words[:500], tone="bad"))
            else:
                self._data(output.get("data", {}))
        self._preformatted("".join(printed))

    def _data(self, data: Mapping[str, Any]) -> None:
        chart = next((mime for mime in data if _CHART_MIME.fullmatch(mime)), None)
        image = next((mime for mime in _IMAGES if mime in data), None)
        if MIME in data and (self._bundle(data[MIME]) or chart is None):
            return
        if chart is not None:
            self._chart(data[chart])
        elif image is not None:
            drawn = self._image(image, _joined(data[image]), "")
            if drawn is not None:
                self._place(drawn)
        elif others.loads(data):
            return
        elif named := others.drawn(data):
            self._leave_out(named)
        elif widgets.VIEW in data:
            self._widget(data[widgets.VIEW])
        elif "text/html" in data:
            self._html(_joined(data["text/html"]))
        elif "text/markdown" in data:
            self._markdown(_joined(data["text/markdown"]))
        elif "text/latex" in data:
            # Typesetting formulas is not this tool's trade; their source says the same.
            self._preformatted(_joined(data["text/latex"]))
        elif "application/json" in data:
            self._preformatted(json.dumps(data["application/json"], indent=2, ensure_ascii=False))
        elif "application/javascript" in data:
            self._leave_out("what a script does")
        elif "text/plain" in data:
            self._preformatted(_joined(data["text/plain"]))
        elif data:
            self._leave_out(f"output of type {', '.join(sorted(data))}, which no format can write")

    def _html(self, html: str) -> None:
        before = len(self._blocks)
        left_out = len(self._left_out)
        for block in read_html(html, f"cell-{self._cell + 1}-{len(self._blocks)}"):
            if not isinstance(block, Found):
                self._place(block)
            elif block.spec is not None:
                self._chart(block.spec)
            elif block.svg:
                self._add_image(self._image("image/svg+xml", block.svg, block.alt))
            elif block.missing:
                self._leave_out(block.missing)
            elif self._take_image(block.url, block.alt):
                self._add_image(self._images.pop())
        if html.strip() and len(self._blocks) == before and len(self._left_out) == left_out:
            said = others.scripted(html)
            unknown = (
                "what a script draws" if "<script" in html.lower() else "HTML that holds no text"
            )
            if said != "":
                self._leave_out(said or unknown)

    def _add_image(self, image: Image | None) -> None:
        if image is not None:
            self._place(image)

    def _widget(self, view: Any) -> None:
        outputs = widgets.outputs(view, self._widgets)
        self._outputs(outputs)
        if not outputs:
            self._leave_out("a control that works in JupyterLab only")

    def _bundle(self, raw: Mapping[str, Any]) -> bool:
        """Take facts and block; False when there is no block, so that what else the output holds is shown."""
        try:
            bundle = Bundle.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise DataError(
                f"cell {self._cell + 1}: an output under {MIME} breaks its contract at {where} ({first['msg']}); "
                "make it with reportkit.display."
            ) from error
        self._facts = self._facts.plus(bundle.facts)
        block = bundle.block
        if isinstance(block, Cover):
            self._cover = self._cover or block
        elif isinstance(block, BreakFact):
            self._place(Break())
        elif block is not None:
            self._place(block)
        return block is not None

    def _chart(self, raw: Mapping[str, Any]) -> None:
        if wrong := specs.misshapen(raw):
            self._leave_out(f"a chart whose specification is none of Vega-Lite ({wrong})")
            return
        spec = dict(raw)
        elsewhere = media.elsewhere(spec)
        if elsewhere:
            self._leave_out(f"a chart that reads its data from elsewhere ({elsewhere[:120]})")
            return
        title, subtitle = _spec_titles(spec.pop("title", None))
        alt = str(spec.pop("description", "") or "").strip()
        usermeta = dict(spec.pop("usermeta", None) or {})
        said = usermeta.pop("reportkit", {})
        usermeta.pop("embedOptions", None)
        if usermeta:
            spec["usermeta"] = usermeta
        title = said.get("title", title)
        name = self._chart_id(said.get("id"))
        if not alt:
            self._without_alt.append(name)
            alt = f"Chart: {title}." if title else "Chart without a description."
        self._place(
            Chart(
                id=name,
                spec=spec,
                alt=alt,
                title=title,
                subtitle=said.get("subtitle", subtitle),
                note=said.get("note", ""),
                half=bool(said.get("half", False)),
                least=int(said.get("least", 0)),
            )
        )

    def _chart_id(self, wanted: str | None) -> str:
        base = (
            re.sub(r"[^a-z0-9]+", "-", (wanted or "").lower()).strip("-")
            or f"chart-{len(self._chart_ids) + 1}"
        )
        name, number = base, 2
        while name in self._chart_ids:
            name, number = f"{base}-{number}", number + 1
        self._chart_ids.add(name)
        return name

    def _image(self, mime: str, raw: str, alt: str) -> Image | None:
        if mime == "image/svg+xml" and raw.lstrip().startswith("<"):
            data = raw.encode()
        else:
            try:
                data = base64.b64decode("".join(raw.split()), validate=True)
            except (binascii.Error, ValueError):
                self._leave_out(f"a picture of type {mime} that is not valid base64")
                return None
        if not media.is_picture(data, mime):
            self._leave_out(f"a picture that cannot be read ({mime})")
            return None
        if not alt.strip():
            self._without_alt.append(f"picture in cell {self._cell + 1}")
        return Image(data=data, mime=mime, alt=alt.strip() or _STAND_IN_ALT)

    def _preformatted(self, raw: str) -> None:
        words = _tidy(raw).strip("\n")
        if words.strip():
            self._place(Preformatted(text=words))


def _joined(source: str | Iterable[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _tidy(raw: str) -> str:
    """Drop terminal colours and control characters; of a line that was overwritten keep its last state."""
    lines = _ANSI.sub("", raw).replace("\r\n", "\n").split("\n")
    return "\n".join(_CONTROL.sub("", line.rstrip("\r").rsplit("\r", 1)[-1]) for line in lines)


def _spec_titles(title: Any) -> tuple[str, str]:
    if isinstance(title, Mapping):
        return _words(title.get("text")), _words(title.get("subtitle"))
    return _words(title), ""


def _words(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return value if isinstance(value, str) else ""


def _stand_in_cover(
    metadata: Mapping[str, Any], blocks: tuple[Placed, ...]
) -> tuple[Cover, tuple[Placed, ...]]:
    """Give a cover for a notebook that shows none: its first heading or its title, its run's day if it tells one."""
    title, rest = str(metadata.get("title") or ""), blocks
    if (
        blocks
        and isinstance(first := blocks[0].content, Prose)
        and first.nodes[0]["type"] == "heading"
    ):
        title = plain(first.nodes[0]["children"]).strip()
        kept = replace(blocks[0], content=replace(first, nodes=first.nodes[1:]))
        rest = (*((kept,) if first.nodes[1:] else ()), *blocks[1:])
    run = metadata.get("papermill") or {}
    known_by = _time(run.get("start_time")) or UNDATED
    period = str((run.get("parameters") or {}).get("period", ""))
    authors = metadata.get("authors") or []
    author = ", ".join(
        str(a.get("name", "")) if isinstance(a, Mapping) else str(a) for a in authors
    )
    cover = Cover(
        title=title or "Report",
        subtitle="",
        organisation="",
        period=period,
        as_of=known_by.date(),
        known_by=known_by,
        classification="",
        author=author,
    )
    return cover, rest


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _levelled(blocks: Iterable[Placed]) -> Iterator[Placed]:
    """Close gaps between heading levels: a level may be entered only from the level above it."""
    last = 0
    for placed in blocks:
        content = placed.content
        if isinstance(content, Prose) and any(node["type"] == "heading" for node in content.nodes):
            nodes = []
            for node in content.nodes:
                if node["type"] == "heading":
                    last = min(node["attrs"]["level"], last + 1)
                    node = {**node, "attrs": {**node["attrs"], "level": last}}  # noqa: PLW2901
                nodes.append(node)
            placed = replace(placed, content=replace(content, nodes=tuple(nodes)))  # noqa: PLW2901
        yield placed
