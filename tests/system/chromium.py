"""A headless Chromium over its debugging pipe: no port, no driver, no further package."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

TIMEOUT = 60


def available() -> str | None:
    """Give the browser's path, None without one."""
    return (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )


class Browser:
    """One browser with one tab."""

    def __init__(self, program: str, *, timezone: str = "UTC") -> None:
        self._profile = tempfile.mkdtemp()
        theirs_in, self._out = os.pipe()
        ours_in, theirs_out = os.pipe()
        command = (
            'exec "$0" --headless --no-sandbox --disable-gpu --remote-debugging-pipe --hide-scrollbars '
            f'--no-first-run --disable-background-networking --user-data-dir="$1" 3<&{theirs_in} 4>&{theirs_out}'
        )
        self._process = subprocess.Popen(
            ["bash", "-c", command, program, self._profile], pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "TZ": timezone},
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._in = os.fdopen(ours_in, "rb", buffering=0)
        self._number, self._rest, self._session = 0, b"", ""
        self._events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        try:
            self.call("Browser.close")
            self._process.wait(TIMEOUT)
        except (OSError, EOFError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            os.close(self._out)
            self._in.close()
            shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Give the answer to one command; events on the way are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        number = self._number
        while True:
            answer = self._message()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return dict(answer["result"])
            self._events.append(answer)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            chunk = self._in.read(1 << 16)
            if not chunk:
                raise EOFError("the browser closed its pipe")
            self._rest += chunk
        first, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(first))

    def show(
        self,
        page: Path,
        width: int = 1400,
        *,
        dark: bool = False,
        scripts: bool = True,
        media: str = "",
    ) -> None:
        """Load a page at a width, and wait until it has loaded."""
        self._events.clear()
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.call("Page.navigate", url=page.as_uri())
        self._loaded()

    def visit(self, url: str) -> None:
        """Load an address, and wait until it has loaded."""
        self._events.clear()
        self.call("Page.navigate", url=url)
        self._loaded()

    def _loaded(self) -> None:
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._events.append(self._message())

    def picture(self) -> bytes:
        """Give what is seen as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def run(self, script: str) -> Any:
        """Give the value of an expression in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wake(self) -> None:
        """Scroll through the page, so that every chart comes alive, and back to its top."""
        self.run(
            "(async () => { const rest = t => new Promise(r => setTimeout(r, t));"
            "for (let y = 0; y < document.body.scrollHeight; y += 400) {"
            " scrollTo({top: y, behavior: 'instant'}); await rest(40); }"
            "for (let i = 0; i < 100 && document.querySelectorAll('figure.chart:not([data-live]):not([data-fault])').length; i++)"
            " await rest(50);"
            "scrollTo({top: 0, behavior: 'instant'}); await rest(50); })()"
        )

    def bring(self, id_: str) -> None:
        """Scroll an element into the middle, and wait until the page has noticed."""
        self.run(
            f"(async () => {{ document.getElementById('{id_}').scrollIntoView({{block: 'center', behavior: 'instant'}});"
            "for (let i = 0; i < 3; i++) await new Promise(r => requestAnimationFrame(r)); })()"
        )

    def until(self, script: str, times: int = 200) -> Any:
        """Give the first true value of an expression, or the last one after ten seconds (a twentieth of each time)."""
        return self.run(
            f"(async () => {{ let value; for (let i = 0; i < {times} && !(value = {script}); i++)"
            " await new Promise(r => setTimeout(r, 50)); return value; })()"
        )

    def move(self, x: float, y: float) -> None:
        """Move the pointer."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def click(self, x: float, y: float) -> None:
        """Move the pointer and press."""
        self.move(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def pdf(self) -> bytes:
        """Print the page as its style sheet asks."""
        answer = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(answer["data"])

    def problems(self) -> list[str]:
        """Give what a console would show in red or yellow."""
        found = []
        for event in self._events:
            params = event.get("params", {})
            match event.get("method"):
                case "Runtime.exceptionThrown":
                    found.append(json.dumps(params["exceptionDetails"])[:300])
                case "Log.entryAdded":
                    found.append(params["entry"]["text"][:300])
                case "Runtime.consoleAPICalled" if params["type"] in {"error", "warning"}:
                    found.append(json.dumps(params["args"])[:300])
        return found

    def requests(self) -> list[str]:
        """Give every address the page asked for, the page itself included."""
        return [
            str(event["params"]["request"]["url"])
            for event in self._events
            if event.get("method") == "Network.requestWillBeSent"
        ]
