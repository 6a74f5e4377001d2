"""Spark on this machine: one Java process for all engines of a process, ended with the last of them."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import threading
import weakref
from pathlib import Path
from typing import Any

from reportkit import sql
from reportkit.errors import ConfigError

_CORES = 2


def running() -> Driver:
    """Give Spark's Java process, started if it is not running; it ends when nobody holds it any more.

    Raises:
        ConfigError: there is no Java that can run it, or Spark runs in this process already.
    """
    found = _running.get("local")
    if found is None:
        found = _running["local"] = Driver()
    return found


class Driver:
    """Spark's Java process, which listens to this process only and says nothing on its terminal."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="reportkit-spark-"))
        try:
            self._context, gateway = _start(self.folder)
        except ConfigError:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.stop = weakref.finalize(self, _stop, self._context, gateway, self.folder)

    def session(self) -> Any:
        """Give a session with views of its own."""
        from pyspark.sql import SparkSession

        return SparkSession(self._context).newSession()


_running: weakref.WeakValueDictionary[str, Driver] = weakref.WeakValueDictionary()


def _settings(folder: Path) -> dict[str, str]:
    here = "127.0.0.1"
    return {
        "spark.app.name": "reportkit",
        "spark.master": f"local[{_CORES}]",
        "spark.driver.memory": f"{sql.memory() >> 20}m",
        "spark.driver.host": here,
        "spark.driver.bindAddress": here,
        "spark.local.dir": str(folder / "spill"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.shuffle.partitions": str(_CORES),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }


def _start(folder: Path) -> tuple[Any, Any]:
    """Start Java and Spark in it; give the context and the way to it."""
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    log = folder / "log"
    configuration = SparkConf(loadDefaults=False).setAll(list(_settings(folder).items()))
    interrupted = signal.getsignal(signal.SIGINT)
    gateway: Any = None
    try:
        with log.open("wb") as said:
            # Into a file: what Java says on a terminal would stand in the report.
            gateway = launch_gateway(configuration, {"stdout": said, "stderr": subprocess.STDOUT})
        context = SparkContext(gateway=gateway, conf=configuration)
    except (OSError, ValueError, PySparkException, Py4JError) as error:
        if gateway is not None:
            _end(gateway)
        raise ConfigError(
            f"Spark does not start ({_reason(log, error)}); it needs Java 17 or later, and a process without a Spark of its own."
        ) from None
    if threading.current_thread() is threading.main_thread():
        # What Ctrl-C does stays the caller's.
        signal.signal(signal.SIGINT, interrupted)
    return context, gateway


def _reason(log: Path, error: Exception) -> str:
    """Give the first thing Java said of why, else the error's own first line."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = (line for line in lines if line and not line.startswith(("WARNING", "Picked up")))
    return next(said, str(error).splitlines()[0])


def _stop(context: Any, gateway: Any, folder: Path) -> None:
    context.stop()
    _end(gateway)
    shutil.rmtree(folder, ignore_errors=True)


def _end(gateway: Any) -> None:
    from pyspark import SparkContext

    gateway.shutdown()
    # Java ends when nobody can write to it any more.
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(10)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()
    # Otherwise the next context would talk to the process that ended.
    for name in ("_gateway", "_jvm"):
        setattr(SparkContext, name, None)
