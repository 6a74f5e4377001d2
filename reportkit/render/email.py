"""The document as a mail: text first, then a compact body with its charts as attached pictures, then attachments."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from typing import TYPE_CHECKING

from reportkit import locale
from reportkit.errors import UsageError
from reportkit.render import letterhead, mailbody, plain
from reportkit.render.markup import one_line
from reportkit.render.model import UNDATED

if TYPE_CHECKING:
    from reportkit.facts import Cover
    from reportkit.render.model import Document

#: Large mail services cut a body at about 102 kB; from the first size on a reader should know, from the second on
#: the mail must not go out.
WARN_BYTES = 60_000
HELD_BYTES = 100_000
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\Z"
)
#: Content id of the logo.
_LOGO = "logo@reportkit"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class EmailResult:
    """A finished message.

    Attributes:
        message: what to send.
        html_bytes: size of the HTML body as UTF-8.
        warnings: one sentence for everything a reader might miss.
        held: the body is so large that mail services would cut it; the mail must not be sent.
    """

    message: EmailMessage
    html_bytes: int
    warnings: tuple[str, ...]
    held: bool = False


def write(
    document: Document,
    *,
    sender: str,
    recipients: Sequence[str],
    subject: str | None = None,
    attachments: Mapping[str, bytes] | None = None,
) -> EmailResult:
    """Write the blocks tagged ``email`` as a message; equal arguments give equal bytes.

    Args:
        document: what to write.
        sender: one address, with or without a name.
        recipients: addresses; none makes a draft that a mail program opens for editing.
        subject: of the mail; without it made from the cover.
        attachments: file names and contents, in order.

    Raises:
        UsageError: an address or a file name that cannot stand in a mail.
        DataError: a chart that cannot be drawn.
    """
    files = {_file_name(name): data for name, data in (attachments or {}).items()}
    cover = document.cover
    warnings: list[str] = []
    parts = mailbody.select(document, warnings)
    footer = [_where(cover, files)]
    if letterhead.footer():
        footer.append(letterhead.footer())
    logo = letterhead.logo_png()
    pictures = [(part.cid, part.png) for part in parts if part.png]
    if logo is not None:
        pictures.append((_LOGO, logo[0]))
    html = mailbody.write(cover, parts, footer, logo=(_LOGO, logo[1]) if logo else None)
    text = _text(cover, parts, footer)
    size = len(html.encode())
    if size >= HELD_BYTES:
        warnings.append(
            f"The mail's body takes {size / 1000:.0f} kB; at {HELD_BYTES // 1000} kB mail services cut it. "
            "Tag fewer blocks 'email'."
        )
    elif size > WARN_BYTES:
        warnings.append(
            f"The mail's body takes {size / 1000:.0f} kB; keep it under {WARN_BYTES // 1000} kB by tagging fewer blocks 'email'."
        )
    message = EmailMessage(policy=SMTP)
    sending = _address(sender)
    message["Subject"] = one_line(subject) if subject else _subject(cover)
    message["From"] = sending
    if recipients:
        message["To"] = tuple(_address(recipient) for recipient in recipients)
    else:
        message["X-Unsent"] = "1"
    known_by = datetime(1970, 1, 1, tzinfo=UTC) if cover.known_by == UNDATED else cover.known_by
    message["Date"] = format_datetime(known_by if known_by.tzinfo else known_by.replace(tzinfo=UTC))
    message["Auto-Submitted"] = "auto-generated"
    if cover.classification and not cover.classification.upper().endswith("CLEAR"):
        message["Sensitivity"] = "Company-Confidential"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    _relate(message, pictures)
    for name, data in files.items():
        main, sub = _mime(name)
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    seal = _seal(message, html, text, [png for _, png in pictures], files)
    message["Message-ID"] = f"<{seal[:32]}@{sending.domain}>"
    containers = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(containers):
        # "=_" cannot occur in quoted-printable or base64, the only encodings used here.
        part.set_boundary(f"=_{seal[:24]}_{number}")
    return EmailResult(message, size, tuple(warnings), held=size >= HELD_BYTES)


def _relate(message: EmailMessage, pictures: Sequence[tuple[str, bytes]]) -> None:
    if not pictures:
        return
    body = message.get_body(("html",))
    assert isinstance(body, MIMEPart)  # noqa: S101 - it was added a few lines above
    for cid, png in pictures:
        body.add_related(
            png,
            "image",
            "png",
            cid=f"<{cid}>",
            filename=f"{cid.split('@')[0]}.png",
            disposition="inline",
        )
    body.set_param("type", "text/html")


def _seal(
    message: EmailMessage,
    html: str,
    text: str,
    pictures: Sequence[bytes],
    files: Mapping[str, bytes],
) -> str:
    """Digest everything a reader gets."""
    digest = hashlib.sha256()
    headers = [
        [name, str(value)] for name, value in message.items() if not name.startswith("Content")
    ]
    digest.update(json.dumps([headers, html, text, list(files)]).encode())
    for data in (*pictures, *files.values()):
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()


def _address(given: str) -> Address:
    found = getaddresses([given])
    name, address = found[0] if len(found) == 1 else ("", "")
    if _CONTROL.search(given) or not _ADDRESS.match(address) or ".." in address:
        raise UsageError(
            f"{one_line(given)[:80]!r} is not a mail address; write name@example.org or Name <name@example.org>."
        )
    user, _, domain = address.rpartition("@")
    return Address(display_name=name, username=user, domain=domain)


def _file_name(given: str) -> str:
    if not given or _CONTROL.search(given) or "/" in given or "\\" in given:
        raise UsageError(
            f"{one_line(given)[:80]!r} cannot be the name of an attachment; give a plain file name."
        )
    return given


def _mime(name: str) -> tuple[str, str]:
    # Not the machine's own table of types: it differs between machines.
    kind = mimetypes.MimeTypes(()).guess_type(name, strict=True)[0] or "application/octet-stream"
    main, _, sub = kind.partition("/")
    # A text part may be re-encoded on its way; the bytes of an attachment may not.
    return (
        ("application", "octet-stream")
        if main in {"text", "message", "multipart"} and sub != "html"
        else (main, sub)
    )


def _subject(cover: Cover) -> str:
    mark = f"[{cover.classification}] " if cover.classification else ""
    state = "" if cover.status == "final" else f"{cover.status.capitalize()}: "
    rest = ", ".join(filter(None, (cover.title, cover.period, cover.unit)))
    return one_line(
        f"{mark}{state}{rest}" + (f" – {cover.organisation}" if cover.organisation else "")
    )


def _where(cover: Cover, files: Mapping[str, bytes]) -> str:
    author = cover.author or "the sender"
    if not files:
        return f"The full report, with its sources and definitions, is with {author}."
    names = [f"{name} ({max(1, round(len(data) / 1000)):,} kB)" for name, data in files.items()]
    return f"Attached: {', '.join(names)}. The full report has the sources and definitions of every figure. Questions: {author}."


def _text(cover: Cover, parts: Sequence[mailbody.Part], footer: Sequence[str]) -> str:
    words = locale.here()
    lines = [
        cover.classification,
        plain.heading(cover.title, "="),
        " · ".join(filter(None, (cover.organisation, cover.period, cover.unit))),
    ]
    if cover.known_by != UNDATED:
        state = "" if cover.status == "final" else f" · {cover.status.capitalize()}"
        lines.append(f"As of {words.long_day(cover.as_of)}{state}")
    blocks = ["\n".join(filter(None, lines))]
    for part in parts:
        blocks += [plain.write(part.block), plain.wrap(part.cut)]
    ends = [plain.wrap(line) for line in (*footer, *mailbody.handling(cover))]
    blocks.append("\n".join(["-" * plain.WIDTH, *ends]))
    return "\n\n".join(filter(None, blocks)) + "\n"
