-- Grain: one row per census return and role that has ended, agency workers included.
with records as (
    select * from {{ ref('stg_csww_return') }}
    where record_type = 'worker' and is_latest and not is_void
),

ended as (
    select
        census_year as year,
        swe_key,
        role_start_date,
        role_end_date as leaving_date,
        is_agency,
        {{ csww_code('role', 'records.organisation_role') }} as job_role,
        -- A leaver's FTE on the census day is 0 by rule: what was lost is that of a year before.
        cast(coalesce(nullif(fte, 0), fte30) as double) as fte,
        -- As in staff_spells, two reasons are not told beside a person's key.
        replace(
            replace(
                {{ csww_code('leaving_reason', 'records.reason_leave') }}, 'dismissal', 'other'
            ),
            'death_in_service', 'other'
        ) as leaving_reason,
        {{ csww_code('destination', 'records.leaver_destination') }} as destination,
        {{ csww_code('destination', 'records.leaver_destination', 'label') }}
            as destination_as_returned
    from records
    where role_end_date is not null
)

select * from ended
