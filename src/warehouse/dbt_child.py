"""dbt, in the child process that a build runs it in.

    python -m warehouse.dbt_child RUN_RESULTS ARGUMENT…

The same as ``dbt ARGUMENT…``, but for what is written at the end. dbt writes its whole manifest
as JSON twice in a run, which costs as much as a quarter of the models and is read by nobody here;
so its JSON is switched off, and the one file that the build needs, the results of each node, is
written from what dbt returns.
"""

import sys

# dbt runs a pool of processes for parsing, which import this module: nothing may happen at its top.


def main(arguments: list[str]) -> int:
    """Run dbt; 0 where all went well, 1 where a node failed, 2 where dbt itself could not go on."""
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    results_path, *rest = arguments
    done = dbtRunner().invoke(["--no-write-json", *rest])
    if isinstance(done.result, RunExecutionResult):
        done.result.write(results_path)
    if done.exception is not None:
        # dbt tells its log of most errors; of one that it did not expect it would say nothing here.
        print(f"dbt stopped: {type(done.exception).__name__}: {done.exception}", flush=True)
        return 2
    return 0 if done.success else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
