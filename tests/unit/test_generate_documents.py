"""What the synthetic programme writes beside tables: reports of online sessions, census returns."""

from __future__ import annotations

import csv
import importlib
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from warehouse import contracts, generate, nightly
from warehouse.generate import DOCUMENTS
from warehouse.generate.calendar import snapshot_dates
from warehouse.generate.census_return import CENSUS_YEARS, csww_return
from warehouse.generate.exports import Document
from warehouse.generate.meeting_reports import (
    LONGEST_LOOK,
    UTF_16_MARK,
    attendance_teams,
    dials_in,
)
from warehouse.generate.participation_exports import group_attendance, register
from warehouse.generate.programme import Programme, Spell, simulate
from warehouse.ingest import csww
from warehouse.ingest.names import parse
from warehouse.settings import Settings, project_root

START, END = date(2020, 9, 1), date(2021, 12, 31)
MONTHS = snapshot_dates(START, END, "month")


@pytest.fixture(scope="module")
def programme() -> Programme:
    return simulate(1, 280, START, END)


@pytest.fixture(scope="module")
def documents(programme: Programme) -> list[Document]:
    return [one for exporter in DOCUMENTS.values() for one in exporter(programme, MONTHS)]


def of(source: str, documents: list[Document]) -> list[Document]:
    return [one for one in documents if one.source == source]


def sections(document: Document) -> dict[str, list[dict[str, str]]]:
    """The lists of a Teams report, by title: a dictionary by heading for each line."""
    assert document.content.startswith(UTF_16_MARK)
    text = document.content.decode("utf-16")
    found = {}
    for block in text.split("\n\n")[1:]:
        title, header, *lines = (line.split("\t") for line in block.strip().splitlines())
        found[title[0]] = [dict(zip(header, line, strict=True)) for line in lines]
    return found


def workers(document: Document) -> list[dict[str, str]]:
    root = ElementTree.fromstring(document.content)
    return [
        {element.tag: element.text or "" for element in worker}
        for worker in root.iter("CSWWWorker")
    ]


def test_a_third_of_the_groups_meets_in_teams_and_two_in_zoom_from_2021_on(
    programme: Programme,
) -> None:
    """Of 22 groups round(22 / 3) = 7 and round(22 / 12) = 2. Only held online sessions have a report."""
    by_source = Counter(
        source
        for group in programme.groups
        for source in {s.report for s in group.sessions}
        if source
    )
    assert by_source == {"attendance_teams": 7, "attendance_zoom": 2}
    reported = [s for group in programme.groups for s in group.sessions if s.report]
    assert all(s.is_held and s.is_online and s.day >= date(2021, 1, 1) for s in reported)
    assert any(
        s.is_online and s.is_held and s.day.year == 2021 and not s.report
        for group in programme.groups
        for s in group.sessions
    ), "the other groups keep a register of online sessions"


def test_there_are_tens_of_reports_named_by_session_and_day_and_a_few_second_parts(
    programme: Programme, documents: list[Document]
) -> None:
    reports = of("attendance_teams", documents) + of("attendance_zoom", documents)
    assert 40 <= len(reports) <= 90
    known = {s.session_id: s for group in programme.groups for s in group.sessions}
    parts: Counter[str] = Counter()
    for report in reports:
        name = parse(report.file_name)
        assert name is not None
        assert name.as_of == report.as_of
        session_id, _, part = name.stem.partition("__")
        session = known[session_id]
        assert (session.report, session.day) == (report.source, report.as_of)
        assert part in ("", "2")
        parts[part] += 1
    assert 0 < parts["2"] <= 0.25 * parts[""]
    assert parts[""] == sum(s.report is not None and START <= s.day <= END for s in known.values())


def test_a_reported_session_has_no_register_and_every_other_row_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same seed with and without groups that are reported: registers alone differ, by whole rows."""
    arguments = {"seed": 4, "staff": 120, "start": START, "end": date(2021, 6, 30)}
    generate.write(tmp_path / "with", **arguments)  # type: ignore[arg-type]
    # The package has an exporter of the module's name, so the module is asked for by its path.
    module = importlib.import_module("warehouse.generate.groups")
    monkeypatch.setattr(module, "GROUPS_TO_ONE_REPORTED", {})
    generate.write(tmp_path / "without", **arguments)  # type: ignore[arg-type]
    gone: set[str] = set()
    compared = 0
    for path in (tmp_path / "without").rglob("*.*"):
        other = tmp_path / "with" / path.relative_to(tmp_path / "without")
        compared += 1
        if path.parent.name != "group_attendance":
            assert other.read_bytes() == path.read_bytes(), path.name
            continue
        lines, kept = path.read_text("utf-8").splitlines(), other.read_text("utf-8").splitlines()
        lost = [line for line in lines if line not in set(kept)]
        assert [line for line in lines if line in set(kept)] == kept
        gone |= {line.split(",")[0] for line in lost}
        assert not gone & {line.split(",")[0] for line in kept}
    assert compared > 80
    reported = {path.name.split("_")[0] for path in (tmp_path / "with").glob("attendance_*/*")}
    assert gone
    assert gone <= reported


def test_each_report_names_who_came_by_the_address_in_the_staff_list(
    programme: Programme, documents: list[Document]
) -> None:
    """Who dialled in is a telephone without an address; who looked in was there for 500 s at most."""
    addresses = {s.person.email: s.person.employee_id for s in programme.spells}
    came: dict[str, set[str]] = {}
    telephones = 0
    for seen in register(programme):
        session = seen.session
        if session.report == "attendance_teams" and seen.attendance == "attended":
            if dials_in(programme, session, seen.employee_id):
                telephones += not seen.employee_id.startswith("X")
            elif seen.employee_id in addresses.values():
                came.setdefault(session.session_id, set()).add(seen.employee_id)
    minutes: dict[tuple[str, str], int] = {}
    rejoined = listed_telephones = 0
    for report in of("attendance_teams", documents):
        session_id = re.split("_", report.file_name)[0]
        lists = sections(report)
        assert list(lists) == ["2. Participants", "3. In-Meeting activities"]
        stays = lists["3. In-Meeting activities"]
        assert stays[0]["Role"] == "Organizer"
        assert all(row["synthetic"] == "Y" for rows in lists.values() for row in rows)
        assert {row["Email"] for row in stays} == {r["Email"] for r in lists["2. Participants"]}
        assert len(stays) == report.records
        rejoined += len(stays) > len(lists["2. Participants"])
        listed_telephones += sum(
            row["Name"].startswith("+44") and "__" not in report.file_name
            for row in lists["2. Participants"]
        )
        for row in stays:
            assert row["Join time"].startswith(f"{report.as_of:%d/%m/%y}, ")
            if employee_id := addresses.get(row["Email"].lower()):
                length = dict.fromkeys("hms", 0) | {
                    unit: int(amount)
                    for amount, unit in re.findall(r"(\d+)([hms])", row["Duration"])
                }
                seconds = length["h"] * 3600 + length["m"] * 60 + length["s"]
                key = session_id, employee_id
                minutes[key] = minutes.get(key, 0) + seconds
    there = {key for key, seconds in minutes.items() if seconds >= 1800}
    assert there == {(session, who) for session, people in came.items() for who in people}
    looked_in = [seconds for key, seconds in minutes.items() if key not in there]
    assert looked_in
    assert max(looked_in) <= LONGEST_LOOK < 600
    assert rejoined > 5
    assert 0 < telephones <= 0.1 * len(there)
    assert listed_telephones <= telephones + 1


def test_a_report_of_the_longer_period_is_that_of_the_shorter(programme: Programme) -> None:
    short = list(attendance_teams(simulate(1, 280, START, date(2021, 5, 31)), MONTHS[:9]))
    long = {one.file_name: one for one in attendance_teams(programme, MONTHS)}
    assert MONTHS[8] == date(2021, 5, 31)
    assert short
    assert all(long[one.file_name] == one for one in short)


@pytest.mark.parametrize(("seed", "staff"), [(1, 280), (9, 90), (-3, 25)])
def test_every_document_is_read_whole_and_nothing_of_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, staff: int
) -> None:
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "5a" * 32)
    home = Settings(home=tmp_path, project=project_root())
    programme = simulate(seed, staff, START, END)
    expected = {}
    for exporter in DOCUMENTS.values():
        for one in exporter(programme, MONTHS):
            path = home.landing / one.source / one.file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(one.content)
            expected[one.file_name] = one.records
    outcome = nightly.ingest(settings=home)
    assert outcome.files == len(expected) > 1
    assert (outcome.files_rejected, outcome.rows_quarantined) == (0, 0)
    assert outcome.rows_loaded == sum(expected.values())
    marked = duckdb.sql(
        f"select count(*) filter (where synthetic), count(*) from "
        f"read_parquet('{home.lake}/*/**/*.parquet', union_by_name = true)"
    ).fetchall()
    assert marked == [(outcome.rows_loaded, outcome.rows_loaded)]


def test_a_return_is_written_for_each_30_september_of_which_the_elements_are_known() -> None:
    """2021 to 2025 of seven years; the reader knows the same ones."""
    dates = snapshot_dates(date(2019, 9, 1), date(2026, 10, 31), "month")
    programme = simulate(2, 30, date(2019, 9, 1), date(2026, 10, 31))
    returns = list(csww_return(programme, dates))
    assert [one.as_of for one in returns] == [date(year, 9, 30) for year in range(2021, 2026)]
    assert (CENSUS_YEARS[0], CENSUS_YEARS[-1]) == (csww.FIRST_YEAR, csww.LAST_YEAR)
    elements = {one.as_of.year: {name for w in workers(one) for name in w} for one in returns}
    assert [year for year, names in elements.items() if "Sex" in names] == [2024, 2025]
    assert [year for year, names in elements.items() if "QualInst" in names] == [
        2021,
        2022,
        2023,
        2024,
    ]
    assert b"<LALevel>" in returns[-1].content
    assert b"<LALevelVacancies>" in returns[-2].content


def test_a_return_has_everyone_in_post_and_everyone_who_left_in_the_year(
    programme: Programme, documents: list[Document]
) -> None:
    (document,) = of("csww_return", documents)
    day = date(2021, 9, 30)

    def social_workers(spells: list[Spell], is_agency: bool) -> set[str]:
        return {
            s.person.employee_id
            for s in spells
            if s.is_in_post(day)
            and s.attributes_on(day).is_social_worker
            and (s.attributes_on(day).contract_type == "agency") == is_agency
        }

    found = workers(document)
    leaving_today = [s for s in programme.spells if s.last_day == day]
    staying = [s for s in programme.spells if s.last_day != day]
    in_post = [w for w in found if "RoleEndDate" not in w and w["AgencyWorker"] == "0"]
    agency = [w for w in found if w["AgencyWorker"] == "1"]
    assert len(in_post) == len({w["SWENo"] for w in in_post})
    assert len(in_post) == len(social_workers(staying, is_agency=False))
    assert len(agency) == len(social_workers(staying + leaving_today, is_agency=True))
    left = [w for w in found if "RoleEndDate" in w]
    assert 8 <= len(left) <= 45
    for worker in left:
        assert "2020-10-01" <= worker["RoleEndDate"] <= "2021-09-30"
        assert (worker["FTE"], worker["AgencyWorker"]) == ("0", "0")
        assert float(worker["FTE30"]) > 0
    assert all(re.fullmatch("ZZ[0-9]{8}", w["SWENo"]) for w in found)
    numbers = {s.person.employee_id for s in programme.spells}
    assert not numbers & {w["SWENo"][2:] for w in found}


def test_codes_of_a_return_are_those_of_its_contract(documents: list[Document]) -> None:
    contract = contracts.load(Settings(home=Path("unused"), project=project_root()))["csww_return"]
    allowed = {column.name: column.allowed for column in contract.columns if column.allowed}
    seen = 0
    for worker in (w for one in of("csww_return", documents) for w in workers(one)):
        for name, text in worker.items():
            if name in allowed:
                assert text in allowed[name], name
                seen += 1
    assert seen > 1000


def test_a_register_by_hand_is_kept_for_all_other_sessions(programme: Programme) -> None:
    registers = {
        row["session_id"] for one in group_attendance(programme, MONTHS) for row in one.rows
    }
    reported = {s.session_id for g in programme.groups for s in g.sessions if s.report}
    assert registers
    assert not registers & reported


def test_cadence_moves_no_report_and_no_return(tmp_path: Path) -> None:
    for every in ("month", "week"):
        generate.write(tmp_path / every, staff=60, start=START, end=date(2021, 10, 31), every=every)
    for source in DOCUMENTS:
        files = [
            {path.name: path.read_bytes() for path in (tmp_path / every / source).iterdir()}
            for every in ("month", "week")
        ]
        assert all(one == other for one, other in pairwise(files)), source
    assert list((tmp_path / "week" / "csww_return").iterdir())


def test_a_zoom_list_names_its_host_and_who_waited_to_be_let_in(documents: list[Document]) -> None:
    waits = 0
    lists = of("attendance_zoom", documents)
    for one in lists:
        lines = list(csv.reader(one.content.decode("utf-8-sig").splitlines()))
        host = dict(zip(lines[0], lines[1], strict=True))["User Email"]
        rows = [dict(zip(lines[3], line, strict=True)) for line in lines[4:]]
        assert [row["Name (Original Name)"].endswith(" (Host)") for row in rows].count(True) >= 1
        assert {r["User Email"] for r in rows if r["Name (Original Name)"].endswith("(Host)")} == {
            host
        }
        waits += sum(row["In Waiting Room"] == "Yes" for row in rows)
        assert len(rows) == one.records
    assert len(lists) > 5
    assert waits > 10


def test_a_programme_without_the_year_2021_has_no_such_file(programme: Programme) -> None:
    before = [day for day in MONTHS if day.year == 2020]
    shorter = replace(programme, end=date(2020, 12, 31))
    assert [one for exporter in DOCUMENTS.values() for one in exporter(shorter, before)] == []
