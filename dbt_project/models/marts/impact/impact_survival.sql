-- Grain: one row per term of a model of how long people stay, or posts stand open.
with findings as (
    select * from {{ ref('int_impact__survival') }}
),

shown as (
    {{ impact_columns('findings') }}
)

select * from shown
