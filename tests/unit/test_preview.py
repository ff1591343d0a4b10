"""What a file would change, and that looking changes nothing.

The home of these tests holds two staff snapshots of twenty people (S01 to S20, one spell each, all
permanent, in post since 1 May 2018) as of 31 January and 28 February 2019, and one leaver record.
"""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from warehouse import cli, gates, lake, lock, nightly, preview
from warehouse.errors import BadConfiguration, CouldNotFinish
from warehouse.files import sha256_of
from warehouse.preview import Preview, Records
from warehouse.settings import Settings, project_root

STAFF = "employee_id,full_name,team,job_role,is_social_worker,contract_type,fte,start_date"
LEAVERS = (
    "employee_id,start_date,leaving_date,leaving_reason,record_status,exit_interview_notes,void"
)
EVERYBODY = tuple(range(1, 21))
UNKNOWN_KEY = "cd" * 32


def staff(*numbers: int, **changes: str) -> str:
    """A staff export of these people; ``changes``: {S07_fte: value} for single cells."""
    lines = [STAFF]
    for number in numbers:
        row = {
            "employee_id": f"S{number:02d}",
            "full_name": "Jane Canary",
            "team": "North",
            "job_role": "case_holder",
            "is_social_worker": "Y",
            "contract_type": "permanent",
            "fte": "1",
            "start_date": "2018-05-01",
        }
        row |= {
            name.partition("_")[2]: value
            for name, value in changes.items()
            if name.startswith(row["employee_id"])
        }
        lines.append(",".join(row.values()))
    return "\n".join(lines) + "\n"


def leaver(number: int, leaving_date: str = "2019-03-15", **changes: str) -> str:
    row = {
        "employee_id": f"S{number:02d}",
        "start_date": "2018-05-01",
        "leaving_date": leaving_date,
        "leaving_reason": "resignation",
        "record_status": "leaver",
        "exit_interview_notes": "canary left in tears",
        "void": "",
    }
    return ",".join({**row, **changes}.values())


def put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", "5a" * 32)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Filled once: no test of this file may change it, which the last one holds them to."""
    home = tmp_path_factory.mktemp("previewed") / "home"
    put(home / "landing/hr_staff", "hr_staff_2019-01-31.csv", staff(*EVERYBODY))
    put(home / "landing/hr_staff", "hr_staff_2019-02-28.csv", staff(*EVERYBODY))
    text = f"{LEAVERS}\n{leaver(20)}\n"
    put(home / "landing/hr_leavers", "hr_leavers_2019-02-28.csv", text)
    filled = Settings(home=home, project=project_root())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_PSEUDONYM_KEY", "5a" * 32)
        assert nightly.ingest(settings=filled).files == 3
    return filled


def bytes_of(home: Path) -> dict[str, tuple[bytes | None, int]]:
    """Everything under a home: bytes of files, and the time of the last change of everything."""
    return {
        str(path): (path.read_bytes() if path.is_file() else None, path.stat().st_mtime_ns)
        for path in (home, *home.rglob("*"))
    }


def looked_at(settings: Settings, path: Path, source: str = "hr_staff") -> Preview:
    """The preview, and the proof that the home is byte for byte what it was."""
    before = bytes_of(settings.home)
    assert len(before) > 10
    found = preview.of(settings, path, source)
    assert bytes_of(settings.home) == before
    text = json.dumps(found.as_dict(), default=str) + " ".join(preview.in_words(found))
    for secret in ("Canary", "canary", "S01", "S20"):
        assert secret not in text
    return found


def test_a_next_snapshot_is_compared_with_the_one_before(
    settings: Settings, tmp_path: Path
) -> None:
    """Of 20 people S19 and S20 are gone and S21 is new; S01 works half time now, S02 in a new team
    and half time. S20 has a leaver record, S19 none: one more unexplained exit."""
    text = staff(*range(1, 19), 21, S01_fte="0.5", S02_fte="0.5", S02_team="South")
    found = looked_at(settings, put(tmp_path, "hr_staff_2019-03-31.csv", text))
    assert (found.status, found.compared_with) == ("loaded", date(2019, 2, 28))
    assert found.records == Records(
        new=1,
        corrected=2,
        vanished=2,
        unchanged=16,
        corrected_by_column={"fte": 2, "team": 1},
    )
    people = found.people
    assert people is not None
    assert (people.appearing, people.disappearing) == (1, 2)
    assert (people.ending, people.no_longer_ending) == ({"unexplained": 1}, {})
    assert (found.warnings, found.something_is_bad) == ([], False)


def test_a_reissue_is_compared_with_what_it_would_replace(
    settings: Settings, tmp_path: Path
) -> None:
    """S05 has a bad cell, so the row says only that S05 is there: neither corrected nor gone."""
    text = staff(*EVERYBODY, S05_fte="7", S06_team="South")
    found = looked_at(settings, put(tmp_path, "hr_staff_2019-02-28_r2.csv", text))
    assert (found.status, found.would_supersede) == ("partly_loaded", ["hr_staff_2019-02-28.csv"])
    assert [(row["line"], row["column_name"], row["reason_code"]) for row in found.bad_rows] == [
        (6, "fte", "out_of_range")
    ]
    assert found.records == Records(corrected=1, unchanged=19, corrected_by_column={"team": 1})
    assert found.something_is_bad


def test_a_late_snapshot_between_two_others_is_compared_with_the_day_before_it(
    settings: Settings, tmp_path: Path
) -> None:
    """S03 is missing from it but there again later: gone for a moment, and no exit at all."""
    text = staff(*(number for number in EVERYBODY if number != 3))
    found = looked_at(settings, put(tmp_path, "hr_staff_2019-02-14.csv", text))
    assert found.compared_with == date(2019, 1, 31)
    assert (found.records.vanished, found.records.unchanged) == (1, 19)
    assert found.people is not None
    assert (found.people.disappearing, found.people.ending) == (1, {})


def test_far_more_vanishing_than_usual_is_warned_of_by_the_rule_of_the_gate(
    settings: Settings, tmp_path: Path
) -> None:
    """11 of 20 are gone; S20 among them is a leaver, so 10 count: at least 10, and more than 2.
    With one person more 9 are gone, which is under 10."""
    text = staff(*range(1, 10))
    found = looked_at(settings, put(tmp_path, "hr_staff_2019-03-31.csv", text))
    (warning,) = found.warnings
    assert warning.startswith("hr_staff_2019-03-31.csv: 10 of 20 permanent")
    assert found.something_is_bad
    assert any(sentence.startswith("Warning: ") for sentence in preview.in_words(found))
    fewer = put(tmp_path, "hr_staff_2019-03-31.csv", staff(*range(1, 11)))
    assert not looked_at(settings, fewer).warnings


@pytest.mark.parametrize(
    ("vanished", "held", "far_more"), [(10, 99, True), (10, 100, False), (9, 20, False)]
)
def test_more_than_a_tenth_and_at_least_ten_is_far_more_than_usual(
    vanished: int, held: int, far_more: bool
) -> None:
    assert gates.far_more_than_usual(vanished, held) is far_more


def test_a_leaver_file_says_which_spells_would_end_or_go_on(
    settings: Settings, tmp_path: Path
) -> None:
    """S01 resigned: a spell ends. S20's record is withdrawn: a spell goes on. S77 is in no snapshot,
    and stands in staff_spells all the same, as a leaver."""
    lines = [LEAVERS, leaver(1), leaver(20, void="Y"), leaver(77)]
    path = put(tmp_path, "hr_leavers_2019-03-31.csv", "\n".join(lines) + "\n")
    found = looked_at(settings, path, "hr_leavers")
    assert found.records == Records(new=2, vanished=1)
    assert found.people is not None
    assert found.people.ending == {"leaver": 2}
    assert found.people.no_longer_ending == {"leaver": 1}


def test_a_later_statement_corrects_a_record_and_an_earlier_one_does_not(
    settings: Settings, tmp_path: Path
) -> None:
    text = f"{LEAVERS}\n{leaver(20, '2019-03-29')}\n"
    later = looked_at(settings, put(tmp_path, "x_2019-03-31.csv", text), "hr_leavers")
    assert later.records == Records(corrected=1, corrected_by_column={"leaving_date": 1})
    earlier = looked_at(settings, put(tmp_path, "x_2019-01-31.csv", text), "hr_leavers")
    assert (earlier.status, earlier.records) == ("loaded", Records(unchanged=1))


def test_a_lower_revision_and_the_same_bytes_change_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    same = looked_at(settings, settings.landing / "hr_staff/hr_staff_2019-02-28.csv")
    assert (same.judged_before, same.records, same.something_is_bad) == (True, Records(), False)
    assert any("judged before" in sentence for sentence in preview.in_words(same))
    text = staff(*range(1, 4))
    lower = looked_at(settings, put(tmp_path, "hr_staff_2019-02-28_r0.csv", text))
    assert (lower.status, lower.stands_instead) == ("superseded", "hr_staff_2019-02-28.csv")
    assert (lower.records, lower.warnings) == (Records(), ())


def test_a_file_that_would_be_rejected_says_why_and_changes_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    """Five of five rows are bad, more than a fifth; no heading; no rows; no date in the name."""
    bad = {f"S{number:02d}_fte": "7" for number in range(1, 6)}
    found = looked_at(settings, put(tmp_path, "a_2019-03-31.csv", staff(1, 2, 3, 4, 5, **bad)))
    assert (found.status, found.reason_code) == ("rejected", "too_many_bad_rows")
    assert (len(found.bad_rows), found.records) == (5, Records())
    for name, text, reason in (
        ("b_2019-03-31.csv", "Jane Canary,S01\nx,y\n", "missing_column"),
        ("c_2019-03-31.csv", STAFF, "empty"),
        ("Jane Canary.csv", STAFF, "no_as_of_date"),
    ):
        refused = looked_at(settings, put(tmp_path, name, text))
        assert (refused.status, refused.reason_code) == ("rejected", reason)
        assert refused.something_is_bad
    hidden = looked_at(settings, put(tmp_path, "d_2019-03-31.csv.part", STAFF))
    assert (hidden.status, hidden.something_is_bad) == ("not_looked_at", False)


def test_a_reissue_of_records_that_lacks_most_of_them_is_warned_of(
    settings: Settings, tmp_path: Path
) -> None:
    """Of 30 vacancies 10 are gone, a third; nothing of this reaches the home they were judged in."""
    header = (
        "vacancy_id,team,job_role,is_social_worker,fte,opened_date,status,covered_by_agency,void\n"
    )
    rows = [f"v{n},North,case_holder,Y,1,2019-01-02,open,N,\n" for n in range(30)]
    home = tmp_path / "home"
    put(home / "landing/hr_vacancies", "v_2019-01-31.csv", header + "".join(rows))
    other = Settings(home=home, project=project_root())
    nightly.ingest(settings=other)
    reissue = put(tmp_path, "v_2019-01-31_r2.csv", header + "".join(rows[10:]))
    found = looked_at(other, reissue, "hr_vacancies")
    assert (found.records, found.people) == (Records(vanished=10, unchanged=20), None)
    assert found.warnings
    # A later file without them says nothing of them: they are records.
    later = put(tmp_path, "v_2019-02-28.csv", header + "".join(rows[10:]))
    assert looked_at(other, later, "hr_vacancies").records == Records(unchanged=30)


def test_where_there_is_no_home_yet_everything_is_new_and_none_is_made(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path / "nowhere", project=project_root())
    path = put(tmp_path / "hr_staff", "hr_staff_2019-03-31.csv", staff(*EVERYBODY))
    found = preview.of(nowhere, path)
    assert (found.records, found.compared_with) == (Records(new=20), None)
    assert not nowhere.home.exists()


def test_it_works_while_a_run_holds_the_lock(settings: Settings, tmp_path: Path) -> None:
    path = put(tmp_path, "hr_staff_2019-03-31.csv", staff(*EVERYBODY))
    with lock.held(settings):
        assert looked_at(settings, path).records.unchanged == 20


def test_a_contract_that_has_changed_since_reads_the_same_bytes_anew(
    settings: Settings, tmp_path: Path
) -> None:
    """The same file as it was judged under another contract, in which nobody had a team."""
    home = tmp_path / "home"
    shutil.copytree(settings.home, home)
    other = Settings(home=home, project=project_root())
    for record in (home / "lake/_manifest/hr_staff").glob("2019-02-28*.json"):
        (one,) = [
            arrival
            for arrival in lake.arrivals(other)
            if lake.arrival_path(other, arrival) == record
        ]
        record.unlink()
        old = replace(one, contract="0" * 64)
        lake.batch_path(other, one).rename(lake.batch_path(other, old))
        lake.record(other, old)
    path = home / "landing/hr_staff/hr_staff_2019-02-28.csv"
    found = looked_at(other, path)
    assert (found.judged_before, found.records) == (False, Records(unchanged=20))


def test_without_a_known_source_a_file_or_the_right_key_it_says_what_to_do(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "Jane Canary", "hr_staff_2019-03-31.csv", staff(1))
    with pytest.raises(BadConfiguration, match=r"Give --source with one of: absence, "):
        preview.of(settings, path)
    with pytest.raises(BadConfiguration, match="--source names none"):
        preview.of(settings, path, "hr_stafff")
    with pytest.raises(BadConfiguration, match="no such file"):
        preview.of(settings, tmp_path / "hr_staff_2019-03-31.csv", "hr_staff")
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", UNKNOWN_KEY)
    with pytest.raises(BadConfiguration, match="every person would appear twice"):
        preview.of(settings, path, "hr_staff")


def test_a_damaged_lake_is_said_without_a_word_of_the_database(
    settings: Settings, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(settings.home, home)
    for batch in (home / "lake/hr_staff").glob("*.parquet"):
        batch.write_bytes(batch.read_bytes()[:50])
    path = put(tmp_path, "hr_staff_2019-03-31.csv", staff(*EVERYBODY))
    with pytest.raises(CouldNotFinish, match="could not be compared"):
        preview.of(Settings(home=home, project=project_root()), path, "hr_staff")


def test_the_command_gives_sentences_or_json_and_its_exit_status(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "hr_staff"
    good = put(folder, "hr_staff_2019-03-31.csv", staff(*EVERYBODY))
    assert cli.main(["preview", str(good), "--home", str(settings.home)]) == 0
    said = capsys.readouterr().out
    assert (
        "hr_staff/hr_staff_2019-03-31.csv (as of 2019-03-31, revision 1): would be loaded" in said
    )
    assert said.endswith("This was a preview: nothing has been changed.\n")
    bad = put(tmp_path, "hr_staff_2019-03-31.csv", staff(*EVERYBODY, S01_fte="none"))
    arguments = ["preview", str(bad), "--source", "hr_staff", "--home", str(settings.home)]
    assert cli.main([*arguments, "--json"]) == 3
    facts = json.loads(capsys.readouterr().out)
    assert facts["sha256"] == sha256_of(bad)
    assert facts["bad_rows"][0] == {
        "line": 2,
        "column_name": "fte",
        "reason_code": "not_a_number",
        "detail": "fte is no number.",
    }
    assert facts["people"]["disappearing"] == 0
    assert cli.main(["preview", str(bad), "--home", str(settings.home)]) == 2
    assert "--source" in capsys.readouterr().err
