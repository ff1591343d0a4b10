"""Who is due to be purged, what is closed before, and which rows go and may come back."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import closing, contracts, erasure, lake, nightly, publish, purge, tombstones
from warehouse import settings as warehouse_settings
from warehouse.errors import BadConfiguration
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings, project_root

KEY = "5a" * 32
KEYS = Pseudonymiser(bytes.fromhex(KEY))
HERS = KEYS.hash_all(["7"])["7"]
ADDRESS = KEYS.hash_all(["a@example.org"], "email")["a@example.org"]
STAFF = "employee_id,email,team,job_role,is_social_worker,contract_type,fte,start_date\n"
REST = "MASH,case_holder,Y,permanent,1"
# She left on 31 July 2014 and begins again on 1 March 2019; the purge knew the files to 2018.
LEFT = date(2014, 7, 31)
KNOWN_UNTIL = date(2018, 12, 31)
OLD = {
    "hr_staff/hr_staff_2014-06-30.csv": (
        f"{STAFF}7,a@example.org,{REST},2010-01-01\n8,b@example.org,{REST},2010-01-01\n"
        f"7,a@example.org,MASH,case_holder,Y,permanent,9,2010-02-01\n"  # 9 FTE: bad
    ),
    "group_attendance/group_attendance_2014-06-30.csv": (
        "session_id,employee_id,attendance\nS1,7,attended\nS1,8,attended\n"
    ),
    "group_sessions/group_sessions_2014-06-30.csv": (
        "session_id,group_id,session_date,status,facilitator_id,facilitator_independent,mode\n"
        "S1,G1,2014-06-05,held,7,Y,online\n"
    ),
}
LATER = {
    # The first two say again what was purged; the address is another person's by now.
    "hr_staff/hr_staff_2019-03-31.csv": (
        f"{STAFF}7,,{REST},2010-01-01\n7,c@example.org,{REST},2019-03-01\n"
        f"9,a@example.org,{REST},2012-01-01\n"
    ),
    "absence/absence_2019-03-31.csv": (
        "employee_id,absence_start,absence_end,reason,working_days_lost\n"
        "7,2014-03-04,2014-03-05,other,2\n7,2019-03-04,2019-03-05,other,2\n"
    ),
    "group_attendance/group_attendance_2019-03-31.csv": (
        "session_id,employee_id,attendance\nS9,7,attended\n"
    ),
}


@pytest.fixture(autouse=True)
def _keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)


def take_in(home: Path, landed: Mapping[str, str]) -> Settings:
    settings = Settings(home=home, project=project_root())
    for name, text in landed.items():
        path = settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    nightly.ingest(settings=settings)
    return settings


def bury_her(settings: Settings) -> None:
    tombstones.bury_leavers(settings, {HERS: LEFT, ADDRESS: LEFT}, KNOWN_UNTIL, LEFT)


def state(settings: Settings) -> dict[str, Any]:
    """{source/file: (counts, rows, bad lines)} of all that was judged."""
    found: dict[str, Any] = {}
    for arrival in lake.arrivals(settings):
        counts = (arrival.rows_read, arrival.rows_loaded, arrival.rows_quarantined)
        rows = duckdb.sql(f"from read_parquet('{lake.batch_path(settings, arrival)}')").fetchall()
        bad = []
        if arrival.rows_quarantined:
            bad_rows = lake.quarantine_path(settings, arrival)
            bad = duckdb.sql(f"from read_parquet('{bad_rows}')").fetchall()
        found[f"{arrival.source}/{arrival.file_name}"] = (counts, rows, bad)
    return found


def held(settings: Settings, source: str, columns: str) -> list[tuple[Any, ...]]:
    files = settings.lake / source / "*.parquet"
    return duckdb.sql(
        f"select {columns} from read_parquet('{files}', union_by_name = true) order by all"
    ).fetchall()


@pytest.mark.parametrize("text", ["0", "-1", "2.5", "two", "١", "99999"])
def test_years_to_keep_leavers_are_a_whole_number_of_at_least_one(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_KEEP_LEAVERS_YEARS", text)
    with pytest.raises(BadConfiguration, match="a whole number of years, at least 1") as refused:
        warehouse_settings.load("unused")
    assert refused.value.exit_code == 2
    assert text not in str(refused.value).replace("at least 1", "")


def test_without_years_nobody_is_ever_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_KEEP_LEAVERS_YEARS", " ")
    settings = warehouse_settings.load("unused")
    assert settings.keep_leavers_years is None
    assert purge.due(settings) is None
    assert purge.run(settings) == purge.Purge()
    monkeypatch.setenv("WAREHOUSE_KEEP_LEAVERS_YEARS", " 6 ")
    assert warehouse_settings.load("unused").keep_leavers_years == 6


def published(home: Path, latest: str, spells: list[tuple[str, str, str | None]]) -> Settings:
    """A home whose version has 13 months to ``latest``'s and these (key, first day, last day)."""
    settings = Settings(home=home, project=project_root(), keep_leavers_years=2)
    folder = settings.published / publish.VERSIONS / "v1"
    for file in (publish.BOARD, publish.ANALYST):
        (folder / file).parent.mkdir(parents=True)
        with duckdb.connect(str(folder / file)) as connection:
            connection.execute("create schema marts")
            connection.execute(
                "create table marts.release_info as "
                f"select date '{latest}' as latest_hr_staff_as_of"
            )
            connection.execute(
                "create table marts.retention_monthly as select last_day(m::date) as month_end "
                f"from generate_series(date '2014-01-01', date '{latest}' - 27, interval 1 month) "
                "as months (m)"
            )
            connection.execute(
                "create table marts.staff_spells (staff_key varchar, start_date date, last_day date)"
            )
            connection.executemany("insert into marts.staff_spells values (?, ?, ?)", spells)
    publish.flip(settings, "v1")
    return settings


def test_who_goes_left_a_year_before_the_last_closed_month(tmp_path: Path) -> None:
    """Newest snapshot 30 June 2019, two years kept: closed to June 2017, so gone by 30 June 2016.

    1 July 2016 is in post on 31 July 2016, which July 2017's twelve months begin after: one day late.
    """
    spells = [
        ("on the day", "2010-01-01", "2016-06-30"),
        ("a day late", "2010-01-01", "2016-07-01"),
        ("came back", "2010-01-01", "2012-01-01"),
        ("came back", "2013-01-01", None),
        ("left twice", "2010-01-01", "2012-01-01"),
        ("left twice", "2013-01-01", "2014-01-01"),
    ]
    settings = published(tmp_path, "2019-06-30", spells)
    due = purge.due(settings)
    assert due == purge.Due(date(2017, 6, 30), date(2016, 6, 30), 2)
    assert "2 people who left by 2016-06-30" in purge.announced(due)


def test_before_a_month_is_that_old_nobody_is_due(tmp_path: Path) -> None:
    """The first reported month is January 2014; two years before 30 January 2016 lies before its end."""
    settings = published(tmp_path, "2016-01-30", [("gone", "2001-01-01", "2002-01-01")])
    assert purge.due(settings) is None


def test_the_lake_is_as_if_the_purge_had_always_been_there(tmp_path: Path) -> None:
    """Taken out afterwards, or buried first and then judged: the same counts, rows and bad lines."""
    settings = take_in(tmp_path / "afterwards", OLD)
    bury_her(settings)
    assert tombstones.outstanding(settings)
    erasure.take_out_the_buried(settings, contracts.load(settings))
    assert not tombstones.outstanding(settings)

    first = Settings(home=tmp_path / "first", project=project_root())
    first.control.mkdir(parents=True)
    bury_her(first)
    take_in(first.home, OLD)
    assert state(settings) == state(first)
    assert state(first)["hr_staff/hr_staff_2014-06-30.csv"][0] == (1, 1, 0)
    assert held(first, "group_attendance", "session_id, staff_key") == [
        ("S1", KEYS.hash_all(["8"])["8"])
    ]
    # The session is the group's and not hers: it stays, and does not say who led it.
    assert held(first, "group_sessions", "session_id, facilitator_key") == [("S1", None)]


def test_who_is_taken_on_again_has_the_rows_of_the_new_service_alone(tmp_path: Path) -> None:
    """Rows dated to 31 July 2014 stay away, though their file is new; those since March 2019 are there."""
    settings = take_in(tmp_path, OLD)
    bury_her(settings)
    take_in(tmp_path, LATER)
    nine = KEYS.hash_all(["9"])["9"]
    assert held(settings, "hr_staff", "as_of, staff_key, start_date")[1:] == sorted(
        [
            (date(2019, 3, 31), HERS, date(2019, 3, 1)),
            (date(2019, 3, 31), nine, date(2012, 1, 1)),
        ]
    )
    assert held(settings, "absence", "staff_key, absence_start") == [(HERS, date(2019, 3, 4))]
    assert held(settings, "group_attendance", "session_id")[-1:] == [("S9",)]
    # The same, found in the lake once more when somebody else is taken out.
    before = state(settings)
    tombstones.bury_leavers(settings, {"0" * 32: LEFT}, KNOWN_UNTIL, LEFT)
    erasure.take_out_the_buried(settings, contracts.load(settings))
    assert state(settings) == before


def test_of_two_purges_of_one_person_the_later_counts(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, project=project_root())
    settings.control.mkdir(parents=True)
    later = tombstones.Purged(date(2020, 1, 31), date(2024, 12, 31))
    tombstones.bury_leavers(settings, {HERS: later.last_day}, later.known_until, LEFT)
    bury_her(settings)
    assert tombstones.load(settings).purged == {
        HERS: later,
        ADDRESS: tombstones.Purged(LEFT, KNOWN_UNTIL),
    }


def test_a_file_put_into_the_landing_folder_of_closed_months_is_of_an_unknown_source(
    tmp_path: Path,
) -> None:
    settings = take_in(
        tmp_path, {"closed_months/closed_months_2019-03-31.csv": "mart,headcount\nretention,9\n"}
    )
    (arrival,) = lake.arrivals(settings)
    assert (arrival.rejected, arrival.reason_code) == (True, "unknown_source")
    assert not (settings.lake / closing.SOURCE).exists()


def test_months_are_closed_once_and_as_they_stood_then(tmp_path: Path) -> None:
    """January is closed with 5; that it would be 4 later changes nothing, and February is added.

    Closing again what is closed writes nothing.
    """
    settings = Settings(home=tmp_path / "home", project=project_root())
    registry = contracts.load(settings)
    contract = registry[closing.SOURCE]

    def build_file(name: str, headcounts: dict[str, int]) -> Path:
        path = tmp_path / name
        with duckdb.connect(str(path)) as connection:
            for schema in ("lake", "marts", "intermediate"):
                connection.execute(f"create schema {schema}")
            columns = ", ".join(f"{one} {kind}" for one, kind in contract.lake_columns.items())
            connection.execute(f"create table lake.closed_months ({columns})")
            for batch in settings.lake.glob("closed_months/*.parquet"):
                connection.execute(f"insert into lake.closed_months from read_parquet('{batch}')")
            for mart in closing.MARTS.values():
                needed = "month_end date, session_date date, wave_date date, quarter_end date"
                texts = "session_id, promise, instrument, subscale, scope_type, scope_name"
                more = ", ".join(f"{text} varchar" for text in texts.split(", "))
                connection.execute(
                    f"create table {mart.relation} ({needed}, {more}, year integer, headcount integer)"
                )
            connection.executemany(
                "insert into marts.retention_monthly (month_end, scope_type, scope_name, headcount) "
                "values (?, 'service', 'all', ?)",
                list(headcounts.items()),
            )
        return path

    january = build_file("first.duckdb", {"2019-01-31": 5, "2019-02-28": 6})
    assert closing.close(settings, registry, january, date(2019, 1, 31)) == 1
    february = build_file("second.duckdb", {"2019-01-31": 4, "2019-02-28": 6})
    assert closing.close(settings, registry, february, date(2019, 2, 28)) == 1
    done = build_file("third.duckdb", {"2019-01-31": 3, "2019-02-28": 2})
    assert closing.close(settings, registry, done, date(2019, 2, 28)) == 0
    assert held(settings, "closed_months", "mart, period_end, month_end, headcount") == [
        ("retention_monthly", date(2019, 1, 31), date(2019, 1, 31), 5),
        ("retention_monthly", date(2019, 2, 28), date(2019, 2, 28), 6),
    ]
    # What was closed today is part of a version of what was known in 2019 too.
    rows = lake.standing(lake.arrivals(settings), registry, known_on=date(2019, 6, 30))
    assert [row.stands for row in rows] == [True, True]
