-- Grain: one row per wave, principle and item of it; item null for the principle as a whole.
with results as (
    select * from {{ ref('stg_sword_results') }}
    where is_latest and not is_void
),

-- As they were returned: nobody here has the answers, so nothing is worked out of them.
stated as (
    select
        wave_date,
        principle,
        item,
        cast(responses as integer) as responses,
        cast(share_low as double) as share_low,
        cast(share_middle as double) as share_middle,
        cast(share_high as double) as share_high
    from results
)

select * from stated
