"""A meeting's report is written anew without a person: everybody else's stays read as they did."""

import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, event, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.erasures import (
    HERS,
    KEYS,
    OTHER,
    STAFF,
    WHO,
    from_the_start,
    holders,
    new_home,
    state,
    without_dbt,
)
from warehouse import contracts, erasure, lake, nightly, person, subject_access, tombstones
from warehouse.contracts import Registry
from warehouse.files import sha256_of
from warehouse.ingest import meetings, people_in_reports
from warehouse.ingest.names import ExportName
from warehouse.ingest.reading import FileRefused
from warehouse.ingest.rewriting import NotTheSame
from warehouse.settings import Settings, project_root

TEAMS = "attendance_teams/S1_2019-03-31.csv"
ZOOM = "attendance_zoom/S1_2019-03-31.csv"
HR = f"{STAFF}{HERS}\n{OTHER}\n"
DAY = "31/03/2019"
# Wherever the report says "Canaria" it is she who is meant; Jane is another.
SECTIONS = f"""\
1. Summary
Meeting title\tReview with Canaria Namesake, MASH
Organised by\tCanaria Namesake
Attended participants\t3
Start time\t{DAY}, 08:58:00

2. Participants
Name\tFirst join\tLast leave\tIn-meeting duration\tEmail\tParticipant ID (UPN)\tRole
Canaria Namesake\t{DAY}, 09:00:00\t{DAY}, 10:00:00\t1h\tCanaria@example.org\tcan7@example.org\tOrganizer
Jané\t{DAY}, 09:05:00\t{DAY}, 10:00:00\t55m\tjane@example.org\tjane@example.org\tPresenter

3. In-Meeting activities
Name\tJoin time\tLeave time\tDuration\tEmail\tRole
Canaria Namesake\t{DAY}, 09:00:00\t{DAY}, 10:00:00\t1h\tCanaria@example.org\tOrganizer
Jané\t{DAY}, 09:05:00\t{DAY}, 10:00:00\t55m\tjane@example.org\tPresenter
Canaria Namesake (iPhone)\t{DAY}, 09:30:00\t{DAY}, 09:40:00\t10m\t\tPresenter

4. Reactions
Name\tReaction
Canaria Namesake\theart
Jané\theart
can7@example.org\tclap
"""
ANEW = f"""\
1. Summary
Meeting title\tReview with [erased], MASH
Organised by\t[erased]
Attended participants\t3
Start time\t{DAY}, 08:58:00

2. Participants
Name\tFirst join\tLast leave\tIn-meeting duration\tEmail\tParticipant ID (UPN)\tRole

Jané\t{DAY}, 09:05:00\t{DAY}, 10:00:00\t55m\tjane@example.org\tjane@example.org\tPresenter

3. In-Meeting activities
Name\tJoin time\tLeave time\tDuration\tEmail\tRole

Jané\t{DAY}, 09:05:00\t{DAY}, 10:00:00\t55m\tjane@example.org\tPresenter
[erased] (iPhone)\t{DAY}, 09:30:00\t{DAY}, 09:40:00\t10m\t\tPresenter

4. Reactions
Name\tReaction
[erased]\theart
Jané\theart
[erased]\tclap
"""


@pytest.fixture(autouse=True)
def _no_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    without_dbt(monkeypatch)


def home_with(tmp_path: Path, place: str, report: str | bytes) -> Settings:
    """A home in which the staff snapshot of her and Jane and one report have been taken in."""
    return new_home(tmp_path / "home", {"hr_staff/s_2019-03-31.csv": HR, place: report})


def stays(settings: Settings) -> list[tuple[int, str | None, str | None, str | None]]:
    """(entry, e-mail key, joined, left) of every stay of the one report, in order."""
    (found,) = [one for one in lake.arrivals(settings) if one.source.startswith("attendance")]
    assert not found.rejected, found.sentence
    return duckdb.sql(
        "select entry, email_key, strftime(joined_at, '%H:%M'), strftime(left_at, '%H:%M') "
        f"from read_parquet('{lake.batch_path(settings, found)}') order by entry"
    ).fetchall()


def key(address: str) -> str:
    return KEYS.hash_all([address], "email")[address]


def stands_as_if_never_there(settings: Settings, tmp_path: Path, *, but: str = "") -> None:
    """No new file, nothing of hers in any form that text is written in, and the state from afresh.

    ``but``: a namesake's words, which may stay.
    """
    after = state(settings)
    assert nightly.ingest(settings=settings).files == 0
    assert state(settings) == after
    assert state(from_the_start(settings, tmp_path / "afresh")) == after
    assert holders(settings) == []
    landed = [path for path in settings.landing.rglob("*") if path.is_file()]
    assert len(landed) == 2
    for path in landed:
        content = path.read_bytes()
        packed = gzip.decompress(content) if path.suffix == ".gz" else content
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            text = packed.decode(encoding, "replace").lower().replace(but or "\0", "")
            assert not any(one in text for one in ("canaria", "can7@", WHO.lower())), path.name


@pytest.mark.parametrize(
    ("suffix", "packed", "unpacked"),
    [
        (".csv", lambda text: text.encode(), lambda raw: raw.decode()),
        (".csv", lambda text: text.encode("utf-8-sig"), lambda raw: raw.decode("utf-8-sig")),
        (".csv", lambda text: text.encode("cp1252"), lambda raw: raw.decode("cp1252")),
        (".csv", lambda text: text.encode("utf-16"), lambda raw: raw.decode("utf-16")),
        (
            ".csv",
            lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
            lambda raw: raw.decode("utf-16"),
        ),
        (
            ".csv",
            lambda text: text.replace("\n", "\r\n").encode("utf-16"),
            lambda raw: raw.decode("utf-16").replace("\r\n", "\n"),
        ),
        (
            ".csv.gz",
            lambda text: gzip.compress(text.encode()),
            lambda raw: gzip.decompress(raw).decode(),
        ),
    ],
    ids=["utf-8", "with a mark", "cp1252", "utf-16-le", "utf-16-be", "CR LF", "gzip"],
)
def test_a_report_of_sections_keeps_every_line_of_the_others(
    tmp_path: Path,
    suffix: str,
    packed: Callable[[str], bytes],
    unpacked: Callable[[bytes], str],
) -> None:
    """Her rows are empty lines, her name and both her addresses placeholders, all else as it was.

    Jane's stay stands on line 15 before and after; on line 16 a telephone without an address.
    """
    place = TEAMS.replace(".csv", suffix)
    settings = home_with(tmp_path, place, packed(SECTIONS))
    assert [one[0] for one in stays(settings)] == [14, 15, 16]
    held = {one["file"]: one for one in subject_access.held_on(settings, WHO)["landing"]["files"]}
    # Of hers one row in each list; summary twice, her telephone, and two reactions.
    assert (held[place]["rows"], held[place]["rows_that_name_them"]) == (2, 5)
    proof = erasure.erase(settings, WHO, "asked for", with_landing=True)
    assert proof.landing_still_holds == ()
    content = (settings.landing / place).read_bytes()
    assert unpacked(content) == ANEW
    if suffix == ".csv":
        assert content == packed(ANEW)
    jane = key("jane@example.org")
    assert stays(settings) == [(15, jane, "09:05", "10:00"), (16, None, "09:30", "09:40")]
    noted = (settings.control / tombstones.REWRITES).glob("attendance*.json")
    (facts,) = [json.loads(one.read_text(encoding="utf-8")) for one in noted]
    # What counts is the stay, not her line in the list of one row a person.
    assert (facts["rows"], facts["bad_rows"]) == (1, 0)
    stands_as_if_never_there(settings, tmp_path)
    assert subject_access.held_on(settings, WHO)["landing"]["files"] == []


def test_a_report_that_a_spreadsheet_saved_is_written_anew_too(tmp_path: Path) -> None:
    """Commas for tabs, and whatever holds a comma quoted: the title, and every time."""
    lines = []
    for line in SECTIONS.splitlines():
        cells = [f'"{cell}"' if "," in cell else cell for cell in line.split("\t")]
        lines.append(",".join(cells + [""] * (7 - len(cells))))
    settings = home_with(tmp_path, TEAMS, "\n".join(lines))
    before = stays(settings)
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    assert stays(settings) == before[1:]
    lines_now = (settings.landing / TEAMS).read_text(encoding="utf-8").split("\n")
    changed = [
        (number, now)
        for number, (now, then) in enumerate(zip(lines_now, lines, strict=True), start=1)
        if now != then
    ]
    assert [number for number, _ in changed] == [2, 3, 9, 14, 16, 20, 22]
    assert changed[0][1] == '"Meeting title","Review with [erased], MASH","","","","",""'
    stands_as_if_never_there(settings, tmp_path)


def test_a_namesake_with_another_address_keeps_row_and_name(tmp_path: Path) -> None:
    hers = f"Canaria Namesake\t{DAY} 09:00\t{DAY} 10:00\tcanaria@example.org\n"
    namesake = f"Canaria Namesake\t{DAY} 09:01\t{DAY} 10:00\tc.namesake@example.org\n"
    header = "Name\tJoin time\tLeave time\tEmail\n"
    settings = home_with(tmp_path, TEAMS, header + hers + namesake)
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    written = (settings.landing / TEAMS).read_text(encoding="utf-8")
    assert written == f"{header}\n{namesake}"
    assert stays(settings) == [(3, key("c.namesake@example.org"), "09:01", "10:00")]
    stands_as_if_never_there(settings, tmp_path, but="canaria namesake")


def test_a_zoom_list_goes_on_knowing_when_its_meeting_began_and_who_was_not_its_host(
    tmp_path: Path,
) -> None:
    """A list of minutes: Jane's 75 minutes after 9:30 end at 10:45. The host's row is gone."""
    report = (
        "\ufeffMeeting ID,Topic,Start Time,User Email,Duration (Minutes)\r\n"
        f'852 18,"Canaria Namesake, 1:1",{DAY} 09:30,canaria@example.org,75\r\n\r\n'
        "Name (Original Name),User Email,Total Duration (Minutes),Guest\r\n"
        "Cany (Canaria Namesake),canaria@example.org,75,No\r\n"
        "Jane,jane@example.org,75,No\r\n"
        "canaria namesake,,3,Yes\r\n"
    )
    settings = home_with(tmp_path, ZOOM, report)
    before = stays(settings)
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    assert (settings.landing / ZOOM).read_bytes().decode() == (
        "\ufeffMeeting ID,Topic,Start Time,User Email,Duration (Minutes)\r\n"
        f'"852 18","[erased], 1:1","{DAY} 09:30","[erased]","75"\r\n\r\n'
        "Name (Original Name),User Email,Total Duration (Minutes),Guest\r\n"
        "\r\n"
        "Jane,jane@example.org,75,No\r\n"
        "[erased],,3,Yes\r\n"
    )
    assert stays(settings) == before[1:]
    assert before[1] == (6, key("jane@example.org"), "09:30", "10:45")
    stands_as_if_never_there(settings, tmp_path)


@pytest.mark.parametrize("was_there", [True, False], ids=["who came", "who did not come"])
def test_the_host_in_every_row_of_zooms_wide_export_is_gone_from_all(
    tmp_path: Path, was_there: bool
) -> None:
    """The host's name stands beside the first address, under a heading of its own."""
    header = "Topic,Meeting ID,User Name,User Email,Name (Original Name),User Email,Join Time,Leave Time\n"
    host = "A,852,Canaria Namesake,Canaria@example.org,"
    own = f"{host}Canaria Namesake,canaria@example.org,{DAY} 09:00,{DAY} 10:00\n"
    janes = f"Jane,jane@example.org,{DAY} 09:05,{DAY} 10:00\n"
    settings = home_with(tmp_path, ZOOM, header + own * was_there + host + janes)
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    written = (settings.landing / ZOOM).read_text(encoding="utf-8")
    assert written == header + "\n" * was_there + f"A,852,[erased],[erased],{janes}"
    assert [one[1:] for one in stays(settings)] == [(key("jane@example.org"), "09:05", "10:00")]
    stands_as_if_never_there(settings, tmp_path)


def test_two_people_who_are_erased_do_not_become_one(tmp_path: Path) -> None:
    """Their events without an address go on being told apart, as Jane's last one by name shows."""
    report = (
        "Name\tUser Action\tTimestamp\tEmail\n"
        f"Canaria Namesake\tJoined\t{DAY} 09:00\tcanaria@example.org\n"
        f"Jane Doe\tJoined\t{DAY} 09:01\tjane@example.org\n"
        f"Canaria Namesake\tJoined\t{DAY} 09:10\t\n"
        f"Jane Doe\tJoined\t{DAY} 09:11\t\n"
        f"Canaria Namesake\tLeft\t{DAY} 09:20\t\n"
        f"Jane Doe\tLeft\t{DAY} 09:21\t\n"
    )
    settings = home_with(tmp_path, TEAMS, report)
    for who in (WHO, "8"):
        erasure.erase(settings, who, "asked for", with_landing=True)
    written = (settings.landing / TEAMS).read_text(encoding="utf-8")
    names = [line.split("\t")[0] for line in written.splitlines()[1:]]
    assert names == ["", "", "[erased]", "[erased 2]", "[erased]", "[erased 2]"]
    assert stays(settings) == [(4, None, "09:10", "09:20"), (5, None, "09:11", "09:21")]
    stands_as_if_never_there(settings, tmp_path, but="jane doe")


def test_a_bad_row_of_theirs_goes_on_counting_and_one_of_no_shape_stays_bad(tmp_path: Path) -> None:
    """Line 3 is hers and of another day, line 5 has too few fields and names her: nobody's.

    Of four rows two are left in the counts, one good and one bad.
    """
    report = (
        "Name\tJoin time\tLeave time\tEmail\n"
        f"Canaria Namesake\t{DAY} 09:00\t{DAY} 10:00\tcanaria@example.org\n"
        "Canaria Namesake\t30/03/2019 09:00\t30/03/2019 10:00\tcanaria@example.org\n"
        f"Jane\t{DAY} 09:05\t{DAY} 10:00\tjane@example.org\n"
        "canaria@example.org\tabout nine\n"
    )
    settings = home_with(tmp_path, TEAMS, report)
    erasure.erase(settings, WHO, "asked for", with_landing=True)
    (facts, *_) = state(settings)[TEAMS]
    assert (facts["rows_read"], facts["rows_loaded"], facts["rows_quarantined"]) == (2, 1, 1)
    assert (settings.landing / TEAMS).read_text(encoding="utf-8").splitlines()[4] == "-"
    stands_as_if_never_there(settings, tmp_path)


def test_a_report_that_would_not_read_the_same_is_left_as_it_is(tmp_path: Path) -> None:
    """Her leave ended the stay of a namesake who joined after her: without it, that has no end."""
    report = (
        "Name\tUser Action\tTimestamp\tEmail\n"
        f"Canaria Namesake\tJoined\t{DAY} 09:00\tcanaria@example.org\n"
        f"Canaria Namesake\tJoined\t{DAY} 09:10\tc.namesake@example.org\n"
        f"Canaria Namesake\tLeft\t{DAY} 09:20\tcanaria@example.org\n"
    )
    settings = home_with(tmp_path, TEAMS, report)
    before = sha256_of(settings.landing / TEAMS)
    proof = erasure.erase(settings, WHO, "asked for", with_landing=True)
    (still,) = proof.landing_still_holds
    assert still.place == f"landing/{TEAMS}"
    assert "would not read as before" in str(still.note)
    assert sha256_of(settings.landing / TEAMS) == before
    assert [one.name for one in (settings.landing / TEAMS).parent.iterdir()] == [Path(TEAMS).name]
    assert stays(settings) == [(3, key("c.namesake@example.org"), "09:10", "09:20")]


PIECES = st.sampled_from(
    [
        "Name\tJoin time\tLeave time\tEmail\n", "Name,User Action,Timestamp,Email\n", "2. People\n",
        "Name\tFirst join\tEmail\n", "\n", "\r\n", "\r", '"', ",", "\t", ";",
        f"Canaria Namesake\t{DAY} 09:00\t{DAY} 10:00\tcanaria@example.org\n",
        f"Canaria Namesake\t{DAY} 09:00\t{DAY} 10:00\tother@example.org\n",
        f"Canaria Namesake\t{DAY} 09:00\t{DAY} 10:00\t\n", "Canaria Namesake", "canaria@example.org",
        f'"Canaria\nNamesake",Joined,{DAY} 09:00,canaria@example.org\n',
        f"Jane,Joined,{DAY} 09:00,jane@example.org\n", f"Jané\t{DAY} 09:05\t\tjane@example.org\n",
        f"Canaria Namesake,Left,{DAY} 09:20,\n", "Organiser,Canaria Namesake\n",
        f"Jane\t{DAY} 09:05\t\tjane@example.org\tmore\n", "\ufeff",
    ]
)  # fmt: skip


HEADERS = st.sampled_from(
    ["", "Name\tJoin time\tLeave time\tEmail\n", "Name,User Action,Timestamp,Email\n"]
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return contracts.load(Settings(home=Path("unused"), project=project_root()))


@given(
    header=HEADERS,
    rest=st.lists(PIECES, max_size=12).map("".join),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    source=st.sampled_from(["attendance_teams", "attendance_zoom"]),
)
@hypothesis_settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_a_report_holds_everybody_elses_stays_read_the_same(
    tmp_path: Path, registry: Registry, header: str, rest: str, encoding: str, source: str
) -> None:
    """Either it is refused, or left alone, or exactly her stays are missing and no line has moved."""
    she = person.known_by(WHO, registry, KEYS).with_keys([key("canaria@example.org")])
    path, written = tmp_path / "S1_2019-03-31.csv", tmp_path / "written.csv"
    path.write_bytes((header + rest).encode(encoding, "ignore"))
    name = ExportName("S1", date(2019, 3, 31), 1, "csv")
    contract = registry[source]
    try:
        (before,), _ = meetings.read(contract, path, name, 0)
        lines = people_in_reports.write_without(path, written, name, contract, she)
    except (FileRefused, NotTheSame) as refused:
        event(type(refused).__name__)
        return
    event(f"{min(len(lines), 2)} stays of hers taken out")
    (after,), _ = meetings.read(contract, written, name, 0)
    assert after.to_pylist() == [one for one in before.to_pylist() if one["line"] not in lines]
    theirs = [one for one in before.to_pylist() if one["line"] in lines]
    assert all(one["email"] == "canaria@example.org" for one in theirs)
    # Found again it is nowhere, and a second time nothing would change.
    assert people_in_reports.found(written, "csv", contract, she) == (0, 0)
