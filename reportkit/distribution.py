"""What ``reportkit.toml`` can say about when reports run, who approves them, who gets them and how they are sent."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from reportkit.period import is_zone
from reportkit.secret import Reference

#: Marks of the Traffic Light Protocol 2.0, from what everybody may see to what only named people may.
MARKS = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")
Mark = Literal["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]
Edition = Literal["full", "summary"]
Format = Literal["pdf", "html", "pptx", "xlsx"]
_DOMAIN = re.compile(r"[^\s@/,;<>\"]+\.[^\s@/,;<>\"]+")


def _zone(name: str) -> str:
    if name and not is_zone(name):
        raise ValueError(f"{name!r} is not a time zone; write for example 'Europe/Zurich'")
    return name


def _domain(name: str) -> str:
    found = name.strip().removeprefix("@").lower()
    if not _DOMAIN.fullmatch(found):
        raise ValueError(f"{name!r} is not a domain; write for example 'example.org'")
    return found


def _when(text: str) -> str:
    from reportkit import recurrence

    recurrence.parse(text)
    return text


def _lead(text: str) -> str:
    from reportkit import recurrence

    recurrence.lead(text)
    return text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tokens(_Part):
    """Client credentials that are exchanged for a token, which is kept in memory until it expires."""

    token_url: str
    client_id: str
    client_secret: Reference
    scope: str = ""


class Smtp(_Part):
    """A mail server.

    Attributes:
        security: ``starttls`` (the connection is refused without it), ``tls`` from the first byte, or ``none``.
        ca_file: certificates to trust besides the machine's own.
        client_certificate, client_key: PEM files, where the server asks for a certificate.
        user, password: where it asks for a login.
        oauth2: for a login by token (XOAUTH2); ``user`` is the mailbox then.
        connections: how many are open at once while many messages wait; Microsoft 365 takes three.
    """

    host: str = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    user: str = ""
    password: Reference | None = None
    oauth2: Tokens | None = None
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    connections: Annotated[int, Field(ge=1, le=20)] = 3


class Graph(_Part):
    """A mailbox of Microsoft 365, sent from by Microsoft Graph."""

    mailbox: str = ""
    oauth2: Tokens | None = None
    url: str = "https://graph.microsoft.com/v1.0"
    timeout_seconds: Annotated[float, Field(gt=0)] = 60


class Smime(_Part):
    """S/MIME.

    Attributes:
        certificates: folder of the recipients' certificates, ``ADDRESS.pem``.
        certificate, key: PEM files to sign with.
        key_password: of that key.
    """

    certificates: str = ""
    certificate: str = ""
    key: str = ""
    key_password: Reference | None = None


class Mail(_Part):
    """Who sends and who receives; messages go into a folder unless a server is set.

    Attributes:
        recipients: of the message that is written beside each report.
        size_limit_mb: a message is kept below it; the larger part is left out then, and named.
        pdf_password: opens the attached copy of the PDF (AES-256).
        retries: how often a message is tried again after a temporary refusal.
    """

    sender: str = "security-reports@example.org"
    recipients: tuple[str, ...] = ()
    reply_to: str = ""
    transport: Literal["folder", "smtp", "graph"] = "folder"
    folder: str = "outbox"
    size_limit_mb: Annotated[float, Field(gt=0)] = 20
    retries: Annotated[int, Field(ge=0, le=50)] = 8
    pdf_password: Reference | None = None
    smtp: Smtp | None = None
    graph: Graph | None = None
    smime: Smime | None = None

    @model_validator(mode="after")
    def _complete(self) -> Mail:
        if self.transport == "smtp" and (self.smtp is None or not self.smtp.host):
            raise ValueError("transport = 'smtp' needs [mail.smtp] with a host")
        if self.transport == "graph" and (self.graph is None or not self.graph.mailbox or self.graph.oauth2 is None):  # fmt: skip
            raise ValueError("transport = 'graph' needs [mail.graph] with mailbox and oauth2")
        return self


class Member(_Part):
    """One recipient.

    Attributes:
        edition: ``full`` with attachments, or ``summary``, which is the mail alone.
        formats: what is attached to a full one.
    """

    address: str
    name: str = ""
    role: str = ""
    edition: Edition = "full"
    formats: tuple[Format, ...] = ("pdf",)


class Audience(_Part):
    """Who gets a report.

    Attributes:
        reports: names of the reports.
        domains: an address outside of them is refused.
        tlp: the highest mark of a report that may go to this audience.
        edition: which edition it gets, by its name under ``[editions]``; the whole report when empty.
        file: a CSV file with more members, in the columns address, name, role, edition and formats.
        units: also send each unit's own report to the addresses of that unit in the table ``units``.
        encrypt: S/MIME: ``required`` sends nothing to those without a certificate.
    """

    reports: tuple[str, ...]
    domains: tuple[Annotated[str, AfterValidator(_domain)], ...]
    tlp: Mark = "TLP:AMBER"
    edition: str = ""
    members: tuple[Member, ...] = ()
    file: str = ""
    units: bool = False
    encrypt: Literal["never", "where possible", "required"] = "never"


class Approver(_Part):
    """Somebody who may approve.

    Attributes:
        address: where the question goes.
        logins: names under which this person commits and runs reports; four eyes are told apart by them.
        key: Ed25519 public key, as in ``id_ed25519.pub``; an approval must be signed with it then.
        reports: only these; all when empty.
    """

    name: str
    address: str = ""
    logins: tuple[str, ...] = ()
    key: str = ""
    reports: tuple[str, ...] = ()


class Approval(_Part):
    """Who must approve before a report goes out.

    Attributes:
        required: how many different people; 0 lets a report out that nobody approved.
        expires_days: how long an approval holds.
        four_eyes: whoever ran the report, or last changed its notebook, commentary or mappings, cannot approve it.
    """

    required: Annotated[int, Field(ge=0, le=20)] = 1
    expires_days: Annotated[int, Field(ge=1)] = 30
    four_eyes: bool = False
    approvers: tuple[Approver, ...] = ()

    @model_validator(mode="after")
    def _enough(self) -> Approval:
        if self.approvers and len(self.approvers) < self.required:
            raise ValueError(f"required = {self.required}, but only {len(self.approvers)} approvers are listed")  # fmt: skip
        return self


class Due(_Part):
    """How ``reportkit due`` works.

    Attributes:
        owners: addresses that are told of what is overdue, held, failed or unsent.
        stale_days: what is later than this is told as missed, and no longer run by itself.
        attempts: how often a run is tried when its cause is temporary.
        overdue_hours: from when on a run or an approval that is still missing is an incident.
        heartbeat: tell owners also that nothing is wrong, once a day.
        metrics_file: an OpenMetrics text file to write after each round.
        lease_minutes: for how long a process that is not heard of keeps its run.
    """

    owners: tuple[str, ...] = ()
    stale_days: Annotated[int, Field(ge=1)] = 30
    attempts: Annotated[int, Field(ge=1)] = 4
    overdue_hours: Annotated[float, Field(gt=0)] = 24
    heartbeat: bool = False
    metrics_file: str = ""
    lease_minutes: Annotated[float, Field(gt=0)] = 5


class Schedule(_Part):
    """When a report runs.

    Attributes:
        when: such as ``5th business day after quarter end at 07:00``; or board days and a lead.
        zone: of that time; the organisation's when empty.
        holidays: of a country, one of its parts or an exchange: ``DE``, ``DE-BE``, ``XECB``.
        closed: further days on which nobody works.
        cut_off: what is recorded later does not count.
        board: days of the meetings.
        lead: how long before a meeting, such as ``10 business days``, at the time of ``at``.
        units: business units that get a report each; ``*`` for all.
    """

    report: str
    when: Annotated[str, AfterValidator(_when)] | None = None
    zone: Annotated[str, AfterValidator(_zone)] = ""
    holidays: str = ""
    closed: tuple[str, ...] = ()
    cut_off: Annotated[str, AfterValidator(_when)] | None = None
    board: tuple[str, ...] = ()
    lead: Annotated[str, AfterValidator(_lead)] | None = None
    at: str = "07:00"
    units: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> Schedule:
        if (self.when is None) == (not self.board):
            raise ValueError("a schedule has either 'when', or 'board' with 'lead'")
        if self.board and self.lead is None:
            raise ValueError("'board' needs 'lead', such as '10 business days'")
        return self
