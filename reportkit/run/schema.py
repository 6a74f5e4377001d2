"""The schema of ``manifest.json``: what a run says of itself, for people and for programs of others.

``manifest`` is the version of the schema. A field is never given another meaning: that takes another version. Older manifests
have no version and fewer fields.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 2
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Notebook(_Part):
    """The notebook that was run, before it was run."""

    file: str = Field(description="its file name")
    sha256: Sha256


class Parameter(_Part):
    """One parameter and where its value came from."""

    value: Any = None
    origin: Literal["default", "given", "runner"] = Field(
        description="default: of the notebook; given: by a person; runner: by the run, such as the period"
    )


class Git(_Part):
    """The state of the repository in which the workspace lies."""

    commit: str = Field(description="the commit that is checked out; empty before the first")
    dirty: bool = Field(description="whether a tracked file was changed since")


class Input(_Part):
    """One load that was known to the report."""

    table: str
    load: str = Field(description="name of its record in the store")
    extract: Sha256 = Field(description="hash of the rows as they were understood")
    rows: int
    rejected: int = Field(description="rows that broke the contract of the table and count nowhere")
    source: str
    recorded_at: str = Field(description="UTC instant from which it was known")
    stated: bool = Field(description="whether a person stated that instant")
    raw_sha256: str = Field(description="hash of the file as it came; empty when none was kept")
    mapping_sha256: str | None = None


class Told(_Part):
    """What had been published of this report, for this unit, when it was run."""

    publications: int
    sha256: Sha256 = Field(description="hash of the list of them")


class Gate(_Part):
    """One check between rendered and sent."""

    name: str
    result: Literal["pass", "fail", "not-applicable"]
    reason: str
    holds: bool = Field(description="whether a failure keeps the report back")


class Artefact(_Part):
    """One file of the run."""

    bytes: int
    sha256: Sha256


class Redacted(_Part):
    """How much an edition hides."""

    cells: int
    rows: int
    places: int = Field(description="in text and charts")
    withheld: int = Field(description="charts and pictures")


class Edition(_Part):
    """One edition beside the whole report; its files are among the artefacts."""

    classification: str
    audience: str
    left_out: list[str] = Field(description="headings of the sections that it does not have")
    redacted: Redacted
    pages: int | None = Field(description="of its PDF")


class Stage(_Part):
    """What a part of the run took."""

    wall: float = Field(description="seconds")
    cpu: float = Field(description="seconds, with children")


class Kernel(_Part):
    """The process that ran the cells."""

    process: str = Field("", description="forked, fresh or kernel")
    peak_mb: int = 0
    cpu_seconds: float = 0.0
    cell_seconds: dict[str, float] = {}


class Failure(_Part):
    """Why a run failed."""

    kind: str
    exit_code: int
    message: str


class Manifest(_Part):
    """The evidence of one run."""

    manifest: Literal[2] = Field(description="version of this schema")
    report: str = Field(description="name of the report")
    period: str = Field(description="key of the period, such as 2026-Q3")
    unit: str = Field(description="business unit; empty for the whole firm")
    run_id: str = Field(description="name of the run's folder: when it began, and a short hash")
    fingerprint: Sha256 = Field(
        description="of all inputs: notebook, parameters, rows, words, settings, rules and what was told. It holds no time: the "
        "same inputs have the same, and the report prints it"
    )
    state: Literal["draft", "held", "failed"] = Field(
        description="as the run ended; what became of it since stands in the ledger"
    )
    started: str = Field(description="UTC instant")
    finished: str | None = Field(description="UTC instant")
    as_of: str = Field(description="the day whose state is shown")
    known_by: str = Field(description="the UTC instant of the knowledge used")
    revision: int = Field(description="of what was told; above 1 after an erratum")
    also: list[str] = Field(description="loads that an erratum counts although they came later")
    notebook: Notebook
    templates: Sha256 = Field(description="of all templates and styles")
    code: Sha256 = Field(description="of reportkit's own code and its templates")
    settings: Sha256 = Field(description="of the settings that the content depends on")
    files: dict[str, Sha256] = Field(
        description="the workspace's own words, measures and rules that were read"
    )
    parameters: dict[str, Parameter] = Field(description="all that the notebook declares")
    seed: int = Field(description="of random numbers, where the notebook sets none")
    versions: dict[str, str] = Field(description="of Python, reportkit and the packages under it")
    git: Git | None = Field(description="null where the workspace is in no repository")
    extracts: dict[str, list[Sha256]] = Field(description="hashes of all rows, by table")
    inputs: list[Input] = Field(
        description="every load that was known, in the order it was recorded"
    )
    told: Told
    key: str = Field("", description="hash by which an unchanged report is known to be finished")
    ticket: str = Field("", description="the job that the run was for")
    gates: list[Gate] = Field([], description="see docs/reference/gates.md")
    artefacts: dict[str, Artefact] = Field({}, description="files beside the manifest, by name")
    pages: int | None = Field(None, description="of the PDF")
    editions: dict[str, Edition] = Field({}, description="by name, as the configuration says them")
    warnings: list[str] = Field([], description="what the writers of the formats said")
    remarks: list[str] = Field([], description="what a person should know besides")
    facts: dict[str, Any] = Field(
        {}, description="figures, sources, reconciliations, restatements and bound words, as told"
    )
    timings: dict[str, Stage] = Field({}, description="by stage")
    kernel: Kernel = Kernel()
    error: Failure | None = None


def faults(said: dict[str, Any]) -> list[str]:
    """Say where a manifest is not what the schema asks for; one without a version is of an older release, and passes."""
    from pydantic import ValidationError

    version = said.get("manifest")
    if version is None:
        return []
    if version != VERSION:
        return [f"manifest.json has version {version}, and {VERSION} is known here; use the release that wrote it"]  # fmt: skip
    try:
        Manifest.model_validate(said)
    except ValidationError as error:
        return [f"manifest.json: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]]  # fmt: skip
    return []
