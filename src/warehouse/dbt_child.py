"""dbt, in the child process that a build runs it in.

    python -m warehouse.dbt_child RUN_RESULTS ARGUMENT…

Reads the project at once, then waits for a line on standard input with the path of the build file,
and builds all that is no unit test (those are for CI). Where standard input ends without a line,
there is nothing to build. The arguments are options that both ``dbt parse`` and ``dbt build`` know.

dbt reads its project anew whenever its database is another, although nothing that it reads depends
on it; so the project is read under a name that is the same for every home.

dbt writes its whole manifest as JSON twice in a run, which costs as much as a quarter of the models
and is read by nobody here; so its JSON is switched off, and what the build needs is written from
what dbt returns: the results of each node, and beside them which node reads which (``lineage.json``).
The long log of its every step would cost as much as a tenth of the run: what it says at its usual
level goes to standard output.
"""

import gc
import importlib
import json
import os
import sys
from pathlib import Path

# dbt runs a pool of processes for parsing, which import this module: nothing may happen at its top.

NAME_WHILE_READING = "warehouse.duckdb"
_QUICK = ("--no-write-json", "--no-use-colors", "--no-version-check", "--log-level-file", "none")


def main(arguments: list[str]) -> int:
    """Run dbt; 0 where all went well, 1 where a node failed, 2 where dbt itself could not go on."""
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest

    # This process lives for seconds and holds a project, not data: looking for what could be freed
    # costs it a tenth of its time.
    gc.disable()
    results_path, *options = arguments
    os.environ["WAREHOUSE_BUILD_FILE"] = NAME_WHILE_READING
    done = dbtRunner().invoke([*_QUICK, "parse", *options])
    if isinstance(done.result, Manifest):
        # What the Python models need, imported while there is nothing else to do.
        importlib.import_module("warehouse.statistics.control_chart")
        build_file = sys.stdin.readline().strip()
        if not build_file:
            return 0
        os.environ["WAREHOUSE_BUILD_FILE"] = build_file
        build = [*_QUICK, "build", "--exclude-resource-type", "unit_test", *options]
        done = dbtRunner(manifest=done.result).invoke(build)
        if isinstance(done.result, RunExecutionResult):
            done.result.write(results_path)
            parents = {
                one.node.unique_id: list(getattr(one.node.depends_on, "nodes", ()))
                for one in done.result.results
                # A seed reads nothing and says so by having no such field.
                if hasattr(one.node, "depends_on")
            }
            Path(results_path).with_name("lineage.json").write_text(json.dumps(parents))
    if done.exception is not None:
        # dbt tells its log of most errors; of one that it did not expect it would say nothing here.
        print(f"dbt stopped: {type(done.exception).__name__}: {done.exception}", flush=True)
        return 2
    return 0 if done.success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
