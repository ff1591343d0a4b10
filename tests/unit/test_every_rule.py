"""Every rule of every source: one good row, and each way in which one value makes it a bad one.

Written down from the description of the sources and not from the contracts, which it checks.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.arrivals import blank
from warehouse import contracts, lake
from warehouse.ingest import batch
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings, project_root

KEYS = Pseudonymiser(bytes(32))
AS_OF = date(2019, 3, 31)
Fault = tuple[str | None, str]
Row = dict[str, str]

NO_WORD = "not_allowed"
NO_DATE = "not_a_date"
NO_NUMBER = "not_a_number"
RANGE = "out_of_range"
ORDER = "date_order"
MISSING = "missing_value"
MUST = "conditional_missing"
MUST_NOT = "conditional_present"

VACANCY = {
    "vacancy_id": "V1", "team": "MASH", "job_role": "case_holder", "is_social_worker": "Y",
    "fte": "1", "opened_date": "2019-01-10", "advertised_date": "2019-01-10",
    "offer_date": "2019-02-01", "start_date": "2019-03-01", "closed_date": "2019-02-02",
    "status": "filled", "applicants": "0", "covered_by_agency": "N",
}  # fmt: skip
DEBRIEF = {
    "debrief_id": "D1", "incident_date": "2019-01-02", "incident_type": "other", "team": "MASH",
    "requested_date": "2019-01-02", "offered_date": "2019-01-02", "held_date": "2019-01-02",
    "status": "held", "format": "group", "facilitator_id": "7", "staff_affected": "1",
    "staff_attended": "1", "follow_up_offered": "N", "notes": "",
}  # fmt: skip
STAFF = {
    "employee_id": "7", "full_name": "", "email": "", "team": "MASH", "job_role": "case_holder",
    "is_social_worker": "Y", "contract_type": "permanent", "fte": "1", "start_date": "2018-05-01",
    "caseload": "0",
}  # fmt: skip
LEAVER = {
    "employee_id": "7", "start_date": "2018-05-01", "leaving_date": "2018-05-01",
    "leaving_reason": "other", "destination": "", "record_status": "leaver",
    "exit_interview_notes": "",
}  # fmt: skip
GROUP = {
    "group_id": "G1", "teams": "MASH;Court", "started_on": "2017-01-01", "ended_on": "2017-01-01",
    "capacity": "12", "cadence_days": "42",
}  # fmt: skip
MEMBER = {
    "group_id": "G1", "employee_id": "7", "joined_on": "2018-01-01", "left_on": "2018-01-01",
}  # fmt: skip
SESSION = {
    "session_id": "S1", "group_id": "G1", "session_date": "2019-03-01", "status": "held",
    "facilitator_id": "7", "facilitator_independent": "Y", "mode": "online",
    "duration_minutes": "480",
}  # fmt: skip
ATTENDANCE = {"session_id": "S1", "employee_id": "7", "attendance": "attended"}
SURVEY = {
    "response_id": "R1", "wave_date": "2019-03-31", "instrument": "who5", "employee_id": "",
    "team": "", "q1": "0", "q2": "5", "q3": "", "q4": "3", "q5": "4",
    **{f"q{item}": "" for item in range(6, 31)},
}  # fmt: skip
ABSENCE = {
    "employee_id": "7", "absence_start": "2019-03-01", "absence_end": "2019-03-01",
    "reason": "other", "working_days_lost": "0",
}  # fmt: skip
SWORD = {
    "wave_date": "2019-03-31", "principle": "wellbeing", "item": "", "share_low": "0",
    "share_middle": "0.25", "share_high": "1", "responses": "40",
}  # fmt: skip
EVIDENCE = {
    "point": "6", "document": "Policy", "owner_role": "", "dated": "2019-03-31", "review_date": "",
}  # fmt: skip

REQUIRED = {
    "hr_staff": (
        "employee_id", "team", "job_role", "is_social_worker", "contract_type", "fte", "start_date",
    ),
    "hr_leavers": (
        "employee_id", "start_date", "leaving_date", "leaving_reason", "record_status",
    ),
    "hr_vacancies": (
        "vacancy_id", "team", "job_role", "is_social_worker", "fte", "opened_date", "status",
        "covered_by_agency",
    ),
    "groups": ("group_id", "teams", "started_on", "capacity", "cadence_days"),
    "group_members": ("group_id", "employee_id", "joined_on"),
    "group_sessions": (
        "session_id", "group_id", "session_date", "status", "facilitator_id",
        "facilitator_independent", "mode",
    ),
    "group_attendance": ("session_id", "employee_id", "attendance"),
    "debriefs": (
        "debrief_id", "incident_date", "incident_type", "team", "requested_date", "status",
        "format", "staff_affected",
    ),
    "wellbeing_survey": ("response_id", "wave_date", "instrument"),
    "absence": ("employee_id", "absence_start", "reason", "working_days_lost"),
    "sword_results": ("wave_date", "principle", "responses"),
    "evidence_register": ("point", "document", "dated"),
}  # fmt: skip
ROLES = (
    "senior_manager", "middle_manager", "first_line_manager", "senior_practitioner", "case_holder",
    "qualified_without_cases", "family_support", "business_support",
)  # fmt: skip
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "hr_staff": {
        "job_role": ROLES,
        "contract_type": ("permanent", "fixed_term", "agency"),
        "is_social_worker": ("Y", "N"),
    },
    "hr_leavers": {
        "leaving_reason": (
            "resignation", "retirement", "end_of_contract", "redundancy", "dismissal", "transfer",
            "death_in_service", "other",
        ),
        "destination": (
            "other_council", "agency", "voluntary_sector", "health", "other_social_work",
            "not_social_work", "not_known",
        ),
        "record_status": ("leaver", "rescinded"),
    },
    "hr_vacancies": {"job_role": ROLES, "status": ("filled", "withdrawn"), "covered_by_agency": ("Y", "N")},
    "group_sessions": {
        "status": ("held", "cancelled"),
        "mode": ("in_person", "online"),
        "facilitator_independent": ("Y", "N"),
    },
    "group_attendance": {"attendance": ("attended", "apologies", "did_not_attend")},
    "debriefs": {
        "incident_type": (
            "child_death", "serious_harm", "violence_to_staff", "threat_to_staff",
            "suicide_or_self_harm", "distressing_disclosure", "other",
        ),
        "format": ("individual", "group"),
        "follow_up_offered": ("Y", "N"),
    },
    # The others answer otherwise: see the cases below.
    "wellbeing_survey": {"instrument": ("who5",)},
    "absence": {"reason": ("stress_anxiety_depression", "other")},
    "sword_results": {
        "principle": (
            "secure_base", "sense_of_appreciation", "learning_organisation", "mission_and_vision",
            "wellbeing",
        ),
    },
}  # fmt: skip

# What makes the good row a bad one; None: still a good one.
CASES: dict[str, tuple[Row, list[tuple[Row, Fault | None]]]] = {
    "hr_staff": (
        STAFF,
        [({"caseload": "-1"}, ("caseload", RANGE)), ({"fte": "0"}, ("fte", RANGE))],
    ),
    "hr_leavers": (
        LEAVER,
        [
            ({"leaving_date": "2018-04-30"}, ("leaving_date", ORDER)),
            ({"leaving_date": "2021-03-31"}, None),
            ({"leaving_date": "2021-04-01"}, ("leaving_date", RANGE)),
        ],
    ),
    "hr_vacancies": (
        VACANCY,
        [
            ({"fte": "1.5"}, ("fte", RANGE)),
            ({"advertised_date": "2019-01-09"}, ("advertised_date", ORDER)),
            ({"offer_date": "2019-01-09"}, ("offer_date", ORDER)),
            ({"start_date": "2019-01-09"}, ("start_date", ORDER)),
            ({"closed_date": "2019-01-09"}, ("closed_date", ORDER)),
            ({"closed_date": ""}, ("closed_date", MUST)),
            ({"status": "withdrawn", "closed_date": ""}, ("closed_date", MUST)),
            *(
                ({"status": one}, ("closed_date", MUST_NOT))
                for one in ("open", "on_hold", "offered")
            ),
            *(({"status": one, "closed_date": ""}, None) for one in ("open", "on_hold", "offered")),
            # With a status that is no status, whether it must be closed is not judged.
            ({"status": "gone", "closed_date": ""}, ("status", NO_WORD)),
            ({"status": "", "closed_date": ""}, ("status", MISSING)),
            # The opening is faulty itself, so no other date is held against it.
            ({"opened_date": "soon", "closed_date": "2019-01-01"}, ("opened_date", NO_DATE)),
            ({"applicants": "-1"}, ("applicants", RANGE)),
            ({"applicants": "2.5"}, ("applicants", NO_NUMBER)),
            ({"advertised_date": "", "offer_date": "", "start_date": "", "applicants": ""}, None),
        ],
    ),
    "groups": (
        GROUP,
        [
            ({"ended_on": ""}, None),
            ({"ended_on": "2016-12-31"}, ("ended_on", ORDER)),
            ({"capacity": "1"}, None),
            ({"capacity": "0"}, ("capacity", RANGE)),
            ({"capacity": "13"}, ("capacity", RANGE)),
            ({"cadence_days": "6 weeks"}, ("cadence_days", NO_NUMBER)),
        ],
    ),
    "group_members": (
        MEMBER,
        [({"left_on": ""}, None), ({"left_on": "2017-12-31"}, ("left_on", ORDER))],
    ),
    "group_sessions": (
        SESSION,
        [
            ({"duration_minutes": ""}, None),
            ({"duration_minutes": "1"}, None),
            ({"duration_minutes": "0"}, ("duration_minutes", RANGE)),
            ({"duration_minutes": "481"}, ("duration_minutes", RANGE)),
        ],
    ),
    "group_attendance": (ATTENDANCE, []),
    "debriefs": (
        DEBRIEF,
        [
            ({"requested_date": "2019-01-01"}, ("requested_date", ORDER)),
            ({"offered_date": "2019-01-01"}, ("offered_date", ORDER)),
            ({"held_date": "2019-01-01"}, ("held_date", ORDER)),
            ({"offered_date": "2019-01-03"}, ("held_date", ORDER)),
            ({"offered_date": ""}, None),
            # Two faults of one column: the order of dates comes before what must not be there.
            ({"status": "offered", "held_date": "2019-01-01"}, ("held_date", ORDER)),
            *(
                (
                    {"status": one, "held_date": "", "staff_attended": "", "follow_up_offered": ""},
                    None,
                )
                for one in ("requested", "offered", "declined", "cancelled")
            ),
            ({"status": "declined", "held_date": ""}, ("staff_attended", MUST_NOT)),
            ({"staff_affected": "0"}, ("staff_affected", RANGE)),
            ({"staff_attended": "0"}, None),
            ({"staff_attended": "2"}, ("staff_attended", RANGE)),
            ({"staff_attended": "-1"}, ("staff_attended", RANGE)),
            # Nobody knows how many were affected, so how many came is not held against it.
            ({"staff_affected": "many", "staff_attended": "9"}, ("staff_affected", NO_NUMBER)),
            ({"facilitator_id": ""}, None),
        ],
    ),
    "wellbeing_survey": (
        SURVEY,
        [
            ({"q1": "6"}, ("q1", RANGE)),
            ({"q5": "-1"}, ("q5", RANGE)),
            ({"q3": "often"}, ("q3", NO_NUMBER)),
            # What an answer may be is not known, so it is not judged.
            ({"instrument": "phq9", "q1": "9"}, ("instrument", NO_WORD)),
            ({"q6": "1"}, ("q6", RANGE)),
            ({"instrument": "proqol5", "q1": "1", "q30": "5"}, None),
            ({"instrument": "proqol5", "q1": "1", "q30": "6"}, ("q30", RANGE)),
            ({"instrument": "proqol5"}, ("q1", RANGE)),
            ({"instrument": "swemwbs", "q1": "1", "q7": "5"}, None),
            ({"instrument": "swemwbs", "q1": "1", "q8": "5"}, ("q8", RANGE)),
            ({"instrument": "cbi", "q2": "100", "q4": "75", "q5": "25", "q19": "50"}, None),
            ({"instrument": "cbi", "q2": "60", "q4": "", "q5": ""}, ("q2", RANGE)),
            ({"instrument": "cbi", "q2": "125", "q4": "", "q5": ""}, ("q2", RANGE)),
        ],
    ),
    "absence": (
        ABSENCE,
        [
            ({"absence_end": ""}, None),
            ({"absence_end": "2019-02-28"}, ("absence_end", ORDER)),
            ({"working_days_lost": "0.5"}, None),
            ({"working_days_lost": "-0.5"}, ("working_days_lost", RANGE)),
        ],
    ),
    "sword_results": (
        SWORD,
        [
            ({"item": "3"}, None),
            ({"share_low": "-0.1"}, ("share_low", RANGE)),
            ({"share_middle": "1.1"}, ("share_middle", RANGE)),
            ({"share_high": "40%"}, ("share_high", NO_NUMBER)),
            ({"share_low": "", "share_middle": "", "share_high": ""}, None),
        ],
    ),
    "evidence_register": (
        EVIDENCE,
        [
            ({"point": "1"}, None),
            ({"point": "0"}, ("point", RANGE)),
            ({"point": "7"}, ("point", RANGE)),
            ({"review_date": "31/03/2020"}, ("review_date", NO_DATE)),
        ],
    ),
}
SNAPSHOTS = ("hr_staff", "groups", "group_members")
KEY = {
    "hr_staff": "employee_id", "hr_leavers": "employee_id", "hr_vacancies": "vacancy_id",
    "groups": "group_id", "group_members": "group_id", "group_sessions": "session_id",
    "group_attendance": "session_id", "debriefs": "debrief_id", "wellbeing_survey": "response_id",
    "absence": "employee_id", "sword_results": "wave_date", "evidence_register": "point",
}  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, project=project_root())


def judged(settings: Settings, source: str, rows: list[Row]) -> list[Fault | None]:
    """What became of each row, each in a file of its own so that no key meets another."""
    contract = contracts.load(settings)[source]
    files = []
    for number, row in enumerate(rows):
        path = settings.landing / f"{source}{number}_{AS_OF}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([",".join(row), ",".join(row.values())]), encoding="utf-8")
        files.append((path, blank(contract, path)))
    with batch.open_workbench() as workbench:
        arrivals = list(batch.write(workbench, settings, contract, KEYS, files))
    assert not any(one.rejected for one in arrivals), arrivals
    found: list[Fault | None] = []
    for arrival in arrivals:
        bad = lake.quarantine_path(settings, arrival)
        if not bad.exists():
            assert arrival.rows_loaded == 1
            found.append(None)
            continue
        query = f"select column_name, reason_code from read_parquet('{bad}')"
        ((column, reason),) = duckdb.sql(query).fetchall()
        found.append((column, reason))
    return found


@pytest.mark.parametrize("source", CASES)
def test_every_rule_of_a_source_is_kept(settings: Settings, source: str) -> None:
    """The good row, then each of its changes, then each required value taken out, each word."""
    good, cases = CASES[source]
    wanted: list[tuple[Row, Fault | None]] = [(good, None)]
    wanted += [(good | change, fault) for change, fault in cases]
    wanted += [(good | {name: ""}, (name, MISSING)) for name in REQUIRED[source]]
    for name, words in WORDS.get(source, {}).items():
        wanted += [(good | {name: f" {word} "}, None) for word in words]
        wanted += [
            (good | {name: word}, (name, NO_WORD)) for word in ("Anything", words[0].swapcase())
        ]
    found = judged(settings, source, [row for row, _ in wanted])
    assert [(row, fault) for (row, _), fault in zip(wanted, found, strict=True)] == wanted


@pytest.mark.parametrize("source", CASES)
def test_a_file_without_a_required_column_is_rejected(settings: Settings, source: str) -> None:
    good, _ = CASES[source]
    contract = contracts.load(settings)[source]
    settings.landing.mkdir(parents=True)
    files = []
    for name in REQUIRED[source]:
        kept = {one: value for one, value in good.items() if one != name}
        path = settings.landing / f"without_{name}_{AS_OF}.csv"
        path.write_text("\n".join([",".join(kept), ",".join(kept.values())]), encoding="utf-8")
        files.append((path, blank(contract, path)))
    optional = {one: value for one, value in good.items() if one in REQUIRED[source]}
    path = settings.landing / f"bare_{AS_OF}.csv"
    if source not in ("hr_vacancies", "debriefs"):
        # Their condition asks for columns that may otherwise be left out.
        path.write_text("\n".join([",".join(optional), ",".join(optional.values())]))
        files.append((path, blank(contract, path)))
    with batch.open_workbench() as workbench:
        arrivals = list(batch.write(workbench, settings, contract, KEYS, files))
    refused = arrivals[: len(REQUIRED[source])]
    assert {one.reason_code for one in refused} == {"missing_column"}
    assert [one.rows_loaded for one in arrivals[len(refused) :]] == [1] * (
        len(files) - len(refused)
    )


@pytest.mark.parametrize("source", CASES)
def test_void_and_synthetic_are_judged_last_and_void_is_for_records(
    settings: Settings, source: str
) -> None:
    """A snapshot has no void, so there the column is an extra one whatever it holds."""
    good, _ = CASES[source]
    is_record = source not in SNAPSHOTS
    void_fault: Fault | None = ("void", NO_WORD) if is_record else None
    wanted: list[tuple[Row, Fault | None]] = [
        (good | {"synthetic": "Y"}, None),
        (good | {"synthetic": "N", "void": "N"}, None),
        (good | {"synthetic": "", "void": "Y"}, None),
        (good | {"synthetic": "yes"}, ("synthetic", NO_WORD)),
        (good | {"void": "yes"}, void_fault),
        ({"synthetic": "yes", "void": "yes"} | good, void_fault or ("synthetic", NO_WORD)),
        (
            {"synthetic": "yes"} | good | {REQUIRED[source][-1]: ""},
            (REQUIRED[source][-1], MISSING),
        ),
    ]
    assert judged(settings, source, [row for row, _ in wanted]) == [fault for _, fault in wanted]


@pytest.mark.parametrize("source", CASES)
def test_the_first_good_line_of_a_key_stands_in_every_source(
    settings: Settings, source: str
) -> None:
    """Line 2 repeats no good row, for it is bad; 3 stands; 4 repeats it, though it be a void one."""
    good, _ = CASES[source]
    contract = contracts.load(settings)[source]
    flag = "synthetic" if source in SNAPSHOTS else "void"
    header = [*good, flag]
    lines = [[*good.values(), mark] for mark in ("maybe", "", "Y")]
    path = settings.landing / f"{source}_{AS_OF}.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(",".join(line) for line in [header, *lines]), encoding="utf-8")
    with batch.open_workbench() as workbench:
        (arrival,) = batch.write(
            workbench, settings, contract, KEYS, [(path, blank(contract, path))]
        )
    bad = lake.quarantine_path(settings, arrival)
    assert duckdb.sql(
        f"select line, column_name, reason_code from read_parquet('{bad}') order by line"
    ).fetchall() == [(2, flag, NO_WORD), (4, KEY[source], "duplicate_key")]
    assert (arrival.rows_read, arrival.rows_loaded, arrival.rows_quarantined) == (3, 1, 2)
    # Only a staff snapshot says of a bad row that somebody is there.
    held = duckdb.sql(
        f"select line, row_status from read_parquet('{lake.batch_path(settings, arrival)}') order by line"
    ).fetchall()
    presence = [(2, "presence")] if source == "hr_staff" else []
    assert held == [*presence, (3, "good")]


def test_a_nul_is_a_character_like_others(settings: Settings) -> None:
    """So a team of one NUL is a team, and a role with one at its end is no role."""
    rows = [STAFF | {"team": "\x00"}, STAFF | {"job_role": "case_holder\x00"}]
    assert judged(settings, "hr_staff", rows) == [None, ("job_role", NO_WORD)]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("+1", None),
        ("-0", ("fte", RANGE)),
        ("0.000000001", None),
        ('"1,0"', ("fte", NO_NUMBER)),
        ("1 ", None),
        ("0x1", ("fte", NO_NUMBER)),
        ("1_0", ("fte", NO_NUMBER)),
        (".", ("fte", NO_NUMBER)),
        ("NaN", ("fte", NO_NUMBER)),
        ("inf", ("fte", NO_NUMBER)),
        ("١", ("fte", NO_NUMBER)),
        ("1" * 30, ("fte", RANGE)),
    ],
)
def test_a_decimal_has_digits_one_point_and_nothing_else(
    settings: Settings, text: str, fault: Fault | None
) -> None:
    assert judged(settings, "hr_staff", [STAFF | {"fte": text}]) == [fault]


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u3000", "\t", "\u0085", " \u2028 "])
def test_unicode_white_space_around_a_value_is_not_part_of_it(
    settings: Settings, space: str
) -> None:
    rows = [STAFF | {"fte": f"{space}1{space}"}, STAFF | {"team": space}]
    assert judged(settings, "hr_staff", rows) == [None, ("team", MISSING)]


def test_the_arrival_of_a_rejected_file_is_kept_apart_from_the_others(settings: Settings) -> None:
    """One of two files judged together is rejected: its counts and rows are its own."""
    contract = contracts.load(settings)["group_attendance"]
    settings.landing.mkdir(parents=True)
    files = []
    for name, words in (("bad", ["no"] * 5 + ["attended"]), ("good", ["attended"] * 6)):
        path = settings.landing / f"{name}_{AS_OF}.csv"
        lines = [f"S{number},7,{word}" for number, word in enumerate(words)]
        path.write_text("\n".join([",".join(ATTENDANCE), *lines]), encoding="utf-8")
        files.append((path, replace(blank(contract, path), stem=name)))
    with batch.open_workbench() as workbench:
        bad, good = batch.write(workbench, settings, contract, KEYS, files)
    assert (bad.reason_code, bad.rows_read, bad.rows_loaded, bad.rows_quarantined) == (
        "too_many_bad_rows", 6, 0, 5,
    )  # fmt: skip
    assert (good.reason_code, good.rows_read, good.rows_loaded) == (None, 6, 6)
    assert not lake.batch_path(settings, bad).exists()
    assert lake.quarantine_path(settings, bad).exists()


def test_the_published_indicators_may_be_withdrawn_and_are_never_synthetic(
    settings: Settings,
) -> None:
    """There `synthetic` is an extra column whatever it holds; void is judged as anywhere."""
    row = {"time_period": "2019", "geographic_level": "National", "country_code": "E92000001"}
    wanted: list[tuple[Row, Fault | None]] = [
        (row | {"synthetic": "maybe"}, None),
        (row | {"void": "Y"}, None),
        (row | {"void": "maybe"}, ("void", NO_WORD)),
        (row | {"time_period": "last year"}, ("time_period", NO_NUMBER)),
        (row | {"geographic_level": ""}, ("geographic_level", MISSING)),
        # What the file does not say is no zero and no fault.
        (row | {"turnover_rate_fte": "z"}, None),
    ]
    assert judged(settings, "dfe_workforce", [one for one, _ in wanted]) == [
        fault for _, fault in wanted
    ]
