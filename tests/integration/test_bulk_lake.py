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


@pytest.fixture(scope="module")
def by_hand(marts: ModuleType, prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That build file with what the script makes in it."""
    file = Path(marts.fresh(prepared, tmp_path_factory.mktemp("by_hand")) / marts.FILE)
    marts.run_by_hand(file)
    return file


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
    marts: ModuleType, prepared: Path, by_hand: Path, tmp_path: Path
) -> None:
    """Two implementations that share no line: whole rows of every mart made in SQL, no tolerance."""
    built = marts.fresh(prepared, tmp_path / "dbt") / marts.FILE
    names = marts.made_by_hand(by_hand)
    chosen = [f"+{name.partition('.')[2]}" for name in names]
    command, env = marts.dbt(built.parent, *marts.MODELS, "--select", *chosen)
    marts.measure(command, env, tmp_path)
    assert marts.differences(built, by_hand, names) == dict.fromkeys(names, 0)
    with duckdb.connect(str(by_hand), read_only=True) as connection:
        for name in names:
            rows = connection.execute(f"select count(*) from {name}").fetchone()
            assert rows is not None
            assert rows[0] > 0, name


def test_the_script_by_hand_leaves_out_no_mart_that_is_made_in_sql(
    marts: ModuleType, by_hand: Path
) -> None:
    """Every model of ``marts`` but those of fitted figures, as dbt's project has them, and one of ``ops``."""
    models = project_root() / "dbt_project" / "models" / "marts"
    wanted = {f"marts.{path.stem}" for path in models.rglob("*.sql") if path.parent != marts.FITTED}
    assert set(marts.made_by_hand(by_hand)) == wanted | set(marts.BESIDE_MARTS)
