"""An export holds what the published file holds, whole or not at all, and nowhere it should not."""

import csv
import json
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from warehouse import cli, exporting, metrics, settings
from warehouse import reading_published as reading
from warehouse.errors import BadConfiguration, CouldNotFinish
from warehouse.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A published version with two months of figures, one person, and the registry."""
    home = settings.load(tmp_path / "home")
    file = home.published / "versions/v1/analyst/analyst.duckdb"
    file.parent.mkdir(parents=True)
    with duckdb.connect(str(file)) as connection:
        metrics.fill(connection, home)
        connection.execute("delete from marts.metrics where mart <> 'retention_monthly'")
        connection.execute("create schema ops")
        connection.execute("create table ops.load_manifest (source varchar)")
        connection.execute(
            "create table marts.release_info (version varchar, latest_hr_staff_as_of date, "
            "built_at timestamp, synthetic boolean)"
        )
        connection.execute(
            "insert into marts.release_info values ('v1', ?, ?, true)",
            [date(2020, 1, 31), datetime.fromisoformat("2020-02-01T02:00:00")],
        )
        connection.execute(
            "create table marts.retention_monthly (month_end date, headcount integer, "
            "turnover_rate_12m double)"
        )
        connection.execute(
            "insert into marts.retention_monthly values ('2020-01-31', 250, 0.1), "
            "('2019-12-31', 251, null)"
        )
        connection.execute("comment on table marts.retention_monthly is 'Who was in post. More.'")
        connection.execute(
            "comment on column marts.retention_monthly.headcount is 'People | in\npost.'"
        )
        connection.execute("create table marts.staff_spells (staff_key varchar)")
    (home.published / "versions/v1/board").mkdir()
    (home.published / "versions/v1/board/board.duckdb").touch()
    (home.published / "current").symlink_to("versions/v1")
    return home


def test_every_mart_is_a_parquet_file_with_its_rows_types_and_nulls(
    home: Settings, tmp_path: Path
) -> None:
    """Four tables of marts; one of ops, which stays; rows in the order of their columns."""
    done = exporting.export(home, tmp_path / "out")
    assert done.rows == {
        "metrics": 16, "release_info": 1, "retention_monthly": 2, "staff_spells": 0,
    }  # fmt: skip
    assert {path.stem for path in done.folder.glob("*.parquet")} == set(done.rows)
    table = pq.read_table(done.folder / "retention_monthly.parquet")
    assert table.to_pylist() == [
        {"month_end": date(2019, 12, 31), "headcount": 251, "turnover_rate_12m": None},
        {"month_end": date(2020, 1, 31), "headcount": 250, "turnover_rate_12m": 0.1},
    ]
    assert pq.read_table(done.folder / "staff_spells.parquet").num_rows == 0


def test_a_parquet_file_says_which_version_it_is_and_what_its_columns_mean(
    home: Settings, tmp_path: Path
) -> None:
    schema = pq.read_schema(
        exporting.export(home, tmp_path / "out").folder / "retention_monthly.parquet"
    )
    assert json.loads(schema.metadata[b"version"]) == "v1"
    assert json.loads(schema.metadata[b"synthetic"]) is True
    assert schema.field("headcount").metadata[b"description"] == b"People | in post."


def test_the_dictionary_has_a_line_for_every_column(home: Settings, tmp_path: Path) -> None:
    """Ten columns of metrics, four of release_info, three of retention_monthly, one of spells: 18."""
    folder = exporting.export(home, tmp_path / "out").folder
    with (folder / "data_dictionary.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 18
    by_name = {(line["table"], line["column"]): line for line in lines}
    turnover = by_name["retention_monthly", "turnover_rate_12m"]
    assert (turnover["type"], turnover["unit"], turnover["direction"], turnover["kind"]) == (
        "double", "share", "decrease", "measurement",
    )  # fmt: skip
    assert by_name["retention_monthly", "month_end"]["unit"] == ""
    text = (folder / "data_dictionary.md").read_text(encoding="utf-8")
    assert "| `headcount` | integer | People \\| in post. | people | neutral | " in text
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "| `retention_monthly.parquet` | 2 |" in readme
    assert "synthetic" in readme


def test_a_folder_that_holds_something_is_refused_and_left_alone(
    home: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(BadConfiguration, match="not empty"):
        exporting.export(home, out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    assert not list(tmp_path.glob(".*.part"))


def test_an_empty_folder_is_taken_and_a_folder_of_the_home_is_not(
    home: Settings, tmp_path: Path
) -> None:
    """Nobody but the account and its group reads it, like the analysts' folder: 0750."""
    (tmp_path / "out").mkdir()
    assert exporting.export(home, tmp_path / "out").folder.stat().st_mode & 0o777 == 0o750
    for inside in (home.home, home.home / "export", home.landing / "export"):
        with pytest.raises(BadConfiguration, match="lies in the warehouse's home"):
            exporting.export(home, inside)
    (tmp_path / "file").touch()
    with pytest.raises(BadConfiguration, match="is no folder"):
        exporting.export(home, tmp_path / "file")


def test_what_fails_half_way_leaves_nothing(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up at the README, which is written last."""

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "_readme", full)
    with pytest.raises(CouldNotFinish, match="full"):
        exporting.export(home, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_describe_lists_every_table_or_guesses_the_one_that_was_meant(
    home: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ("--home", str(home.home))
    assert cli.main(["describe", *at]) == 0
    said = capsys.readouterr().out
    assert "marts.retention_monthly (2 rows): Who was in post.\n" in said
    assert "ops.load_manifest (0 rows)" in said
    assert len(said.splitlines()) == 5
    assert cli.main(["describe", "marts.retention_monthly", *at]) == 0
    said = capsys.readouterr().out
    assert "  headcount (integer): People | in post.\n    unit: people; better: neutral; " in said
    assert cli.main(["describe", "retention_montly", *at]) == 2
    assert "Did you mean marts.retention_monthly? Known: " in capsys.readouterr().err
    assert cli.main(["describe", "zzz", *at]) == 2
    assert "Did you mean" not in capsys.readouterr().err


def test_a_version_from_before_the_registry_is_described_and_exported_too(
    home: Settings, tmp_path: Path
) -> None:
    with duckdb.connect(str(home.published / "current/analyst/analyst.duckdb")) as connection:
        connection.execute("drop table marts.metrics")
    with reading.opened(home) as connection:
        assert "  headcount (integer): People | in post." in reading.described(
            connection, "retention_monthly"
        )
    assert "metrics" not in exporting.export(home, tmp_path / "out").rows
