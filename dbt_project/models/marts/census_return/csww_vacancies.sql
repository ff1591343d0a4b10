-- Grain: one row per census return: what it says of the authority on 30 September.
with records as (
    select * from {{ ref('stg_csww_return') }}
    where record_type = 'authority' and is_latest and not is_void
),

stated as (
    select
        census_year as year,
        old_la_code,
        cast(vacant_fte as double) as vacant_fte,
        cast(agency_cover_fte as double) as agency_cover_fte,
        cast(agency_cover_headcount as integer) as agency_cover_headcount
    from records
)

select * from stated
