"""The page of the commands, from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generate.markdown import table


def commands() -> str:
    """Give the page of commands, from the command line itself."""
    import typer

    from reportkit.cli.app import app
    from reportkit.cli.contents import CONTENTS

    lines = [
        "# Commands",
        "",
        "What somebody is about to do, by subject; then each command by the alphabet, with what it is given and an example.",
        "`reportkit COMMAND --help` says the same. Errors end in one sentence; the [exit codes](#exit-codes) stand at the end.",
        "",
    ]
    for title, listed in CONTENTS.items():
        rows = [(f"[{name}](#reportkit-{name})", words) for name, words in listed.items()]
        lines += [*table((title, "to"), rows), ""]
    lines += _commands("reportkit", typer.main.get_command(app))
    from reportkit.errors import EXIT_CODES

    lines += ["", "## Exit codes", "", *table(("code", "meaning"), EXIT_CODES.items())]
    return "\n".join(lines) + "\n"


def _commands(name: str, command: Any) -> Iterator[str]:
    from reportkit.cli.contents import EXAMPLES

    inner = getattr(command, "commands", {})
    if name != "reportkit":
        yield from (f"## {name}", "", *(_words(command.help).splitlines()), "")
        rows = [
            (f"`{_given(one)}`", _words(one.help))
            for one in command.params
            if one.name != "help" and not getattr(one, "hidden", False)
        ]
        if rows and not inner:
            yield from (*table(("given", "meaning"), rows), "")
        examples = EXAMPLES.get(name.removeprefix("reportkit "), ())
        if examples and not inner:
            yield from ("```sh", *(f"reportkit {line}" for line in examples), "```", "")
    for word in sorted(inner):
        if not inner[word].hidden:
            yield from _commands(f"{name} {word}", inner[word])


def _given(one: Any) -> str:
    if one.param_type_name == "argument":
        return str(one.metavar or one.name.upper())
    return ", ".join((*one.opts, *one.secondary_opts))


def _words(text: str | None) -> str:
    lines = [line.strip() for line in (text or "").replace("\f", "").splitlines()]
    return "\n".join(lines).strip()
