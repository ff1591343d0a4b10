-- Before, during and after the programme: what a month adds, above and below the line.
create table marts.comparison_windows as
with windows as (
    select 'before' as window_name, date '1900-01-01' as first_day,
        getvariable('funded_from')::date - 1 as last_day
    union all
    select 'during', getvariable('funded_from')::date, getvariable('programme_end')::date
    union all
    select 'after', getvariable('programme_end')::date + 1, date '9999-12-30'
),
monthly as (
    select month_end, unnest([
        {series: 'retention_monthly', metric: 'mean_headcount', above: headcount::decimal(38, 15),
            below: 1::decimal(38, 15), n: 1},
        {series: 'retention_monthly', metric: 'turnover_a_year', above: 12 * leavers, below: headcount,
            n: leavers},
        {series: 'retention_monthly', metric: 'starters_a_year', above: 12 * starters, below: headcount,
            n: starters},
        {series: 'retention_monthly', metric: 'unexplained_a_year', above: 12 * unexplained_exits,
            below: headcount, n: unexplained_exits},
        {series: 'retention_monthly', metric: 'agency_rate', above: agency_fte::decimal(38, 15),
            below: (fte + agency_fte)::decimal(38, 15), n: 1}
    ], recursive := true)
    from marts.retention_monthly where scope_type = 'service'
    union all
    select month_end, unnest([
        {series: 'recruitment_monthly', metric: 'vacancy_rate', above: vacancy_rate::decimal(38, 15),
            below: 1::decimal(38, 15), n: 1},
        {series: 'recruitment_monthly', metric: 'opened_a_year', above: 12 * opened, below: 1, n: opened},
        {series: 'recruitment_monthly', metric: 'filled_a_year', above: 12 * filled, below: 1, n: filled}
    ], recursive := true)
    from marts.recruitment_monthly where scope_type = 'service'
    union all
    select month_end, unnest([
        {series: 'participation_monthly', metric: 'sessions_a_year', above: (12 * sessions_held)::decimal(38, 15),
            below: 1::decimal(38, 15), n: sessions_held},
        {series: 'participation_monthly', metric: 'cancelled_share', above: sessions_cancelled,
            below: sessions_held + sessions_cancelled, n: sessions_held + sessions_cancelled},
        {series: 'participation_monthly', metric: 'independent_share',
            above: (independent_facilitation_rate * sessions_held)::decimal(38, 15), below: sessions_held,
            n: sessions_held}
    ], recursive := true)
    from marts.participation_monthly where scope_type = 'service'
    union all
    select month_end, 'caseload_monthly', 'mean_caseload', mean_caseload::decimal(38, 15), 1, 1
    from marts.caseload_monthly where scope_type = 'service'
),
summed as (
    select window_name, series, metric, min(month_end) as first_month_end, max(month_end) as last_month_end,
        count(*)::integer as months, sum(n)::integer as n,
        sum(above)::double / nullif(sum(below)::double, 0) as value
    from monthly inner join windows on month_end between first_day and last_day
    where above is not null
    group by all
)
select
    window_name, series, metric, 'service' as scope_type, 'all' as scope_name, first_month_end, last_month_end,
    months, n, value,
    if(window_name = 'before', null,
        value - max(value) filter (window_name = 'before') over (partition by series, metric))
        as change_since_before
from summed;
