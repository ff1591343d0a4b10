-- Grain: one row per term of an interrupted series, pair of survey waves, or rollout.
with findings as (
    select * from {{ ref('int_impact__its') }}
),

shown as (
    {{ impact_columns('findings') }}
)

select * from shown
