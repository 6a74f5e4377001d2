"""The pages of what a run is held to and leaves: checks, manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from generate.markdown import table


def gates() -> str:
    """Give the page of the checks between rendered and sent."""
    from datetime import UTC, date, datetime

    from reportkit import gates as found
    from reportkit.facts import Cover
    from reportkit.render.model import Document

    day = date(2026, 9, 30)
    cover = Cover(
        title="",
        subtitle="",
        organisation="",
        period="",
        as_of=day,
        known_by=datetime(2026, 10, 9, tzinfo=UTC),
    )
    empty = found.Evidence(
        notebook={"cells": []}, bound={}, document=Document(cover=cover, blocks=())
    )

    def row(judge: Callable[[found.Evidence], found.Gate]) -> tuple[str, str, str]:
        gate = judge(empty)
        kind = (
            "holds; never released"
            if gate.name in found.NEVER_RELEASED
            else "holds"
            if gate.holds
            else "tells"
        )
        return f"`{gate.name}`", (judge.__doc__ or "").strip().splitlines()[0], kind

    lines = [
        "# Checks",
        "",
        "Each run passes these between the last cell and the moment at which it may be approved. Result and reason of each stand in",
        "`manifest.json` and, in short, on the last page. A check that *holds* keeps the report back (exit code 5) until it is repaired and",
        "run again, or until somebody lets it pass by name and for a reason: `reportkit release RUN --gate NAME --reason TEXT --by NAME`",
        "(`docs/evidence.md`). One that *tells* is shown and listed. A page that is too large tells, a mail that would be cut holds.",
        "",
        "## On what the notebook says",
        "",
        *table(("check", "what must hold", "a failure"), map(row, found.CONTENT)),
        "",
        "## On what was written, for the draft and again for the final edition",
        "",
        *table(("check", "what must hold", "a failure"), map(row, found.ARTEFACTS)),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def manifest() -> str:
    """Give the page of the fields of ``manifest.json``."""
    from pydantic import BaseModel

    from reportkit.run import schema

    def rows(part: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
        for name, one in part.model_json_schema()["properties"].items():
            yield f"`{name}`", _type(one), part.model_fields[name].description or ""

    parts = [
        one
        for one in vars(schema).values()
        if isinstance(one, type)
        and issubclass(one, BaseModel)
        and one.__module__ == schema.__name__
        and not one.__name__.startswith("_")
    ]
    lines = [
        "# manifest.json",
        "",
        f"What a run says of itself, version {schema.VERSION} of the schema (`docs/reference/manifest.schema.json` for programs). It is written once,",
        "when the run ends, and never changed: what becomes of the run after that stands in the ledger. It holds no secret, no folder of the",
        "machine and no name of a user. A field keeps its meaning as long as the version is the same.",
    ]
    for part in sorted(parts, key=lambda one: one is not schema.Manifest):
        title = "The whole" if part is schema.Manifest else part.__name__
        lines += ["", f"## {title}", "", (part.__doc__ or "").strip().splitlines()[0], "", *table(("field", "type", "meaning"), rows(part))]  # fmt: skip
    return "\n".join(lines) + "\n"


def _type(said: dict[str, object]) -> str:
    """Say a type of a JSON schema in words."""
    if "$ref" in said:
        return str(said["$ref"]).rpartition("/")[2]
    if "const" in said:
        return repr(said["const"])
    if isinstance(said.get("enum"), list):
        return ", ".join(map(str, said["enum"]))  # type: ignore[call-overload]
    if isinstance(said.get("anyOf"), list):
        return " or ".join(_type(one) for one in said["anyOf"])  # type: ignore[attr-defined]
    kind = str(said.get("type", "any value"))
    inner = said.get("items", said.get("additionalProperties"))
    if isinstance(inner, dict):
        return f"{'list' if kind == 'array' else 'object'} of {_type(inner)}"
    if said.get("pattern") == "^[0-9a-f]{64}$":
        return "SHA-256"
    return kind
