"""The bulk lake, and what is computed of it twice: by dbt, and by the script that is timed beside it."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from warehouse import contracts, lake
from warehouse.settings import Settings, project_root

BENCHMARKS = project_root() / "benchmarks"
BY_HAND = ("caseload_monthly", "retention_monthly", "staff_spells")


@pytest.fixture(scope="module")
def marts() -> Iterator[ModuleType]:
    """The benchmark, which is a script of its own and no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("marts")


@pytest.fixture(scope="module")
def prepared(marts: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight years of a service of 60 seats, as a build file that dbt has not met yet."""
    return Path(marts.prepare(tmp_path_factory.mktemp("bulk"), 60))


def test_the_lake_has_every_source_and_is_whole_as_a_night_would_leave_it(prepared: Path) -> None:
    settings = Settings(home=prepared.parents[1] / "home", project=project_root())
    registry = contracts.load(settings)
    recorded = lake.arrivals(settings)
    manifest = lake.manifest(recorded, registry)
    lake.require_whole(settings, recorded, manifest)
    assert {row.status for row in manifest} == {"loaded"}
    # Nobody sends closed months; they are what a purge leaves.
    assert {row.arrival.source for row in manifest} == set(registry) - {"closed_months"}
    with duckdb.connect(str(prepared), read_only=True) as connection:
        for source, contract in registry.items():
            key = ", ".join(contract.column(name).lake_name for name in contract.key)
            if key:
                twice = connection.execute(
                    f"select count(*) from (select 1 from lake.{source} "
                    f"group by file_sha256, {key} having count(*) > 1)"
                ).fetchone()
                assert twice == (0,), source


def test_the_script_by_hand_gives_the_rows_that_dbt_gives(
    marts: ModuleType, prepared: Path, tmp_path: Path
) -> None:
    """Two implementations that share no line: whole rows of three marts, no tolerance."""
    built = marts.fresh(prepared, tmp_path / "dbt") / marts.FILE
    chosen = [f"+{name}" for name in BY_HAND]
    command, env = marts.dbt(built.parent, "run", "--select", *chosen)
    marts.measure(command, env, tmp_path)
    session = marts.fresh(prepared, tmp_path / "session") / marts.FILE
    marts.run_session(session, marts.BY_HAND)
    found = marts.differences(built, session)
    assert {name: found[f"marts.{name}"] for name in BY_HAND} == dict.fromkeys(BY_HAND, 0)
    with duckdb.connect(str(session), read_only=True) as connection:
        for name in BY_HAND:
            rows = connection.execute(f"select count(*) from marts.{name}").fetchone()
            assert rows is not None
            assert rows[0] > 100, name
