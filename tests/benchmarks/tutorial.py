"""What the tutorial takes, typed as it stands: in an empty home, from a fresh clone, with an environment of its own.

Run by hand, on a quiet machine, from the top of the checkout (packages come from wherever pip is told)::

    python -m tests.benchmarks.tutorial

It prints, for the way to the first report of one's own data and for the whole tutorial, commands, keys (those of commands and
of what is saved into files, with the key that ends each line), wall and CPU seconds. Reading and thinking are not in them.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.examples import DOCS, Block, blocks

PAGE = DOCS / "tutorial.md"
#: The command that ends in the first report of one's own data.
FIRST = "reportkit run board --period 2026-Q3\n"


class Desk:
    """A shell that stays open, as somebody has one, and what was typed into it."""

    def __init__(self, home: Path, clone: Path) -> None:
        self.clone = clone
        self.commands = self.keys = self.files = 0
        self.began = time.monotonic()
        self.shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=clone, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**{name: value for name, value in os.environ.items() if name.startswith("PIP_")}, "HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"},
        )  # fmt: skip

    def type(self, text: str) -> None:
        """Type commands, and wait until they end; one that fails ends the measurement."""
        for line in text.splitlines():
            self.commands += 1
            self.keys += len(line) + 1
            if said := self.ask(f"{line}\nprintf '\\n== %s\\n' $?\n", "== "):
                raise SystemExit(f"{line}: {said}")

    def ask(self, text: str, sign: str) -> str:
        """Type something that prints a sign, and give what stands behind it; nothing for 0."""
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(text)
        self.shell.stdin.flush()
        said: list[str] = []
        for line in self.shell.stdout:
            if line.startswith(sign):
                return "" if line[len(sign) :].strip() == "0" else "".join(said[-20:])
            said.append(line)
        return "".join(said[-20:]) or "the shell ended"

    def save(self, block: Block, folder: Path) -> None:
        path = folder / block.what
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if block.mark == "append" else "w", encoding="utf-8") as file:
            file.write(("\n" if block.mark == "append" else "") + block.text)
        self.keys += len(block.text)
        self.files += 1

    def tell(self, what: str) -> None:
        """Say what it took so far; the times of the shell's children are asked of the shell."""
        self.ask("times > ../times; printf '\\n== 0\\n'\n", "== ")
        minutes = (self.clone / "times").read_text(encoding="utf-8").split()[2:4]
        cpu = sum(60 * float(one.split("m")[0]) + float(one.split("m")[1].rstrip("s")) for one in minutes)  # fmt: skip
        print(f"{what:24}{self.commands:4} commands {self.files:3} files {self.keys:6} keys {time.monotonic() - self.began:7.1f} s {cpu:7.1f} CPU s", flush=True)  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "-q", str(ROOT), str(home / "reportkit")], check=True)
        desk = Desk(home, home / "reportkit")
        where = desk.clone / "acme"
        server = None
        for block in blocks(PAGE):
            if "aiosmtpd" in block.text:
                server = mail_server(desk, block)
            elif block.mark in {"file", "append"}:
                desk.save(block, where)
            elif block.language == "sh":
                desk.type(block.text)
                if block.text == FIRST and not desk.files > 1:
                    desk.tell("own CSV to board pack")
        desk.tell("whole tutorial")
        desk.shell.kill()
        if server:
            server.terminate()


def mail_server(desk: Desk, block: Block) -> subprocess.Popen[bytes]:
    """Start the mail server of the tutorial, in a second terminal."""
    install, serve = block.text.splitlines()
    desk.type(f"../{install}")
    desk.commands += 1
    desk.keys += len(serve) + 1
    server = subprocess.Popen(serve.split(), cwd=desk.clone, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    time.sleep(2)
    if server.poll() is not None:
        raise SystemExit(f"{serve}: ended with {server.returncode}")
    return server


if __name__ == "__main__":
    main()
