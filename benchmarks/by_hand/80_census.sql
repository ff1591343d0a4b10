-- The census returns: people in post and gone, and the rules that a return is held to.
create temp table returned as
select
    *, year(as_of)::integer as year, record_type = 'worker' as worker, agency_worker = '1' as is_agency,
    count(*) over (partition by as_of, record_type, swe_key) as records_of_worker
from (
    select * exclude (
        synthetic, row_status, qualification_level, absent_on_census_day, absence_reason, recruitment_bonus,
        retention_bonus, performance_award, car_allowance, relocation_package, regional_weighting, cost_swe,
        cost_dbs
    )
    from lake.csww_return
    qualify row_number() over (
        partition by as_of, record_type, swe_key, role_start_date order by file_sha256 desc, line
    ) = 1
)
where void is not true;

create temp table codes as
from read_csv(getvariable('seeds') || '/csww_codes.csv', all_varchar = true);

create table marts.csww_staff as
select
    year, swe_key, role_start_date, is_agency, roles.warehouse_value as job_role, fte::double as fte,
    origins.warehouse_value as origin, origins.label as origin_as_returned,
    stages.warehouse_value as career_stage, cases::integer as cases
from returned
left join codes as roles on roles.code_set = 'role' and roles.code = organisation_role
left join codes as origins on origins.code_set = 'origin' and origins.code = start_origin
left join codes as stages on stages.code_set = 'career_stage' and stages.code = returned.career_stage
where worker and role_end_date is null;

create table marts.csww_leavers as
select
    year, swe_key, role_start_date, role_end_date as leaving_date, is_agency,
    roles.warehouse_value as job_role, coalesce(nullif(fte, 0), fte30)::double as fte,
    case when reasons.warehouse_value in ('dismissal', 'death_in_service') then 'other'
        else reasons.warehouse_value end as leaving_reason,
    destinations.warehouse_value as destination, destinations.label as destination_as_returned
from returned
left join codes as roles on roles.code_set = 'role' and roles.code = organisation_role
left join codes as reasons on reasons.code_set = 'leaving_reason' and reasons.code = reason_leave
left join codes as destinations
    on destinations.code_set = 'destination' and destinations.code = leaver_destination
where worker and role_end_date is not null;

create table marts.csww_vacancies as
select year, old_la_code, vacant_fte::double as vacant_fte, agency_cover_fte::double as agency_cover_fte,
    agency_cover_headcount::integer as agency_cover_headcount
from returned
where record_type = 'authority';

create table marts.csww_return_check as
with in_post as (
    select
        year, sum(fte::decimal(18, 9)) filter (not is_agency) as fte,
        count(distinct swe_key) filter (not is_agency) as headcount,
        sum(fte::decimal(18, 9)) filter (is_agency) as agency_fte,
        count(distinct swe_key) filter (is_agency) as agency_headcount
    from marts.csww_staff
    group by year
),
gone as (
    select year, sum(fte::decimal(18, 9)) as fte, count(distinct swe_key) as headcount
    from marts.csww_leavers
    where not is_agency and leaving_reason is distinct from 'transfer'
    group by year
),
agency as (
    select year(month_end) as year, agency_headcount
    from marts.retention_monthly
    where scope_type = 'social_workers' and month(month_end) = 9
),
compared as (
    select year, unnest([
        {measure: 'inpost_fte', from_return: coalesce(in_post.fte, 0)::double,
            from_warehouse: ours.inpost_fte},
        {measure: 'inpost_headcount', from_return: coalesce(in_post.headcount, 0),
            from_warehouse: ours.inpost_headcount},
        {measure: 'leavers_fte', from_return: coalesce(gone.fte, 0)::double,
            from_warehouse: ours.leavers_fte},
        {measure: 'leavers_headcount', from_return: coalesce(gone.headcount, 0),
            from_warehouse: ours.leavers_headcount},
        {measure: 'vacant_fte', from_return: vacant.vacant_fte, from_warehouse: ours.vacant_fte},
        {measure: 'agency_fte', from_return: coalesce(in_post.agency_fte, 0)::double,
            from_warehouse: ours.agency_fte},
        {measure: 'agency_headcount', from_return: coalesce(in_post.agency_headcount, 0),
            from_warehouse: agency.agency_headcount}
    ], recursive := true)
    from (select distinct year from returned)
    left join in_post using (year)
    left join gone using (year)
    left join marts.csww_vacancies as vacant using (year)
    left join marts.retention_yearly_dfe as ours using (year)
    left join agency using (year)
)
select *, from_return - from_warehouse as difference
from compared;

create table marts.csww_conformance as
with counted as (
    select year, [
        {rule: 'birth_date_given', rule_from: 'census',
            description: 'A worker who is not from an agency has PersonBirthDate, a date.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025
                and birth_date_state <> 'given')},
        {rule: 'sex_given', rule_from: 'census',
            description: 'A worker who is not from an agency has GenderCurrent (Sex from 2024), by its codes.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025 and sex_state <> 'given')},
        {rule: 'ethnicity_given', rule_from: 'census',
            description: 'A worker who is not from an agency has Ethnicity, by its codes.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025
                and ethnicity_state <> 'given')},
        {rule: 'institution_given', rule_from: 'census',
            description: 'A worker who is not from an agency has QualInst (to 2024).',
            checked: count(*) filter (worker and not is_agency and year <= 2024),
            failing: count(*) filter (worker and not is_agency and year <= 2024
                and institution_state <> 'given')},
        {rule: 'step_up_given', rule_from: 'census',
            description: 'A worker who is not from an agency has StepUpGrad.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025
                and step_up_graduate is null)},
        {rule: 'role_given', rule_from: 'census',
            description: 'A worker who is not from an agency has OrgRole.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025
                and organisation_role is null)},
        {rule: 'role_start_given', rule_from: 'census',
            description: 'A worker who is not from an agency has RoleStartDate.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025 and role_start_date is null)},
        {rule: 'origin_given', rule_from: 'census',
            description: 'A worker who is not from an agency has StartOrigin.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025 and start_origin is null)},
        {rule: 'fte30_given', rule_from: 'census',
            description: 'A worker who is not from an agency has FTE30.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025 and fte30 is null)},
        {rule: 'working_days_lost_given', rule_from: 'census',
            description: 'A worker who is not from an agency has WorkingDaysLost.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025
                and working_days_lost is null)},
        {rule: 'frontline_given', rule_from: 'census',
            description: 'A worker who is not from an agency has FrontlineGrad.',
            checked: count(*) filter (worker and not is_agency and year <= 2025),
            failing: count(*) filter (worker and not is_agency and year <= 2025
                and frontline_graduate is null)},
        {rule: 'start_date_with_origin', rule_from: 'census',
            description: 'RoleStartDate and StartOrigin stand together or not at all.',
            checked: count(*) filter (worker),
            failing: count(*) filter (worker and (role_start_date is null) <> (start_origin is null))},
        {rule: 'end_date_with_reason_and_destination', rule_from: 'census',
            description: 'RoleEndDate, ReasonLeave and LeaverDestination stand together or not at all.',
            checked: count(*) filter (worker),
            failing: count(*) filter (worker
                and ((role_end_date is null) <> (reason_leave is null) or (role_end_date is null) <> (leaver_destination is null)))},
        {rule: 'fte_of_a_leaver_is_0', rule_from: 'census',
            description: 'The FTE of a leaver is 0.',
            checked: count(*) filter (worker and role_end_date is not null),
            failing: count(*) filter (worker and role_end_date is not null and coalesce(fte, 0) <> 0)},
        {rule: 'role_end_in_census_year', rule_from: 'census',
            description: 'RoleEndDate lies in the year to 30 September.',
            checked: count(*) filter (worker and role_end_date is not null),
            failing: count(*) filter (worker and role_end_date is not null
                and role_end_date not between make_date(year - 1, 10, 1) and as_of)},
        {rule: 'fte_from_0_to_1', rule_from: 'census',
            description: 'FTE and FTE30 lie between 0 and 1.',
            checked: count(*) filter (worker),
            failing: count(*) filter (worker and (fte not between 0 and 1 or fte30 not between 0 and 1))},
        {rule: 'cases_up_to_40', rule_from: 'census',
            description: 'Cases30 is no more than 40.',
            checked: count(*) filter (worker and cases is not null),
            failing: count(*) filter (worker and cases is not null and cases > 40)},
        {rule: 'contract_up_to_500_weeks', rule_from: 'census',
            description: 'ContractWeeks is not expected above 500.',
            checked: count(*) filter (worker and contract_weeks is not null),
            failing: count(*) filter (worker and contract_weeks is not null and contract_weeks > 500)},
        {rule: 'swe_number_has_its_form', rule_from: 'census',
            description: 'SWENo is two letters and up to twelve digits.',
            checked: count(*) filter (worker),
            failing: count(*) filter (worker and swe_number_state <> 'given')},
        {rule: 'one_record_a_worker', rule_from: 'warehouse',
            description: 'Nobody stands in the return twice; who left and came back rightly does.',
            checked: count(*) filter (worker),
            failing: count(*) filter (worker and records_of_worker > 1)},
        {rule: 'fte_given_in_post', rule_from: 'warehouse',
            description: 'A worker in post has FTE; without it the FTE in post is too low.',
            checked: count(*) filter (worker and role_end_date is null),
            failing: count(*) filter (worker and role_end_date is null and fte is null)},
        {rule: 'role_start_by_census_day', rule_from: 'warehouse',
            description: 'RoleStartDate is no later than 30 September.',
            checked: count(*) filter (worker and role_start_date is not null),
            failing: count(*) filter (worker and role_start_date is not null and role_start_date > as_of)},
        {rule: 'role_end_after_start', rule_from: 'warehouse',
            description: 'RoleEndDate is no earlier than RoleStartDate.',
            checked: count(*) filter (worker and role_start_date is not null and role_end_date is not null),
            failing: count(*) filter (worker and role_start_date is not null and role_end_date is not null
                and role_end_date < role_start_date)},
        {rule: 'authority_counts_given', rule_from: 'warehouse',
            description: 'The authority states vacancies and agency cover; with no record of it, 0 are checked.',
            checked: count(*) filter (record_type = 'authority'),
            failing: count(*) filter (record_type = 'authority'
                and (vacant_fte is null or agency_cover_fte is null or agency_cover_headcount is null))}
    ] as rules
    from returned
    group by year
)
select year, rule, description, rule_from, checked::integer as records_checked,
    failing::integer as records_failing
from (select year, unnest(rules, recursive := true) from counted);
