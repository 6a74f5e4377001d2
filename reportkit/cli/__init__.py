"""The command ``reportkit``: the only place that prints, and the only one that sees both chains."""

from __future__ import annotations

import gc
import os
import sys

from reportkit.cli.quick import nothing_due

_COMPLETE = "_REPORTKIT_COMPLETE"


def main() -> None:
    """Run the command line; every error a user can cause ends as one sentence and a documented exit code."""
    # Thirty commands are a great many objects and no garbage; looking for some costs a tenth of '--help'. A command that
    # does anything looks again (``app._common``).
    gc.disable()
    # What is written here is confidential, wherever it goes: nobody but its owner may read it (0600, folders 0700).
    os.umask(os.umask(0o077) | 0o077)
    if nothing_due(sys.argv[1:]):
        print("Nothing is due.")
        return
    from reportkit.cli import screen
    from reportkit.cli.app import app, narrowed
    from reportkit.errors import ReportkitError, from_os

    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    commands = narrowed(asked)
    if _COMPLETE in os.environ:
        # A shell asks what may come next, or for the lines that make it ask.
        from typer._completion_classes import completion_init

        completion_init()
        commands = app
    try:
        commands(prog_name="reportkit")
    except ReportkitError as error:
        sys.exit(screen.complain(error))
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        sys.exit(screen.complain(from_os(error, "Working")))
