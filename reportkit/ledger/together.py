"""Changes that several threads make at once go into the ledger in one transaction: the disk is waited for once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    import sqlalchemy as sa

    from reportkit.ledger.database import Database

T = TypeVar("T")
#: Seconds between two looks at the journals; what one lacks after a crash the next writing adds.
_TOLD_EVERY = 2.0
Change = Callable[["sa.Connection"], T]


class Together:
    """Makes changes in the order in which they come; what comes while the disk is busy goes together.

    Args:
        ledger: what is changed.

    Attributes:
        error: why the last change that failed was not made.
    """

    error: Exception | None = None

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger
        self._waiting: SimpleQueue[tuple[Change[Any], Future[Any]] | None] = SimpleQueue()
        self._touched: set[str] = set()
        self._told_at = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.put(None)
        self._thread.join()

    def change(self, change: Change[T]) -> Future[T]:
        """Ask for a change; its result is there when the change is on the disk.

        The result is a TemporaryError when the ledger could not be written; nothing of the change is kept then.
        """
        asked: Future[T] = Future()
        self._waiting.put((change, asked))
        return asked

    def _work(self) -> None:
        ended = False
        while not ended:
            batch = [self._waiting.get()]
            try:
                while True:
                    batch.append(self._waiting.get_nowait())
            except Empty:
                pass
            ended = None in batch
            self._make([one for one in batch if one is not None])
            if ended or time.monotonic() > self._told_at + _TOLD_EVERY:
                self._tell()

    def _make(self, batch: list[tuple[Change[Any], Future[Any]]]) -> None:
        if not batch:
            return
        try:
            with self._ledger.writing(self._touched) as connection:
                results = [change(connection) for change, _ in batch]
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            self.error = error
            for _, asked in batch:
                asked.set_exception(error)
            return
        for (_, asked), result in zip(batch, results, strict=True):
            asked.set_result(result)

    def _tell(self) -> None:
        """Write the journals of the runs; to read them again for each message would cost more than to send it."""
        try:
            self._ledger.told(self._touched)
            self._touched.clear()
        except Exception as error:  # noqa: BLE001 - whoever ends this is told
            self.error = error
        self._told_at = time.monotonic()
