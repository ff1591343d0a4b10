"""Attendance reports of Teams and Zoom: every layout that was seen, and what is refused."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.arrivals import blank
from warehouse import contracts, lake, mappings
from warehouse.contracts import Contract, Registry
from warehouse.errors import BadConfiguration
from warehouse.ingest import batch, meetings
from warehouse.ingest.meeting_times import duration, moment
from warehouse.ingest.names import ExportName
from warehouse.ingest.reading import FileRefused
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings, project_root

SAMPLES = Path(__file__).parents[1] / "data" / "attendance"
KEYS = Pseudonymiser(bytes(32))
DAY = date(2022, 11, 14)

Write = Callable[..., Arrival]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return contracts.load(Settings(home=Path("unused"), project=project_root()))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, project=project_root())


@pytest.fixture
def write(settings: Settings, registry: Registry) -> Write:
    """Write one report and judge it; the day in its name is 14 November 2022 where none is given."""

    def judge(
        source: str, content: str | bytes, day: date = DAY, date_format: str = "%d/%m/%Y"
    ) -> Arrival:
        path = settings.landing / source / f"s1_{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        contract = replace(
            registry[source],
            columns=tuple(
                replace(one, date_format=date_format) if one.name == "joined_at" else one
                for one in registry[source].columns
            ),
        )
        return judged(settings, contract, path)

    return judge


def judged(settings: Settings, contract: Contract, path: Path) -> Arrival:
    arrival = blank(contract, path)
    with batch.open_workbench() as workbench:
        (written,) = batch.write(workbench, settings, contract, KEYS, [(path, arrival)])
    return written


def key(email: str) -> str:
    return KEYS.hash_all([email], "email")[email]


def stays(settings: Settings, arrival: Arrival) -> list[tuple[str | None, str, str | None, str]]:
    """(email_key, joined, left, attends_as) of what was loaded, times of day alone, in order."""
    assert not arrival.rejected, arrival.sentence
    path = lake.batch_path(settings, arrival)
    return duckdb.sql(
        f"""
        select email_key, strftime(joined_at, '%H:%M:%S'), strftime(left_at, '%H:%M:%S'), attends_as
        from read_parquet('{path}') order by entry
        """
    ).fetchall()


def faults(settings: Settings, arrival: Arrival) -> list[tuple[int, str | None, str]]:
    path = lake.quarantine_path(settings, arrival)
    return duckdb.sql(
        f"select line, column_name, reason_code from read_parquet('{path}') order by line"
    ).fetchall()


def rejection(arrival: Arrival) -> str | None:
    assert arrival.rejected
    assert arrival.rows_read == arrival.rows_loaded == 0
    assert arrival.sentence
    assert arrival.sentence.endswith(".")
    return arrival.reason_code


V2 = """\
1. Summary
Meeting title\tGroup A
Start time\t14/11/22, 09:29:07

2. Participants
Name\tFirst join\tLast leave\tIn-meeting duration\tEmail\tParticipant ID (UPN)\tRole
Host\t14/11/22, 09:00:00\t14/11/22, 10:30:00\t1h 30m\thost@x.org\thost@x.org\tOrganizer
Ann\t14/11/22, 09:05:00\t14/11/22, 10:30:00\t1h 5m 2s\tann@x.org\tann@x.org\tPresenter
{activities}"""
ACTIVITIES = """
3. In-Meeting activities
Name\tJoin time\tLeave time\tDuration\tEmail\tRole
Host\t14/11/22, 09:00:00\t14/11/22, 10:30:00\t1h 30m\thost@x.org\tOrganizer
Ann\t14/11/22, 09:05:00\t14/11/22, 09:10:00\t5m\tann@x.org\tPresenter
Ann\t14/11/22, 09:30:00\t14/11/22, 10:30:00\t1h\tANN@X.org\tPresenter
"Ann's" phone\t14/11/22, 09:30:00\t14/11/22, 10:30:00\t1h\t\tAttendee
"""
HOST = (key("host@x.org"), "09:00:00", "10:30:00", "organiser")
THREE_STAYS = [
    HOST,
    (key("ann@x.org"), "09:05:00", "09:10:00", "participant"),
    (key("ann@x.org"), "09:30:00", "10:30:00", "participant"),
    (None, "09:30:00", "10:30:00", "participant"),
]


def test_the_sample_report_gives_seven_stays_and_its_organiser(
    settings: Settings, registry: Registry
) -> None:
    """Big-endian UTF-16: seven people joined once each, the first of them as organiser."""
    path = settings.landing / "attendance_teams" / f"s1__2_{DAY}.csv"
    path.parent.mkdir(parents=True)
    shutil.copyfile(SAMPLES / "teams_v2_sectioned_utf16be.csv", path)
    arrival = judged(settings, registry["attendance_teams"], path)
    assert (arrival.rows_read, arrival.rows_loaded) == (7, 7)
    rows = stays(settings, arrival)
    assert rows[0] == (key("person1@example.org"), "09:30:46", "09:50:12", "organiser")
    assert rows[6] == (key("person7@example.org"), "09:35:21", "09:50:12", "participant")
    assert {row[3] for row in rows[1:]} == {"participant"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_single_stays_are_preferred_to_one_row_a_person(
    write: Write, settings: Settings, encoding: str, newline: str
) -> None:
    """Ann joined twice, once by an address in capitals; a telephone has no address."""
    text = V2.format(activities=ACTIVITIES).replace("\n", newline)
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert stays(settings, write("attendance_teams", mark + text.encode(encoding))) == THREE_STAYS


def test_without_single_stays_the_time_in_the_meeting_follows_the_first_join(
    write: Write, settings: Settings
) -> None:
    """Ann was there from 9:05 to 10:30 with a break: 1 h 5 min 2 s after 9:05:00 is 10:10:02."""
    arrival = write("attendance_teams", V2.format(activities=""))
    assert stays(settings, arrival) == [
        HOST,
        (key("ann@x.org"), "09:05:00", "10:10:02", "participant"),
    ]


def test_a_list_of_single_stays_with_nobody_in_it_gives_way(
    write: Write, settings: Settings
) -> None:
    empty = "\n".join(ACTIVITIES.splitlines()[:3])
    arrival = write("attendance_teams", V2.format(activities=empty))
    assert [row[1] for row in stays(settings, arrival)] == ["09:00:00", "09:05:00"]


def test_a_report_saved_again_by_a_spreadsheet_reads_the_same(
    write: Write, settings: Settings
) -> None:
    """Commas for tabs, every line padded to seven fields, whatever holds a comma quoted."""
    lines = []
    for line in V2.format(activities=ACTIVITIES).replace('"', "").splitlines():
        cells = [f'"{cell}"' if "," in cell else cell for cell in line.split("\t")]
        lines.append(",".join(cells + [""] * (7 - len(cells))))
    arrival = write("attendance_teams", "\n".join(lines))
    assert stays(settings, arrival) == THREE_STAYS


def test_american_headings_and_times_of_twelve_hours_are_read_where_configured(
    write: Write, settings: Settings
) -> None:
    """11/14/25 with the month first; 12:05 AM is five past midnight and 4:16:54 PM is 16:16:54."""
    text = (
        "2. Participants\nName\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tRole\n"
        "3. In-Meeting Activities\nName\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n"
        "A\t11/14/25, 12:05:00 AM\t11/14/25, 4:16:54\u202fPM\t1h\ta@x.org\tCo-organizer\n"
    )
    arrival = write("attendance_teams", text, date(2025, 11, 14), "%m/%d/%Y")
    assert stays(settings, arrival) == [(key("a@x.org"), "00:05:00", "16:16:54", "participant")]


def test_the_flat_report_of_2021_has_a_row_for_each_join(write: Write, settings: Settings) -> None:
    """One who was still there when it was made has no leave time."""
    text = (
        "Meeting Summary\nTotal Number of Participants\t2\nMeeting Title\tGroup\n"
        "Meeting Start Time\t14/11/2022, 09:00:00\nMeeting Id\t1\n\n"
        "Full Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\tParticipant ID (UPN)\n"
        "Host\t14/11/2022, 09:00:00\t14/11/2022, 10:30:00\t1h 30m\thost@x.org\tOrganiser\thost@x.org\n"
        "Ann\t14/11/2022, 09:05:00\t\t5m\tann@x.org\tPresenter\tann@x.org\n"
    )
    arrival = write("attendance_teams", text.encode("utf-16"))
    assert stays(settings, arrival) == [HOST, (key("ann@x.org"), "09:05:00", None, "participant")]


def test_the_list_of_2020_pairs_joins_and_leaves_by_name_and_keeps_no_name(
    write: Write, settings: Settings
) -> None:
    """Ann joined, left and came back; Bo was there before. Cy's leave without a join is a bad row."""
    text = (
        "Full Name\tUser Action\tTimestamp\n"
        "Bo\tJoined before\t14/11/2022, 09:00:00\n"
        "Ann\tJoined\t14/11/2022, 09:05:00\n"
        "Ann\tLeft\t14/11/2022, 09:10:00\n"
        "Ann\tJoined\t14/11/2022, 09:20:00\n"
        "Cy\tLeft\t14/11/2022, 09:21:00\n"
    )
    arrival = write("attendance_teams", text.encode("utf-16"))
    assert stays(settings, arrival) == [
        (None, "09:00:00", None, "participant"),
        (None, "09:05:00", "09:10:00", "participant"),
        (None, "09:20:00", None, "participant"),
    ]
    assert faults(settings, arrival) == [(6, "joined_at", "missing_value")]


def test_headings_of_another_language_are_a_matter_of_configuration(
    settings: Settings, registry: Registry
) -> None:
    """Sections are told by their numbers, columns by the contract's synonyms."""
    synonyms = {
        "full_name": "Nazwa",
        "first_join": "Pierwsze dołączenie",
        "time_in_meeting": "Czas",
    }
    synonyms |= {"email": "Adres", "last_leave": "Ostatnie wyjście", "stated_role": "Rola"}
    contract = registry["attendance_teams"]
    columns = tuple(
        replace(one, aliases=(*one.aliases, synonyms[one.name])) if one.name in synonyms else one
        for one in contract.columns
    )
    path = settings.landing / "attendance_teams" / f"s1_{DAY}.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "2. Uczestnicy\nNazwa\tPierwsze dołączenie\tOstatnie wyjście\tCzas\tAdres\tRola\n"
        "Ola\t14.11.2022 09:00:00\t14.11.2022 11:00:00\t1 godz. 2 min 3 sek.\tola@x.org\tUczestnik\n"
        "3. Reakcje\nNazwa\tReakcja\nOla\tserce\n",
        encoding="utf-8",
    )
    arrival = judged(settings, replace(contract, columns=columns), path)
    assert stays(settings, arrival) == [(key("ola@x.org"), "09:00:00", "10:02:03", "participant")]


ZOOM_HEADER = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"


def test_a_zoom_list_under_its_meeting_leaves_out_host_and_waiting_room(
    write: Write, settings: Settings
) -> None:
    """The preamble names the host. Jane's wait is no attendance; her phone has no address."""
    text = (
        "\ufeffMeeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants\r\n"
        "852 18,Group A,14/11/2022 09:00:00 AM,14/11/2022 10:30:00 AM,host@x.org,90,3\r\n\r\n"
        f"{ZOOM_HEADER},Recording Consent,In Waiting Room\r\n"
        "Host,Host@x.org,14/11/2022 09:00:00 AM,14/11/2022 10:30:00 AM,90,No,Y,No\r\n"
        "Jane (J),jane@x.org,14/11/2022 09:00:00 AM,14/11/2022 09:04:00 AM,4,No,Y,Yes\r\n"
        "Jane (J),jane@x.org,14/11/2022 09:04:00 AM,14/11/2022 10:30:00 AM,86,No,Y,No\r\n"
        "iPhone (Jane),,2022-11-14 09:10:00,2022-11-14 09:12:00,2,Yes,,No\r\n"
    )
    assert stays(settings, write("attendance_zoom", text)) == [
        HOST,
        (key("jane@x.org"), "09:00:00", "09:04:00", "waiting_room"),
        (key("jane@x.org"), "09:04:00", "10:30:00", "participant"),
        (None, "09:10:00", "09:12:00", "participant"),
    ]


@pytest.mark.parametrize("prefix", ["", "Topic,Meeting ID,"])
def test_a_bare_zoom_list_has_no_host(write: Write, settings: Settings, prefix: str) -> None:
    before = "Group A,852," if prefix else ""
    text = (
        f"{prefix}{ZOOM_HEADER}\n{before}Host,host@x.org,14/11/2022 09:00,14/11/2022 10:30,90,No\n"
    )
    assert stays(settings, write("attendance_zoom", text)) == [(*HOST[:3], "participant")]


def test_zooms_wide_export_names_host_and_participant_by_one_heading(
    write: Write, settings: Settings
) -> None:
    """The sample's renamed headings and the original's repeated ones: the first address is the host's."""
    day = date(2023, 6, 1)
    sample = (SAMPLES / "zoom_usage_wide_example.csv").read_bytes()
    known = (key("matthew.giordano@contoso.com"), "00:00:00", "00:21:00", "participant")
    assert stays(settings, write("attendance_zoom", sample, day)) == [known]
    header, row = sample.decode().splitlines()
    header = header.replace("User_Email_1", "User Email").replace("User_Email_2", "User Email")
    header = header.replace("Duration_Minutes_1", "Duration (Minutes)")
    header = header.replace("Duration_Minutes_2", "Duration (Minutes)")
    hosts = row.replace("Matthew.Giordano@", "James.Warren@")
    arrival = write("attendance_zoom", "\n".join((header, row, hosts)), day)
    assert stays(settings, arrival) == [
        known,
        (key("james.warren@contoso.com"), "00:00:00", "00:21:00", "organiser"),
    ]


def test_a_list_of_minutes_begins_with_the_meeting_or_at_midnight(
    write: Write, settings: Settings
) -> None:
    """75 minutes after 9:30 is 10:45, and after midnight 1:15."""
    people = (
        "Name (Original Name),User Email,Total Duration (Minutes),Guest\nJane,jane@x.org,75,No\n"
    )
    meeting = "Meeting ID,Topic,Start Time,User Email\n852,A,14/11/2022 09:30,host@x.org\n\n"
    jane = key("jane@x.org")
    assert stays(settings, write("attendance_zoom", people)) == [
        (jane, "00:00:00", "01:15:00", "participant")
    ]
    assert stays(settings, write("attendance_zoom", meeting + people)) == [
        (jane, "09:30:00", "10:45:00", "participant")
    ]


@pytest.mark.parametrize(
    ("day", "date_format", "is_taken"),
    [
        (date(2019, 3, 5), "%d/%m/%Y", True),
        (date(2019, 5, 3), "%m/%d/%Y", True),
        (date(2019, 5, 3), "%d/%m/%Y", False),
        (date(2019, 3, 5), "%m/%d/%Y", False),
        (date(2019, 3, 6), "%d/%m/%Y", False),
    ],
)
def test_day_and_month_are_read_as_configured_and_held_to_the_files_day(
    write: Write, day: date, date_format: str, is_taken: bool
) -> None:
    """05/03/19 is 5 March or 3 May: the configuration says which, the file's name whether it fits."""
    text = "Name\tJoin time\tLeave time\tEmail\nA\t05/03/19 09:00\t05/03/19 10:00\ta@x.org\n"
    arrival = write("attendance_teams", text, day, date_format)
    assert arrival.rejected is not is_taken
    if not is_taken:
        assert rejection(arrival) == "unreadable"
        assert "day in the file's name" in str(arrival.sentence)


def test_a_councils_mapping_says_the_order_and_the_headings_of_its_reports(
    settings: Settings, registry: Registry
) -> None:
    """03/05/19 is 5 March where the mapping puts the month first, under its own heading."""
    mapping = settings.home / "attendance_teams.yaml"
    mapping.write_text(
        "date_format: '%m/%d/%Y'\naliases: {joined_at: Beitritt}\n", encoding="utf-8"
    )
    path = settings.landing / "attendance_teams" / "s1_2019-03-05.csv"
    path.parent.mkdir(parents=True)
    path.write_text("Name\tBeitritt\tEmail\nA\t03/05/19 09:00\ta@x.org\n", encoding="utf-8")
    contract = mappings.lay_over(registry["attendance_teams"], mapping)
    arrival = judged(settings, contract, path)
    assert stays(settings, arrival) == [(key("a@x.org"), "09:00:00", None, "participant")]


def test_a_month_that_no_year_has_rejects_the_report_too(write: Write) -> None:
    """With the day first 11/26/25 has a twenty-sixth month: no join lies on any day."""
    text = "Name\tJoin time\tLeave time\tEmail\nA\t11/26/25, 9:00:00 AM\t\ta@x.org\n"
    assert rejection(write("attendance_teams", text, date(2025, 11, 26))) == "unreadable"


def test_a_bad_stay_among_good_ones_is_quarantined_under_its_line(
    write: Write, settings: Settings
) -> None:
    """
    Line 2 is good and ends after midnight. Then: another day, no time, left before joined, two days
    long, too few fields, too many, and no join at all: seven of eight, so the file is rejected whole.
    """
    header = "Name\tJoin time\tLeave time\tEmail\n"
    good = "A\t14/11/22 22:00\t15/11/22 00:10\ta@x.org\n"
    bad = (
        "B\t13/11/22 09:00\t14/11/22 09:10\tb@x.org\n"
        "C\tabout nine\t14/11/22 09:10\tc@x.org\n"
        "D\t14/11/22 09:00\t14/11/22 08:59\td@x.org\n"
        "E\t14/11/22 09:00\t16/11/22 09:00\te@x.org\n"
        "F\t14/11/22 09:00\n"
        "G\t14/11/22 09:00\t14/11/22 09:10\tg@x.org\tmore\n"
        "H\t\t14/11/22 09:10\th@x.org\n"
    )
    found = [
        (3, "joined_at", "out_of_range"),
        (4, "joined_at", "not_a_date"),
        (5, "left_at", "date_order"),
        (6, "left_at", "out_of_range"),
        (7, None, "too_few_columns"),
        (8, None, "too_many_columns"),
        (9, "joined_at", "missing_value"),
    ]
    whole = write("attendance_teams", header + good + bad)
    assert (whole.reason_code, whole.rows_read, whole.rows_quarantined) == (
        "too_many_bad_rows",
        8,
        7,
    )
    assert faults(settings, whole) == found
    partly = write("attendance_teams", header + good * 28 + bad)
    assert (partly.rejected, partly.rows_loaded, partly.rows_quarantined) == (False, 28, 7)
    assert [row[1:] for row in faults(settings, partly)] == [row[1:] for row in found]


@pytest.mark.parametrize(
    ("source", "content", "reason"),
    [
        ("attendance_teams", b"", "empty"),
        ("attendance_teams", b" \n\n", "empty"),
        ("attendance_teams", b"employee_id,team\n7,MASH\n", "missing_column"),
        ("attendance_teams", b"Jane Doe\tjane@x.org\n", "missing_column"),
        (
            "attendance_teams",
            b"SessionId,ParticipantId,FullName,UserAgent,UtcEventTimestamp\n1,2,Jane,x,2022-11-14\n",
            "missing_column",
        ),
        ("attendance_teams", b"Name\tJoin time\tJoin time\n", "repeated_column"),
        ("attendance_teams", b"Name\tFull Name\tJoin time\n", "repeated_column"),
        ("attendance_zoom", ZOOM_HEADER.replace("Guest", "Join_Time").encode(), "repeated_column"),
        (
            "attendance_zoom",
            b"Meeting ID,Name,Email,Join Time\n1,A,,14/11/2022 09:00\n2,B,,14/11/2022 09:00\n",
            "unreadable",
        ),
    ],
)
def test_what_is_no_report_of_one_meeting_is_rejected_with_a_sentence(
    write: Write, source: str, content: bytes, reason: str
) -> None:
    arrival = write(source, content)
    assert rejection(arrival) == reason
    assert "Jane" not in str(arrival.sentence)


def test_a_file_that_is_far_too_large_is_not_taken_apart(write: Write) -> None:
    """Eight million bytes are some eighty thousand stays."""
    assert rejection(write("attendance_teams", b"x" * (meetings.MOST_BYTES + 1))) == "unreadable"


def test_a_report_with_nobody_in_it_is_a_meeting_to_which_nobody_came(
    write: Write, settings: Settings
) -> None:
    arrival = write("attendance_teams", "Name\tJoin time\tLeave time\tEmail\n")
    assert stays(settings, arrival) == []


def test_no_name_title_or_address_of_a_report_is_written(write: Write, settings: Settings) -> None:
    """Planted words in every place that a report has, a bad row's among them; landing is left out."""
    text = (
        V2.format(activities=ACTIVITIES).replace("Ann", "Zqann").replace("ann@x.org", "zqa@x.org")
    )
    text = text.replace("Group A", "Zqtitle").replace("Host", "Zqhost")
    text += "Zqbad\tzq o'clock\t\t\tzqbad@x.org\tZqrole\n"
    arrival = write("attendance_teams", text)
    assert arrival.rows_quarantined == 1
    written = [
        path for folder in (settings.lake, settings.quarantine) for path in folder.rglob("*.*")
    ]
    assert len(written) == 3  # a batch, and the list of the bad row in the lake and as it is shown
    for path in written:
        held = duckdb.sql(f"select * from read_parquet('{path}')").fetchall()
        assert "zq" not in str(held).lower()
        assert b"zq" not in path.read_bytes().lower()
    assert "zq" not in str(arrival).lower()


def test_the_session_in_a_files_name_is_no_part_of_what_is_written(
    settings: Settings, registry: Registry
) -> None:
    """
    The same bytes under two names are one file: they give one batch, byte for byte, so that it
    cannot matter which name came first. The session is read from the manifest.
    """
    folder = settings.landing / "attendance_teams"
    folder.mkdir(parents=True)
    written = set()
    for name in ("s5", "s7"):
        path = folder / f"{name}_{DAY}.csv"
        path.write_text(V2.format(activities=ACTIVITIES), encoding="utf-8")
        arrival = judged(settings, registry["attendance_teams"], path)
        batch_file = lake.batch_path(settings, arrival)
        written.add((batch_file.name, batch_file.read_bytes()))
    assert len(written) == 1


@pytest.mark.parametrize(
    ("text", "day_first", "read"),
    [
        ("14/11/22, 09:29:07", True, "2022-11-14 09:29:07"),
        ("11/26/25, 4:16:54 PM", False, "2025-11-26 16:16:54"),
        ("21/10/22 12:00:00", True, "2022-10-21 12:00:00"),
        ("10/05/2026 05:55:00 PM", True, "2026-05-10 17:55:00"),
        ("10/05/2026 05:55:00 PM", False, "2026-10-05 17:55:00"),
        ("01/06/2023 00:00", True, "2023-06-01 00:00:00"),
        ("2023-06-01T00:21:09.123Z", False, "2023-06-01 00:21:09"),
        ("14.11.2022 9.05", True, "2022-11-14 09:05:00"),
        ("1/2/2022, 12:00:00 a.m.", True, "2022-02-01 00:00:00"),
        ("31/02/2022 09:00", True, "31/02/2022 09:00"),
        ("1/2/2022 13:00 PM", True, "1/2/2022 13:00 PM"),
        ("1/2/2022 24:00", True, "1/2/2022 24:00"),
        ("1/2/2022", True, "1/2/2022"),
    ],
)
def test_moments_are_read_in_one_order_and_others_left_as_they_are(
    text: str, day_first: bool, read: str
) -> None:
    assert moment(text, day_first) == read


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h 30m 1s", 2 * 3600 + 30 * 60 + 1),
        ("21m 7s", 21 * 60 + 7),
        ("1 godz. 2 min 3 sek.", 3600 + 2 * 60 + 3),
        ("1h", 3600),
        ("1,5 h", None),
        ("3 tuntia", None),
        ("", None),
        ("999999999h", None),
    ],
)
def test_lengths_are_read_where_every_unit_is_known(text: str, seconds: int | None) -> None:
    length = duration(text)
    assert (length.total_seconds() if length is not None else None) == seconds


NASTY = st.sampled_from(
    [
        *"\t\n\r,;\"'\0\u2028é0/: ", "Name", "Full Name\tUser Action\tTimestamp\n", "Email", "Role",
        "Name\tJoin time\tLeave time\tEmail\n", "Name,First join,Last leave,In-meeting duration\n",
        "3. In-Meeting activities\n", "A\t14/11/22, 09:00:00\t14/11/22, 10:00:00\ta@x.org\n",
        "Meeting ID,Start Time,User Email\n", "1,31/12/9999 23:59,h@x.org\n", "9999h",
        "Name,Email,Total Duration (Minutes)\n", "Jane,j@x.org,9999\n", "Joined", "14/11/22, 09:00:00",
    ]
)  # fmt: skip


NASTY_FILES = st.lists(NASTY, max_size=30).map("".join)
NATIVE = st.sampled_from(["attendance_teams", "attendance_zoom"])
ON_FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(text=NASTY_FILES, source=NATIVE)
@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=ON_FIXTURES)
def test_whatever_a_file_holds_it_is_read_in_the_order_of_its_lines_or_refused(
    tmp_path: Path, registry: Registry, text: str, source: str
) -> None:
    path = tmp_path / f"s1_{DAY}.csv"
    path.write_bytes(text.encode())
    codes = ("empty", "missing_column", "repeated_column", "unreadable")
    try:
        (read,), _ = meetings.read(registry[source], path, ExportName("s1", DAY, 1, "csv"), 0)
    except FileRefused as refused:
        if refused.reason_code not in codes:
            raise
        return
    lines = read.column("line").to_pylist()
    assert read.column("entry").to_pylist() == [str(line) for line in lines]
    assert len(set(lines)) == len(lines)
    assert all(1 < line <= text.count("\n") + text.count("\r") + 1 for line in lines)


@given(text=NASTY_FILES, source=NATIVE)
@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=ON_FIXTURES)
def test_every_row_of_a_report_is_loaded_or_quarantined_or_the_report_refused(
    write: Write, text: str, source: str
) -> None:
    arrival = write(source, text)
    if arrival.rejected:
        assert arrival.rows_loaded == 0
        assert arrival.sentence
    else:
        assert arrival.rows_read == arrival.rows_loaded + arrival.rows_quarantined


@pytest.mark.parametrize("stated", ["", "ten", "-1", "2.5", "true", "481"])
def test_a_minimum_stay_that_is_no_whole_number_of_minutes_is_a_fault_of_configuration(
    tmp_path: Path, stated: str
) -> None:
    """True is a whole number to Python, and no length of time; 480 minutes is a session's longest."""
    text = f"minimum_stay_minutes: {stated}\n"
    (tmp_path / "programme.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadConfiguration, match="from 0 to 480"):
        Settings(home=tmp_path, project=tmp_path).minimum_stay_minutes()


def test_the_shipped_minimum_stay_is_ten_minutes() -> None:
    assert Settings(home=Path("unused"), project=project_root()).minimum_stay_minutes() == 10
