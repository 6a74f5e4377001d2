"""What a gate judges, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from reportkit.render.model import Document

Result = Literal["pass", "fail", "not-applicable"]


@dataclass(frozen=True)
class Gate:
    """One check of a run.

    Attributes:
        holds: whether a failure keeps the report from being sent; the other gates only tell.
    """

    name: str
    result: Result
    reason: str
    holds: bool = True

    def listed(self) -> dict[str, Any]:
        """Give the gate as the manifest keeps it."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a run leaves for the gates to judge.

    Attributes:
        notebook: the executed notebook.
        bound: parameter values that were passed to it.
        document: what the formats were written from.
        pages: finished HTML by name (``report.html``, ``message.eml``).
        conformance: the standards the PDF was written to; None when no PDF was asked for.
        warnings: what the writers said, by file name.
        files: everything that was written, by file name.
        secrets: values that were looked up for this workspace, by what names each.
        places: folders of this machine that no artefact may name.
    """

    notebook: Mapping[str, Any]
    bound: Mapping[str, Any]
    document: Document
    pages: Mapping[str, str] = field(default_factory=dict)
    conformance: tuple[str, ...] | None = None
    warnings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    places: tuple[str, ...] = ()
