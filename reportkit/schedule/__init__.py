"""What is due when: schedules and an instant in, runs with their periods out. Nothing here reads a clock or a ledger."""

from reportkit.schedule.planning import Occurrence, between, upcoming

__all__ = ["Occurrence", "between", "upcoming"]
