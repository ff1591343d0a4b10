-- Grain: one row per whole quarter and whole year, the service and, by year, its social workers.
with periods as (
    select * from {{ ref('int_calendar__periods') }}
    where period_kind in ('quarter', 'year')
),

by_month as (
    select * from {{ ref('int_absence__by_month') }}
),

summed as (
    select
        {{ board_period('periods') }},
        by_month.scope_type,
        by_month.scope_name,
        sum(by_month.working_days_lost) as working_days_lost,
        sum(by_month.stress_days_lost) as stress_days_lost,
        sum(by_month.working_days_available) as working_days_available
    from periods
    inner join by_month
        on
            periods.first_day <= by_month.month_end
            and periods.last_day >= by_month.month_end
    where periods.period_kind = 'year' or by_month.scope_type = 'service'
    group by periods.period_kind, periods.last_day, by_month.scope_type, by_month.scope_name
),

measured as (
    select
        period_kind,
        quarter_end,
        year,
        scope_type,
        scope_name,
        {{ absence_measures() }}
    from summed
),

kept as (
    {{ with_closed(
        'int_board__absence', 'measured',
        ['quarter_end', 'year', 'scope_type', 'scope_name']) }}
)

select * from kept
