"""What ``[sources.NAME]`` of the configuration can say: where rows come from besides files that somebody loads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from reportkit.secret import Address, Reference


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Source(_Part):
    table: str
    mapping: str | None = None
    unit: str | None = None
    complete: bool = False


class Database(_Source):
    """A query to a database.

    Attributes:
        url: ``postgresql://``, ``mysql://`` or the path of a SQLite or DuckDB file; or the name of a secret that is one.
        query: one SELECT.
    """

    kind: Literal["postgresql", "mysql", "sqlite", "duckdb"]
    url: Address
    query: str


class File(_Source):
    """Files in a folder that an export job fills: the newest one that fits a pattern."""

    kind: Literal["file"]
    path: str


class Bearer(_Part):
    """A token in the header ``Authorization``, after a word of the service."""

    kind: Literal["bearer"] = "bearer"
    token: Reference
    word: str = "Bearer"


class Basic(_Part):
    """A user and a password."""

    kind: Literal["basic"]
    user: str
    password: Reference


class Header(_Part):
    """A key in a header of the service's own."""

    kind: Literal["header"]
    name: str
    value: Reference


class OAuth2(_Part):
    """Client credentials, exchanged for a token at an address."""

    kind: Literal["oauth2"]
    token_url: str
    client_id: str
    client_secret: Reference
    scope: str = ""


class Paging(_Part):
    """How the service cuts a list into pages.

    Attributes:
        kind: ``page`` counts pages, ``offset`` counts records, ``cursor`` repeats a token of the answer, ``link`` follows
            the address of the next page, in the answer or in the header ``Link``.
        parameter: what the request calls the page, offset or token.
        size_parameter, size: what it calls the number of records asked for, and how many.
        field: where the answer holds the token or address, as a path joined by dots.
        first: number of the first page.
    """

    kind: Literal["none", "page", "offset", "cursor", "link"] = "none"
    parameter: str = ""
    size_parameter: str = ""
    size: Annotated[int, Field(gt=0, le=10_000)] = 100
    field: str = ""
    first: int = 1


class Since(_Part):
    """Ask only for what changed: the highest value of a field so far goes into a parameter of the next request."""

    parameter: str
    field: str


class Rest(_Source):
    """A service that answers with JSON.

    Attributes:
        url: address of the list.
        records: path to the list in the answer; empty when it is the answer.
        params: further parameters.
        since: how to ask only for what changed.
    """

    kind: Literal["rest"]
    url: str
    records: str = ""
    params: dict[str, str] = Field(default_factory=dict)
    auth: Annotated[Bearer | Basic | Header | OAuth2, Field(discriminator="kind")] | None = None
    paging: Paging = Paging()
    since: Since | None = None
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    retries: Annotated[int, Field(ge=0, le=10)] = 5


class DefectDojo(_Part):
    """Findings of a DefectDojo server, with endpoints, service levels and accepted risks."""

    kind: Literal["defectdojo"]
    url: str
    token: Reference
    unit: str | None = None
    complete: bool = True

    @property
    def table(self) -> str:
        """Where they go."""
        return "findings"


class CisoAssistant(_Part):
    """Risk scenarios, applied controls, findings or incidents of a CISO Assistant server."""

    kind: Literal["ciso-assistant"]
    url: str
    token: Reference
    table: Literal["risks", "actions", "audits", "incidents"]
    unit: str | None = None


Connection = Annotated[
    Database | File | Rest | DefectDojo | CisoAssistant, Field(discriminator="kind")
]
