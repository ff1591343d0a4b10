"""A lake of any size, written straight to Parquet: eight years of a service of so many staff.

    python benchmarks/bulk_lake.py --home DIR [--staff N]

Every source that the lake knows, in the volume that a council of that size would send: a staff
list, leavers, vacancies and absences each month, groups and their members, sessions and who came,
debriefs, surveys, census returns; and the Department's files of every authority as they are. What
nobody measures here (reading, judging and hashing files) is left out: the batches and their
records are written as a night would leave them, so that `warehouse build` builds from the home as
from any other. All made up; the same size gives the same rows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from warehouse import contracts, lake
from warehouse.contracts import Contract
from warehouse.files import partial, put_in_place
from warehouse.ingest import landing
from warehouse.lake import Arrival
from warehouse.pseudonyms import Pseudonymiser
from warehouse.settings import Settings, project_root

FIRST_DAY, LAST_DAY = date(2014, 1, 1), date(2021, 12, 31)
# One team for each twenty people in post.
STAFF_IN_A_TEAM = 20
FEWEST_TEAMS = 12
# Meetings that were held online and came as reports: one file each, and reading files is not what
# is measured, so their number does not grow with the service.
MEETING_REPORTS = 60
RECEIVED_AT = datetime(2022, 1, 5, 4, tzinfo=UTC)
# The Department's two releases that the project holds, by the names under which they land.
DFE_FILES = {
    "csww_headline_measures_2017_to_2022.csv": "csww_headline_measures_2023-02-23.csv",
    "csww_indicators_2017_to_2025.csv": "csww_indicators_2026-03-19.csv",
}

# What all sources are drawn from. `roll` is a number from 0 to below 1, the same for the same key
# and purpose, so that no source depends on the order of another's rows.
_SERVICE = """
create macro roll(key, purpose) as (hash(key, purpose) >> 12) / 4503599627370496.0;
create macro key_of(kind, number) as md5(kind || number);
create macro is_social_work(job_role) as job_role not in ('family_support', 'business_support');

create table months as
select last_day(first_day::date) as month_end
from generate_series($first_day::date, $last_day::date, interval 1 month) as t (first_day);

create table teams as
select number, coalesce(name, 'Team ' || number) as team
from (select range as number from range($teams))
left join (select unnest($named) as name, generate_subscripts($named, 1) - 1 as place)
    on number = place;

-- Seats, each held by one spell after the other, with a gap between them.
create table seats as
select
    seat,
    seat % $teams as team_number,
    roll(seat, 'agency') < 0.12 as is_agency,
    case
        when roll(seat, 'role') < 0.01 then 'senior_manager'
        when roll(seat, 'role') < 0.05 then 'middle_manager'
        when roll(seat, 'role') < 0.15 then 'first_line_manager'
        when roll(seat, 'role') < 0.25 then 'senior_practitioner'
        when roll(seat, 'role') < 0.60 then 'case_holder'
        when roll(seat, 'role') < 0.65 then 'qualified_without_cases'
        when roll(seat, 'role') < 0.85 then 'family_support'
        else 'business_support'
    end as job_role
from (select range as seat from range($staff));

create table spells as
with lengths as (
    select
        seats.*,
        place,
        seat * 100 + place as spell,
        30 + (-ln(1 - roll(seat * 100 + place, 'length')) * if(is_agency, 250, 1700))::integer as days,
        20 + (160 * roll(seat * 100 + place, 'gap'))::integer as gap
    from seats cross join range(40) as t (place)
),
placed as (
    select
        *,
        ($first_day::date - 3000 + sum(days + gap) over (partition by seat order by place)::integer)
        - days - gap as start_date
    from lengths
)
select
    * exclude (days, team_number),
    start_date + days as end_date,
    team_number,
    lag(start_date + days) over (partition by seat order by place) as ended_before,
    -- One in thirty comes back to the seat, one in a hundred holds the neighbouring seat as well.
    case
        when roll(spell, 'person') < 0.03 then spell - 1
        when roll(spell, 'person') < 0.04 then spell + 100
        else spell
    end as person
from placed
where start_date + days >= $first_day::date and start_date <= $last_day::date
qualify row_number() over (partition by person, start_date order by spell) = 1;

create table in_post as
select
    month_end,
    key_of('staff', person) as staff_key,
    key_of('email', person) as email_key,
    -- One in twenty spends a calendar year in another team, one in twelve works other hours in it.
    if(
        roll(spell, 'team' || year(month_end)) < 0.05,
        (team_number + year(month_end)) % $teams, team_number
    ) as team_number,
    job_role,
    case
        when is_agency then 'agency'
        when roll(spell, 'contract') < 0.06 then 'fixed_term'
        else 'permanent'
    end as contract_type,
    if(
        roll(spell, 'hours' || year(month_end)) < 0.08, 0.5,
        case when roll(spell, 'hours') < 0.7 then 1.0 when roll(spell, 'hours') < 0.9 then 0.8 else 0.6 end
    ) as fte,
    spell,
    person,
    start_date,
    end_date
from spells inner join months
    on month_end between start_date - 20 and end_date
order by month_end, staff_key, start_date;

create table groups as
select
    number,
    'G' || number as group_id,
    date '2019-01-07' + (60 * roll(number, 'group'))::integer as started_on
from (select range as number from range(greatest(2, $staff // 10)));

create table members as
select
    group_id,
    key_of('staff', person) as staff_key,
    key_of('email', person) as email_key,
    greatest(min(start_date), started_on) as joined_on,
    max(end_date) as left_on
from spells inner join groups on hash(spell, 'group') % (select count(*) from groups) = number
where end_date >= started_on
group by group_id, person, started_on;

create table sessions as
select
    group_id || '-' || place as session_id,
    group_id,
    started_on + (28 * place + 6 * roll(group_id || place, 'day'))::integer as session_date,
    if(roll(group_id || place, 'held') < 0.94, 'held', 'cancelled') as status,
    row_number() over (order by roll(group_id || place, 'report')) as report
from groups cross join range(40) as t (place)
where started_on + (28 * place + 6)::integer <= $last_day::date;
alter table sessions add column online boolean;
update sessions set online = session_date >= date '2020-04-01' and status = 'held';
"""

# One query a source: the lake's columns, but for those that every row of a batch shares. `stem` is
# the name of the export, where that is not the source's own.
_ROWS = {
    "hr_staff": """
        select staff_key, email_key, team, job_role, is_social_work(job_role) as is_social_worker,
            contract_type, fte, start_date,
            if(job_role in ('case_holder', 'senior_practitioner'),
                8 + (16 * roll(spell, month_end::varchar))::integer, null) as caseload,
            month_end as as_of
        from in_post inner join teams on number = team_number
    """,
    "hr_leavers": """
        select key_of('staff', person) as staff_key, start_date, end_date as leaving_date,
            case when roll(spell, 'reason') < 0.7 then 'resignation'
                when roll(spell, 'reason') < 0.82 then 'retirement'
                when roll(spell, 'reason') < 0.92 then 'transfer' else 'end_of_contract' end
                as leaving_reason,
            if(roll(spell, 'where') < 0.5, 'other_council', 'not_known') as destination,
            'leaver' as record_status,
            last_day(end_date) as as_of
        from spells where not is_agency and end_date <= $last_day::date and end_date >= $first_day::date
            and roll(spell, 'recorded') < 0.96
        union all
        select key_of('staff', person), start_date, start_date + 400, 'resignation', null, 'rescinded',
            last_day(start_date + 370)
        from spells
        where not is_agency and end_date > $last_day::date and roll(spell, 'rescinded') < 0.01
            and start_date + 370 between $first_day::date and $last_day::date
    """,
    "hr_vacancies": """
        with gaps as (
            select spell, seat, team_number, job_role, start_date,
                greatest(ended_before - 20, $first_day::date) as opened_date,
                roll(spell, 'withdrawn') < 0.05 as is_withdrawn
            from spells
            where not is_agency and ended_before is not null and start_date <= $last_day::date
                and start_date > $first_day::date + 30
        ),
        stated as (
            select *, 'open' as status, last_day(opened_date) as as_of from gaps
            where last_day(opened_date) < start_date
            union all
            select *, if(is_withdrawn, 'withdrawn', 'filled'), last_day(start_date) from gaps
            where last_day(start_date) <= $last_day::date
        )
        select 'V' || spell as vacancy_id, team, job_role, is_social_work(job_role) as is_social_worker,
            if(roll(spell, 'hours') < 0.7, 1.0, 0.8) as fte, opened_date,
            opened_date + 5 as advertised_date,
            if(status = 'filled', greatest(opened_date, start_date - 30), null) as offer_date,
            if(status = 'filled', start_date, null) as start_date,
            if(status = 'open', null, start_date) as closed_date, status,
            1 + (9 * roll(spell, 'applicants'))::integer as applicants,
            roll(seat, 'cover') < 0.4 as covered_by_agency, as_of
        from stated inner join teams on number = team_number
    """,
    "absence": """
        with drawn as (
            select spell, person, start_date, end_date, year, turn,
                make_date(year, 1, 1) + (360 * roll(spell, 'sick' || year || '-' || turn))::integer
                    as absence_start,
                1 - roll(spell, 'long' || year || '-' || turn) as left_over
            from spells cross join range(2014, 2022) as t (year) cross join range(3) as p (turn)
            where roll(spell, 'often' || year) * 4 > turn + 1
        )
        select distinct on (staff_key, absence_start)
            key_of('staff', person) as staff_key, absence_start,
            absence_start + (-ln(left_over) * 9)::integer as absence_end,
            if(roll(spell, 'why' || absence_start) < 0.3, 'stress_anxiety_depression', 'other') as reason,
            1 + (-ln(left_over) * 6)::integer as working_days_lost,
            last_day(absence_start + (-ln(left_over) * 9)::integer) as as_of
        from drawn
        where absence_start between start_date and end_date
            and last_day(absence_start + (-ln(left_over) * 9)::integer) <= $last_day::date
        order by staff_key, absence_start, spell
    """,
    "groups": """
        select group_id, 'Team ' || number as teams, started_on, null as ended_on, 10 as capacity,
            28 as cadence_days, month_end as as_of
        from groups inner join months on month_end >= started_on
    """,
    "group_members": """
        select group_id, staff_key, joined_on, if(left_on <= month_end, left_on, null) as left_on,
            month_end as as_of
        from members inner join months on month_end >= joined_on and month_end <= left_on + 31
    """,
    "group_sessions": """
        select session_id, group_id, session_date, status,
            key_of('facilitator', hash(group_id) % 40) as facilitator_key,
            roll(session_id, 'independent') < 0.9 as facilitator_independent,
            if(online, 'online', 'in_person') as mode, if(status = 'held', 90, null) as duration_minutes,
            last_day(session_date) as as_of
        from sessions
    """,
    "group_attendance": """
        select session_id, staff_key,
            case when roll(session_id, staff_key) < 0.72 then 'attended'
                when roll(session_id, staff_key) < 0.9 then 'apologies' else 'did_not_attend' end
                as attendance,
            last_day(session_date) as as_of
        from sessions inner join members using (group_id)
        where status = 'held' and session_date between joined_on and left_on
            and not (online and report <= 6 * $reports)
    """,
    "debriefs": """
        with drawn as (
            select range as number,
                $first_day::date + (2900 * roll(range, 'incident'))::integer as incident_date
            from range(2 + $staff * 2 // 5)
        )
        select 'D' || drawn.number as debrief_id, incident_date, 'serious_harm' as incident_type, team,
            incident_date + 1 as requested_date,
            if(status = 'requested', null, incident_date + 2) as offered_date,
            if(status = 'held', incident_date + 2 + (6 * roll(drawn.number, 'held'))::integer, null)
                as held_date,
            status, if(roll(drawn.number, 'format') < 0.7, 'individual', 'group') as format,
            key_of('facilitator', drawn.number % 40) as facilitator_key, 4 as staff_affected,
            if(status = 'held', 3, null) as staff_attended,
            if(status = 'held', roll(drawn.number, 'after') < 0.8, null) as follow_up_offered,
            last_day(incident_date + 10) as as_of
        from (
            select *, case when roll(number, 'status') < 0.75 then 'held'
                when roll(number, 'status') < 0.9 then 'declined' else 'requested' end as status
            from drawn
        ) as drawn
        inner join teams on teams.number = hash(drawn.number) % $teams
        where last_day(incident_date + 10) <= $last_day::date
    """,
    "wellbeing_survey": """
        with asked as (
            select month_end, staff_key, team, instrument, facts.*
            from in_post inner join teams on number = team_number
            cross join (
                values ('proqol5', 30, 1, 4, 1), ('cbi', 19, 0, 4, 25), ('swemwbs', 7, 1, 4, 1),
                    ('who5', 5, 0, 5, 1)
            ) as facts (instrument, items, least, steps, step)
            where month(month_end) in (6, 12) and month_end >= date '2018-06-01'
                and start_date <= month_end and roll(spell, 'answers' || month_end) < 0.6
                and (instrument in ('proqol5', 'who5')) = (hash(spell, month_end) % 2 = 0)
            qualify row_number() over (partition by staff_key, month_end, instrument order by spell) = 1
        )
        select md5(staff_key || instrument || month_end) as response_key, month_end as wave_date,
            instrument, staff_key as respondent_key, team, {items}, month_end as as_of
        from asked
    """,
    "csww_return": """
        with returned as (
            select *, make_date(year, 9, 30) as as_of, end_date < make_date(year, 9, 30) as has_left
            from spells cross join range(2014, 2022) as t (year)
            where is_social_work(job_role) and start_date <= make_date(year, 9, 30)
                and end_date > make_date(year - 1, 9, 30)
        )
        select 'worker' as record_type, key_of('swe', person) as swe_key, start_date as role_start_date,
            if(is_agency, '1', '0') as agency_worker, 'given' as swe_number_state,
            if(has_left, 0, 0.9) as fte, 0.9 as fte30,
            (list_position(['senior_manager', 'middle_manager', 'first_line_manager',
                'senior_practitioner', 'case_holder', 'qualified_without_cases'], job_role))::varchar
                as organisation_role,
            '2' as start_origin, if(has_left, end_date, null) as role_end_date,
            if(has_left, '1', null) as reason_leave, if(has_left, '1', null) as leaver_destination,
            '2' as qualification_level, '0' as step_up_graduate, '0' as frontline_graduate,
            '2' as career_stage, if(job_role = 'case_holder', 15, null) as cases,
            (20 * roll(spell, 'lost' || year))::integer as working_days_lost, null as contract_weeks,
            '0' as absent_on_census_day, 'given' as birth_date_state, 'given' as sex_state,
            'given' as ethnicity_state, 'given' as institution_state, null as old_la_code,
            null as vacant_fte, null as agency_cover_fte, null as agency_cover_headcount, as_of
        from returned
        union all by name
        select 'authority' as record_type, '852' as old_la_code, $staff * 0.15 as vacant_fte,
            $staff * 0.1 as agency_cover_fte, $staff // 9 as agency_cover_headcount,
            make_date(year, 9, 30) as as_of
        from range(2014, 2022) as t (year)
    """,
    "attendance_teams": """
        select row_number() over (partition by session_id order by staff_key) as entry, email_key,
            session_date + interval 10 hour + interval 1 minute * (10 * roll(staff_key, session_id))::integer
                as joined_at,
            session_date + interval 11 hour + interval 25 minute as left_at, 'participant' as attends_as,
            session_date as as_of, session_id as stem
        from (
            select * from sessions where online and report <= 6 * $reports order by report limit $reports
        )
        inner join members using (group_id)
        where session_date between joined_on and left_on and roll(staff_key, session_id) < 0.75
    """,
    "sword_results": """
        select month_end as wave_date, principle, 'Item ' || item as item, 0.3 as share_low,
            0.3 as share_middle, 0.4 as share_high, $staff // 2 as responses, month_end as as_of
        from months cross join range(7) as t (item)
        cross join (
            select unnest(['secure_base', 'sense_of_appreciation', 'learning_organisation',
                'mission_and_vision', 'wellbeing']) as principle
        )
        where month(month_end) = 9
    """,
    "evidence_register": """
        select point, 'Document ' || point as document, 'Principal social worker' as owner_role,
            month_end as dated, month_end + 365 as review_date, month_end as as_of
        from months cross join range(1, 32) as t (point)
        where month(month_end) in (3, 9)
    """,
}
_ROWS["attendance_zoom"] = _ROWS["attendance_teams"].replace(
    "limit $reports", "limit $reports offset $reports"
)
_SURVEY_ITEMS = ", ".join(
    f"if({n} <= items, least + step * (floor((steps + 1) * roll(staff_key, 'q{n}' || month_end)))"
    f"::integer, null) as q{n}"
    for n in range(1, 31)
)


@dataclass(frozen=True)
class _Batch:
    stem: str
    as_of: date
    rows: int


def write(home: Path, staff: int) -> int:
    """Write the lake of a service of ``staff`` seats into an empty home; the number of its rows.

    Raises SystemExit where the home holds a lake already.
    """
    settings = Settings(home=home, project=project_root())
    if settings.lake.exists():
        raise SystemExit(f"{home} has a lake already. Name an empty folder with --home.")
    registry = contracts.load(settings)
    named = [team for teams in settings.areas().values() for team in teams]
    facts = {
        "first_day": FIRST_DAY,
        "last_day": LAST_DAY,
        "staff": staff,
        "teams": max(FEWEST_TEAMS, staff // STAFF_IN_A_TEAM),
        "named": named,
        "reports": MEETING_REPORTS,
    }
    rows = 0
    with duckdb.connect(config={"threads": 2}) as connection:
        for name, value in facts.items():
            connection.execute(f"set variable {name} = ?", [value])
        connection.execute(_with_facts(_SERVICE, facts))
        for source, query in _ROWS.items():
            drawn = _with_facts(query.replace("{items}", _SURVEY_ITEMS), facts)
            rows += _write_source(connection, settings, registry[source], drawn)
    return rows + _take_in_the_departments_files(settings)


def _with_facts(query: str, facts: dict[str, object]) -> str:
    for name in facts:
        query = query.replace(f"${name}", f"getvariable('{name}')")
    return query


def _write_source(
    connection: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract, query: str
) -> int:
    """The batches of one source, each sorted by its key, and the record of each arrival."""
    connection.execute(
        f"create or replace temp table drawn as select * from ({query}) order by as_of"
    )
    there = {row[0] for row in connection.execute("describe drawn").fetchall()}
    stem = "stem" if "stem" in there else f"'{contract.source}'"
    values = ", ".join(
        f"{name if name in there else 'null'}::{kind} as {name}"
        for name, kind in contract.lake_columns.items()
        if name not in ("as_of", "file_sha256", "line", "row_status", "synthetic")
    )
    synthetic = "true as synthetic, " if "synthetic" in contract.lake_columns else ""
    key = ", ".join(contract.column(name).lake_name for name in contract.key)
    total = 0
    for batch in _batches(connection, stem):
        arrival = _arrival(contract, batch)
        target = lake.batch_path(settings, arrival)
        target.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(
            f"copy (select {values}, {synthetic}as_of, '{arrival.sha256}' as file_sha256, "
            f"1 + row_number() over (order by {key}) as line, 'good' as row_status "
            f"from drawn where as_of = date '{batch.as_of}' and {stem} = '{batch.stem}' order by {key}) "
            f"to '{partial(target)}' {lake.WRITTEN_AS}"
        )
        put_in_place(partial(target), target)
        lake.record(settings, arrival)
        total += batch.rows
    return total


def _batches(connection: duckdb.DuckDBPyConnection, stem: str) -> Iterator[_Batch]:
    found = connection.execute(
        f"select {stem}, as_of, count(*) from drawn group by all order by all"
    ).fetchall()
    for name, as_of, rows in found:
        yield _Batch(name, as_of, rows)


def _arrival(contract: Contract, batch: _Batch) -> Arrival:
    kind = "xml" if contract.reader == "csww" else "csv"
    file_name = f"{batch.stem}_{batch.as_of}.{kind}"
    return Arrival(
        source=contract.source,
        file_name=file_name,
        stem=batch.stem,
        as_of=batch.as_of,
        revision=1,
        sha256=hashlib.sha256(f"{contract.source}/{file_name}".encode()).hexdigest(),
        contract=contract.fingerprint,
        rejected=False,
        reason_code=None,
        sentence=None,
        rows_read=batch.rows,
        rows_loaded=batch.rows,
        rows_quarantined=0,
        extra_columns=None,
        received_at=RECEIVED_AT,
    )


def _take_in_the_departments_files(settings: Settings) -> int:
    """The one source whose size does not depend on the service, read as a night would read it."""
    registry = contracts.load(settings)
    folder = settings.landing / "dfe_workforce"
    folder.mkdir(parents=True)
    for held, landed in DFE_FILES.items():
        shutil.copyfile(settings.project / "data" / "dfe" / held, folder / landed)
    arrivals = landing.take_in(
        settings, registry, Pseudonymiser(bytes(32)), [registry["dfe_workforce"]], lambda _: None
    )
    return sum(arrival.rows_loaded for arrival in arrivals)


def main() -> int:
    """Write the lake that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--staff", type=int, default=250)
    options = parser.parse_args()
    print(json.dumps({"staff": options.staff, "rows": write(options.home, options.staff)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
