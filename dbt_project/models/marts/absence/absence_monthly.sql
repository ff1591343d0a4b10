-- Grain: one row per reported month end and scope, the service and its social workers.
with by_month as (
    select * from {{ ref('int_absence__by_month') }}
),

measured as (
    select
        month_end,
        scope_type,
        scope_name,
        {{ absence_measures() }}
    from by_month
),

kept as (
    {{ with_closed('absence_monthly', 'measured', ['month_end', 'scope_type', 'scope_name']) }}
)

select * from kept
