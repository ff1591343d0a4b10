-- Grain: one row per reported month, whole quarter, whole year, and one for the time to date.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

month_periods as (
    select
        'month' as period_kind,
        {{ plus_days('previous_month_end', 1) }} as first_day,
        month_end as last_day
    from months
),

quarters as (
    select
        'quarter' as period_kind,
        min(first_day) as first_day,
        max(last_day) as last_day
    from month_periods
    group by date_trunc('quarter', last_day)
    having count(*) = 3
),

years as (
    select
        'year' as period_kind,
        min(first_day) as first_day,
        max(last_day) as last_day
    from month_periods
    group by date_trunc('year', last_day)
    having count(*) = 12
),

-- All that ever was, up to the last month that is reported.
to_date as (
    select
        'to_date' as period_kind,
        {{ far_past() }} as first_day,
        max(last_day) as last_day
    from month_periods
    having count(*) > 0
),

periods as (
    select * from month_periods
    union all
    select * from quarters
    union all
    select * from years
    union all
    select * from to_date
)

select * from periods
