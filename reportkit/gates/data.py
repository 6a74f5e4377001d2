"""Gates on what the report rests on: how old its sources are, what was told before, and the author's words."""

from __future__ import annotations

from reportkit.errors import nearest
from reportkit.gates.evidence import Evidence, Gate


def fresh(evidence: Evidence) -> Gate:
    """Every source was loaded recently enough for the quarter it speaks of."""
    found = [one for one in evidence.document.facts.sources if one.age_days is not None]
    limited = [one for one in found if one.max_age_days is not None]
    old = [
        f"{one.table}: {one.age_days} days older than the quarter's end, {one.max_age_days} are allowed"
        for one in limited
        if (one.age_days or 0) > (one.max_age_days or 0)
    ]
    if old:
        return Gate("fresh", "fail", "; ".join(old))
    if not limited:
        return Gate("fresh", "not-applicable", "no source has a limit of age")
    every = f"all {len(limited)} sources are" if len(limited) > 1 else "the only source is"
    return Gate("fresh", "pass", f"{every} recent enough")


def restated(evidence: Evidence) -> Gate:
    """Every told figure that reads differently today has a cause."""
    found = evidence.document.facts.restatements
    open_ = [
        f"{one.measure}{f' {one.scope}' if one.scope else ''} of {one.period}: {_plain(one.told)} was told, {_plain(one.today)} today"
        for one in found
        if one.cause == "unexplained"
    ]
    if open_:
        return Gate("restated", "fail", f"without a cause: {'; '.join(open_)}")
    if not found:
        return Gate("restated", "not-applicable", "no told figure reads differently today")
    return Gate("restated", "pass", f"all {len(found)} differences have a cause")


def commentary(evidence: Evidence) -> Gate:
    """The author's words are of this quarter, and not those of another one again."""
    found = evidence.document.facts.words
    wrong = [
        f"{one.file} is headed {one.headed}, and this is the report of {one.period}"
        for one in found
        if one.headed and one.headed != one.period
    ]
    wrong += [f"{one.file} has the same words as {one.same_as}" for one in found if one.same_as]
    if wrong:
        return Gate("commentary", "fail", "; ".join(wrong))
    if not found:
        return Gate("commentary", "not-applicable", "nobody wrote any")
    return Gate("commentary", "pass", f"{' and '.join(one.file for one in found)} is of {found[0].period}")  # fmt: skip


def words(evidence: Evidence) -> Gate:
    """The author's words are final, and stand below headings that there are."""
    files = evidence.document.facts.written
    if not files:
        return Gate("words", "not-applicable", "no commentary was written")
    from reportkit.render.markdown import plain
    from reportkit.render.model import Prose

    headings = {
        " ".join(plain(node["children"]).split()).casefold(): None
        for placed in evidence.document.blocks
        if isinstance(placed.content, Prose)
        for node in placed.content.nodes
        if node["type"] == "heading"
    }
    wrong = [f"{one.file}: {one.problem}" for one in files if one.problem]
    wrong += [f"{one.file} is a draft; write 'status: final' when it is done" for one in files if one.status == "draft"]  # fmt: skip
    wrong += [
        f"{one.file}: no section is named {remark.place!r}; {nearest(remark.place, headings)}"
        for one in files
        for remark in one.remarks
        if " ".join(remark.place.split()).casefold() not in headings
    ]
    if wrong:
        return Gate("words", "fail", "; ".join(wrong))
    who = ", ".join(dict.fromkeys(one.author for one in files if one.author))
    return Gate("words", "pass", f"final, by {who}" if who else "final")


def _plain(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"
