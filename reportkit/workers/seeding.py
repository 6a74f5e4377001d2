"""Random numbers where a notebook sets no seed: a report's own, and the same ones again, whichever engine runs it."""

from __future__ import annotations

import contextlib
import zlib


def seed(text: str) -> None:
    """Set the generators that a notebook does not seed: that of ``random``, and numpy's global one."""
    number = zlib.crc32(text.encode())
    import random

    # A process that was started afresh has not loaded it yet, and draws the same numbers as a forked one all the same.
    with contextlib.suppress(ImportError):
        import numpy as np

        np.random.seed(number)  # noqa: NPY002 - the global generator is the one that a notebook does not seed

    random.seed(number)
