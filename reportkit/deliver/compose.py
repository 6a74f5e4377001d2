"""From an approved letter to the message of one recipient. Nothing here reads a clock, a file or a network."""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from reportkit.deliver.audience import Recipient, normal
from reportkit.deliver.letter import Letter
from reportkit.errors import HeldError

_OFFICE = "vnd.openxmlformats-officedocument"
_MIME = {
    "pdf": ("application", "pdf"), "html": ("text", "html"), "pptx": ("application", f"{_OFFICE}.presentationml.presentation"),
    "xlsx": ("application", f"{_OFFICE}.spreadsheetml.sheet"),
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: What the header of a message may take at most; names are of people.
_HEADER = 4_000
_NOT_IN_ID = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True)
class Stamp:
    """What identifies a message: the same stamp gives the same Message-ID on any machine.

    Attributes:
        copy: 0 for the first; one more for each that somebody asked for again.
        digest: of the approved files, or of a notice's words.
    """

    report: str
    period: str
    unit: str = ""
    edition: str = "full"
    revision: int = 1
    copy: int = 0
    digest: str = ""
    kind: str = "report"
    about: str = ""

    def seal(self, recipient: str) -> str:
        """Give a hash of it for a recipient."""
        parts = (*map(str, vars(self).values()), recipient.casefold())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Composed:
    """A finished message.

    Attributes:
        sender, recipient: of the envelope.
        data: as it goes over the wire, lines ended by CR LF.
        attached: SHA-256 of each attachment, by file name.
        left_out: what the size limit kept back.
        utf8: the server must know SMTPUTF8 (RFC 6531).
    """

    sender: str
    recipient: str
    data: bytes
    message_id: str
    attached: Mapping[str, str]
    left_out: tuple[str, ...] = ()
    utf8: bool = False

    @property
    def sha256(self) -> str:
        """Hash of the whole."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Remarks:
    """Sentences around an approved letter: before everything else, and at its end."""

    top: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


@dataclass(frozen=True)
class House:
    """What all messages of a workspace share.

    Attributes:
        sender: an address, with or without a name.
        limit: size that no message may pass, in bytes.
    """

    sender: str
    reply_to: str = ""
    limit: int = 20_000_000


def compose(
    letter: Letter,
    recipient: Recipient,
    stamp: Stamp,
    house: House,
    *,
    date: datetime,
    files: Mapping[str, bytes] | None = None,
    remarks: Remarks = Remarks(),
) -> Composed:
    """Write the message of one recipient; equal arguments give equal bytes.

    Args:
        letter: what was approved.
        recipient: whom it goes to.
        stamp: what it is.
        house: who sends.
        date: naive UTC instant for the header.
        files: what may be attached, by format.
        remarks: further sentences, such as who approved.

    Raises:
        HeldError: the mail alone is larger than the limit.
    """
    chosen = {kind: data for kind, data in (files or {}).items() if kind in recipient.formats}
    content = enclose(letter, stamp, house.limit, files=chosen, remarks=remarks)
    return address(content, letter, recipient, stamp, house, date=date)


@dataclass(frozen=True)
class Content:
    """What all recipients of the same thing get alike: everything but the header that names them.

    Attributes:
        data: fields of MIME, an empty line and the body.
        attached: SHA-256 of each attachment, by file name.
        left_out: what the size limit kept back.
    """

    data: bytes
    attached: Mapping[str, str]
    left_out: tuple[str, ...] = ()


def enclose(
    letter: Letter, stamp: Stamp, limit: int, *, files: Mapping[str, bytes], remarks: Remarks = Remarks()
) -> Content:  # fmt: skip
    """Write what does not depend on the recipient; the largest attachment is left out, and named, while it does not fit.

    Args:
        letter: what was approved.
        stamp: what it is.
        limit: size that no message may pass, in bytes.
        files: what is attached, by format.
        remarks: further sentences.
    """
    named = {_file_name(stamp, kind): data for kind, data in files.items()}
    keep = dict(named)
    left_out: list[str] = []
    while True:
        lines = [*_lines(keep, {name: named[name] for name in left_out}, limit), *remarks.end]
        data = _body(letter.noting(lines, top=remarks.top), stamp, keep)
        if len(data) + _HEADER <= limit or not keep:
            attached = {name: hashlib.sha256(one).hexdigest() for name, one in keep.items()}
            return Content(data, attached, tuple(left_out))
        largest = max(keep, key=lambda name: len(keep[name]))
        left_out.append(largest)
        del keep[largest]


def address(
    content: Content, letter: Letter, recipient: Recipient, stamp: Stamp, house: House, *, date: datetime
) -> Composed:  # fmt: skip
    """Put the header of one recipient before a content.

    Raises:
        HeldError: the mail is larger than the limit, although nothing is attached any more.
    """
    utf8 = not recipient.envelope.isascii()
    message = EmailMessage(policy=SMTPUTF8 if utf8 else SMTP)
    sender = _address(house.sender)
    identity = f"<{stamp.seal(recipient.address)[:32]}@{sender.domain}>"
    # Whoever has the first one sees in the list of mails that this is another.
    again = f", revision {stamp.revision}" if stamp.revision > 1 else ""
    message["Subject"] = _one_line(letter.subject) + again
    message["From"] = sender
    user, _, host = recipient.envelope.rpartition("@")
    message["To"] = Address(_one_line(recipient.name), user, host)
    if house.reply_to:
        message["Reply-To"] = _address(house.reply_to)
    message["Date"] = format_datetime(date.replace(tzinfo=UTC))
    message["Message-ID"] = identity
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"<{_NOT_IN_ID.sub('-', stamp.report.lower()).strip('-') or 'report'}.reports.{sender.domain}>"  # fmt: skip
    if letter.sensitivity:
        message["Sensitivity"] = letter.sensitivity
    head = message.as_bytes()
    data = head[: head.rindex(b"\r\n\r\n") + 2] + content.data
    if len(data) > house.limit:
        raise HeldError(
            f"The mail to {recipient.address} takes {_size(len(data))} without any attachment, above the limit of {_size(house.limit)}."
        )
    return Composed(
        sender=f"{sender.username}@{sender.domain}",
        recipient=recipient.envelope,
        data=data,
        message_id=identity,
        attached=content.attached,
        left_out=content.left_out,
        utf8=utf8,
    )


def _lines(keep: Mapping[str, bytes], left_out: Mapping[str, bytes], limit: int) -> list[str]:
    lines = []
    if keep:
        lines.append(f"Attached: {', '.join(f'{name} ({_size(len(data))})' for name, data in keep.items())}.")  # fmt: skip
    if left_out:
        listed = ", ".join(f"{name} ({_size(len(data))})" for name, data in left_out.items())
        lines.append(f"Left out, because a mail here may take {_size(limit)}: {listed}. Answer this mail to get it another way.")  # fmt: skip
    return lines


def _body(letter: Letter, stamp: Stamp, files: Mapping[str, bytes]) -> bytes:
    """Give the fields of MIME and everything below them."""
    body = _text(letter.text, "plain")
    if letter.html:
        page = _text(letter.html, "html")
        if letter.pictures:
            page = _multipart("related", page)
            page.set_param("type", "text/html")
            for cid, data in letter.pictures:
                picture = MIMEPart(SMTP)
                picture.set_content(data, "image", "png", cid=f"<{cid}>", filename=f"{cid.partition('@')[0]}.png", disposition="inline")  # fmt: skip
                page.attach(picture)
        body = _multipart("alternative", body, page)
    if files:
        body = _multipart("mixed", body)
        for name, data in files.items():
            main, sub = _MIME[name.rpartition(".")[2]]
            attachment = MIMEPart(SMTP)
            attachment.set_content(data, maintype=main, subtype=sub, filename=name, disposition="attachment")  # fmt: skip
            body.attach(attachment)
    seal = stamp.seal("")
    for number, part in enumerate(p for p in body.walk() if p.is_multipart()):
        # "=_" cannot occur in quoted-printable or base64, the only encodings used here.
        part.set_boundary(f"=_{seal[:24]}_{number}")
    return b"MIME-Version: 1.0\r\n" + body.as_bytes()


def _text(words: str, subtype: str) -> MIMEPart:
    """Give a text in quoted-printable; the email package's own way of it takes ten times as long."""
    part = MIMEPart(SMTP)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = words if words.endswith("\n") else f"{words}\n"
    part.set_payload(b2a_qp(lines.encode(), istext=True).decode("ascii"))
    return part


def _multipart(subtype: str, *parts: MIMEPart) -> MIMEPart:
    whole = MIMEPart(SMTP)
    whole["Content-Type"] = f"multipart/{subtype}"
    for part in parts:
        whole.attach(part)
    return whole


@lru_cache(maxsize=8)
def _address(given: str) -> Address:
    name, address = parseaddr(given)
    return Address(name, addr_spec=normal(address or given, "[mail]")[1])


def _one_line(text: str) -> str:
    """Give a text that cannot end a header, whatever it was made of."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _file_name(stamp: Stamp, kind: str) -> str:
    unit = f"-{re.sub(r'[^A-Za-z0-9._-]+', '_', stamp.unit)}" if stamp.unit else ""
    revision = f"-r{stamp.revision}" if stamp.revision > 1 else ""
    cut = "" if stamp.edition in {"", "full", "summary"} else f"-{stamp.edition.partition(',')[0]}"
    return f"{stamp.report}-{stamp.period}{unit}{cut}{revision}.{kind}"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3)):,} kB"
