"""Evidence for somebody who was not there: a pack with everything behind a run, its check, and the run made again from it."""

from reportkit.evidence.checking import Checked, check
from reportkit.evidence.pack import Asked, make
from reportkit.evidence.reproducing import Reproduced, reproduce

__all__ = ["Asked", "Checked", "Reproduced", "check", "make", "reproduce"]
