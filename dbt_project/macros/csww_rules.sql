{#- The rules that a census return is held to, over the columns of stg_csww_return: which records a
    rule is about, and which of these break it. `census`: found in a third party's checker of returns
    (Social Finance), as the Department's own list could not be had. `warehouse`: what the marts made
    from a return rely on. -#}
{% macro csww_rules() -%}
    {%- set worker = "record_type = 'worker'" -%}
    {%- set employed = worker ~ " and not is_agency" -%}
    {%- set rules = [] -%}
    {%- for name, element, missing, years in [
        ('birth_date_given', 'PersonBirthDate, a date', "birth_date_state <> 'given'", 2025),
        ('sex_given', 'GenderCurrent (Sex from 2024), by its codes', "sex_state <> 'given'", 2025),
        ('ethnicity_given', 'Ethnicity, by its codes', "ethnicity_state <> 'given'", 2025),
        ('institution_given', 'QualInst (to 2024)', "institution_state <> 'given'", 2024),
        ('step_up_given', 'StepUpGrad', 'step_up_graduate is null', 2025),
        ('role_given', 'OrgRole', 'organisation_role is null', 2025),
        ('role_start_given', 'RoleStartDate', 'role_start_date is null', 2025),
        ('origin_given', 'StartOrigin', 'start_origin is null', 2025),
        ('fte30_given', 'FTE30', 'fte30 is null', 2025),
        ('working_days_lost_given', 'WorkingDaysLost', 'working_days_lost is null', 2025),
        ('frontline_given', 'FrontlineGrad', 'frontline_graduate is null', 2025),
    ] -%}
        {%- do rules.append((
            name, 'census', employed ~ ' and census_year <= ' ~ years, missing,
            'A worker who is not from an agency has ' ~ element ~ '.'
        )) -%}
    {%- endfor -%}
    {%- set rules = rules + [
        ('start_date_with_origin', 'census', worker,
            '(role_start_date is null) <> (start_origin is null)',
            'RoleStartDate and StartOrigin stand together or not at all.'),
        ('end_date_with_reason_and_destination', 'census', worker,
            '(role_end_date is null) <> (reason_leave is null)'
            ~ ' or (role_end_date is null) <> (leaver_destination is null)',
            'RoleEndDate, ReasonLeave and LeaverDestination stand together or not at all.'),
        ('fte_of_a_leaver_is_0', 'census', worker ~ ' and role_end_date is not null',
            'coalesce(fte, 0) <> 0', 'The FTE of a leaver is 0.'),
        ('role_end_in_census_year', 'census', worker ~ ' and role_end_date is not null',
            'role_end_date not between make_date(census_year - 1, 10, 1) and as_of',
            'RoleEndDate lies in the year to 30 September.'),
        ('fte_from_0_to_1', 'census', worker, 'fte not between 0 and 1 or fte30 not between 0 and 1',
            'FTE and FTE30 lie between 0 and 1.'),
        ('cases_up_to_40', 'census', worker ~ ' and cases is not null', 'cases > 40',
            'Cases30 is no more than 40.'),
        ('contract_up_to_500_weeks', 'census', worker ~ ' and contract_weeks is not null',
            'contract_weeks > 500', 'ContractWeeks is not expected above 500.'),
        ('swe_number_has_its_form', 'census', worker, "swe_number_state <> 'given'",
            'SWENo is two letters and up to twelve digits.'),
        ('one_record_a_worker', 'warehouse', worker, 'records_of_worker > 1',
            'Nobody stands in the return twice; who left and came back rightly does.'),
        ('fte_given_in_post', 'warehouse', worker ~ ' and role_end_date is null', 'fte is null',
            'A worker in post has FTE; without it the FTE in post is too low.'),
        ('role_start_by_census_day', 'warehouse', worker ~ ' and role_start_date is not null',
            'role_start_date > as_of', 'RoleStartDate is no later than 30 September.'),
        ('role_end_after_start', 'warehouse',
            worker ~ ' and role_start_date is not null and role_end_date is not null',
            'role_end_date < role_start_date', 'RoleEndDate is no earlier than RoleStartDate.'),
        ('authority_counts_given', 'warehouse', "record_type = 'authority'",
            'vacant_fte is null or agency_cover_fte is null or agency_cover_headcount is null',
            'The authority states vacancies and agency cover; with no record of it, 0 are checked.'),
    ] -%}
    {{ return(rules) }}
{%- endmacro %}
