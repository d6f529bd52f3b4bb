"""A session of Spark, its tasks in Python, and what is missing when there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from kg.errors import InputError

Argument = TypeVar("Argument")
Result = TypeVar("Result")

DEFAULT_MASTER = "local[*]"
RESULT_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # A decimal that does not fit stops the statement, as in DuckDB, and is not rounded.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
}
"""What a session needs for results to be those of DuckDB."""
_MISSING = "Spark requires another package: pip install 'film-knowledge-graph[spark]'"
_JAVA = 17
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def master_of(engine: str) -> str | None:
    """The master of the engine `spark=MASTER` or `spark`; None for another engine.

    Raises `InputError` when what carries statements to Spark is missing: whoever asked for it imports it next.
    """
    name, _, master = engine.partition("=")
    if name != "spark":
        return None
    if find_spec("sqlglot") is None:
        raise InputError(_MISSING)
    return master or DEFAULT_MASTER


def open_session(master: str = DEFAULT_MASTER) -> Any:
    """A session on a master: `local[2]`, `spark://host:7077`, `yarn`, or `sc://host:15002` for Spark Connect.

    A process has one: where it is open already, it keeps its master and its settings but for those of results.
    Raises `InputError` when pyspark or Java is missing, or the master does not answer.
    """
    try:
        warnings.filterwarnings("ignore", category=FutureWarning, module="pyspark")  # about what pyspark itself calls
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise InputError(_MISSING) from error
    if (session := SparkSession.getActiveSession()) is not None:
        return _with_results(session)
    builder = SparkSession.builder.appName("film-knowledge-graph")
    try:
        if master.startswith("sc://"):
            return _with_results(builder.remote(master).getOrCreate())
        check_java()
        for name, value in _settings(master).items():
            builder = builder.config(name, value)
        session = builder.master(master).getOrCreate()
    except InputError:
        raise
    except Exception as error:  # of py4j, Java or gRPC
        if master.startswith("sc://") and isinstance(error, ImportError):
            raise InputError("Spark Connect requires other packages: pip install 'pyspark[connect]'") from error
        raise InputError(f"Spark does not start on {master}: {str(error).splitlines()[0][:300]}") from error
    session.sparkContext.setLogLevel("ERROR")
    return session


def run_tasks(master: str, function: Callable[[Argument], Result], arguments: Sequence[Argument]) -> list[Result]:
    """The results of a function for some arguments, each computed by a task in a Python process of an executor.

    Executors must have this package, and the function must be one that can be pickled. Raises `InputError` for
    Spark Connect, which has no such tasks, and when a task fails.
    """
    if master.startswith("sc://"):
        raise InputError("Spark Connect runs no Python tasks: name a master, such as spark=spark://host:7077.")
    context = open_session(master).sparkContext
    if context.master.startswith("local"):
        context.pythonExec = sys.executable  # and not whatever is called python3
    try:
        results: list[Result] = context.parallelize(arguments, len(arguments)).map(function).collect()
    except Exception as error:  # of py4j or of pickling
        lines = [line for line in str(error).splitlines() if re.match(r"\w+(\.\w+)*(Error|Exception)\b", line.strip())]
        raise InputError(f"A task on Spark failed: {(lines or [str(error)])[-1].strip()[:300]}") from error
    return results


def _with_results(session: Any) -> Any:
    """The session, with the results of DuckDB."""
    for name, value in RESULT_SETTINGS.items():
        session.conf.set(name, value)
    return session


def _settings(master: str) -> dict[str, str]:
    settings = {
        **RESULT_SETTINGS,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        # A skewed key, such as rdf:type, is split (https://spark.apache.org/docs/latest/sql-performance-tuning.html).
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.adaptive.skewJoin.enabled": "true",
        "spark.sql.parquet.compression.codec": "zstd",
    }
    if master.startswith("local"):
        # One process does it all: few partitions, and the memory of that process.
        settings |= {"spark.sql.shuffle.partitions": "8", "spark.driver.host": "127.0.0.1"}
        settings["spark.driver.memory"] = os.environ.get("KG_SPARK_MEMORY", "2g")
        log = Path(__file__).with_name("log4j2.properties")
        settings["spark.driver.extraJavaOptions"] = f"-Dlog4j2.configurationFile={log.as_uri()}"
    return settings


def check_java() -> None:
    """Raise `InputError` when Java is missing or too old for Spark."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin/java")) if home else shutil.which("java")
    advice = f"Install Java {_JAVA} (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME."
    if java is None or shutil.which(java) is None:
        raise InputError(f"Spark requires Java, and there is none here. {advice}")
    asked = [java, "-version"]
    output = subprocess.run(asked, capture_output=True, text=True, check=False).stderr  # noqa: S603  # java itself
    version = _VERSION.search(output)
    if version is not None and int(version[1]) < _JAVA:
        raise InputError(f"Spark requires Java {_JAVA}, and {java} is Java {version[1]}. {advice}")
