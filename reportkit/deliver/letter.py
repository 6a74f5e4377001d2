"""The approved message of a final edition, taken apart: what is said, its pictures, and where it lists what is attached."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from pathlib import Path

from reportkit.editions import FOLDER as EDITIONS
from reportkit.errors import HeldError
from reportkit.ledger import approvals
from reportkit.render import plain

#: What a mail is made of, by format.
FILES = {
    "pdf": "report.pdf", "html": "report.html", "pptx": "report.pptx", "xlsx": "report.xlsx", "email": "message.eml",
}  # fmt: skip
#: The sentence with which a message says what is attached; see :mod:`reportkit.render.email`.
_LISTED = re.compile(r"Attached:\s.*?\.\s+(?=The\s+full\s+report\s+has)", re.DOTALL)
_RULE = re.compile(rf"^-{{{plain.WIDTH}}}$", re.MULTILINE)
#: Both colours are named, so that it is read in dark mode too.
_PANEL = "max-width:592px;margin:12px auto;padding:12px 24px;background-color:#FFF4D6;color:#14213D;font-family:Inter,'Segoe UI',Arial,sans-serif;font-size:14px;line-height:20px"
_QUESTIONS = re.compile(r"The\s+full\s+report\s+has\s.*?Questions:\s.*?\.(?=\n|$)", re.DOTALL)
_HTML_END = re.compile(r'(<p class="foot-p"[^>]*>)|(</body>)', re.IGNORECASE)


@dataclass(frozen=True)
class Letter:
    """What an approved message says, before it is addressed.

    Attributes:
        subject, text, html: as approved.
        pictures: content id and bytes, in order.
        sensitivity: header for mail programs.
    """

    subject: str
    text: str
    html: str
    pictures: tuple[tuple[str, bytes], ...] = ()
    sensitivity: str = ""

    def noting(self, lines: Sequence[str], *, top: Sequence[str] = ()) -> Letter:
        """Give the letter with what is attached and left out in place of the sentence it was approved with.

        Args:
            lines: sentences for the end.
            top: sentences that stand before everything else, such as a list of corrections.
        """
        text, html = _LISTED.sub("", self.text), _LISTED.sub("", self.html)
        text = _QUESTIONS.sub(lambda m: plain.wrap(" ".join(m[0].split())), text)
        note = "\n".join(plain.wrap(line) for line in lines)
        rules = list(_RULE.finditer(text))
        cut = rules[-1].end() if rules else len(text)
        text = f"{text[:cut]}\n{note}{'' if text[cut:].startswith(chr(10)) else chr(10)}{text[cut:]}"  # fmt: skip
        found = _HTML_END.search(html)
        place = found.start() if found else len(html)
        opening = found[1] if found and found[1] else "<p>"
        html = html[:place] + "".join(f"{opening}{escape(line)}</p>\n" for line in lines) + html[place:]  # fmt: skip
        if top:
            text = "\n".join(plain.wrap(line) for line in top) + "\n\n" + text
            lines_ = "".join(f'<p style="margin:4px 0">{escape(line)}</p>' for line in top)
            block = f'<div style="{_PANEL}">{lines_}</div>'
            html = re.sub(r"(<body[^>]*>)", lambda m: m[1] + block, html, count=1)
        return Letter(self.subject, text, html, self.pictures, self.sensitivity)


@dataclass(frozen=True)
class Edition:
    """The final files of a run, read and found to be the approved ones.

    Attributes:
        digest: over their names and hashes, those of all editions together.
        cut: which edition of them it is; empty for the whole report.
        letter: the message, taken apart.
        files: what may be attached, by format.
    """

    digest: str
    letter: Letter
    files: dict[str, bytes]
    cut: str = ""


def edition(folder: Path, digest: str, cut: str = "", *, draft: bool = False) -> Edition:
    """Read the final files of a run, or its draft.

    Args:
        folder: where they lie.
        digest: of the approved ones; of a draft, of those that were made.
        cut: which edition of them to give; the whole report when empty.
        draft: the folder is that of the run itself, where notebook, journal and the final edition lie beside the files.

    Raises:
        HeldError: they are others by now, or there is no message among them.
    """
    try:
        # Whatever lies there was approved, in whichever format; only the manifest came with the approval.
        files = (
            path
            for path in (map(folder.joinpath, FILES.values()) if draft else folder.rglob("*"))
            if path.is_file() and path.name != "manifest.json"
        )
        read_ = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    except OSError as error:
        raise HeldError(f"{folder} cannot be read ({error.strerror}); nothing was sent.") from None
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in read_.items()}
    own = f"{EDITIONS}/{cut}/" if cut else ""
    found = {kind: read_[own + name] for kind, name in FILES.items() if own + name in read_}
    if approvals.digest(hashes) != digest:
        those = "made as a draft" if draft else "approved"
        raise HeldError(
            f"The files in {folder} are not those that were {those}; nothing was sent. Run the report again and have it approved."
        )
    if "email" not in found:
        raise HeldError(f"{folder} holds no message.eml; run the report with --formats html,pdf,email.")  # fmt: skip
    message = found.pop("email")
    return Edition(digest, read(message), found, cut)


def read(message: bytes) -> Letter:
    """Take a message apart."""
    parsed = message_from_bytes(message, policy=SMTP)
    assert isinstance(parsed, EmailMessage)  # noqa: S101 - the policy makes no other
    html, text = parsed.get_body(("html",)), parsed.get_body(("plain",))
    pictures = tuple(
        (str(part["Content-ID"]).strip("<> "), part.get_content())
        for part in parsed.walk()
        if part["Content-ID"] and part.get_content_maintype() == "image"
    )
    return Letter(
        subject=str(parsed["Subject"]),
        text=_lines(text.get_content()) if text is not None else "",
        html=_lines(html.get_content()) if html is not None else "",
        pictures=pictures,
        sensitivity=str(parsed["Sensitivity"] or ""),
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
