"""What every way of sending has in common, and the folder, which is the default."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from reportkit.deliver.compose import Composed
from reportkit.errors import TemporaryError, from_os

#: Called right before the other side may take the message; False from it stops the sending.
AtRisk = Callable[[], bool]


@dataclass(frozen=True)
class Reply:
    """What came of a message.

    Attributes:
        state: ``accepted``; ``refused`` for good; ``later`` when it was surely not taken and may be tried again; ``uncertain``
            when nobody knows; ``lost`` when another process has the message by now, and nothing was sent.
        said: by the other side.
        broken: the session cannot be used any more.
    """

    state: Literal["accepted", "refused", "later", "uncertain", "lost"]
    said: str
    broken: bool = False


class Session(Protocol):
    """An open way to the other side, good for many messages."""

    @property
    def limit(self) -> int | None:
        """Largest message the other side takes, in bytes; None when it does not say."""

    def send(self, mail: Composed, at_risk: AtRisk) -> Reply:
        """Send one message."""

    def close(self) -> None:
        """End the session; never fails."""


class Transport(Protocol):
    """A way of sending."""

    @property
    def name(self) -> str:
        """What it is, for the ledger: ``smtp mail.example.org:587``."""

    @property
    def repeatable(self) -> bool:
        """Whether sending the same message twice leaves one."""

    @property
    def connections(self) -> int:
        """How many sessions may be open at once."""

    def open(self) -> Session:
        """Open a session.

        Raises:
            TemporaryError: the other side cannot be reached, or lets nobody in.
            ConfigError: it cannot be trusted, or a secret is missing.
        """


@dataclass(frozen=True)
class Folder:
    """Writes each message as a file; what fetches it from there sends it on."""

    place: Path
    repeatable: bool = True
    connections: int = 1

    @property
    def name(self) -> str:
        """What it is, for the ledger."""
        return f"folder {self.place.name}"

    @property
    def limit(self) -> int | None:
        """A folder takes any size."""
        return None

    def open(self) -> Folder:
        """Make the folder."""
        try:
            self.place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os(error, "Opening the outbox") from error
        return self

    def send(self, mail: Composed, at_risk: AtRisk) -> Reply:
        """Write one message: whole, or not there; once, however often it is tried."""
        name = mail.message_id.strip("<>").partition("@")[0] + ".eml"
        work = self.place / f".{name}.{os.getpid()}.part"
        try:
            with work.open("wb") as file:
                file.write(mail.data)
                file.flush()
                os.fsync(file.fileno())
            if not at_risk():
                work.unlink()
                return Reply("lost", "")
            work.rename(self.place / name)
        except OSError as error:
            work.unlink(missing_ok=True)
            said = from_os(error, "Writing a message")
            if isinstance(said, TemporaryError):
                return Reply("later", said.message, broken=True)
            return Reply("refused", said.message)
        return Reply("accepted", f"written as {name}")

    def close(self) -> None:
        """A folder stays."""
