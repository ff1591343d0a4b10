-- Grain: one row per line of a standing groups file.
with landed as (
    select * from {{ source('lake', 'groups') }}
),

typed as (
    select
        group_id,
        started_on,
        ended_on,
        cadence_days,
        as_of,
        coalesce(synthetic, false) as is_synthetic,
        -- A day's snapshot is all its files: where two hold one key, the greater hash speaks.
        {{ is_latest_statement(['group_id', 'as_of']) }} as gives_attributes
    from landed
)

select * from typed
