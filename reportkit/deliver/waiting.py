"""What several connections share while they send: the messages that are left, and what was made for them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from reportkit.ledger.deliveries import Delivery, Outbox

Clock = Callable[[], datetime]
T = TypeVar("T")
#: So many messages are taken from the ledger at once.
_AT_ONCE = 100


@dataclass
class Queue:
    """The messages that may go now, given out one by one to whichever connection is free.

    Attributes:
        done: ids of the messages that were given out.
        stopped: why the rest was left for later, in words; empty when nothing was.
        error: what ended a connection's work.
    """

    outbox: Outbox
    clock: Clock
    only: Sequence[int] | None = None
    done: list[int] = field(default_factory=list)
    stopped: str = ""
    error: Exception | None = None
    _taken: deque[Delivery] = field(default_factory=deque)
    _ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._begun = self.clock()

    def fill(self) -> int:
        """Take the next messages from the ledger when none is left here; gives how many are here."""
        if not self._taken:
            now = self.clock()
            found = self.outbox.claim(now, self.only, most=_AT_ONCE)
            # What was put back waits for a later instant; where the clock stands still it would come again for ever.
            seen = set(self.done) if now <= self._begun else set()
            self._taken.extend(one for one in found if one.id not in seen)
            self.outbox.release(one for one in found if one.id in seen)
        return len(self._taken)

    def next(self) -> Delivery | None:
        """Give a message to send; None when none is left or the sending has stopped."""
        with self._lock:
            if self._ended or not self.fill():
                return None
            one = self._taken.popleft()
            self.done.append(one.id)
            return one

    def stop(self, why: str) -> None:
        """Leave the rest for later."""
        with self._lock:
            self._ended, self.stopped = True, self.stopped or why

    def fail(self, error: Exception) -> None:
        """Leave the rest because of an error."""
        with self._lock:
            self._ended, self.error = True, self.error or error

    def end(self) -> None:
        """Let go what was taken and not sent."""
        self.outbox.release(self._taken)


class Kept:
    """The last few things that were made, by what they were made of."""

    def __init__(self, most: int = 6) -> None:
        self._most = most
        self._made: dict[Hashable, Any] = {}
        self._lock = threading.Lock()

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what is kept, or make it; two that ask at the same moment may both make it."""
        with self._lock:
            if key in self._made:
                found: T = self._made[key]
                return found
        made = make()
        with self._lock:
            self._made[key] = made
            while len(self._made) > self._most:
                del self._made[next(iter(self._made))]
        return made
