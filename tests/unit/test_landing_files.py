"""What is made of a file as a whole: every reason code for files, in their order of judgement."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from warehouse import contracts, lake
from warehouse.ingest import landing
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings, project_root

KEYS = Pseudonymiser(bytes(32))
HEADER = "session_id,employee_id,attendance"
GOOD = f"{HEADER}\nS1,7,attended\n".encode()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, project=project_root())


def taken_in(settings: Settings, files: dict[str, bytes]) -> tuple[list[Arrival], list[str]]:
    """Land these files ({place below landing: bytes}) and judge what is there."""
    for place, written in files.items():
        path = settings.landing / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)
    said: list[str] = []
    registry = contracts.load(settings)
    return landing.take_in(settings, registry, KEYS, registry.values(), said.append), said


@pytest.mark.parametrize(
    ("place", "written", "reason"),
    [
        ("group_attendence/register_2019-03-31.csv", GOOD, "unknown_source"),
        ("group_attendance_2019-03-31.csv", GOOD, "unknown_source"),
        # No source, no date, no content: the source is asked for first.
        ("Jane Canary/nonsense.csv", b"", "unknown_source"),
        ("group_attendance/register.csv", GOOD, "no_as_of_date"),
        ("group_attendance/register_2019-02-30.csv", GOOD, "no_as_of_date"),
        ("group_attendance/register_31-03-2019.csv", GOOD, "no_as_of_date"),
        ("group_attendance/register_2019-03-31.txt", GOOD, "no_as_of_date"),
        ("group_attendance/register_2019-03-31.CSV", GOOD, "no_as_of_date"),
        ("group_attendance/Canary Jane.csv.gz", b"broken", "no_as_of_date"),
        ("group_attendance/register_2019-03-31.csv", b"", "empty"),
        ("group_attendance/register_2019-03-31.csv", b"\xef\xbb\xbf\r\n\r\n", "empty"),
        ("group_attendance/register_2019-03-31.csv.gz", gzip.compress(b"", mtime=0), "empty"),
        # A snapshot of nobody, though its header repeats a column and lacks the others.
        ("group_members/list_2019-03-31.csv", b"group_id,group_id\n", "empty"),
        ("group_attendance/register_2019-03-31.csv.gz", GOOD, "unreadable"),
        ("group_attendance/register_2019-03-31.csv.gz", gzip.compress(GOOD, mtime=0)[:-9], "unreadable"),
        # Repeats one column and lacks another.
        ("group_attendance/register_2019-03-31.csv", b"session_id,Session_ID\n1,2\n", "repeated_column"),
        # Lacks a column, and every row is bad too.
        (
            "group_attendance/register_2019-03-31.csv",
            b"session_id,employee_id\n" + b",\n" * 9,
            "missing_column",
        ),
        # Without a header row the first person is the header.
        ("group_attendance/register_2019-03-31.csv", b"S1,Jane Canary,attended\n" * 9, "missing_column"),
        (
            "group_attendance/register_2019-03-31.csv",
            HEADER.encode() + b"\nCanary,7,often" * 5,
            "too_many_bad_rows",
        ),
    ],
)  # fmt: skip
def test_a_file_is_rejected_under_the_first_reason_that_there_is(
    settings: Settings, place: str, written: bytes, reason: str
) -> None:
    (arrival,), said = taken_in(settings, {place: written})
    assert (arrival.rejected, arrival.reason_code, arrival.rows_loaded) == (True, reason, 0)
    assert list(settings.lake.rglob("*.parquet")) == []
    assert "Canary" not in "".join(said) + str(arrival)
    assert reason in said[0]
    # Judged once, and not again while nothing about it changes.
    assert taken_in(settings, {}) == ([], [])


def test_hidden_and_unfinished_files_are_not_looked_at(settings: Settings) -> None:
    folder = "group_attendance/"
    names = (
        ".register_2019-03-31.csv",
        "~$register_2019-03-31.xlsx",
        "register_2019-03-31.csv.part",
    )
    names += ("register_2019-03-31.csv.tmp",)
    assert taken_in(settings, {folder + name: GOOD for name in names}) == ([], [])


def test_a_name_says_stem_date_and_revision(settings: Settings) -> None:
    """No _rN is revision 1; _r10 comes after _r9, and both fit every kind of file."""
    files = {
        "group_attendance/a_b_2019-03-31.csv": GOOD,
        "group_attendance/a_b_2019-03-31_r9.csv": GOOD.replace(b"S1", b"S9"),
        "group_attendance/a_b_2019-03-31_r10.csv.gz": gzip.compress(GOOD, mtime=0),
    }
    arrivals, _ = taken_in(settings, files)
    assert sorted((one.stem, one.as_of, one.revision) for one in arrivals) == [
        ("a_b", date(2019, 3, 31), revision) for revision in (1, 9, 10)
    ]
    rows = lake.standing(lake.arrivals(settings), contracts.load(settings))
    assert [row.arrival.revision for row in rows if row.stands] == [10]


def test_a_file_whose_name_does_not_fit_is_listed_by_hash_and_extension_only(
    settings: Settings,
) -> None:
    (arrival,), said = taken_in(settings, {"hr_leavers/Leavers Jane Canary.CSV": b"x"})
    assert arrival.file_name == f"{arrival.sha256[:16]}.csv"
    assert "Canary" not in "".join(said)
    assert "Canary" not in "".join(
        str(path.relative_to(settings.lake)) + path.read_text()
        for path in settings.lake.rglob("*.json")
    )
