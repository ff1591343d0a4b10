"""dbt in a child process, which can be warmed up before there is anything for it to build.

dbt takes seconds to import itself and to look through its project, and needs neither the build
file nor the lake for that. So it is started as soon as a run knows that there is something new, and
told to go on once the build file is ready. Nothing heavy is imported here.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from warehouse import charted, keeper, programme
from warehouse.dbt_child import READ_PROJECT
from warehouse.files import partial, put_in_place
from warehouse.settings import Settings

_NEEDED_BY_DBT = frozenset({"HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR", "TZ"})
# Where what dbt has read of a project is kept, in its target folder: by dbt itself, from which it
# reads anew what has changed, and whole, by the child.
_READ = ("partial_parse.msgpack", READ_PROJECT)
# Beside it, the folder that it was read from.
_READ_FROM = "read_from.txt"


def build_file(settings: Settings) -> Path:
    """The file that dbt builds in; the name is the database's in every model's SQL."""
    return settings.scratch / "warehouse.duckdb"


def target(settings: Settings) -> Path:
    """dbt's own working folder."""
    return settings.build / "dbt_target"


def results_path(settings: Settings) -> Path:
    """What became of each node of the last build, in dbt's own format."""
    return target(settings) / "run_results.json"


def lineage_path(settings: Settings) -> Path:
    """Which node of the last build reads which: ``{unique id: [unique ids]}``."""
    return results_path(settings).with_name("lineage.json")


def log_path(settings: Settings) -> Path:
    """What dbt said in the last build."""
    return settings.logs / "dbt" / "last_build.log"


def environment(settings: Settings, target: Path, log_folder: Path) -> dict[str, str]:
    """What dbt is told by its environment: the two folders, and what the project reads when it runs."""
    kept = {
        name: value
        for name, value in os.environ.items()
        # dbt has no use for the key, so it is not handed one. It also looks through all variables
        # for secrets at every line of its log, so it is handed no more than it needs.
        if name in _NEEDED_BY_DBT or name.startswith(("DBT_", "LC_"))
    }
    return kept | {
        "WAREHOUSE_AREAS": json.dumps(settings.areas()),
        programme.ENVIRONMENT: programme.as_json(programme.load(settings)),
        "WAREHOUSE_PROJECT": str(settings.project),
        "WAREHOUSE_REBASES": charted.as_json(charted.rebases(settings)),
        "WAREHOUSE_WINDOWS": json.dumps(settings.windows()),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(log_folder),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def _command(settings: Settings, results: Path) -> list[str]:
    project = str(settings.dbt_project)
    options = ["--project-dir", project, "--profiles-dir", project]
    return [sys.executable, "-m", "warehouse.dbt_child", str(results), *options]


def read_project(settings: Settings) -> bool:
    """Let dbt read its project and keep what it read, for homes to come; whether that went well."""
    prepared = settings.dbt_project / "target"
    prepared.mkdir(exist_ok=True)
    _forget_another_folder(settings, prepared)
    done = subprocess.run(
        _command(settings, prepared / "run_results.json"),
        env=environment(settings, prepared, settings.dbt_project / "logs"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0


def _is_of_this_folder(settings: Settings, target: Path) -> bool:
    try:
        return (target / _READ_FROM).read_text("utf-8") == str(settings.dbt_project.resolve())
    except (FileNotFoundError, UnicodeDecodeError):
        return False


def _forget_another_folder(settings: Settings, target: Path) -> None:
    """What was read of the project in another folder goes, before anything is read of this one.

    dbt keeps where each file lies and compares contents alone: once the project has moved, it would look
    for its seeds where they were.
    """
    if not _is_of_this_folder(settings, target):
        for kind in _READ:
            for read in target.glob(kind):
                read.unlink()
        (target / _READ_FROM).write_text(str(settings.dbt_project.resolve()), "utf-8")


def _take_over_what_setup_read(settings: Settings) -> None:
    """In a new home: the project as ``make setup`` read it, since reading it whole takes seconds.

    dbt compares it with the files and reads anew what has changed, or everything.
    """
    prepared = settings.dbt_project / "target"
    if not _is_of_this_folder(settings, prepared):
        return
    for kind in _READ:
        if any(target(settings).glob(kind)):
            continue
        for read in prepared.glob(kind):
            with contextlib.suppress(OSError):
                own = target(settings) / read.name
                copied = partial(own)
                shutil.copyfile(read, copied)
                put_in_place(copied, own)


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
        for folder in (settings.scratch, target(settings), log_path(settings).parent):
            folder.mkdir(parents=True, exist_ok=True)
        _forget_another_folder(settings, target(settings))
        _take_over_what_setup_read(settings)
        results_path(settings).unlink(missing_ok=True)
        with log_path(settings).open("w", encoding="utf-8") as output:
            self._child = subprocess.Popen(
                _command(settings, results_path(settings)),
                env=environment(settings, target(settings), log_path(settings).parent),
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
            self._child.stdin.write(f"{build_file(self._settings)}\n")
            self._child.stdin.flush()

    def wait(self, seconds: float) -> int | None:
        """Its exit status; None where it is still at work after so many seconds."""
        assert self._child is not None
        try:
            return self._child.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None


if __name__ == "__main__":
    from warehouse.settings import load

    sys.exit(0 if read_project(load()) else 1)
