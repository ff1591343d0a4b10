"""A home from which a person is to be erased, and all that is known of it before and after."""

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import contracts, lake, nightly, tombstones
from warehouse.files import sha256_of
from warehouse.key_search import KeySearch
from warehouse.nightly import Outcome
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings
from warehouse.settings import load as load_settings

KEY = "5a" * 32
WHO = "ERASE-ME-77"
KEYS = Pseudonymiser(bytes.fromhex(KEY))
STAFF_KEY = KEYS.hash_all([WHO])[WHO]
SURVEY_KEY = KEYS.hash_all([WHO], "survey")[WHO]
EMAIL_KEY = KEYS.hash_all(["canaria@example.org"], "email")["canaria@example.org"]

STAFF = "employee_id,full_name,email,team,job_role,is_social_worker,contract_type,fte,start_date\n"
HERS = f'{WHO},"Canaria\nNamesake",Canaria@example.org,MASH,case_holder,Y,permanent,1,2018-05-01'
OTHER = "8,Jane,jane@example.org,MASH,case_holder,Y,permanent,0.8,2018-05-01"
SESSIONS = (
    "session_id,group_id,session_date,status,facilitator_id,facilitator_independent,mode\n"
    f"S1,G1,2019-03-05,held,{WHO},Y,online\nS2,G1,2019-03-06,held,8,Y,online\n"
)
LANDED = {
    "hr_staff/hr_staff_2019-03-31.csv": (
        f"{STAFF}{HERS}\n{OTHER}\n"
        f"{WHO},C,canaria@example.org,MASH,case_holder,Y,permanent,9,2017-05-01\n"  # 9 FTE: bad
        f"8,J,jane@example.org,MASH,case_holder,Y,permanent,9,2017-05-01\n"
        f"{WHO},too few\n"
    ),
    "hr_leavers/hr_leavers_2019-03-31.csv": (
        "employee_id,start_date,leaving_date,leaving_reason,record_status,exit_interview_notes\n"
        f"{WHO},2018-05-01,2019-03-20,resignation,leaver,left in tears\n"
    ),
    "group_attendance/group_attendance_2019-03-31.csv": (
        f"session_id,employee_id,attendance\nS1, {WHO} ,attended\nS1,8,attended\n"
    ),
    "group_sessions/group_sessions_2019-03-31.csv": SESSIONS,
    "wellbeing_survey/wave_2019-03-31.csv": (
        "response_id,wave_date,instrument,employee_id,q1,q2,q3,q4,q5\n"
        f"R1,2019-03-31,who5,{WHO},1,2,3,4,5\n{WHO},2019-03-31,who5,8,1,1,1,1,1\n"
    ),
    "absence/absence_2019-03-31.csv": (
        "employee_id,absence_start,absence_end,reason,working_days_lost\n8,2019-03-04,2019-03-05,other,2\n"
    ),
}
# Every place that a landing file of LANDED names her in but for the row of too few fields.
THEIRS = {
    "hr_staff": 2, "hr_leavers": 1, "group_attendance": 1, "group_sessions": 1, "wellbeing_survey": 1,
}  # fmt: skip


def without_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is published is the end-to-end test's; here a build ends at once."""
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
    done = Outcome(status="nothing_new", messages=("Nothing new has arrived.",))
    monkeypatch.setattr(nightly, "_publish_if_changed", lambda *_: done)


def new_home(folder: Path, landed: Mapping[str, str | bytes] = LANDED) -> Settings:
    """A home in which these files have been taken in."""
    settings = load_settings(folder)
    for name, content in landed.items():
        path = settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    nightly.ingest(settings=settings)
    return settings


def state(settings: Settings) -> dict[str, Any]:
    """All that a version is made from: what stands, with its counts, and the bytes and rows of each
    batch and of each list of bad rows."""
    registry = contracts.load(settings)
    found: dict[str, Any] = {}
    for row in lake.standing(lake.arrivals(settings), registry):
        facts = asdict(row.arrival) | {"status": row.status}
        # When it came, and how the rows are packed, are no part of what is known.
        for other in ("received_at", "batch_sha256", "quarantine_sha256"):
            del facts[other]
        rows = []
        for path in (
            lake.batch_path(settings, row.arrival),
            lake.quarantine_path(settings, row.arrival),
        ):
            is_bad = path.parent.parent == settings.set_aside
            if path.exists() and (facts["rows_quarantined"] or not is_bad):
                rows.append(
                    (sha256_of(path), duckdb.sql(f"from read_parquet('{path}')").fetchall())
                )
            else:
                rows.append(("", []))
        found[f"{row.arrival.source}/{row.arrival.file_name}"] = (facts, *rows)
    assert found
    return found


def holders(settings: Settings) -> list[str]:
    """Files of the home, tombstones apart, that hold one of her keys in any form."""
    search = KeySearch([STAFF_KEY, SURVEY_KEY, EMAIL_KEY])
    for path in settings.home.rglob("*"):
        if path.is_file() and path.parent != tombstones.folder(settings):
            search.look_into(path, str(path.relative_to(settings.home)))
    return sorted(search.found)


def from_the_start(settings: Settings, folder: Path) -> Settings:
    """A home with the same landing and tombstones whose lake is filled anew from them."""
    afresh = Settings(home=folder, project=settings.project)
    shutil.copytree(settings.landing, afresh.landing)
    shutil.copytree(settings.control, afresh.control)
    nightly.ingest(settings=afresh)
    return afresh
