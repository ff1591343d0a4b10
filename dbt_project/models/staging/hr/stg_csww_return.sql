-- Grain: one row per record of a standing census return: the authority, or a social worker.
with landed as (
    select * from {{ source('lake', 'csww_return') }}
),

typed as (
    select
        as_of,
        cast(extract(year from as_of) as integer) as census_year,
        record_type,
        swe_key,
        swe_number_state,
        agency_worker = '1' as is_agency,
        role_start_date,
        role_end_date,
        fte,
        fte30,
        organisation_role,
        start_origin,
        reason_leave,
        leaver_destination,
        career_stage,
        step_up_graduate,
        frontline_graduate,
        cases,
        working_days_lost,
        contract_weeks,
        absent_on_census_day,
        absence_reason,
        birth_date_state,
        sex_state,
        ethnicity_state,
        institution_state,
        old_la_code,
        vacant_fte,
        agency_cover_fte,
        agency_cover_headcount,
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        -- Every census day speaks for itself: a later return corrects no earlier one.
        {{ is_latest_statement(['as_of', 'record_type', 'swe_key', 'role_start_date']) }}
            as is_latest
    from landed
)

select * from typed
