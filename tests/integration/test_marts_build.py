"""The marts as dbt makes them: their shape, the real benchmark file, what loads say, and emptiness.

The workforce figures themselves are compared row by row in `test_marts_against_oracle.py`.
"""

import csv
import json
import os
import subprocess
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml
from jinja2 import Template
from scipy import stats

from tests.oracle import benchmarks
from tests.oracle.compare import disagreements, read_mart
from warehouse import contracts
from warehouse.ingest import csww, judging, reading
from warehouse.ingest.names import ExportName
from warehouse.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
DBT_PROJECT = PROJECT / "dbt_project"
CENSUS_RETURN = PROJECT / "tests" / "data" / "csww" / "csww_2022_sample.xml"
DFE_FILE = PROJECT / "data" / "dfe" / "csww_indicators_2017_to_2025.csv"
OLDER_DFE_FILE = PROJECT / "data" / "dfe" / "csww_headline_measures_2017_to_2022.csv"
# Of each model of neighbours: its file, and the column of the first of the ten.
NEIGHBOUR_LISTS = {
    "2021": (
        PROJECT / "tests" / "data" / "dfe" / "New_Statistical_Neighbour_Groupings_April_2021.csv", 5
    ),
    "2025": (PROJECT / "tests" / "data" / "dfe" / "sn_model_2025_wide.csv", 4),
}  # fmt: skip
RELEASES = {date(2023, 2, 23): OLDER_DFE_FILE, date(2026, 3, 19): DFE_FILE}

MANIFEST = [
    # source, as_of, status, rows_loaded, rows_quarantined
    ("hr_staff", date(2019, 1, 31), "superseded", 9, 2),
    ("hr_staff", date(2019, 1, 31), "loaded", 1, 0),
    ("hr_staff", date(2019, 2, 28), "partly_loaded", 1, 1),
    ("hr_staff", date(2019, 3, 31), "rejected", 0, 7),
    ("dfe_workforce", date(2023, 2, 23), "loaded", 978, 0),
    ("dfe_workforce", date(2026, 3, 19), "loaded", 1463, 0),
    ("somewhere_else", None, "rejected", 0, 0),
]
STAFF = [date(2019, 1, 31), date(2019, 2, 28)]


def create_inputs(connection: duckdb.DuckDBPyConnection) -> None:
    """Schemas lake and ops, empty, with the columns and types of the dbt source definitions."""
    sources = yaml.safe_load((DBT_PROJECT / "models/staging/_lake__sources.yml").read_text("utf-8"))
    for source in sources["sources"]:
        connection.execute(f"create schema {source['schema']}")
        for table in source["tables"]:
            columns = ", ".join(
                f"{column['name']} {column['data_type']}" for column in table["columns"]
            )
            connection.execute(f"create table {source['schema']}.{table['name']} ({columns})")
    connection.execute(
        "insert into ops.build_info values ('v1', timestamp '2026-04-01 05:00:00', 10)"
    )


def fill_inputs(connection: duckdb.DuckDBPyConnection) -> None:
    """One person in two snapshots, the real benchmark files, and a manifest with every status."""
    for as_of in STAFF:
        connection.execute(
            "insert into lake.hr_staff by name select 'p1' as staff_key, 'North' as team, "
            "'case_holder' as job_role, true as is_social_worker, 'permanent' as contract_type, "
            "0.6 as fte, date '2017-04-01' as start_date, false as synthetic, $as_of as as_of, "
            "'aa' as file_sha256, 2 as line, 'good' as row_status",
            {"as_of": as_of},
        )
    fill_benchmarks(connection)
    fill_census_return(connection)
    connection.executemany(
        "insert into ops.load_manifest by name select $1 as source, $2 as as_of, $3 as status, "
        "$4 as rows_loaded, $5 as rows_quarantined",
        MANIFEST,
    )


def fill_benchmarks(connection: duckdb.DuckDBPyConnection) -> None:
    """Both releases, read and judged under the contract as a night would, headings and all."""
    project = Settings(home=Path("unused"), project=PROJECT)
    contract = contracts.load(project)["dfe_workforce"]
    for released, path in RELEASES.items():
        with reading.table(path, "csv") as table:
            layout = reading.lay_out(
                table.header or [], contract.names, contract.needed, contract.source
            )
            assert layout.extra_columns is None
            raw = list(table.batches(layout, contract.kept_columns, 0, released))
        load_judged(connection, contract, raw, released)


def fill_census_return(connection: duckdb.DuckDBPyConnection) -> None:
    """The sample census return, read as a night would read it; its numbers stay numbers here."""
    contract = contracts.load(Settings(home=Path("unused"), project=PROJECT))["csww_return"]
    census_day = date(2022, 9, 30)
    name = ExportName("return", census_day, 1, "xml")
    raw, _ = csww.read(contract, CENSUS_RETURN, name, 0)
    load_judged(connection, contract, list(raw), census_day)


def load_judged(
    connection: duckdb.DuckDBPyConnection,
    contract: contracts.Contract,
    raw: list[pa.RecordBatch],
    as_of: date,
) -> None:
    """A file's good rows into its table of the lake, as of a day."""
    connection.register("raw", pa.Table.from_batches([judging.trimmed(one) for one in raw]))
    query = judging.judged_rows(contract, "raw")
    named = ", ".join(
        f"{judging.quoted(column.name)} as {column.lake_name}" for column in contract.kept_columns
    )
    connection.execute(
        f"insert into lake.{contract.source} by name select {named}, line, date '{as_of}' as as_of,"
        f" 'aa' as file_sha256, 'good' as row_status from ({query}) where fault is null",
        judging.parameters(query),
    )
    connection.unregister("raw")


def dbt_build(build_file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run dbt in a process of its own; it writes beside the build file and nowhere else."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "build", *options],
        cwd=DBT_PROJECT,
        env={
            **os.environ,
            "WAREHOUSE_BUILD_FILE": str(build_file),
            "DBT_PROFILES_DIR": str(DBT_PROJECT),
            "DBT_TARGET_PATH": str(build_file.parent / "target"),
            "DBT_LOG_PATH": str(build_file.parent / "logs"),
            "DO_NOT_TRACK": "1",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def project_before() -> set[Path]:
    """What the project folder holds before dbt runs."""
    return set(DBT_PROJECT.rglob("*"))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder and one file name for both builds, so that dbt parses its project once."""
    return tmp_path_factory.mktemp("workshop")


@pytest.fixture(scope="module")
def built(workshop: Path, project_before: set[Path]) -> Path:
    """A build of the filled inputs with dbt's unit tests, moved out of the way of the next."""
    build_file = workshop / "build.duckdb"
    with duckdb.connect(str(build_file)) as connection:
        create_inputs(connection)
        fill_inputs(connection)
    assert project_before
    done = dbt_build(build_file)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    (workshop / "target" / "run_results.json").rename(workshop / "results_of_full_build.json")
    return build_file.rename(workshop / "built.duckdb")


def rows_of(build_file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(build_file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_dbts_unit_tests_and_data_tests_all_pass(built: Path) -> None:
    results = json.loads((built.parent / "results_of_full_build.json").read_text("utf-8"))[
        "results"
    ]
    by_kind: dict[str, list[str]] = {}
    for result in results:
        by_kind.setdefault(result["unique_id"].split(".")[0], []).append(result["status"])
    assert len(by_kind["unit_test"]) >= 78
    assert len(by_kind["test"]) >= 30
    assert set(by_kind["unit_test"]) == set(by_kind["test"]) == {"pass"}
    assert set(by_kind["model"]) == {"success"}


def test_every_mart_has_the_promised_columns_in_their_order(built: Path) -> None:
    found: dict[str, list[str]] = {}
    for table, column in rows_of(
        built,
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' "
        "order by table_name, column_index",
    ):
        found.setdefault(table, []).append(column)
    assert found == {
        "absence_monthly": [
            "month_end", "scope_type", "scope_name", "working_days_lost", "stress_days_lost",
            "working_days_available", "absence_rate", "stress_share",
        ],
        "benchmark_standing": [
            "release_as_of", "year", "old_la_code", "indicator", "model", "neighbours_median",
            "neighbours_with_figure", "place", "councils", "fewest_in_post",
        ],
        "caseload_monthly": [
            "month_end", "scope_type", "scope_name", "case_holders", "cases", "mean_caseload",
            "p90_caseload",
        ],
        "comparison_windows": [
            "window_name", "series", "metric", "scope_type", "scope_name", "first_month_end",
            "last_month_end", "months", "n", "value", "change_since_before",
        ],
        "csww_conformance": [
            "year", "rule", "description", "rule_from", "records_checked", "records_failing",
        ],
        "csww_leavers": [
            "year", "swe_key", "role_start_date", "leaving_date", "is_agency", "job_role", "fte",
            "leaving_reason", "destination", "destination_as_returned",
        ],
        "csww_return_check": ["year", "measure", "from_return", "from_warehouse", "difference"],
        "csww_staff": [
            "year", "swe_key", "role_start_date", "is_agency", "job_role", "fte", "origin",
            "origin_as_returned", "career_stage", "cases",
        ],
        "csww_vacancies": [
            "year", "old_la_code", "vacant_fte", "agency_cover_fte", "agency_cover_headcount",
        ],
        "debrief_monthly": [
            "month_end", "scope_type", "scope_name", "requested", "offered", "held", "declined",
            "held_within_3_days", "median_days_to_held", "uptake_rate", "staff_affected",
            "staff_attended", "attendance_rate", "follow_up_rate",
        ],
        "group_cadence": ["group_id", "cycle", "status"],
        "participation_monthly": [
            "month_end", "scope_type", "scope_name", "sessions_held", "sessions_cancelled",
            "invited", "attended", "attendance_rate", "staff_reached_84d", "coverage_84d",
            "groups_active", "groups_on_cadence", "independent_facilitation_rate",
        ],
        "participation_session": [
            "session_id", "group_id", "session_date", "status", "invited", "attended",
            "attendance_rate", "days_since_previous", "on_cadence", "size_band",
        ],
        "principle_6": ["point", "status", "indicator", "value", "n", "what_is_missing"],
        "programme_fidelity": ["month_end", "promise", "promised", "observed", "met", "n"],
        "recruitment_monthly": [
            "month_end", "scope_type", "scope_name", "open_vacancies", "vacant_fte",
            "vacancy_rate", "opened", "filled", "withdrawn", "median_days_to_offer_12m",
            "median_days_to_start_12m", "agency_covered_fte", "median_age_open_days",
        ],
        "wellbeing_wave": [
            "wave_date", "instrument", "subscale", "scope_type", "scope_name", "responses",
            "mean_score", "lower_95", "upper_95", "sd_score", "response_rate", "share_low",
            "share_middle", "share_high",
        ],
        "dfe_benchmark": [
            "release_as_of", "year", "geographic_level", "area_code", "old_la_code", "area_name",
            "indicator", "published_value", "symbol", "recomputed_value",
        ],
        "dfe_conformance": [
            "release_as_of", "year", "indicator", "authorities_published", "authorities_testable",
            "authorities_consistent", "authorities_not_consistent",
        ],
        "dfe_revisions": [
            "release_before", "release_after", "year", "geographic_level", "area_code",
            "old_la_code", "area_name", "indicator", "value_before", "value_after", "difference",
            "symbol_before", "symbol_after", "change",
        ],
        "evidence_register": [
            "point", "document", "owner_role", "dated", "review_date", "stated_as_of",
            "judged_as_of", "review_status",
        ],
        "hr_reconciliation": ["issue", "staff_key", "start_date", "detail", "as_of"],
        "impact_comparator": [
            "metric", "scope_type", "scope_name", "method", "term", "estimate", "lower_95",
            "upper_95", "p_value", "n", "minimum_detectable", "assumption_checks", "grade",
            "sentence",
        ],
        "impact_its": [
            "metric", "scope_type", "scope_name", "method", "term", "estimate", "lower_95",
            "upper_95", "p_value", "n", "minimum_detectable", "assumption_checks", "grade",
            "sentence",
        ],
        "impact_survival": [
            "metric", "scope_type", "scope_name", "method", "term", "estimate", "lower_95",
            "upper_95", "p_value", "n", "minimum_detectable", "assumption_checks", "grade",
            "sentence",
        ],
        "impact_survival_curve": [
            "group", "month", "at_risk", "survival", "lower_95", "upper_95",
        ],
        "impact_verdict": [
            "verdict", "rule", "better", "worse", "no_sign_either_way", "not_counted",
            "counted_findings", "better_not_counted", "worse_not_counted",
        ],
        "load_summary": [
            "source", "latest_as_of", "files_loaded", "files_rejected", "files_superseded",
            "rows_loaded", "rows_quarantined",
        ],
        "release_info": ["version", "latest_hr_staff_as_of", "built_at", "synthetic"],
        "retention_monthly": [
            "month_end", "scope_type", "scope_name", "headcount", "fte", "starters", "leavers",
            "leavers_fte", "voluntary_leavers", "retirements", "transfers", "unexplained_exits",
            "leavers_12m", "turnover_rate_12m", "stability_index_12m", "early_leavers_12m",
            "agency_headcount", "agency_fte", "agency_rate",
        ],
        "retention_yearly_dfe": [
            "year", "turnover_rate_fte", "vacancy_rate_fte", "agency_rate_fte", "leavers_fte",
            "inpost_fte", "vacant_fte", "agency_fte", "leavers_headcount", "inpost_headcount",
        ],
        "spc_points": [
            "metric", "scope_type", "scope_name", "chart", "series", "date", "value", "segment",
            "mean", "lower_limit", "upper_limit", "special_cause", "side", "point_type",
            "trial_limits", "point", "rebase_reason",
        ],
        "staff_spells": [
            "staff_key", "start_date", "last_day", "exit_kind", "leaving_reason", "destination",
            "team", "job_role", "is_social_worker", "contract_type", "fte",
        ],
        "sword_results": [
            "wave_date", "principle", "item", "responses", "share_low", "share_middle",
            "share_high",
        ],
        "statistical_neighbours": [
            "model", "old_la_code", "rank", "neighbour_old_la_code", "closeness",
        ],
    }  # fmt: skip


def test_every_published_relation_and_column_says_what_it_means(built: Path) -> None:
    """In the file itself, where `warehouse describe` and any client can read it."""
    published = (
        "schema_name = 'marts' or schema_name = 'intermediate' and table_name like 'int_board__%' "
        "or schema_name = 'ops' and table_name = 'unmatched_rows'"
    )
    relations = rows_of(built, f"select table_name, comment from duckdb_tables() where {published}")
    columns = rows_of(
        built, f"select table_name, column_name, comment from duckdb_columns() where {published}"
    )
    assert len(relations) >= 25
    assert len([row for row in columns if row[0] == "unmatched_rows"]) == 3
    assert len(columns) > len(relations)
    assert [row[0] for row in relations if not row[1]] == []
    assert [row[:2] for row in columns if not row[2]] == []


def test_every_model_and_column_on_the_way_says_what_it_means(built: Path) -> None:
    """Beside the models: what is built is held against what the YAML says of it, name by name."""
    manifest = json.loads((built.parent / "target" / "manifest.json").read_text("utf-8"))
    said = {
        (node["schema"], node["name"]): node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    there = rows_of(
        built,
        "select schema_name, table_name, column_name from duckdb_columns() where not internal "
        "and schema_name in ('staging', 'intermediate', 'seeds')",
    )
    assert len({row[:2] for row in there}) >= 40
    assert [row[:2] for row in there if not said[row[:2]]["description"]] == []
    assert [
        row for row in there if not said[row[:2]]["columns"].get(row[2], {}).get("description")
    ] == []


def test_both_releases_of_the_benchmark_are_there_whole(built: Path) -> None:
    """1,463 areas and years of 22 indicators; their cells hold 98 x, 81 z, 51 u, 12 low and 8 c.

    In the older release 978 of 20, for it has no starters; 88 z, 34 x and 8 c.
    """
    assert rows_of(
        built, "select release_as_of, count(*) from marts.dfe_benchmark group by 1 order by 1"
    ) == [(date(2023, 2, 23), 978 * 20), (date(2026, 3, 19), 1463 * 22)]
    symbols: dict[date, dict[str | None, int]] = {}
    for release, symbol, cells in rows_of(
        built,
        "select release_as_of, symbol, count(*) from marts.dfe_benchmark group by all",
    ):
        symbols.setdefault(release, {})[symbol] = cells
    assert symbols == {
        date(2023, 2, 23): {"z": 88, "x": 34, "c": 8, None: 978 * 20 - 130},
        date(2026, 3, 19): {"x": 98, "z": 81, "u": 51, "low": 12, "c": 8, None: 1463 * 22 - 250},
    }
    assert rows_of(
        built,
        "select count(*) from marts.dfe_benchmark where (symbol is null) = (published_value is null)",
    ) == [(0,)]


def test_southampton_in_2019_is_what_was_published(built: Path) -> None:
    """Read off the file: 30 leavers of 206 people, 14.6 per cent; 30 / 206 = 0.14563."""
    found = {
        row[0]: row[1:]
        for row in rows_of(
            built,
            "select indicator, published_value, recomputed_value from marts.dfe_benchmark "
            "where old_la_code = '852' and year = 2019 and release_as_of = '2026-03-19'",
        )
    }
    assert found["inpost_headcount"] == (206.0, None)
    assert found["leavers_headcount"] == (30.0, None)
    assert found["turnover_rate_headcount"] == (0.146, 30 / 206)
    assert found["caseload_fte"][0] == 17.3


# What each rate is made of, whether its denominator holds more than one count, and the number of
# authorities and years that have both figures in the release of 2023 and in that of 2026.
RATES = {
    "turnover_rate_headcount": ("leavers_headcount", "inpost_headcount", None, 900, 1347),
    "turnover_rate_fte": ("leavers_fte", "inpost_fte", None, 899, 1345),
    "agency_rate_headcount": (
        "agency_headcount",
        "agency_headcount",
        "inpost_headcount",
        902,
        1352,
    ),
    "agency_rate_fte": ("agency_fte", "agency_fte", "inpost_fte", 899, 1341),
    "vacancy_rate_fte": ("vacancy_fte", "vacancy_fte", "inpost_fte", 902, 1353),
    "agency_cover_rate_fte": ("agency_cover_fte", "agency_fte", None, 868, 1292),
    "vacancy_agency_cover_rate_fte": ("agency_cover_fte", "vacancy_fte", None, 881, 1303),
    "caseload_fte": ("cases", "case_holders_fte", None, 900, 1350),
    "absence_rate_fte": ("working_days_lost_fte", "inpost_fte", None, 895, 1336),
}
COUNTS = {
    "inpost_fte", "inpost_headcount", "leavers_fte", "leavers_headcount", "agency_fte",
    "agency_headcount", "agency_cover_fte", "vacancy_fte", "case_holders_fte", "cases",
    "working_days_lost_fte",
}  # fmt: skip
OLDER_NAMES = {
    "inpost_fte": "social_worker_fte",
    "inpost_headcount": "social_worker_headcount",
    "leavers_fte": "leaver_fte",
    "leavers_headcount": "leaver_headcount",
    "agency_rate_fte": "agency_worker_rate_fte_%",
    "agency_rate_headcount": "agency_worker_rate_headcount_%",
}


def published_rows(release: date) -> list[dict[str, str]]:
    """A release's file as it came: the text of every cell by its heading."""
    with RELEASES[release].open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def cell(row: dict[str, str], indicator: str) -> Fraction | None:
    """The figure of an indicator, exactly; None where the cell holds a symbol."""
    heading = OLDER_NAMES.get(indicator, f"{indicator}_%" if "_rate_" in indicator else indicator)
    text = row[indicator if indicator in row else heading]
    try:
        return Fraction(text)
    except ValueError:
        assert text in {"z", "x", "u", "low", "c"}
        return None


def true_count(row: dict[str, str], indicator: str) -> tuple[Fraction, Fraction] | None:
    """The least and the most that a count can be whose published figure is rounded."""
    figure = cell(row, indicator)
    if figure is None:
        return None
    exact = indicator.endswith("headcount") or indicator == "cases"
    blur = Fraction(0) if exact else Fraction(1, 20)
    return max(figure - blur, Fraction(0)), figure + blur


def counts_reach_the_rate(row: dict[str, str], rate: str) -> bool | None:
    """Whether the counts give the published rate, however they were rounded; None: no telling.

    Only multiplied, never divided, so that nothing is rounded here: part / whole meets
    [p - 0.05, p + 0.05] per cent where part * 100 does so of whole * p.
    """
    top, below, added, *_ = RATES[rate]
    part, under = true_count(row, top), true_count(row, below)
    other = true_count(row, added) if added else (Fraction(0), Fraction(0))
    figure = cell(row, rate)
    if figure is None or part is None or under is None or other is None:
        return None
    if cell(row, below) == 0 and (added is None or cell(row, added) == 0):
        return None
    leap = int(row["time_period"]) in (2020, 2024)
    days = (254 if leap else 253) if rate == "absence_rate_fte" else 1
    scale = 1 if rate == "caseload_fte" else 100
    # Of agency among agency and in post, the agency in the whole is the agency on top.
    whole_of_least = part[0] + other[1] if added else under[1] * days
    whole_of_most = part[1] + other[0] if added else under[0] * days
    low, high = figure - Fraction(1, 20), figure + Fraction(1, 20)
    return part[0] * scale <= high * whole_of_least and part[1] * scale >= low * whole_of_most


@pytest.mark.parametrize("rate", RATES)
def test_every_published_rate_can_be_rebuilt_from_its_rounded_counts(
    built: Path, rate: str
) -> None:
    """Of each authority and year that has both figures, however its counts were rounded.

    A count of FTE, days or holders published as n lies in [n - 0.05, n + 0.05], a headcount or
    number of cases is exact, and a rate of p per cent lies in [p - 0.05, p + 0.05]. The rate worked
    out from the least and the most that the counts can be must meet that interval: so it does in
    all 1,345 authority-years with an FTE turnover, and so on. Counted from the files, in fractions.
    """
    wanted = []
    for release, pairs in zip(RELEASES, RATES[rate][3:], strict=True):
        by_year: dict[int, list[bool | None]] = {}
        figures: dict[int, int] = {}
        for row in published_rows(release):
            if row["geographic_level"] == "Local authority":
                year = int(row["time_period"])
                by_year.setdefault(year, []).append(counts_reach_the_rate(row, rate))
                figures[year] = figures.get(year, 0) + (cell(row, rate) is not None)
        assert sum(found is not None for year in by_year.values() for found in year) == pairs
        wanted += [
            (release, year, figures[year], found.count(True) + found.count(False),
             found.count(True), found.count(False))
            for year, found in sorted(by_year.items())
        ]  # fmt: skip
    found_rows = rows_of(
        built,
        f"select * exclude (indicator) from marts.dfe_conformance where indicator = '{rate}' "
        "order by all",
    )
    assert found_rows == wanted
    assert {row[-1] for row in found_rows} == {0}


def test_a_rate_worked_out_again_lies_between_its_bounds(built: Path) -> None:
    """The bounds are of counts that round to the published ones, of which they are one choice.

    8,046 and 12,019 authority-years and rates have a published figure to be held against.
    """
    ((rates, between),) = rows_of(
        built,
        "select count(*), count(*) filter (where least_value <= recomputed_value "
        "and recomputed_value <= most_value) from intermediate.int_benchmarks__recomputed "
        "where recomputed_value is not null",
    )
    assert rates == between >= sum(older + newer for *_, older, newer in RATES.values()) == 20065


def test_609_of_891_headcount_turnover_figures_were_revised(built: Path) -> None:
    """Both files give a number for 891 authorities and years; 609 of the pairs differ.

    Authorities are followed by the Department's number: Buckinghamshire's own code is another one
    in the older release until 2019, with three of the 609. Two more have z in both, and of one the
    figure was withheld later. 12 and 8 have no partner: Kingston and Richmond, and the two
    Northamptonshires, publish together in the later file and have both numbers there.
    """
    before, after = (
        {
            (int(row["time_period"]), row["old_la_code"]): cell(row, "turnover_rate_headcount")
            for row in published_rows(release)
            if row["geographic_level"] == "Local authority" and int(row["time_period"]) <= 2022
        }
        for release in RELEASES
    )
    pairs = [(before[key], after[key]) for key in before.keys() & after.keys()]
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    assert (len(both), sum(one != other for one, other in both)) == (891, 609)
    assert dict(
        rows_of(
            built,
            "select change, count(*) from marts.dfe_revisions where indicator = "
            "'turnover_rate_headcount' and geographic_level = 'Local authority' group by 1",
        )
    ) == {
        "revised": 609,
        "unchanged": 891 - 609 + 2,
        "figure_withheld": 1,
        "area_gone": len(before.keys() - after.keys()),
        "area_new": len(after.keys() - before.keys()),
    }


def test_every_pair_of_figures_is_set_against_each_other(built: Path) -> None:
    """Counted from the files: 20 indicators that both have, areas and years that both have."""
    shared = [*RATES, *sorted(COUNTS)]
    older, newer = (
        {
            (row["time_period"], row["old_la_code"] or row["region_code"] or "England"): row
            for row in published_rows(release)
        }
        for release in RELEASES
    )
    differing = {
        name: sum(
            one is not None and other is not None and one != other
            for one, other in (
                (cell(older[key], name), cell(newer[key], name)) for key in older if key in newer
            )
        )
        for name in shared
    }
    assert len(differing) == 20
    assert (
        dict(
            rows_of(
                built,
                "select indicator, count(*) filter (where change = 'revised') "
                "from marts.dfe_revisions group by 1",
            )
        )
        == differing
    )


def test_what_became_of_southamptons_leavers_stands_side_by_side(built: Path) -> None:
    """2019: 36 leavers became 30, 17.5 per cent became 14.6, 2.9 points less."""
    assert rows_of(
        built,
        "select indicator, value_before, value_after, difference from marts.dfe_revisions "
        "where old_la_code = '852' and year = 2019 and change = 'revised' "
        "and indicator in ('leavers_headcount', 'turnover_rate_headcount') order by all",
    ) == [
        ("leavers_headcount", 36.0, 30.0, -6.0),
        ("turnover_rate_headcount", 0.175, 0.146, -0.029),
    ]


def test_the_departments_marts_say_what_a_plain_reading_of_its_files_says(built: Path) -> None:
    """Row by row and cell by cell, from the two releases and the two lists of neighbours."""
    expected = benchmarks.marts(RELEASES, NEIGHBOUR_LISTS)
    assert all(expected.values())
    found = [
        line
        for mart, rows in expected.items()
        for line in disagreements(mart, rows, read_mart(built, mart))
    ]
    assert not found, f"{len(found)} disagreements, of which:\n" + "\n".join(found[:40])


def test_medians_of_southamptons_neighbours_are_those_worked_out_by_hand(built: Path) -> None:
    """2021 model, 2025: the ten are 6.3, 7.8, 8.5, 8.5, 10.2, 10.4, 10.5, 12.0, 12.9, 13.9 %; the
    median is the mean of the fifth and the sixth, 10.3 %."""
    found = rows_of(
        built,
        "select neighbours_median, neighbours_with_figure from marts.benchmark_standing where "
        "old_la_code = '852' and year = 2025 and model = '2021' "
        "and indicator = 'turnover_rate_headcount'",
    )
    assert found == [(pytest.approx(0.103), 10)]


def test_small_councils_have_no_place(built: Path) -> None:
    """Rutland had 19 to 24 social workers, the City of London 8 to 12, Scilly two at most."""
    found = rows_of(
        built,
        "select old_la_code, count(place), count(distinct year), min(place) >= 1 and "
        "max(place) <= max(councils) and max(councils) < 152 from marts.benchmark_standing where "
        "indicator = 'turnover_rate_headcount' and model = '2021' "
        "and release_as_of = '2026-03-19' and old_la_code in ('857', '201', '420', '852') group by all order by all",
    )
    assert [row[:2] for row in found] == [("201", 0), ("420", 0), ("852", 9), ("857", 0)]
    assert found[2] == ("852", 9, 9, True)


def test_regions_and_counts_are_taken_as_published(built: Path) -> None:
    assert rows_of(
        built,
        "select count(recomputed_value), count(*) > 2000 from marts.dfe_benchmark "
        "where geographic_level <> 'Local authority'",
    ) == [(0, True)]
    with_recomputed = rows_of(
        built,
        "select distinct indicator from marts.dfe_benchmark where recomputed_value is not null",
    )
    assert {row[0] for row in with_recomputed} == set(RATES)


def test_loads_are_summed_up_for_every_source_and_for_no_other_folder(built: Path) -> None:
    """hr_staff: two files stand with 1 + 1 rows; 2 + 0 + 1 + 7 bad rows came in all."""
    found = {row[0]: row[1:] for row in rows_of(built, "from marts.load_summary")}
    contracts = {path.stem for path in (PROJECT / "expectations" / "contracts").glob("*.yaml")}
    assert set(found) == contracts - {"closed_months"}  # nobody sends them
    assert found.pop("hr_staff") == (date(2019, 2, 28), 2, 1, 1, 2, 10)
    assert found.pop("dfe_workforce") == (date(2026, 3, 19), 2, 0, 0, 978 + 1463, 0)
    assert found
    assert set(found.values()) == {(None, 0, 0, 0, 0, 0)}


def test_what_waits_is_counted_for_every_key_that_can_be_unknown(built: Path) -> None:
    assert rows_of(built, "select source, key_name, rows from ops.unmatched_rows order by all") == [
        ("group_attendance", "employee_id", 0),
        ("group_attendance", "session_id", 0),
        ("group_sessions", "group_id", 0),
    ]


def test_a_month_without_any_other_source_has_counts_of_0_and_no_rates(built: Path) -> None:
    """One person with 0.6 in post: 0 / (0 + 0.6) vacant, 0 of 1 reached; the rest is unknown."""
    for mart, columns, row in [
        ("recruitment_monthly", "open_vacancies, vacancy_rate, median_age_open_days", (0, 0, None)),
        ("participation_monthly", "sessions_held, attendance_rate, coverage_84d", (0, None, 0)),
        ("debrief_monthly", "requested, uptake_rate, staff_attended", (0, None, 0)),
        ("absence_monthly", "working_days_lost, absence_rate, stress_share", (0, 0, None)),
        ("caseload_monthly", "case_holders, cases, mean_caseload", (0, 0, None)),
    ]:
        found = rows_of(
            built, f"select {columns} from marts.{mart} where scope_type = 'service' order by all"
        )
        assert found == [row, row], mart


def test_working_days_available_are_those_of_england(built: Path) -> None:
    """January 2019 has 23 Mondays to Fridays less New Year's Day, February 20; times 0.6 FTE."""
    found = rows_of(
        built,
        "select working_days_available from marts.absence_monthly where scope_type = 'service' "
        "order by month_end",
    )
    assert [row[0] for row in found] == pytest.approx([22 * 0.6, 20 * 0.6], rel=1e-12)


def test_the_version_says_what_it_is(built: Path) -> None:
    found = rows_of(
        built,
        "select version, latest_hr_staff_as_of, built_at::varchar, synthetic from marts.release_info",
    )
    assert found == [("v1", date(2019, 2, 28), "2026-04-01 05:00:00", False)]


@pytest.fixture(scope="module")
def empty(workshop: Path, built: Path) -> Path:
    """A build of inputs without a single row, as before the first file has come."""
    assert built.exists()
    build_file = workshop / "build.duckdb"
    with duckdb.connect(str(build_file)) as connection:
        create_inputs(connection)
    done = dbt_build(build_file, "--exclude-resource-type", "unit_test")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return build_file


def test_without_any_input_the_marts_are_empty_and_nothing_breaks(empty: Path) -> None:
    marts = [
        row[0]
        for row in rows_of(
            empty, "select table_name from duckdb_tables() where schema_name = 'marts'"
        )
    ]
    counts = {mart: rows_of(empty, f"select count(*) from marts.{mart}")[0][0] for mart in marts}
    assert counts.pop("release_info") == 1
    # All but closed_months, which nobody sends.
    assert counts.pop("load_summary") == -1 + len(
        list((PROJECT / "expectations" / "contracts").glob("*.yaml"))
    )
    assert counts.pop("statistical_neighbours") == 3090
    # Of a rung without data it is said that there is not enough, and that is a row.
    for mart in ("impact_its", "impact_survival", "impact_comparator"):
        assert counts.pop(mart) > 0
        told = rows_of(empty, f"select distinct estimate, grade from marts.{mart}")
        assert told == [(None, "not enough data")]
    assert counts.pop("impact_verdict") == 1
    assert rows_of(empty, "select verdict from marts.impact_verdict") == [("not enough data",)]
    counts.pop("principle_6")
    assert rows_of(empty, "select count(distinct point) from marts.principle_6") == [(6,)]
    assert counts
    assert set(counts.values()) == {0}
    assert rows_of(empty, "select latest_hr_staff_as_of, synthetic from marts.release_info") == [
        (None, False)
    ]


def read_seed(name: str) -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_quantiles_of_t_are_right_in_the_table_and_beyond_it() -> None:
    """From a table to 100 degrees of freedom, by an expansion after that: both to 1 in 10^10."""
    table = {int(row["degrees_of_freedom"]): row["t_975"] for row in read_seed("t_quantiles")}
    assert list(table) == list(range(1, 101))
    for degrees, value in table.items():
        assert float(value) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-12)
    macro = (DBT_PROJECT / "macros" / "t_975.sql").read_text("utf-8")
    for degrees in (101, 200, 1000, 20000):
        sql = Template(macro + f"{{{{ t_975_of_many('{degrees}.0') }}}}").render()
        found = duckdb.sql(f"select {sql}").fetchall()[0][0]
        assert found == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-10)


def test_dbt_writes_nothing_into_the_project(empty: Path, project_before: set[Path]) -> None:
    assert (empty.parent / "target" / "manifest.json").exists()
    assert set(DBT_PROJECT.rglob("*")) == project_before


def test_the_benchmark_file_has_the_indicators_that_the_models_name() -> None:
    """The macro is the one list of them; a heading that it lacks would be dropped in silence."""
    with DFE_FILE.open(encoding="utf-8-sig", newline="") as file:
        headings = next(csv.reader(file))[10:]
    text = (DBT_PROJECT / "macros" / "dfe_indicators.sql").read_text("utf-8")
    assert [word for word in text.split("'") if word in headings] == headings


def test_the_sample_census_return_becomes_staff_leavers_and_vacancies(built: Path) -> None:
    """Counted with ElementTree: of 30 workers 12 are employed and 18 from agencies.

    RoleEndDate is empty for 7 of the 12 (FTE adds up to 4.128883) and for 10 of the 18 (5.420149).
    The other 5 and 8 have left. Of the 5, one has reason 7 (a move inside) and the FTE30 of the rest
    are none, 0.222573, 0.821627 and 0.63075, 1.67495 in all.
    """
    per_kind = "count(*), round(sum(fte), 6), count(distinct swe_key)"
    assert rows_of(
        built, f"select is_agency, {per_kind} from marts.csww_staff group by 1 order by 1"
    ) == [
        (False, 7, 4.128883, 7),
        (True, 10, 5.420149, 10),
    ]
    assert rows_of(
        built,
        "select is_agency, leaving_reason = 'transfer', count(*), round(sum(fte), 6) "
        "from marts.csww_leavers where not is_agency group by all order by all",
    ) == [(False, False, 4, 1.67495), (False, True, 1, None)]
    assert rows_of(built, "select count(*) from marts.csww_leavers where is_agency") == [(8,)]
    assert rows_of(built, "from marts.csww_vacancies") == [(2022, "301", 79.68, 59.82, 71)]


def test_the_sample_census_return_breaks_the_rules_that_it_breaks(built: Path) -> None:
    """Counted with ElementTree. 12 employed, 30 workers, 13 ended, 17 in post.

    All 13 ends lie in other years; 7 of 26 starts after the census day; 11 of 19 caseloads above 40.
    """
    found = rows_of(
        built,
        "select rule, records_checked, records_failing from marts.csww_conformance order by 1",
    )
    assert found == [
        ("authority_counts_given", 1, 0),
        ("birth_date_given", 12, 3),
        ("cases_up_to_40", 19, 11),
        ("contract_up_to_500_weeks", 21, 0),
        ("end_date_with_reason_and_destination", 30, 0),
        ("ethnicity_given", 12, 3),
        ("frontline_given", 12, 3),
        ("fte30_given", 12, 2),
        ("fte_from_0_to_1", 30, 0),
        ("fte_given_in_post", 17, 0),
        ("fte_of_a_leaver_is_0", 13, 0),
        ("institution_given", 12, 5),
        ("one_record_a_worker", 30, 0),
        ("origin_given", 12, 1),
        ("role_end_after_start", 11, 0),
        ("role_end_in_census_year", 13, 13),
        ("role_given", 12, 5),
        ("role_start_by_census_day", 26, 7),
        ("role_start_given", 12, 0),
        ("sex_given", 12, 5),
        ("start_date_with_origin", 30, 7),
        ("step_up_given", 12, 2),
        ("swe_number_has_its_form", 30, 0),
        ("working_days_lost_given", 12, 2),
    ]


def conformance_tables(build_file: Path) -> list[str]:
    """The Markdown tables of docs/dfe_conformance.md, as the marts have their figures."""
    tables = []
    for release in sorted(RELEASES, reverse=True):
        years = [
            year
            for (year,) in rows_of(
                build_file,
                "select distinct year from marts.dfe_conformance "
                f"where release_as_of = '{release}' order by year",
            )
        ]
        lines = [["Rate", *years, "All", "Published"], ["---", *("--:" for _ in [*years, 0, 0])]]
        for rate in RATES:
            found = rows_of(
                build_file,
                "select authorities_consistent, authorities_testable, authorities_published "
                f"from marts.dfe_conformance where release_as_of = '{release}' "
                f"and indicator = '{rate}' order by year",
            )
            good, tested, published = (sum(column) for column in zip(*found, strict=True))
            cells = [f"{one}/{of}" for one, of, _ in found]
            lines.append([f"`{rate}`", *cells, f"{good:,}/{tested:,}", f"{published:,}"])
        tables.append(markdown(lines))
    lines = [
        ["Indicator", "Both have a figure", "Revised", "Downwards", "Upwards", "Withheld later"],
        ["---", *(["--:"] * 5)],
    ]
    lines += [
        [f"`{row[0]}`", *row[1:]]
        for row in rows_of(
            build_file,
            """
            select
                indicator, count(difference), count(*) filter (where change = 'revised') as revised,
                count(*) filter (where difference < 0), count(*) filter (where difference > 0),
                count(*) filter (where change = 'figure_withheld')
            from marts.dfe_revisions
            where geographic_level = 'Local authority'
            group by indicator
            order by revised desc, indicator
            """,
        )
    ]
    tables.append(markdown(lines))
    lines = [["Area", *range(2017, 2023)], ["---", *(["--:"] * 6)]]
    for name in ("England", "South East", "Southampton"):
        found = rows_of(
            build_file,
            "select value_before, value_after from marts.dfe_revisions where area_name = "
            f"'{name}' and indicator = 'turnover_rate_headcount' order by year",
        )
        lines.append([name, *(f"{before:.1%} → {after:.1%}" for before, after in found)])
    return [*tables, markdown(lines)]


def markdown(lines: list[list[Any]]) -> str:
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def test_the_report_on_the_departments_figures_says_what_the_marts_say(built: Path) -> None:
    """Every table of the report, cell by cell; what does not agree is shown as it should be."""
    text = (PROJECT / "docs" / "dfe_conformance.md").read_text("utf-8")
    wanted = conformance_tables(built)
    assert [table for table in wanted if table not in text] == []
    assert text.count("\n| ") == sum(table.count("\n") for table in wanted)
