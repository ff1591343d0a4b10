"""dbt in a child process, which can be warmed up before there is anything for it to build.

dbt takes seconds to import itself and to look through its project, and needs neither the build
file nor the lake for that. So it is started as soon as a run knows that there is something new, and
told to go on once the build file is ready. Nothing heavy is imported here.
"""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from warehouse import keeper
from warehouse.settings import Settings

_NEEDED_BY_DBT = frozenset({"HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR", "TZ"})


def build_file(settings: Settings) -> Path:
    """The file that dbt builds in. Always of this name: dbt parses anew when its database moves."""
    return settings.scratch / "warehouse.duckdb"


def target(settings: Settings) -> Path:
    """dbt's own working folder."""
    return settings.build / "dbt_target"


def results_path(settings: Settings) -> Path:
    """What became of each node of the last build, in dbt's own format."""
    return target(settings) / "run_results.json"


def log_path(settings: Settings) -> Path:
    """What dbt said in the last build."""
    return settings.logs / "dbt" / "last_build.log"


class DbtProcess:
    """At most one dbt child, which is no more when the ``with`` block ends, however it ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> "DbtProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the child where there is one. Another can be started after it."""
        if self._child is not None:
            self._child.kill()
            with contextlib.suppress(BrokenPipeError):
                self._child.communicate()
            self._child = None

    def warm_up(self) -> None:
        """Start the child where it has not been started: it reads its project, and waits."""
        if self._child is not None:
            return
        settings = self._settings
        environment = {
            name: value
            for name, value in os.environ.items()
            # dbt has no use for the key, so it is not handed one. It also looks through all
            # variables for secrets at every line of its log, so it is handed no more than it needs.
            if name in _NEEDED_BY_DBT or name.startswith(("DBT_", "LC_"))
        }
        environment |= {
            "WAREHOUSE_BUILD_FILE": str(build_file(settings)),
            "WAREHOUSE_AREAS": json.dumps(settings.areas()),
            "DBT_TARGET_PATH": str(target(settings)),
            "DBT_LOG_PATH": str(log_path(settings).parent),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        }
        project = str(settings.dbt_project)
        command = [
            sys.executable,
            "-m",
            "warehouse.dbt_child",
            str(results_path(settings)),
            "--project-dir",
            project,
            "--profiles-dir",
            project,
        ]
        for folder in (settings.scratch, target(settings), log_path(settings).parent):
            folder.mkdir(parents=True, exist_ok=True)
        results_path(settings).unlink(missing_ok=True)
        with log_path(settings).open("w", encoding="utf-8") as output:
            self._child = subprocess.Popen(
                command,
                env=environment,
                cwd=settings.scratch,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                # A run that is killed must not leave a child that writes where the next one works.
                preexec_fn=keeper.die_with_parent,
            )

    def go(self) -> None:
        """Let it build: the build file is ready. Starts the child where it was not warmed up."""
        self.warm_up()
        assert self._child is not None
        assert self._child.stdin is not None
        # One that could not even read its project has ended; `wait` says with what.
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write("go\n")
            self._child.stdin.flush()

    def wait(self, seconds: float) -> int | None:
        """Its exit status; None where it is still at work after so many seconds."""
        assert self._child is not None
        try:
            return self._child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
