"""Runs what is due and not done, sends what may be sent, and tells owners what did not happen. No daemon is needed."""

from reportkit.due.rounds import Result, dry, play

__all__ = ["Result", "dry", "play"]
