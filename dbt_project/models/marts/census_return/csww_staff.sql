-- Grain: one row per census return and role in post on 30 September, agency workers included.
with records as (
    select * from {{ ref('stg_csww_return') }}
    where record_type = 'worker' and is_latest and not is_void
),

-- A return gives a last day for those who have left, and for nobody else.
in_post as (
    select
        census_year as year,
        swe_key,
        role_start_date,
        is_agency,
        {{ csww_code('role', 'records.organisation_role') }} as job_role,
        cast(fte as double) as fte,
        {{ csww_code('origin', 'records.start_origin') }} as origin,
        {{ csww_code('origin', 'records.start_origin', 'label') }} as origin_as_returned,
        {{ csww_code('career_stage', 'records.career_stage') }} as career_stage,
        -- Absence stays out: no mart shows one person's.
        cast(cases as integer) as cases
    from records
    where role_end_date is null
)

select * from in_post
