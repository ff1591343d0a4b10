"""One landing file into one batch: every reason code, the order of judgement, what is written."""

import gzip
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.arrivals import blank
from tests.workbook import workbook
from warehouse import contracts, lake
from warehouse.contracts import Registry
from warehouse.ingest import batch, judging, reading
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings, project_root

KEYS = Pseudonymiser(bytes(32))
STAFF = "employee_id,full_name,email,team,job_role,is_social_worker,contract_type,fte,start_date,caseload"
GOOD = "7,Jane,j@example.org,MASH,case_holder,Y,permanent,0.8,2018-05-01,12"
LEAVERS = "employee_id,start_date,leaving_date,leaving_reason,destination,record_status,exit_interview_notes"

Write = Callable[..., Arrival]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return contracts.load(Settings(home=Path("unused"), project=project_root()))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, project=project_root())


@pytest.fixture
def write(settings: Settings, registry: Registry) -> Write:
    """Write one landing file of a source and judge it as of 31 March 2019."""

    def judge(source: str, text: str, as_of: date = date(2019, 3, 31)) -> Arrival:
        path = settings.landing / source / f"{source}_{as_of}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        files = [(path, blank(registry[source], path))]
        with batch.open_workbench() as workbench:
            (arrival,) = batch.write(workbench, settings, registry[source], KEYS, files)
        return arrival

    return judge


def faults(settings: Settings, arrival: Arrival) -> list[tuple[int, str | None, str]]:
    path = lake.quarantine_path(settings, arrival)
    return duckdb.sql(
        f"select line, column_name, reason_code from read_parquet('{path}') order by line"
    ).fetchall()


def loaded(settings: Settings, arrival: Arrival, columns: str) -> list[tuple[object, ...]]:
    path = lake.batch_path(settings, arrival)
    return duckdb.sql(f"select {columns} from read_parquet('{path}') order by line").fetchall()


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",J,,MASH,case_holder,Y,permanent,1,2018-05-01,", "employee_id", "missing_value"),
        ("7,J,,\u00a0 ,case_holder,Y,permanent,1,2018-05-01,", "team", "missing_value"),
        ("7,J,,MASH,Case_holder,Y,permanent,1,2018-05-01,", "job_role", "not_allowed"),
        ("7,J,,MASH,case_holder,y,permanent,1,2018-05-01,", "is_social_worker", "not_allowed"),
        ("7,J,,MASH,case_holder,Y,permanent,one,2018-05-01,", "fte", "not_a_number"),
        ('7,J,,MASH,case_holder,Y,permanent,"0,5",2018-05-01,', "fte", "not_a_number"),
        ("7,J,,MASH,case_holder,Y,permanent,1e0,2018-05-01,", "fte", "not_a_number"),
        ("7,J,,MASH,case_holder,Y,permanent,0,2018-05-01,", "fte", "out_of_range"),
        ("7,J,,MASH,case_holder,Y,permanent,1.01,2018-05-01,", "fte", "out_of_range"),
        ("7,J,,MASH,case_holder,Y,permanent,1,01/05/2018,", "start_date", "not_a_date"),
        ("7,J,,MASH,case_holder,Y,permanent,1,2018-5-1,", "start_date", "not_a_date"),
        ("7,J,,MASH,case_holder,Y,permanent,1,2018-02-30,", "start_date", "not_a_date"),
        ("7,J,,MASH,case_holder,Y,permanent,1,1949-12-31,", "start_date", "out_of_range"),
        ("7,J,,MASH,case_holder,Y,permanent,1,2021-04-01,", "start_date", "out_of_range"),
        ("7,J,,MASH,case_holder,Y,permanent,1,2018-05-01,-1", "caseload", "out_of_range"),
        ("7,J,,MASH,case_holder,Y,permanent,1,2018-05-01,3.0", "caseload", "not_a_number"),
        (
            "7,J,,MASH,case_holder,Y,permanent,1,2018-05-01,99999999999999999999",
            "caseload",
            "out_of_range",
        ),
        ("7,J,,MASH,case_holder,Y,permanent,1,2018-05-01", None, "too_few_columns"),
        ("7,J,,MASH,case_holder,Y,permanent,1,2018-05-01,,", None, "too_many_columns"),
        # Several faults: the first faulty column in the contract's order, not in the file's.
        ("7,J,,MASH,boss,maybe,permanent,9,yesterday,x", "job_role", "not_allowed"),
    ],
)
def test_a_faulty_staff_row_is_quarantined_under_its_first_faulty_column(
    write: Write, settings: Settings, row: str, column: str | None, reason: str
) -> None:
    arrival = write("hr_staff", f"{STAFF}\n{GOOD}\n{row}\n")
    assert faults(settings, arrival) == [(3, column, reason)]
    assert (arrival.rows_read, arrival.rows_loaded, arrival.rows_quarantined) == (2, 1, 1)


@pytest.mark.parametrize(
    "row",
    [
        "8,J,,MASH,case_holder,Y,permanent,1.,1950-01-01,+3",
        "8,J,,MASH,case_holder,Y,permanent,.5,2021-03-31,",  # two years after the as-of date
        "8,\x00,, MASH ,case_holder,N,agency,1,2018-05-01,0",
    ],
)
def test_values_on_the_edge_of_a_rule_are_good(write: Write, settings: Settings, row: str) -> None:
    arrival = write("hr_staff", f"{STAFF}\n{row}\n")
    assert (arrival.rows_loaded, arrival.rows_quarantined) == (1, 0)
    assert loaded(settings, arrival, "team, row_status") == [("MASH", "good")]


def test_two_years_after_a_29_february_is_a_28_february() -> None:
    assert judging.latest_date(date(2020, 2, 29)) == date(2022, 2, 28)
    assert judging.latest_date(date(2019, 3, 31)) == date(2021, 3, 31)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("7,2018-05-01,2018-04-30,resignation,,leaver,", "leaving_date", "date_order"),
        # The start is no date, so the order can't be judged; the start comes first anyway.
        ("7,soon,2018-04-30,resignation,,leaver,", "start_date", "not_a_date"),
        ("7,2018-05-01,2018-05-02,bored,,leaver,", "leaving_reason", "not_allowed"),
        ("7,2018-05-01,2018-05-02,resignation,the moon,leaver,", "destination", "not_allowed"),
        ("7,2018-05-01,2018-05-02,resignation,,left,", "record_status", "not_allowed"),
    ],
)
def test_a_faulty_leaver_row_is_quarantined(
    write: Write, settings: Settings, row: str, column: str, reason: str
) -> None:
    assert faults(settings, write("hr_leavers", f"{LEAVERS}\n{row}\n")) == [(2, column, reason)]


def test_leaving_on_the_first_day_is_in_order(write: Write) -> None:
    arrival = write("hr_leavers", f"{LEAVERS}\n7,2018-05-01,2018-05-01,other,,leaver,\n")
    assert arrival.rows_loaded == 1


def test_the_first_good_line_of_a_key_stands(write: Write, settings: Settings) -> None:
    """Line 2 is bad, so line 3 is the first good one; line 4 repeats it; other spells are other keys."""
    rows = [
        GOOD.replace("0.8", "8"),
        GOOD,
        GOOD.replace("MASH", "Court"),
        GOOD.replace("2018", "2019"),
    ]
    arrival = write("hr_staff", "\n".join([STAFF, *rows]))
    assert faults(settings, arrival) == [
        (2, "fte", "out_of_range"),
        (4, "employee_id", "duplicate_key"),
    ]
    assert loaded(settings, arrival, "line, team, row_status") == [
        (2, None, "presence"),
        (3, "MASH", "good"),
        (5, "MASH", "good"),
    ]


def test_a_bad_row_with_a_readable_key_still_says_that_the_person_is_there(
    write: Write, settings: Settings
) -> None:
    """Bad FTE: key readable. No id, no date in range, or a wrong number of fields: not readable."""
    rows = [
        GOOD.replace("0.8", "8"),
        GOOD.replace("7,", ",", 1).replace("0.8", "8"),
        GOOD.replace("2018-05-01", "1918-05-01"),
        GOOD + ",",
    ]
    arrival = write("hr_staff", "\n".join([STAFF, *rows]))
    staff_key = KEYS.hash_all(["7"])["7"]
    assert loaded(settings, arrival, "staff_key, start_date, team, fte, email_key, row_status") == [
        (staff_key, date(2018, 5, 1), None, None, None, "presence")
    ]


def test_ids_are_hashed_and_dropped_columns_are_nowhere(write: Write, settings: Settings) -> None:
    arrival = write(
        "hr_staff",
        f"{STAFF}\n 007 ,Jane Canary,J@Example.org ,MASH,case_holder,Y,permanent,1,2018-05-01,\n",
    )
    assert loaded(settings, arrival, "staff_key, email_key") == [
        (KEYS.hash_all(["007"])["007"], KEYS.hash_all(["j@example.org"], "email")["j@example.org"])
    ]
    names = [
        row[0]
        for row in duckdb.sql(
            f"describe from read_parquet('{lake.batch_path(settings, arrival)}')"
        ).fetchall()
    ]
    assert "full_name" not in names
    assert "employee_id" not in names


def test_more_than_a_fifth_and_at_least_five_bad_rows_reject_the_file(
    write: Write, settings: Settings
) -> None:
    """Of 25 rows 5 bad is exactly a fifth and passes, of 24 it is more; 4 of 4 is under five."""

    def with_bad(bad: int, good: int) -> str:
        rows = [
            GOOD.replace("7,", f"{n},", 1).replace("0.8", "8" if n < bad else "0.8")
            for n in range(bad + good)
        ]
        return "\n".join([STAFF, *rows]) + "\n"

    assert not write("hr_staff", with_bad(5, 20)).rejected
    refused = write("hr_staff", with_bad(5, 19))
    assert (refused.rejected, refused.reason_code) == (True, "too_many_bad_rows")
    assert (refused.rows_read, refused.rows_loaded, refused.rows_quarantined) == (24, 0, 5)
    assert len(faults(settings, refused)) == 5
    assert not lake.batch_path(settings, refused).exists()
    assert not write("hr_staff", with_bad(4, 0)).rejected


@pytest.mark.parametrize(
    ("source", "text", "reason"),
    [
        ("hr_staff", "", "empty"),
        ("hr_leavers", "\n \n", "empty"),
        ("hr_staff", f"{STAFF}\n", "empty"),
        # No rows and no good header: empty is judged first.
        ("hr_staff", "nonsense\n", "empty"),
        ("hr_staff", f"{STAFF},TEAM\n{GOOD},x\n", "repeated_column"),
        ("hr_staff", f"{STAFF.replace('fte', 'hours')}\n{GOOD}\n", "missing_column"),
    ],
)
def test_a_file_that_is_no_good_as_a_whole_is_rejected(
    write: Write, source: str, text: str, reason: str
) -> None:
    arrival = write(source, text)
    assert (arrival.rejected, arrival.reason_code, arrival.rows_read) == (True, reason, 0)


def test_a_month_in_which_nobody_left_is_a_good_file(write: Write, settings: Settings) -> None:
    arrival = write("hr_leavers", f"{LEAVERS}\n")
    assert not arrival.rejected
    assert loaded(settings, arrival, "*") == []


def test_published_symbols_are_kept_as_text(write: Write, settings: Settings) -> None:
    """A number, each symbol, and nothing at all; a word is none of them."""
    header = "time_period,geographic_level,new_la_code,leavers_fte,turnover_rate_fte_%"
    values = ["12.0", "z", "c", "x", "u", "low", "k", "", "12"]
    rows = [f"2019,Local authority,E{n},{value},1" for n, value in enumerate(values)]
    arrival = write("dfe_workforce", "\n".join([header, *rows, "2019,Local authority,E99,many,1"]))
    assert [value for (value,) in loaded(settings, arrival, "leavers_fte")] == [
        v or None for v in values
    ]
    assert loaded(settings, arrival, "distinct turnover_rate_fte, 1 as line") == [("1", 1)]
    assert faults(settings, arrival) == [(11, "leavers_fte", "not_a_number")]


def test_the_same_file_gives_the_same_bytes(write: Write, settings: Settings) -> None:
    rows = [
        GOOD.replace("7,", f"{n},", 1).replace("0.8", "8" if n % 50 == 0 else "0.8")
        for n in range(3000)
    ]
    text = "\n".join([STAFF, *rows]) + "\n"
    first = write("hr_staff", text)
    paths = [lake.batch_path(settings, first), lake.quarantine_path(settings, first)]
    before = [path.read_bytes() for path in paths]
    shutil.rmtree(settings.lake)
    shutil.rmtree(settings.quarantine)
    write("hr_staff", text)
    assert [path.read_bytes() for path in paths] == before


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    settings: Settings, registry: Registry, tmp_path: Path
) -> None:
    contract = registry["hr_staff"]
    path = tmp_path / "hr_staff_2019-03-31.csv"
    path.write_text(f"{STAFF}\n{GOOD}\n", encoding="utf-8")
    arrival = blank(contract, path)
    path.write_text(f"{STAFF}\n{GOOD}\n{GOOD}\n", encoding="utf-8")
    with batch.open_workbench() as workbench:
        written = list(batch.write(workbench, settings, contract, KEYS, [(path, arrival)]))
    assert written == []
    assert not settings.lake.exists()


def test_files_judged_together_are_judged_as_if_alone(
    settings: Settings, registry: Registry, tmp_path: Path
) -> None:
    """One key in two files is no repeat; a file of other width, order or date keeps its own rules."""
    contract = registry["hr_staff"]
    texts = {
        date(2019, 3, 31): f"{STAFF}\n{GOOD}\n{GOOD}\n",
        date(2019, 4, 30): f"extra,{STAFF}\nx,{GOOD}\n",
        # Good two years before the date that it names, out of range a month earlier.
        date(2020, 1, 31): f"{STAFF}\n{GOOD.replace('2018-05-01', '2022-01-31')}\n",
        date(2019, 12, 31): f"{STAFF}\n{GOOD.replace('2018-05-01', '2022-01-31')}\n",
        date(2019, 5, 31): "nonsense\n",
    }
    files = []
    for as_of, text in texts.items():
        path = tmp_path / f"hr_staff_{as_of}.csv"
        path.write_text(text, encoding="utf-8")
        files.append((path, blank(contract, path)))

    with batch.open_workbench() as workbench:
        together = list(batch.write(workbench, settings, contract, KEYS, files))
        left = workbench.execute("select table_name from duckdb_tables()").fetchall()

    assert [(one.rows_loaded, one.rows_quarantined, one.reason_code) for one in together] == [
        (1, 1, None),
        (1, 0, None),
        (1, 0, None),
        (0, 1, None),
        (0, 0, "empty"),
    ]
    assert together[1].extra_columns == "1 (position 1)"
    assert faults(settings, together[0]) == [(3, "employee_id", "duplicate_key")]
    assert faults(settings, together[3]) == [(2, "start_date", "out_of_range")]
    # Nothing of them is left for the next group.
    assert left == []
    bytes_together = [lake.batch_path(settings, one).read_bytes() for one in together[:4]]
    shutil.rmtree(settings.lake)
    with batch.open_workbench() as workbench:
        for file in files:
            list(batch.write(workbench, settings, contract, KEYS, [file]))
    assert [lake.batch_path(settings, one).read_bytes() for one in together[:4]] == bytes_together


DEBRIEFS = (
    "debrief_id,incident_date,incident_type,team,requested_date,offered_date,held_date,status,format,"
    "staff_affected,staff_attended,follow_up_offered"
)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("D1,2019-01-02,other,MASH,2019-01-03,2019-01-04,2019-01-05,held,group,5,5,Y", None, None),
        ("D1,2019-01-02,other,MASH,2019-01-03,,2019-01-03,held,group,5,0,N", None, None),
        ("D1,2019-01-02,other,MASH,2019-01-03,,,requested,group,5,,", None, None),
        (
            "D1,2019-01-02,other,MASH,2019-01-03,,,held,group,5,5,Y",
            "held_date",
            "conditional_missing",
        ),
        (
            "D1,2019-01-02,other,MASH,2019-01-03,,2019-01-05,declined,group,5,,",
            "held_date",
            "conditional_present",
        ),
        (
            "D1,2019-01-02,other,MASH,2019-01-03,2019-01-06,2019-01-05,held,group,5,5,Y",
            "held_date",
            "date_order",
        ),
        (
            "D1,2019-01-02,other,MASH,2019-01-01,,,requested,group,5,,",
            "requested_date",
            "date_order",
        ),
        (
            "D1,2019-01-02,other,MASH,2019-01-03,,2019-01-05,held,group,5,6,Y",
            "staff_attended",
            "out_of_range",
        ),
        (
            "D1,2019-01-02,other,MASH,2019-01-03,,2019-01-05,held,group,5,,Y",
            "staff_attended",
            "conditional_missing",
        ),
        (
            "D1,2019-01-02,other,MASH,2019-01-03,,2019-01-05,held,group,5,5,",
            "follow_up_offered",
            "conditional_missing",
        ),
        # Required where held, and no fault anywhere else.
        ("D1,2019-01-02,other,MASH,2019-01-03,,,declined,group,5,,N", None, None),
        # The status is faulty itself, so what depends on it is not judged.
        (
            "D1,2019-01-02,other,MASH,2019-01-03,,2019-01-05,done,group,5,5,Y",
            "status",
            "not_allowed",
        ),
    ],
)
def test_what_must_be_given_depends_on_the_status(
    write: Write, settings: Settings, row: str, column: str | None, reason: str | None
) -> None:
    arrival = write("debriefs", f"{DEBRIEFS}\n{row}\n")
    assert arrival.rows_read == 1
    assert (faults(settings, arrival) if arrival.rows_quarantined else []) == (
        [(2, column, reason)] if reason else []
    )


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ("0,5,3,2,1", None),
        (",,,,", None),
        ("0,6,3,2,1", "out_of_range"),
        ("0,x,3,2,1", "not_a_number"),
    ],
)
def test_an_answer_must_be_one_that_the_instrument_has(
    write: Write, settings: Settings, answers: str, reason: str | None
) -> None:
    """WHO-5 is answered by 0 to 5."""
    header = "response_id,wave_date,instrument,employee_id,team,q1,q2,q3,q4,q5"
    arrival = write("wellbeing_survey", f"{header}\nR1,2019-03-31,who5,7,MASH,{answers}\n")
    assert (faults(settings, arrival) if arrival.rows_quarantined else []) == (
        [(2, "q2", reason)] if reason else []
    )


def test_a_respondent_has_another_key_than_the_same_person_at_work(
    write: Write, settings: Settings
) -> None:
    header = "response_id,wave_date,instrument,employee_id"
    arrival = write("wellbeing_survey", f"{header}\nR1,2019-03-31,who5,7\n")
    ((respondent,),) = loaded(settings, arrival, "respondent_key")
    assert respondent == KEYS.hash_all(["7"], "survey")["7"]
    assert respondent != KEYS.hash_all(["7"])["7"]


def test_a_file_that_is_still_open_for_writing_is_left_until_it_is_closed(
    settings: Settings, registry: Registry
) -> None:
    """Its bytes stand still between two looks, but its sender has only paused: row 8 is yet to come."""
    path = settings.landing / "hr_staff" / "hr_staff_2019-03-31.csv"
    path.parent.mkdir(parents=True)
    contract = registry["hr_staff"]
    with batch.open_workbench() as workbench:
        with path.open("w", encoding="utf-8") as sender:
            sender.write(f"{STAFF}\n{GOOD}\n")
            sender.flush()
            files = [(path, blank(contract, path))]
            assert list(batch.write(workbench, settings, contract, KEYS, files)) == []
            sender.write(GOOD.replace("7,", "8,", 1) + "\n")
        files = [(path, blank(contract, path))]
        (arrival,) = batch.write(workbench, settings, contract, KEYS, files)
    assert arrival.rows_loaded == 2
    assert [one.name for one in (settings.lake / "hr_staff").iterdir()] == [
        f"{arrival.batch}.parquet"
    ]


def test_a_file_that_is_taken_away_while_it_is_judged_is_passed_over(
    settings: Settings, registry: Registry
) -> None:
    path = settings.landing / "hr_staff" / "hr_staff_2019-03-31.csv"
    path.parent.mkdir(parents=True)
    path.write_text(f"{STAFF}\n{GOOD}\n", encoding="utf-8")
    files = [(path, blank(registry["hr_staff"], path))]
    path.unlink()
    with batch.open_workbench() as workbench:
        assert list(batch.write(workbench, settings, registry["hr_staff"], KEYS, files)) == []
    assert not settings.lake.exists()


LEFT = "7,2018-05-01,2019-02-28,resignation,,leaver,"
ODD = f"{LEAVERS}\n{LEFT}\n"
PACKED = gzip.compress(ODD.encode(), mtime=0)


@pytest.mark.parametrize(
    ("kind", "written", "reason", "read"),
    [
        ("csv", b"", "empty", 0),
        ("csv", b"\n \r\n\n", "empty", 0),
        ("csv", b"\xff\xfe", "empty", 0),
        ("csv.gz", b"", "empty", 0),
        ("csv.gz", gzip.compress(b"", mtime=0), "empty", 0),
        ("csv", LEAVERS.encode(), None, 0),
        ("csv", ODD.encode("utf-8-sig"), None, 1),
        ("csv", ODD.encode("utf-16"), None, 1),
        ("csv", b"\xfe\xff" + ODD.encode("utf-16-be"), None, 1),
        ("csv", ODD.encode("utf-16-le"), "missing_column", 0),  # no BOM: text full of NULs
        ("csv", ODD.replace("\n", "\r").encode(), None, 1),
        ("csv", (ODD + LEFT.replace("7", "8", 1) + "\r\n" + LEFT).encode(), None, 3),
        ("csv", (ODD + "\n   \n\n").encode(), None, 1),
        ("csv", (ODD + "8,2018-05-01,2019-02-28,resignation,,leaver,,\n").encode(), None, 2),
        (
            "csv",
            (ODD + '8,2018-05-01,2019-02-28,resignation,,leaver,"never\nended').encode(),
            None,
            2,
        ),
        ("csv", (ODD + "8,2018-05-01").encode(), None, 2),  # cut off in the middle of a row
        ("csv", f"{LEFT}\n{LEFT}\n".encode(), "missing_column", 0),  # no header row
        ("csv", PACKED, "missing_column", 0),  # an archive that is called .csv
        ("csv.gz", PACKED, None, 1),
        ("csv.gz", PACKED + PACKED, None, 3),  # two archives in one: the second header is a row
        ("csv.gz", gzip.compress(PACKED, mtime=0), "missing_column", 0),
        ("csv.gz", PACKED[:-9], "unreadable", 0),
        ("csv.gz", PACKED + b"not packed", "unreadable", 0),
        ("csv.gz", ODD.encode(), "unreadable", 0),
        ("xlsx", ODD.encode(), "unreadable", 0),
        ("xlsx", workbook({}), "empty", 0),
        ("xlsx", workbook({1: LEAVERS.split(",")}), None, 0),
        ("xlsx", workbook({1: LEAVERS.split(","), 2: LEFT.split(",")}), None, 1),
        ("xlsx", workbook({1: LEFT.split(",")}), "missing_column", 0),
        ("xlsx", workbook({1: [*LEAVERS.split(","), "Start_Date "]}), "repeated_column", 0),
    ],
)
def test_odd_files_are_read_or_refused_under_their_reason(
    settings: Settings,
    registry: Registry,
    kind: str,
    written: bytes,
    reason: str | None,
    read: int,
) -> None:
    arrival = landed(settings, registry, kind, written)
    assert (arrival.reason_code, arrival.rows_read) == (reason, read)
    assert arrival.rejected == (reason is not None)


def landed(settings: Settings, registry: Registry, kind: str, written: bytes) -> Arrival:
    """What becomes of these bytes as an export of leavers as of 31 March 2019."""
    contract = registry["hr_leavers"]
    path = settings.landing / "hr_leavers" / f"hr_leavers_2019-03-31.{kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written)
    files = [(path, blank(contract, path))]
    with batch.open_workbench() as workbench:
        (arrival,) = batch.write(workbench, settings, contract, KEYS, files)
    return arrival


def test_a_workbook_gives_the_rows_of_its_csv_and_names_its_rows_by_number(
    settings: Settings, registry: Registry
) -> None:
    """Rows 2 and 3 are good: days as styled cells, as serial numbers (43221 is 1 May 2018, 43524 28
    February 2019) and as text. Row 5 has a day that is none, row 6 a note right of the table."""
    rows = {
        1: LEAVERS.split(","),
        2: [7, date(2018, 5, 1), 43524, "resignation", None, "leaver", "Jane was unhappy"],
        3: ["8", 43221.0, "2019-02-28", "resignation", "agency", "leaver"],
        5: [9, "1 May 2018", date(2019, 2, 28), "resignation", None, "leaver"],
        6: [10, date(2018, 5, 1), 43524, "resignation", None, "leaver", None, "see Jane"],
    }
    arrival = landed(settings, registry, "xlsx", workbook(rows))
    assert (arrival.rows_read, arrival.rows_loaded, arrival.rows_quarantined) == (4, 2, 2)
    assert faults(settings, arrival) == [
        (5, "start_date", "not_a_date"),
        (6, None, "too_many_columns"),
    ]
    days = (date(2018, 5, 1), date(2019, 2, 28))
    keys = KEYS.hash_all(["7", "8"])
    assert loaded(settings, arrival, "line, staff_key, start_date, leaving_date, destination") == [
        (2, keys["7"], *days, None),
        (3, keys["8"], *days, "agency"),
    ]


def test_an_archive_that_unpacks_to_more_than_the_bound_is_unreadable(
    settings: Settings, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten million spaces pack to ten thousand bytes; the bound is set to a million."""
    monkeypatch.setattr(reading, "MOST_UNPACKED_BYTES", 1_000_000)
    bomb = gzip.compress(ODD.encode() + b" " * 10_000_000)
    assert len(bomb) < 20_000
    assert landed(settings, registry, "csv.gz", bomb).reason_code == "unreadable"
