-- Grain: one row per calendar year that is reported whole, the service.
with years as (
    select * from {{ ref('int_calendar__periods') }}
    where period_kind = 'year'
),

by_month as (
    select * from {{ ref('int_absence__by_month') }}
    where scope_type = 'service'
),

summed as (
    select
        cast(extract(year from years.last_day) as integer) as year,
        'service' as scope_type,
        'all' as scope_name,
        sum(by_month.working_days_lost) as working_days_lost,
        sum(by_month.stress_days_lost) as stress_days_lost,
        sum(by_month.working_days_available) as working_days_available
    from years
    inner join by_month
        on
            years.first_day <= by_month.month_end
            and years.last_day >= by_month.month_end
    group by years.last_day
),

measured as (
    select
        year,
        scope_type,
        scope_name,
        {{ absence_measures() }}
    from summed
)

select * from measured
