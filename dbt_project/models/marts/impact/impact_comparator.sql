-- Grain: one row per indicator, method, pool of councils and window of years.
with findings as (
    select * from {{ ref('int_impact__comparator') }}
),

shown as (
    {{ impact_columns('findings') }}
)

select * from shown
