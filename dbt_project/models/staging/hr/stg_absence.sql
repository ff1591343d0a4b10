-- Grain: one row per line of a standing absence file.
with landed as (
    select * from {{ source('lake', 'absence') }}
),

typed as (
    select
        staff_key,
        absence_start,
        absence_end,
        reason = 'stress_anxiety_depression' as is_stress,
        working_days_lost,
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        {{ is_latest_statement(['staff_key', 'absence_start']) }} as is_latest
    from landed
)

select * from typed
