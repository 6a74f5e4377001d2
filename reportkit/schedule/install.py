"""Files that make a machine call ``reportkit due`` again and again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from reportkit.errors import UsageError

_EVERY = re.compile(r"([1-9]\d{0,2})\s*(s|m|min|h|d)")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def interval(text: str) -> int:
    """Read ``30m``, ``1h`` or ``1d`` as seconds.

    Raises:
        UsageError: any other form.
    """
    match = _EVERY.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"{text!r} is no span of time; write for example 30m, 1h or 1d.")
    return int(match[1]) * _SECONDS[match[2]]


def systemd(workspace: Path, command: str, seconds: int) -> Mapping[str, str]:
    """Give a service and a timer for systemd, by file name.

    Args:
        workspace: the folder with ``reportkit.toml``.
        command: absolute path of reportkit.
        seconds: between two calls.
    """
    service = f"""\
[Unit]
Description=Reports that are due in {_plain(workspace)}
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
WorkingDirectory={_plain(workspace)}
ExecStart={_quoted(command)} due -w {_quoted(str(workspace))}
# Held, failed or unsent reports end with another code than 0, which this unit's state then shows.
TimeoutStartSec=6h
Nice=5
PrivateTmp=yes
NoNewPrivileges=yes
# Secrets named as env:NAME are read from here.
EnvironmentFile=-{_plain(workspace / "reportkit.env")}
"""
    timer = f"""\
[Unit]
Description=Look every {seconds // 60} minutes for reports that are due

[Timer]
OnBootSec=5min
OnUnitActiveSec={seconds}s
RandomizedDelaySec=60
# What was missed while the machine was off is caught up by reportkit itself.
Unit=reportkit-due.service

[Install]
WantedBy=timers.target
"""
    return {"reportkit-due.service": service, "reportkit-due.timer": timer}


def cron(workspace: Path, command: str, seconds: int) -> Mapping[str, str]:
    """Give a line for a crontab."""
    minutes = max(seconds // 60, 1)
    if minutes >= 1440:
        when = "7 6 * * *"
    elif minutes >= 60:
        when = f"7 */{min(minutes // 60, 23)} * * *" if minutes >= 120 else "7 * * * *"
    else:
        when = f"*/{minutes} * * * *"
    line = f"{shlex.quote(command)} due -w {shlex.quote(str(workspace))}".replace("%", r"\%")
    return {
        "reportkit.cron": f"# Reports that are due; cron mails what is printed when something is wrong.\n{when} {line} >/dev/null\n"
    }


def github_actions(seconds: int) -> Mapping[str, str]:
    """Give a workflow for GitHub Actions, for a workspace that lies in the repository and keeps its ledger at ``[ledger] url``."""
    hours = min(max(seconds // 3600, 1), 23)
    return {
        "reportkit.yml": f"""\
name: Reports that are due
on:
  schedule:
    - cron: "{"7 * * * *" if hours == 1 else f"7 */{hours} * * *"}"
  workflow_dispatch: {{}}
permissions:
  contents: read
concurrency:
  group: reportkit-due
  cancel-in-progress: false
jobs:
  due:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
          fetch-depth: 0
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install 'reportkit-security[mail,ledger]'
      # Ledger and store must outlive the job: [ledger] url and [store] url in reportkit.toml.
      - run: reportkit due
        env:
          REPORTKIT_LEDGER_URL: ${{{{ secrets.REPORTKIT_LEDGER_URL }}}}
          REPORTKIT_MAIL_PASSWORD: ${{{{ secrets.REPORTKIT_MAIL_PASSWORD }}}}
"""
    }


def _plain(path: Path) -> str:
    """Write a path where systemd takes the rest of the line."""
    return str(path).replace("%", "%%")


def _quoted(text: str) -> str:
    """Write one word of a command line of systemd."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if re.search(r"[\s\"'\\;]", escaped) else escaped
