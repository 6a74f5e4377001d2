"""``python -m reportkit.cli``."""

from reportkit.cli import main

main()
