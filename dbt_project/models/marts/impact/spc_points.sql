-- Grain: one row per point of a control chart, which is a metric of a table in a scope.
with points as (
    select * from {{ ref('int_impact__spc_points') }}
),

typed as (
    select
        cast(metric as varchar) as metric,
        cast(scope_type as varchar) as scope_type,
        cast(scope_name as varchar) as scope_name,
        cast(chart as varchar) as chart,
        cast(series as varchar) as series,
        cast(date as date) as date,
        cast(value as double) as value,
        cast(segment as integer) as segment,
        cast(mean as double) as mean,
        cast(lower_limit as double) as lower_limit,
        cast(upper_limit as double) as upper_limit,
        cast(special_cause as varchar) as special_cause,
        cast(side as integer) as side,
        cast(point_type as varchar) as point_type,
        cast(trial_limits as boolean) as trial_limits,
        cast(point as integer) as point,
        cast(rebase_reason as varchar) as rebase_reason
    from points
)

select * from typed
