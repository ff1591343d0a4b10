"""Whole nights in real processes: what is published, what still stands, what each ending says.

The nights of this file follow one another in one home, since each costs some ten seconds: every
test says what it starts from.
"""

import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests import nights
from tests.nights import ask, content, fill_landing, published, warehouse
from warehouse import contracts, lake, nightly, publish
from warehouse.disclosure.board import RELEASES
from warehouse.settings import Settings

CANARIES = ("Canaria Namesake", "canaria@example.org", "CANARY-ID-77", "canary left in tears")


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one good night. Tests copy it and leave it as it is."""
    home = tmp_path_factory.mktemp("first_night") / "home"
    fill_landing(home)
    _plant_canaries(home)
    ended = warehouse(home, "nightly")
    assert ended.code == 3, ended.errors  # the canary's second row is bad
    assert ended.result["status"] == "published_with_problems"
    return home


@pytest.fixture
def home(first_night: Path, tmp_path: Path) -> Path:
    """A copy of that home, links and all."""
    copy = tmp_path / "home"
    shutil.copytree(first_night, copy, symlinks=True)
    return copy


def _plant_canaries(home: Path) -> None:
    """A person with unmistakable values in every id and drop column, and a bad row of theirs."""
    staff = sorted((home / "landing/hr_staff").glob("*.csv"))[-1]
    header = staff.read_text(encoding="utf-8").splitlines()[0].split(",")
    values = {
        "employee_id": CANARIES[2],
        "full_name": CANARIES[0],
        "email": CANARIES[1],
        "team": ask_first(staff, "team"),
        "job_role": "case_holder",
        "is_social_worker": "Y",
        "contract_type": "permanent",
        "fte": "1",
        "start_date": "2019-01-07",
        "synthetic": "Y",
    }
    good = ",".join(values.get(name, "") for name in header)
    bad = ",".join(
        {**values, "start_date": "2018-01-08", "fte": "3"}.get(name, "") for name in header
    )
    with staff.open("a", encoding="utf-8") as stream:
        stream.write(f"{good}\n{bad}\n")
    leavers = sorted((home / "landing/hr_leavers").glob("*.csv"))[-1]
    header = leavers.read_text(encoding="utf-8").splitlines()[0].split(",")
    values = {
        "employee_id": CANARIES[2],
        "start_date": "2019-01-07",
        "leaving_date": "2020-01-31",
        "leaving_reason": "resignation",
        "record_status": "leaver",
        "exit_interview_notes": CANARIES[3],
        "synthetic": "Y",
    }
    with leavers.open("a", encoding="utf-8") as stream:
        stream.write(",".join(values.get(name, "") for name in header) + "\n")


def ask_first(path: Path, column: str) -> str:
    """The column's value on the first row of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return next(csv.DictReader(stream))[column]


def test_a_night_publishes_two_files_that_readers_can_open(first_night: Path) -> None:
    current = first_night / "published/current"
    assert current.is_symlink()
    assert (first_night / "published/versions").joinpath(current.resolve().name).is_dir()
    assert (current / "analyst").stat().st_mode & 0o777 == 0o750
    assert (first_night / "landing").stat().st_mode & 0o777 == 0o700
    for name in ("board", "analyst"):
        link = first_night / f"published/{name}.duckdb"
        assert link.is_symlink()
        # No log beside it: a file that needs its log would open without its tables elsewhere.
        assert [path.name for path in link.resolve().parent.iterdir()] == [f"{name}.duckdb"]
    assert ask(first_night, "select synthetic from marts.release_info") == [(True,)]
    assert not (first_night / "build/run").exists()


def test_published_files_are_in_the_format_that_older_clients_read(first_night: Path) -> None:
    """The version number stands at byte 12; DuckDB 1.5 reads 64 to 68, 2.0 alone writes 69."""
    for name in ("board", "analyst"):
        with (first_night / f"published/{name}.duckdb").open("rb") as stream:
            head = stream.read(20)
        assert head[8:12] == b"DUCK"
        assert 64 <= int.from_bytes(head[12:20], "little") <= 68


def test_the_last_line_is_one_json_object_with_what_was_done(home: Path) -> None:
    ended = warehouse(home, "nightly")
    assert (ended.code, ended.result["status"], ended.errors) == (0, "nothing_new", "")
    assert set(ended.result) == {
        "status", "version", "files", "rows_loaded", "rows_quarantined", "files_rejected", "seconds",
    }  # fmt: skip
    last_night = json.loads((home / "published/last_night.json").read_text(encoding="utf-8"))
    assert set(last_night) == {"status", "finished_at", "version", "last_good_at"}
    assert last_night["status"] == "nothing_new"
    assert last_night["last_good_at"] == last_night["finished_at"]


def test_with_nothing_new_none_of_the_heavy_libraries_is_imported(home: Path) -> None:
    code = (
        "import sys; from warehouse import cli; code = cli.main(['nightly']);"
        "heavy = {'duckdb', 'pandas', 'pyarrow', 'dbt', 'great_expectations', 'airflow'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy or code else 0)"
    )
    done = subprocess.run(
        [os.fspath(Path(nights.WAREHOUSE).with_name("python")), "-c", code],
        env=nights.environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"nothing_new"' in done.stdout


def test_every_table_and_column_of_both_files_is_explained(first_night: Path) -> None:
    for name in ("board", "analyst"):
        with duckdb.connect(
            str(first_night / f"published/{name}.duckdb"), read_only=True
        ) as connection:
            silent = connection.execute(
                """
                select table_name, column_name from duckdb_columns() where comment is null and not internal
                union all
                select table_name, null from duckdb_tables() where comment is null and not internal
                """
            ).fetchall()
        assert silent == []


def test_the_analysts_file_holds_marts_and_ops_only(first_night: Path) -> None:
    tables = set(content(first_night / "published/analyst.duckdb"))
    assert tables == {
        "marts.absence_monthly", "marts.benchmark_standing", "marts.caseload_monthly",
        "marts.comparison_windows", "marts.csww_conformance", "marts.csww_leavers", "marts.csww_return_check",
        "marts.csww_staff", "marts.csww_vacancies", "marts.debrief_monthly",
        "marts.dfe_conformance", "marts.dfe_revisions",
        "marts.dfe_benchmark", "marts.evidence_register", "marts.group_cadence",
        "marts.hr_reconciliation", "marts.impact_comparator", "marts.impact_its",
        "marts.impact_survival", "marts.impact_survival_curve", "marts.impact_verdict",
        "marts.load_summary", "marts.metrics", "marts.participation_monthly",
        "marts.participation_session", "marts.principle_6",
        "marts.programme_fidelity", "marts.recruitment_monthly", "marts.release_info",
        "marts.retention_monthly", "marts.retention_yearly_dfe", "marts.spc_points",
        "marts.staff_spells", "marts.statistical_neighbours", "marts.sword_results",
        "marts.wellbeing_wave", "ops.gate_findings", "ops.load_manifest",
        "ops.quarantined_rows", "ops.unmatched_rows",
    }  # fmt: skip


def test_the_boards_file_holds_no_person_no_team_and_no_hidden_value(first_night: Path) -> None:
    with duckdb.connect(str(first_night / "published/board.duckdb"), read_only=True) as connection:
        tables = {
            name
            for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()
        }
        assert tables == {
            *RELEASES, "disclosure_report", "gate_summary", "headline_shown", "metrics",
        }  # fmt: skip
        assert not tables & {"staff_spells", "hr_reconciliation", "participation_session"}
        columns = {
            name
            for (name,) in connection.execute(
                "select column_name from duckdb_columns() where not internal"
            ).fetchall()
        }
        assert "group_id" in columns
        assert not [
            name
            for name in columns - {"group_id"}
            if re.search(r"employee|email|person|facilitator_|_key$|_id$", name)
        ]
        scopes = connection.execute(
            "select distinct scope_type, scope_name from marts.retention_monthly"
        ).fetchall()
        assert scopes == [("service", "all")]
        hidden = ("voluntary_leavers", "retirements", "transfers", "early_leavers_12m")
        for column in hidden:
            found = connection.execute(
                f"select count({column}), count(*) filter (where {column}_symbol = 'c'), count(*) "
                "from marts.retention_monthly"
            ).fetchone()
            assert found is not None
            assert found[0] == 0
            assert found[1] == found[2] > 0
        shown = connection.execute(
            "select headcount, unexplained_exits, agency_headcount from marts.retention_monthly order by month_end desc"
        ).fetchone()
    assert shown in ask(
        first_night,
        "select headcount, unexplained_exits, agency_headcount from marts.retention_monthly "
        "where scope_type = 'service'",
    )
    assert shown is not None
    assert shown[0] > 0


def test_no_landing_value_of_class_id_or_drop_is_in_any_file_that_was_written(
    first_night: Path,
) -> None:
    """Every byte outside landing is searched, and every text cell of every table too."""
    written = [
        path
        for path in first_night.rglob("*")
        if path.is_file() and "landing" not in path.relative_to(first_night).parts
    ]
    assert len(written) > 20
    kinds = {path.suffix for path in written}
    assert {".parquet", ".duckdb", ".json", ".log"} <= kinds
    for path in written:
        data = path.read_bytes()
        for canary in CANARIES:
            assert canary.encode() not in data, path
            assert canary.encode("utf-16-le") not in data, path
        if path.suffix == ".parquet":
            found = duckdb.sql(f"select t::varchar from read_parquet('{path}') as t").fetchall()
            assert not [row for row in found if any(canary in str(row) for canary in CANARIES)], (
                path
            )
    for rows in published(first_night).values():
        assert not [row for row in rows if any(canary in str(row) for canary in CANARIES)]
    # The person is there all the same, under a key.
    assert ask(
        first_night,
        "select count(*) from marts.staff_spells where start_date = '2019-01-07' and leaving_reason = 'resignation'",
    ) == [(1,)]


def test_a_correction_replaces_a_file_and_a_bad_one_replaces_nothing(home: Path) -> None:
    """A re-issue without the canary's rows, a re-issue that lacks a column, an unknown folder."""
    version = (home / "published/current").resolve().name
    staff = sorted((home / "landing/hr_staff").glob("*.csv"))[-1]
    lines = staff.read_text(encoding="utf-8").splitlines()
    corrected = [line for line in lines if CANARIES[2] not in line]
    (staff.parent / f"{staff.stem}_r2.csv").write_text(
        "\n".join(corrected) + "\n", encoding="utf-8"
    )
    (staff.parent / f"{staff.stem}_r3.csv").write_text(
        f"employee_id,team\n{CANARIES[2]},x\n", encoding="utf-8"
    )
    (home / "landing/hr_stafff").mkdir()
    (home / "landing/hr_stafff/Canaria Namesake.csv").write_text("a\n", encoding="utf-8")

    ended = warehouse(home, "nightly")

    assert ended.code == 3
    assert (ended.result["files"], ended.result["files_rejected"]) == (3, 2)
    assert (home / "published/current").resolve().name != version
    rows = ask(
        home,
        "select file_name, status, reason_code, loaded_in_version from ops.load_manifest "
        f"where file_name like '{staff.stem}%' or source = 'hr_stafff' order by revision nulls last",
    )
    assert [(status, reason) for _, status, reason, _ in rows] == [
        ("superseded", None),
        ("loaded", None),
        ("rejected", "missing_column"),
        ("rejected", "unknown_source"),
    ]
    assert rows[0][3] == version
    assert rows[1][3] == ended.result["version"]
    assert rows[2][3] is None
    assert not [one for one in (*rows, ended.said, ended.errors) if "Canaria" in str(one)]
    # The bad row stays listed though its file no longer stands.
    assert (
        ask(home, f"select count(*) from ops.quarantined_rows where file_name = '{staff.name}'")[0][
            0
        ]
        >= 1
    )
    # For status it is closed; a later issue that was refused is not.
    facts = json.loads(warehouse(home, "status", "--json").said)
    assert [(one["source"], one["reason_code"]) for one in facts["rejected"]] == [
        ("hr_staff", "missing_column"),
        ("hr_stafff", "unknown_source"),
    ]
    assert staff.name not in {one["file_name"] for one in facts["quarantined"]}
    # Known from a leaver record alone now.
    assert ask(
        home, "select issue from marts.hr_reconciliation where start_date = '2019-01-07'"
    ) == [("leaver_never_in_post",)]
    # Judged before, they are not judged again.
    again = warehouse(home, "nightly")
    assert (again.code, again.result["status"], again.result["files"]) == (0, "nothing_new", 0)


def test_status_says_what_is_published_and_refused_and_when_it_is_stale(home: Path) -> None:
    told = warehouse(home, "status")
    assert told.code == 0
    assert "synthetic" in told.said
    assert "Quarantined: hr_staff/" in told.said
    facts = json.loads(warehouse(home, "status", "--json").said)
    assert facts["version"] == (home / "published/current").resolve().name
    assert facts["stale"] is False
    path = home / "published/last_night.json"
    old = json.loads(path.read_text(encoding="utf-8")) | {
        "last_good_at": "2020-01-01T05:00:00+00:00"
    }
    path.write_text(json.dumps(old), encoding="utf-8")
    told = warehouse(home, "status")
    assert told.code == 6
    assert "STALE" in told.said
    assert warehouse(home, "status", WAREHOUSE_STALE_AFTER_HOURS="10000000").code == 0


def test_queries_read_the_published_file_and_can_do_nothing_else(
    home: Path, tmp_path: Path
) -> None:
    sql = "select count(*) as months from marts.retention_monthly where scope_type = 'service'"
    assert json.loads(warehouse(home, "query", sql, "--format", "json").said) == [{"months": 15}]
    assert warehouse(home, "query", sql, "--format", "csv").said == "months\n15\n"
    assert "15" in warehouse(home, "query", sql).said
    for forbidden in (
        f"copy (select 1) to '{tmp_path / 'x'}'",
        "select * from read_text('/etc/passwd')",
        f"attach '{tmp_path / 'x.duckdb'}' as x",
        "create table marts.x as select 1",
        "set enable_external_access = true",
    ):
        refused = warehouse(home, "query", forbidden)
        assert refused.code == 2, forbidden
        assert "Traceback" not in refused.errors
    assert not list(tmp_path.glob("x*"))
    described = warehouse(home, "describe", "retention_monthly").said
    assert "turnover_rate_12m (double): " in described
    assert "marts.dfe_benchmark, " in warehouse(home, "describe", "nothing_like_it").errors


def test_a_rolled_back_version_stands_until_something_new_arrives(home: Path) -> None:
    first = (home / "published/current").resolve().name
    assert warehouse(home, "build").code == 0
    second = (home / "published/current").resolve().name
    assert second != first
    assert warehouse(home, "rollback").code == 0
    assert (home / "published/current").resolve().name == first
    night = warehouse(home, "nightly")
    assert (night.code, night.result["status"], night.result["version"]) == (
        0,
        "nothing_new",
        first,
    )
    assert warehouse(home, "rollback", "no-such-version").code == 2
    assert warehouse(home, "rollback", second).code == 0
    assert (home / "published/current").resolve().name == second


def test_a_past_state_is_rebuilt_beside_the_published_one(home: Path, tmp_path: Path) -> None:
    before = published(home)
    version = (home / "published/current").resolve().name
    ended = warehouse(home, "build", "--as-known-on", "2999-12-31")
    assert (ended.code, ended.result["status"]) == (0, "built")
    folder = home / "build/as_known_on_2999-12-31"
    assert str(folder) in ended.said
    then = content(folder / "analyst.duckdb")
    assert then["marts.retention_monthly"] == before["marts.retention_monthly"]
    assert (home / "published/current").resolve().name == version
    # Before the first file was received nothing was known.
    assert (
        warehouse(home, "build", "--as-known-on", "2020-01-01", "--out", str(tmp_path / "x")).code
        == 4
    )
    assert not (tmp_path / "x").exists()


def test_a_half_written_snapshot_is_stopped_and_a_steward_can_let_it_through(home: Path) -> None:
    """Half the people gone, without a leaver record: more than 10 % and at least 10."""
    version = (home / "published/current").resolve().name
    last = sorted((home / "landing/hr_staff").glob("*.csv"))[-1]
    lines = last.read_text(encoding="utf-8").splitlines()
    half = last.with_name("hr_staff_2020-01-31.csv")
    half.write_text("\n".join(lines[: len(lines) // 2]) + "\n", encoding="utf-8")

    stopped = warehouse(home, "nightly")

    assert (stopped.code, stopped.result["status"]) == (4, "gate_failed")
    assert "staff_spells, rule mass_vanishing: " in stopped.errors
    assert "spells of the snapshot before are gone without a leaver record (" in stopped.errors
    assert " rows, 2020-01). Likely cause: landing/hr_staff/hr_staff_2020-01-31.csv." in (
        stopped.errors
    )
    taken_in = ("files", "rows_loaded", "rows_quarantined", "files_rejected")
    assert [stopped.result[name] for name in taken_in] == [1, len(lines) // 2 - 1, 0, 0]
    assert stopped.result["seconds"] > 0
    assert stopped.errors.count("\n") == 1
    assert (home / "published/current").resolve().name == version
    last_night = json.loads((home / "published/last_night.json").read_text(encoding="utf-8"))
    assert (last_night["status"], last_night["version"]) == ("gate_failed", version)
    assert last_night["last_good_at"] < last_night["finished_at"]

    assert warehouse(home, "accept", str(half), "--reason", "A team moved to the trust.").code == 0
    assert warehouse(home, "nightly").code == 0
    assert ask(home, "select max(month_end)::varchar from marts.retention_monthly") == [
        ("2020-01-31",)
    ]


def test_a_snapshot_with_many_more_people_is_published_with_a_warning_that_names_it(
    home: Path,
) -> None:
    """A next month with everybody a second time under another id: some 40 people become 80, and since
    the second ones started as long ago as the first, so they do in months that are published. The
    night says both and publishes; status keeps what hangs on the file alone."""
    last = sorted((home / "landing/hr_staff").glob("*.csv"))[-1]
    with last.open(encoding="utf-8", newline="") as stream:
        people = list(csv.DictReader(stream))
    doubled = last.with_name("hr_staff_2020-01-31.csv")
    with doubled.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(people[0]))
        writer.writeheader()
        writer.writerows(people)
        writer.writerows(one | {"employee_id": f"second-{one['employee_id']}"} for one in people)

    ended = warehouse(home, "nightly")

    assert (ended.code, ended.result["status"]) == (3, "published_with_problems")
    for mart, rule in (
        ("retention_monthly", "headcount_near_published"),
        ("hr_staff", "as_many_rows_as_before"),
    ):
        (said,) = [line for line in ended.said.splitlines() if f"rule {rule}:" in line]
        assert said.startswith(f"Warning: {mart}, rule {rule}: ")
        assert "landing/hr_staff/hr_staff_2020-01-31.csv" in said
        assert "second-" not in said
    assert "(1 row, 2020-01). Likely cause: landing/" in said
    assert f"  Gate (warn): {said.removeprefix('Warning: ')}" in warehouse(home, "status").said
    kept = ask(home, "select suite, rule, level, rows from ops.gate_findings order by all")
    assert ("arrivals", "as_many_rows_as_before", "warn", 1) in kept
    assert "marts_published" not in {suite for suite, *_ in kept}


def test_a_vacancy_of_an_unknown_team_is_noted_and_not_said(home: Path) -> None:
    """One open vacancy of a team that no staff snapshot has: nothing to be warned of, and kept."""
    last = sorted((home / "landing/hr_vacancies").glob("*.csv"))[-1]
    with last.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    elsewhere = dict.fromkeys(rows[0], "") | {
        "vacancy_id": "V-ELSEWHERE",
        "team": "A team that nobody is in",
        "job_role": "case_holder",
        "is_social_worker": "Y",
        "fte": "1.0",
        "opened_date": "2019-12-01",
        "status": "open",
        "covered_by_agency": "N",
    }
    with last.with_name("hr_vacancies_elsewhere_2019-12-31.csv").open(
        "w", encoding="utf-8", newline=""
    ) as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerow(elsewhere)

    ended = warehouse(home, "nightly")

    assert (ended.code, ended.result["status"]) == (0, "published")
    assert "no_vacancy_of_an_unknown_team" not in ended.said
    noted = json.loads(warehouse(home, "status", "--json").said)["gate_findings"]
    (one,) = [row for row in noted if row["rule"] == "no_vacancy_of_an_unknown_team"]
    assert (one["level"], one["mart"], one["rows"]) == ("inform", "recruitment_monthly", 1)
    assert "landing/hr_vacancies/hr_vacancies_elsewhere_2019-12-31.csv" in one["likely_files"]
    assert "A team that nobody is in" not in one["message"]
    levels = [row["level"] for row in noted]
    with duckdb.connect(str(home / "published/board.duckdb"), read_only=True) as connection:
        counted = connection.execute(
            "select level, rules_not_met from marts.gate_summary"
        ).fetchall()
    assert dict(counted) == {level: levels.count(level) for level in ("warn", "inform")}
    assert levels.count("inform") >= 1


def test_a_single_snapshot_in_mid_month_is_stopped_and_named(tmp_path: Path) -> None:
    """As at 15 January, so no month end is reported and there is no figure to publish."""
    home = tmp_path / "home"
    folder = home / "landing/hr_staff"
    folder.mkdir(parents=True)
    (folder / "hr_staff_2019-01-15.csv").write_text(
        "employee_id,team,job_role,is_social_worker,contract_type,fte,start_date\n"
        "P1,North,case_holder,Y,permanent,1.0,2018-03-01\n",
        encoding="utf-8",
    )

    ended = warehouse(home, "nightly")

    assert (ended.code, ended.result["status"]) == (4, "gate_failed")
    assert "absence_monthly, rule not_empty: " in ended.errors
    assert "Likely cause: landing/hr_staff/hr_staff_2019-01-15.csv." in ended.errors
    assert "Nothing was published and the last good version stands." in ended.errors
    assert ended.errors.count("\n") == 1
    assert not (home / "published/current").exists()


def inputs_now(home: Path) -> str:
    """The digest of all that a version would be a function of; a night builds where it has changed."""
    settings = Settings(home=home, project=nights.PROJECT)
    registry = contracts.load(settings)
    return nightly.inputs_digest(
        settings, registry, lake.manifest(lake.arrivals(settings), registry)
    )


def test_only_a_snapshot_that_was_taken_in_can_be_accepted(home: Path, tmp_path: Path) -> None:
    """A wrong path or a file of another source must not look like a decision. The gate names a file
    as seen from the home, and so it is found from anywhere."""
    known = sorted((home / "landing/hr_staff").glob("*.csv"))[0]
    other = tmp_path / "hr_staff_2020-01-31.csv"
    other.write_text("never landed\n", encoding="utf-8")
    leavers = sorted((home / "landing/hr_leavers").glob("*.csv"))[0]
    for wrong, words in (
        (other, "nothing to accept"),
        (leavers, "nothing to accept"),
        (tmp_path / "not-there.csv", "cannot be read"),
    ):
        refused = warehouse(home, "accept", str(wrong), "--reason", "It is right.")
        assert (refused.code, refused.said) == (2, "")
        assert words in refused.errors
    assert not (home / "control/acceptances").exists()
    assert warehouse(home, "accept", str(known), "--reason", "  ").code == 2
    inputs = inputs_now(home)
    assert inputs == publish.journal(Settings(home=home, project=nights.PROJECT))[-1].inputs
    named = str(known.relative_to(home))
    assert warehouse(home, "accept", named, "--reason", "A team moved to the trust.").code == 0
    (kept,) = (home / "control/acceptances").iterdir()
    assert kept.stem == hashlib.sha256(known.read_bytes()).hexdigest()
    # An acceptance is one of the things that a version is a function of.
    assert inputs_now(home) != inputs


@pytest.mark.parametrize("damage", ["one bit", "cut short", "gone"])
def test_a_damaged_lake_file_is_named_and_landing_its_file_again_mends_it(
    home: Path, first_night: Path, damage: str
) -> None:
    """One bit in the middle of the pages, which may well read as another figure, is enough."""
    batch = sorted((home / "lake/hr_staff").glob("2019-06-30*.parquet"))[0]
    whole = batch.read_bytes()
    middle = len(whole) // 2
    if damage == "gone":
        batch.unlink()
        (home / "landing/hr_staff/hr_staff_2019-06-30.csv").rename(home / "hr_staff_2019-06-30.csv")
    elif damage == "one bit":
        batch.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    else:
        batch.write_bytes(whole[:middle])

    ended = warehouse(home, "nightly")

    assert (ended.code, ended.result["status"]) == (1, "failed")
    assert (
        f"lake/hr_staff/{batch.name} is {'gone' if damage == 'gone' else 'damaged'}" in ended.errors
    )
    assert "landing/hr_staff/hr_staff_2019-06-30.csv" in ended.errors
    assert ended.errors.count("\n") == 1
    assert published(home) == published(first_night)

    batch.unlink(missing_ok=True)
    if damage == "gone":
        (home / "hr_staff_2019-06-30.csv").rename(home / "landing/hr_staff/hr_staff_2019-06-30.csv")
    mended = warehouse(home, "nightly")
    assert (mended.code, mended.result["files"], mended.result["status"]) == (0, 1, "nothing_new")
    assert batch.read_bytes() == whole
    assert published(home) == published(first_night)


def test_an_empty_home_has_nothing_to_publish(tmp_path: Path) -> None:
    ended = warehouse(tmp_path / "home", "nightly")
    assert (ended.code, ended.result["status"]) == (4, "gate_failed")
    assert "landing/hr_staff/" in ended.errors
    assert warehouse(tmp_path / "home", "status").code == 6
    assert warehouse(tmp_path / "home", "query", "select 1").code == 2


@pytest.mark.parametrize("key", [None, "5a" * 31, "6b" * 32])
def test_a_missing_short_or_changed_key_stops_before_anything_is_read(
    home: Path, key: str | None
) -> None:
    extra = home / "landing/hr_leavers/hr_leavers_2020-01-31.csv"
    extra.write_text(
        "employee_id,start_date,leaving_date,leaving_reason,record_status\n", encoding="utf-8"
    )
    before = published(home)
    ended = warehouse(home, "nightly", WAREHOUSE_PSEUDONYM_KEY=key)
    assert (ended.code, ended.result["status"]) == (2, "failed")
    assert "key" in ended.errors
    assert ended.errors.count("\n") == 1
    assert not key or key not in ended.errors + ended.said
    assert published(home) == before


def test_a_second_run_at_once_says_so_and_does_nothing(home: Path) -> None:
    (home / "landing/hr_leavers/hr_leavers_2020-01-31.csv").write_text(
        "employee_id,start_date,leaving_date,leaving_reason,record_status\n", encoding="utf-8"
    )
    first = nights.start(home, "nightly")
    _wait_until((home / "build/run").exists, first)
    second = warehouse(home, "nightly")
    assert (second.code, second.result["status"]) == (5, "locked")
    assert second.errors.count("\n") == 1
    assert nights.finished(first).code == 0


def _wait_until(ready: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    for _ in range(60_000):
        if ready():
            return
        assert process.poll() is None, "the run ended before the moment that the test waits for"
        time.sleep(0.001)
    raise AssertionError("the moment that the test waits for never came")


def _killed_when(home: Path, ready: Callable[[], bool]) -> None:
    process = nights.start(home, "nightly")
    _wait_until(ready, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_killed_at_any_moment_a_night_loses_nothing_and_the_next_comes_out_right(
    tmp_path: Path, first_night: Path
) -> None:
    """Killed in the first batches, in later ones, while dbt builds, while the version is written and
    right after the link was flipped; then left to run. What is published is a function of what landed
    (law one): a home that had nothing but the landing files gives what the undisturbed night gave."""
    home = tmp_path / "home"
    shutil.copytree(first_night / "landing", home / "landing")
    batches = home / "lake"
    versions = home / "published/versions"
    _killed_when(home, lambda: len(list(batches.glob("*/*.parquet"))) >= 2)
    _killed_when(home, lambda: len(list(batches.glob("*/*.parquet"))) >= 15)
    _killed_when(home, (home / "build/run/warehouse.duckdb").exists)
    assert not (home / "published/current").exists()
    _killed_when(home, lambda: versions.is_dir() and bool(list(versions.glob(".*"))))
    assert not (home / "published/current").exists()
    _killed_when(home, lambda: (home / "published/current").exists())
    assert warehouse(home, "nightly").code in (0, 3)
    assert published(home) == published(first_night)
    assert not list(versions.glob(".*"))
    assert not (home / "build/run").exists()


@pytest.fixture
def private_mounts() -> list[str]:
    """A command prefix under which a process may mount what nobody else sees, and which ends with it."""
    prefix = ["unshare", "--mount"]
    if os.geteuid() != 0:
        prefix += ["--user", "--map-root-user"]
    return [*prefix, "sh", "-euc"]


def test_a_full_disk_is_said_in_one_sentence_and_nothing_is_lost(
    home: Path, private_mounts: list[str]
) -> None:
    """The home lies on a file system with two megabytes left; the night needs more than that."""
    (home / "landing/hr_leavers/hr_leavers_2020-01-31.csv").write_text(
        "employee_id,start_date,leaving_date,leaving_reason,record_status\n", encoding="utf-8"
    )
    # The file system itself says what the copy takes: each file takes whole pages of it.
    script = (
        f"mv {home} {home}.aside; mkdir {home}; mount -t tmpfs tmpfs {home}; cp -a {home}.aside/. {home}/; "
        f"used=$(df -k --output=used {home} | tail -1); "
        f"mount -o remount,size=$((used + 2048))k {home}; code=0; {nights.WAREHOUSE} nightly || code=$?; "
        f"{nights.WAREHOUSE} query 'select count(*) as n from marts.retention_monthly' --format csv; "
        f"exit $code"
    )
    before = content(home / "published/analyst.duckdb")["marts.retention_monthly"]
    done = subprocess.run(
        [*private_mounts, script],
        env=nights.environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert '"status": "failed"' in done.stdout
    assert done.stdout.endswith(f"n\n{len(before)}\n")


def test_a_read_only_home_is_said_in_one_sentence(home: Path, private_mounts: list[str]) -> None:
    script = f"mount --bind {home} {home}; mount -o remount,ro,bind {home}; exec {nights.WAREHOUSE} nightly"
    done = subprocess.run(
        [*private_mounts, script],
        env=nights.environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1
    assert '"status": "failed"' in done.stdout
