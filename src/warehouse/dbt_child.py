"""dbt, in the child process that a build runs it in.

    python -m warehouse.dbt_child RUN_RESULTS --project-dir PROJECT ARGUMENT…

Reads the project at once, then waits for a line on standard input with the path of the build file,
and builds all that is no unit test (those are for CI). Where standard input ends without a line,
there is nothing to build. The arguments are options that both ``dbt parse`` and ``dbt build`` know.

Even where nothing has changed, dbt takes seconds to find that out. So what it made of the project
is kept in its target folder under a digest of all that it read, and loaded where that is the same.
None of that depends on the database, whose name while reading is the same for every home.

dbt writes its whole manifest as JSON twice in a run, which costs as much as a quarter of the models
and is read by nobody here; so its JSON is switched off, and what the build needs is written from
what dbt returns: the results of each node, and beside them which node reads which (``lineage.json``).
The long log of its every step would cost as much as a tenth of the run: what it says at its usual
level goes to standard output.
"""

import dataclasses
import gc
import hashlib
import importlib.metadata
import json
import os
import pickle
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse import beside, ending
from warehouse.files import partial, put_in_place

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# dbt runs a pool of processes for parsing, which import this module: nothing may happen at its top.

NAME_WHILE_READING = "warehouse.duckdb"
# What dbt made of a project is kept in its target folder as ``project-<digest>.pickle``.
READ_PROJECT = "project-*.pickle"
_QUICK = ("--no-write-json", "--no-use-colors", "--no-version-check", "--log-level-file", "none")
_READ_BY_DBT = frozenset({".csv", ".md", ".py", ".sql", ".yml"})
_WRITTEN_BY_DBT = frozenset({"DBT_LOG_PATH", "DBT_TARGET_PATH"})


def main(arguments: list[str]) -> int:
    """Run dbt; 0 where all went well, 1 where a node failed, 2 where dbt itself could not go on."""
    # This process lives for seconds and holds a project, not data: looking for what could be freed
    # costs it a tenth of its time.
    gc.disable()
    results_path, *options = arguments
    os.environ["WAREHOUSE_BUILD_FILE"] = NAME_WHILE_READING
    kept = Path(os.environ["DBT_TARGET_PATH"]) / READ_PROJECT.replace("*", project_digest(options))

    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    _leave_out_debugging()
    parts = load_kept(kept)
    if parts:
        manifest = Manifest(**parts)
        _leave_unvalidated()
    else:
        done = dbtRunner().invoke([*_QUICK, "parse", *options])
        if not isinstance(done.result, Manifest):
            return _ended(done)
        manifest = done.result
        _keep(manifest, kept)
    # What the impact is worked out in. Not before, when there is more to do than there are processors;
    # the first model that needs it comes seconds into the build.
    beside.start()
    build_file = sys.stdin.readline().strip()
    if not build_file:
        beside.stop()
        return 0
    os.environ["WAREHOUSE_BUILD_FILE"] = build_file
    build = [*_QUICK, "build", "--exclude-resource-type", "unit_test", *options]
    done = dbtRunner(manifest=manifest).invoke(build)
    if isinstance(done.result, RunExecutionResult):
        done.result.write(results_path)
        parents = {
            one.node.unique_id: list(getattr(one.node.depends_on, "nodes", ()))
            for one in done.result.results
            # A seed reads nothing and says so by having no such field.
            if hasattr(one.node, "depends_on")
        }
        Path(results_path).with_name("lineage.json").write_text(json.dumps(parents))
    return _ended(done)


def _ended(done: Any) -> int:
    if done.exception is not None:
        # dbt tells its log of most errors; of one that it did not expect it would say nothing here.
        print(f"dbt stopped: {type(done.exception).__name__}: {done.exception}", flush=True)
        return 2
    return 0 if done.success else 1


def project_digest(options: list[str]) -> str:
    """SHA-256 of all that reading the project depends on: its files, the settings, the programs."""
    digest = hashlib.sha256()
    project = Path(options[options.index("--project-dir") + 1])
    programs = [platform.python_version()] + [
        importlib.metadata.version(name) for name in ("dbt-core", "dbt-duckdb", "dbt-adapters")
    ]
    settings = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("DBT_", "WAREHOUSE_")) and name not in _WRITTEN_BY_DBT
    }
    digest.update(json.dumps([options, programs, sorted(settings.items())]).encode())
    for folder, within, names in os.walk(project):
        within[:] = sorted(set(within) - {"logs", "target"})
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix in _READ_BY_DBT:
                digest.update(f"{path}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def load_kept(kept: Path) -> dict[str, Any]:
    """The parts of the manifest that was kept; none where it is not there, cut off or unreadable.

    Whoever could forge it could as well change the project's own code.
    """
    try:
        return dict(pickle.loads(kept.read_bytes()))  # noqa: S301
    except Exception:
        return {}


def _keep(manifest: "Manifest", kept: Path) -> None:
    # Without its private indexes, which it makes anew: pickled as a whole it mixes them up.
    parts = {
        field.name: getattr(manifest, field.name)
        for field in dataclasses.fields(manifest)
        if field.init and not field.name.startswith("_")
    }
    try:
        written = partial(kept)
        written.write_bytes(pickle.dumps(parts, protocol=pickle.HIGHEST_PROTOCOL))
        for older in kept.parent.glob(READ_PROJECT):
            older.unlink()
        put_in_place(written, kept)
    except OSError:
        # A full disk is noticed, and said, by what has to be written.
        return


def _leave_unvalidated() -> None:
    """Let dbt take its settings as they stand: they are those that it validated when it read the project.

    For that it makes a JSON schema of each class of settings first, which costs as much as twenty models.
    """
    from dbt_common.dataclass_schema import dbtClassMixin

    def as_it_stands(cls: type, data: object) -> None:  # noqa: ARG001
        return

    dbtClassMixin.validate = classmethod(as_it_stands)  # type: ignore[method-assign, assignment]


def _leave_out_debugging() -> None:
    """Let dbt drop what it would say only when debugging before it is put into words.

    It makes some twenty such messages a node, each checked field by field against its definition, which
    nobody reads here and which took a tenth of a build. They keep what they were made of, for the
    few that dbt raises to another level.
    """
    from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.event_manager_client import ctx_set_event_manager

    def keep(self: BaseEvent, *args: Any, **fields: Any) -> None:
        # Not by assignment, which is the message's own.
        self.__dict__["kept"] = (args, fields)

    DebugLevel.__init__ = keep  # type: ignore[method-assign]

    class Spoken(EventManager):
        def fire_event(
            self, e: BaseEvent, level: EventLevel | None = None, *args: Any, **more: Any
        ) -> None:
            if (level or e.level_tag()) in (EventLevel.DEBUG, EventLevel.TEST):
                return
            if "kept" in e.__dict__:
                given, fields = e.__dict__.pop("kept")
                BaseEvent.__init__(e, *given, **fields)
            super().fire_event(e, level, *args, **more)

    ctx_set_event_manager(Spoken())


if __name__ == "__main__":
    exit_status = main(sys.argv[1:])
    beside.stop()
    ending.at_once(exit_status)
