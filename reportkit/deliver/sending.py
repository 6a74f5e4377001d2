"""Works the outbox off: composes each message from approved files, sends it, and writes down what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.deliver import letter as letters
from reportkit.deliver import sealed
from reportkit.deliver.audience import Recipient
from reportkit.deliver.compose import Composed, House, Remarks, Stamp, compose
from reportkit.deliver.letter import Edition, Letter
from reportkit.deliver.transport import Folder, Reply, Session, Transport
from reportkit.errors import ConfigError, ReportkitError, TemporaryError
from reportkit.ledger import deliveries, leases
from reportkit.ledger.deliveries import Delivery, Outbox
from reportkit.secret import resolve

if TYPE_CHECKING:
    from reportkit.distribution import Mail
    from reportkit.ledger import Database

#: After so many messages a connection is opened anew; servers close long ones.
_PER_SESSION = 100
_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(hours=4)
#: A message whose approval was taken back is looked at again after this time.
_WITHDRAWN = timedelta(hours=1)

Clock = Callable[[], datetime]
#: Says why a message may not go now; empty when it may.
Allowed = Callable[[Delivery], str]


def transport(mail: Mail, folder: Path) -> Transport:
    """Give the way of sending that a workspace is set to."""
    if mail.transport == "smtp" and mail.smtp is not None:
        from reportkit.deliver.smtp import SmtpTransport

        return SmtpTransport(mail.smtp, folder)
    if mail.transport == "graph" and mail.graph is not None:
        from reportkit.deliver.graph import GraphTransport

        return GraphTransport(mail.graph)
    return Folder(folder / mail.folder)


@dataclass
class Round:
    """What one pass over the outbox came to.

    Attributes:
        done: deliveries with their new states.
        stopped: why the rest was left for later, in words; empty when nothing was.
    """

    done: list[Delivery] = field(default_factory=list)
    stopped: str = ""


@dataclass
class Sender:
    """Sends what is in the outbox of a workspace.

    Args:
        folder: the workspace.
        mail: ``[mail]`` of its configuration.
        ledger: where deliveries are kept.
        clock: gives the naive UTC instant that counts as now.
        allowed: asked for each report before it is composed.
        lease: how long a message is held before other processes may take it.
    """

    folder: Path
    mail: Mail
    ledger: Database
    clock: Clock
    allowed: Allowed = lambda _: ""
    lease: timedelta = timedelta(minutes=10)
    way: Transport | None = None
    _edition: Edition | None = None
    _locked: tuple[str, bytes] = ("", b"")

    def run(self, only: Sequence[int] | None = None) -> Round:
        """Send everything that may go now, one recipient after the other.

        Args:
            only: ids of deliveries; all when None.

        Raises:
            ConfigError: nothing can be sent before the configuration is mended.
        """
        way = self.way or transport(self.mail, self.folder)
        outbox = Outbox(self.ledger, leases.token(), self.lease)
        outbox.recover(self.clock(), repeatable=way.repeatable)
        result = Round()
        session: Session | None = None
        sent = 0
        try:
            for one in self._claims(outbox, only):
                try:
                    if session is None:
                        session, sent = way.open(), 0
                except ReportkitError as error:
                    self._put_back(outbox, one, error.message)
                    result.done.append(self._now(one))
                    result.stopped = error.message
                    if isinstance(error, ConfigError):
                        raise
                    break
                reply = self._one(outbox, one, session)
                sent += 1
                result.done.append(self._now(one))
                if reply.broken or sent >= _PER_SESSION:
                    session.close()
                    session = None
        finally:
            if session is not None:
                session.close()
        return result

    def _claims(self, outbox: Outbox, only: Sequence[int] | None) -> Iterator[Delivery]:
        """Go through what may be sent; what is put back waits for a later instant, so this ends."""
        begun = self.clock()
        seen: set[int] = set()
        while (one := outbox.claim(self.clock(), only)) is not None:
            if one.id in seen and self.clock() <= begun:
                return
            seen.add(one.id)
            yield one

    def _one(self, outbox: Outbox, one: Delivery, session: Session) -> Reply:
        why = self.allowed(one) if one.kind == "report" else ""
        if why:
            outbox.later(one, self.clock(), self.clock() + _WITHDRAWN, why, counts=False)
            return Reply("later", why)
        try:
            made = self._composed(one, session.limit)
        except TemporaryError as error:
            self._put_back(outbox, one, error.message)
            return Reply("later", error.message)
        except ConfigError:
            self._put_back(outbox, one, "the configuration must be mended")
            raise
        except ReportkitError as error:
            outbox.finish(one, "refused", self.clock(), f"not sent: {error.message}")
            return Reply("refused", error.message)
        sent = {"attached": dict(made.attached), "left_out": list(made.left_out), "bytes": len(made.data)}  # fmt: skip

        def at_risk() -> bool:
            return outbox.sending(one, self.clock(), message_id=made.message_id, sha256=made.sha256, sent=sent)  # fmt: skip

        reply = session.send(made, at_risk)
        if reply.state == "later":
            self._put_back(outbox, one, reply.said)
        elif reply.state != "lost":
            outbox.finish(one, reply.state, self.clock(), reply.said)
        return reply

    def _put_back(self, outbox: Outbox, one: Delivery, said: str) -> None:
        now = self.clock()
        if one.attempts >= self.mail.retries:
            outbox.finish(one, "refused", now, f"given up after {one.attempts + 1} attempts; last: {said}")  # fmt: skip
            return
        wait = min(_FIRST_WAIT * 2**one.attempts, _LONGEST_WAIT)
        outbox.later(one, now, now + wait, said)

    def _now(self, one: Delivery) -> Delivery:
        return deliveries.find(self.ledger, id_=one.id)[0]

    def _composed(self, one: Delivery, limit: int | None) -> Composed:
        job = one.job
        recipient = Recipient.from_dict(job["recipient"])
        stamp = Stamp(
            one.report, one.period, one.unit, one.edition, one.revision, one.copy, one.digest, one.kind, one.about,
        )  # fmt: skip
        own = round(self.mail.size_limit_mb * 1e6)
        # Signing and encrypting adds about a third, which must fit too.
        reserve = 1.4 if recipient.encrypt != "never" else 1.02
        house = House(self.mail.sender, self.mail.reply_to, int(min(own, limit or own) / reserve))
        notes: list[str] = list(job.get("notes", ()))
        if "text" in job:
            words = Letter(str(job["subject"]), str(job["text"]), "")
            files: dict[str, bytes] = {}
        else:
            edition = self._read(self.folder / job["folder"], one.digest, recipient.cut)
            words, files = edition.letter, dict(edition.files)
            if self.mail.pdf_password is not None and "pdf" in recipient.formats and "pdf" in files:
                files["pdf"] = self._with_password(f"{one.digest} {recipient.cut}", files["pdf"])
                files.pop("html", None)
                notes.append("The attached PDF opens with the password agreed on. It is a copy that is protected, and therefore no PDF/A; the page is not attached, as it cannot be protected.")  # fmt: skip
        made = compose(
            words, recipient, stamp, house, date=one.prepared_at, files=files,
            remarks=Remarks(tuple(job.get("top", ())), tuple(notes)),
        )  # fmt: skip
        return sealed.seal(made, self.mail.smime, self.folder, recipient.encrypt)

    def _read(self, folder: Path, digest: str, cut: str) -> Edition:
        if self._edition is None or (self._edition.digest, self._edition.cut) != (digest, cut):
            self._edition = letters.edition(folder, digest, cut)
        return self._edition

    def _with_password(self, digest: str, pdf: bytes) -> bytes:
        if self._locked[0] != digest:
            self._locked = (digest, sealed.locked(pdf, resolve(self.mail.pdf_password or "")))
        return self._locked[1]


def prepared(
    recipients: Sequence[Recipient], stamp: Stamp, *, now: datetime, run_id: str, job: dict[str, Any]
) -> list[Delivery]:  # fmt: skip
    """Give the outbox rows for some recipients of the same thing.

    Args:
        recipients: whom it goes to.
        stamp: what it is; its edition is that of each recipient.
        now: naive UTC instant; it stands in the header ``Date``.
        run_id: of the run it comes from.
        job: folder of the final files with notes; or subject and text of a notice.
    """
    return [
        Delivery(
            kind=stamp.kind, report=stamp.report, period=stamp.period, unit=stamp.unit, edition=one.told_as, revision=stamp.revision,
            about=stamp.about, recipient=one.address, copy=stamp.copy, run_id=run_id, digest=stamp.digest, prepared_at=now,
            job={**job, "recipient": one.to_dict()},
        )
        for one in recipients
    ]  # fmt: skip
