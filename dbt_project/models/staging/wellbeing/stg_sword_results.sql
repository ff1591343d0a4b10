-- Grain: one row per line of a standing sword_results file.
with landed as (
    select * from {{ source('lake', 'sword_results') }}
),

typed as (
    select
        wave_date,
        principle,
        item,
        share_low,
        share_middle,
        share_high,
        responses,
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        {{ is_latest_statement(['wave_date', 'principle', 'item']) }} as is_latest
    from landed
)

select * from typed
