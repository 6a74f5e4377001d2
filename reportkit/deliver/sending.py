"""Works the outbox off: composes each message from approved files, sends it, and writes down what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportkit.deliver import letter as letters
from reportkit.deliver import sealed
from reportkit.deliver.audience import Recipient
from reportkit.deliver.compose import Composed, Content, House, Remarks, Stamp, address, enclose
from reportkit.deliver.letter import Edition, Letter
from reportkit.deliver.transport import Folder, Reply, Session, Transport
from reportkit.deliver.waiting import Clock, Kept, Queue
from reportkit.errors import ConfigError, ReportkitError, TemporaryError
from reportkit.ledger import deliveries, leases
from reportkit.ledger.deliveries import Delivery, Outbox
from reportkit.ledger.together import Together
from reportkit.secret import resolve

if TYPE_CHECKING:
    from reportkit.distribution import Mail
    from reportkit.ledger import Database

#: After so many messages a connection is opened anew; servers close long ones.
_PER_SESSION = 100
#: So many messages are worth a connection.
_FOR_A_CONNECTION = 20
_PROTECTED = "The attached PDF opens with the password agreed on. It is a copy that is protected, and therefore no PDF/A; the page is not attached, as it cannot be protected."
_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(hours=4)
#: A message whose approval was taken back is looked at again after this time.
_WITHDRAWN = timedelta(hours=1)

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
    _kept: Kept = field(default_factory=Kept)

    def run(self, only: Sequence[int] | None = None) -> Round:
        """Send everything that may go now, each message once.

        Args:
            only: ids of deliveries; all when None.

        Raises:
            ConfigError: nothing can be sent before the configuration is mended.
        """
        way = self.way or transport(self.mail, self.folder)
        with Together(self.ledger) as together:
            outbox = Outbox(self.ledger, leases.token(), self.lease, together)
            outbox.recover(self.clock(), repeatable=way.repeatable)
            work = Queue(outbox, self.clock, only)
            lanes = min(way.connections, -(-work.fill() // _FOR_A_CONNECTION))
            if lanes > 1:
                with ThreadPoolExecutor(lanes, "mail") as pool:
                    for _ in range(lanes):
                        pool.submit(self._worked, work, way)
            elif lanes:
                self._worked(work, way)
            work.end()
        if (error := work.error or together.error) is not None:
            raise error
        done = deliveries.find(self.ledger, ids=work.done, kind=None) if work.done else []
        return Round(done, work.stopped)

    def _worked(self, work: Queue, way: Transport) -> None:
        """Send messages over one connection until none is left; what goes wrong is kept, and ends the others too."""
        try:
            self._work(work, way)
        except Exception as error:  # noqa: BLE001 - raised again when all have ended
            work.fail(error)

    def _work(self, work: Queue, way: Transport) -> None:
        session: Session | None = None
        sent = 0
        try:
            while (one := work.next()) is not None:
                try:
                    if session is None:
                        session, sent = way.open(), 0
                except ReportkitError as error:
                    self._put_back(work.outbox, one, error.message)
                    work.stop(error.message)
                    if isinstance(error, ConfigError):
                        raise
                    break
                reply = self._one(work.outbox, one, session)
                sent += 1
                if reply.broken or sent >= _PER_SESSION:
                    session.close()
                    session = None
        finally:
            if session is not None:
                session.close()

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
        remarks = Remarks(tuple(job.get("top", ())), tuple(job.get("notes", ())))
        if "text" in job:
            words = Letter(str(job["subject"]), str(job["text"]), "")
            content = enclose(words, stamp, house.limit, files={}, remarks=remarks)
        else:
            words = self._read(one, recipient.cut).letter
            content = self._content(one, recipient, stamp, house.limit, remarks)
        made = address(content, words, recipient, stamp, house, date=one.prepared_at)
        return sealed.seal(made, self.mail.smime, self.folder, recipient.encrypt)

    def _content(
        self, one: Delivery, to: Recipient, stamp: Stamp, limit: int, remarks: Remarks
    ) -> Content:
        """Give what all who get the same files with the same words get alike; it is written once."""
        common = replace(stamp, edition=to.cut, copy=0)
        key = (common, to.formats, to.cut, limit, remarks)

        def written() -> Content:
            edition = self._read(one, to.cut)
            files = {kind: data for kind, data in edition.files.items() if kind in to.formats}
            end = remarks.end
            if self.mail.pdf_password is not None and "pdf" in files:
                files = {"pdf": self._kept.of(("locked", one.digest, to.cut), lambda: self._locked(files["pdf"]))}  # fmt: skip
                end = (*end, _PROTECTED)
            return enclose(edition.letter, common, limit, files=files, remarks=Remarks(remarks.top, end))  # fmt: skip

        return self._kept.of(key, written)

    def _read(self, one: Delivery, cut: str) -> Edition:
        folder, draft = self.folder / one.job["folder"], one.kind == "draft"
        return self._kept.of(
            ("edition", one.digest, cut),
            lambda: letters.edition(folder, one.digest, cut, draft=draft),
        )

    def _locked(self, pdf: bytes) -> bytes:
        return sealed.locked(pdf, resolve(self.mail.pdf_password or ""))


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
