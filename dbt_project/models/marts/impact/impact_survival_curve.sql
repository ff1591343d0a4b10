-- Grain: one row per group and whole month of its curve.
with curves as (
    select * from {{ ref('int_impact__survival_curve') }}
),

shown as (
    select
        cast("group" as varchar) as "group",
        cast(month as integer) as month,
        cast(at_risk as integer) as at_risk,
        cast(survival as double) as survival,
        cast(lower_95 as double) as lower_95,
        cast(upper_95 as double) as upper_95
    from curves
)

select * from shown
