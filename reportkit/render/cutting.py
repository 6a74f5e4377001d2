"""From the whole document to one edition of it: sections kept or dropped by tags, another summary, never another number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reportkit.editions import ALONE, AUDIENCES, DROPPED, KEPT, Edition
from reportkit.facts import Callout, Headline
from reportkit.locale import plural
from reportkit.render.markdown import plain
from reportkit.render.model import Document, Placed, Prose
from reportkit.render.redaction import redacted

if TYPE_CHECKING:
    from reportkit.render.hidden import Counts


@dataclass(frozen=True)
class Cut:
    """An edition, ready to be written.

    Attributes:
        document: what it says.
        left_out: headings of the sections it does not have.
        counts: what is hidden in it.
    """

    document: Document
    left_out: tuple[str, ...]
    counts: Counts


def whole(document: Document) -> Document:
    """Give the report itself: without what stands in single editions alone."""
    blocks = [placed for placed, tags in _tagged(document.blocks) if not _named(tags, ALONE)]
    return replace(document, blocks=tuple(_summarised(blocks, None)))


def cut(document: Document, name: str, edition: Edition) -> Cut:
    """Cut an edition from a document.

    Args:
        document: everything the notebook says, as :func:`reportkit.render.model.everything` reads it.
        name: of the edition; tags of cells name it.
        edition: what the configuration says of it.
    """
    blocks = [placed for placed, tags in _tagged(document.blocks) if _kept(placed, tags, name, edition)]  # fmt: skip
    kept = _filled(blocks)
    left_out = tuple(_missing(document.blocks, kept))
    kept = list(_summarised(kept, edition.summary or name))
    cover = document.cover.model_copy(
        update={
            "audience": edition.audience or AUDIENCES.get(name, "") or document.cover.audience,
            "classification": edition.classification or document.cover.classification,
        }
    )
    made, counts = redacted(replace(document, cover=cover, blocks=tuple(kept)), edition.redact)
    note = _note(name, left_out, counts)
    if note is not None:
        # At the end, but not inside an annex that a mail or a reader may skip.
        made = replace(made, blocks=(*made.blocks, Placed(content=note, cell=-1)))
    return Cut(made, left_out, counts)


def _note(name: str, left_out: tuple[str, ...], counts: Counts) -> Callout | None:
    parts = []
    if left_out:
        parts.append(f"It leaves out {plural(len(left_out), 'section')}: {'; '.join(left_out)}.")
    if counts.any:
        parts.append(f"{counts.words()} {'is' if counts.total == 1 else 'are'} redacted, and marked where {'it stands' if counts.total == 1 else 'they stand'}.")  # fmt: skip
    if not parts:
        return None
    return Callout(
        title=f"This is the edition “{name}” of the report",
        text=" ".join((*parts, "Its numbers are those of the whole report.")),
        tone="neutral",
    )


def _tagged(blocks: Iterable[Placed]) -> Iterator[tuple[Placed, frozenset[str]]]:
    """Go through the blocks with their own tags and those of the headings they stand below."""
    above: list[tuple[int, frozenset[str]]] = []
    for placed in blocks:
        if isinstance(placed.content, Prose):
            for level in _levels(placed.content):
                above = [(outer, tags) for outer, tags in above if outer < level]
                above.append((level, placed.tags))
        yield placed, frozenset().union(placed.tags, *(tags for _, tags in above))


def _levels(prose: Prose) -> list[int]:
    return [node["attrs"]["level"] for node in prose.nodes if node["type"] == "heading"]


def _headings(blocks: Iterable[Placed]) -> Iterator[tuple[int, str, str]]:
    """Go through headings: level, words, and the words of the section it lies in."""
    section = ""
    for placed in blocks:
        if isinstance(placed.content, Prose):
            for node in placed.content.nodes:
                if node["type"] == "heading":
                    words = plain(node["children"])
                    section = words if node["attrs"]["level"] == 1 else section
                    yield node["attrs"]["level"], words, section


def _missing(before: Iterable[Placed], after: Iterable[Placed]) -> Iterator[str]:
    """Name the sections that are gone, and the parts that are gone of those that are not."""
    kept = {(words, section) for _, words, section in _headings(after)}
    sections = {section for _, section in kept}
    for level, words, section in _headings(before):
        if (words, section) not in kept and (level == 1 or section in sections):
            yield words


def _named(tags: Iterable[str], prefix: str) -> set[str]:
    return {tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)}


def _kept(placed: Placed, tags: frozenset[str], name: str, edition: Edition) -> bool:
    alone, kept = _named(tags, ALONE), _named(tags, KEPT)
    if (alone and name not in alone) or (kept and name not in kept) or name in _named(tags, DROPPED):  # fmt: skip
        return False
    if tags & set(edition.drop):
        return False
    # A heading stays for what is kept below it.
    return not edition.keep or _bare(placed) or bool(tags & set(edition.keep)) or bool(alone | kept)


def _bare(placed: Placed) -> bool:
    content = placed.content
    return isinstance(content, Prose) and all(node["type"] == "heading" for node in content.nodes)


def _filled(blocks: list[Placed]) -> list[Placed]:
    """Leave out headings below which nothing is left."""
    kept: list[Placed] = []
    for placed in reversed(blocks):
        if _bare(placed) and isinstance(placed.content, Prose):
            following = kept[-1].content if kept else None
            levels = _levels(following) if isinstance(following, Prose) else []
            if following is None or (levels and levels[0] <= _levels(placed.content)[-1]):
                continue
        kept.append(placed)
    return kept[::-1]


def _summarised(blocks: Iterable[Placed], summary: str | None) -> Iterator[Placed]:
    """Open with the summary of an edition; no other one stays in the document."""
    for placed in blocks:
        content = placed.content
        if isinstance(content, Headline) and content.editions:
            own = next((one for one in content.editions if one.summary == summary), None)
            chosen = Headline(
                statement=own.statement if own else content.statement,
                messages=own.messages if own else content.messages,
            )
            yield replace(placed, content=chosen)
        else:
            yield placed
