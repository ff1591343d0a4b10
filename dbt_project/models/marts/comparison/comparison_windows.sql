-- Grain: one row per window and metric, the service.
-- Above and below the line stands what a month adds; a count is times twelve, so it is a year's.
{%- set parts = [
    ('staff', 'retention_monthly', 'mean_headcount', 'headcount', '1', '1'),
    ('staff', 'retention_monthly', 'turnover_a_year', '12 * leavers', 'headcount', 'leavers'),
    ('staff', 'retention_monthly', 'starters_a_year', '12 * starters', 'headcount', 'starters'),
    (
        'staff', 'retention_monthly', 'unexplained_a_year',
        '12 * unexplained_exits', 'headcount', 'unexplained_exits'
    ),
    ('staff', 'retention_monthly', 'agency_rate', 'agency_fte', 'fte + agency_fte', '1'),
    ('posts', 'recruitment_monthly', 'vacancy_rate', 'vacancy_rate', '1', '1'),
    ('posts', 'recruitment_monthly', 'opened_a_year', '12 * opened', '1', 'opened'),
    ('posts', 'recruitment_monthly', 'filled_a_year', '12 * filled', '1', 'filled'),
    (
        'sessions', 'participation_monthly', 'sessions_a_year',
        '12 * sessions_held', '1', 'sessions_held'
    ),
    (
        'sessions', 'participation_monthly', 'cancelled_share',
        'sessions_cancelled', 'sessions_planned', 'sessions_planned'
    ),
    (
        'sessions', 'participation_monthly', 'independent_share',
        'independent_facilitation_rate * sessions_held', 'sessions_held', 'sessions_held'
    ),
    ('cases', 'caseload_monthly', 'mean_caseload', 'mean_caseload', '1', '1'),
] %}
with windows as (
    {{ programme_windows() }}
),

staff as (
    select * from {{ ref('retention_monthly') }}
    where scope_type = 'service'
),

posts as (
    select * from {{ ref('recruitment_monthly') }}
    where scope_type = 'service'
),

sessions as (
    select
        *,
        sessions_held + sessions_cancelled as sessions_planned
    from {{ ref('participation_monthly') }}
    where scope_type = 'service'
),

cases as (
    select * from {{ ref('caseload_monthly') }}
    where scope_type = 'service'
),

monthly as (
    {%- for relation, series, metric, above, below, n in parts %}
    {{ comparison_part(relation, series, metric, above, below, n) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- Decimals, since a sum of them is the same in any order.
summed as (
    select
        windows.window_name,
        monthly.series,
        monthly.metric,
        min(monthly.month_end) as first_month_end,
        max(monthly.month_end) as last_month_end,
        cast(count(*) as integer) as months,
        cast(sum(monthly.n) as integer) as n,
        cast(sum(monthly.above) as double) / nullif(cast(sum(monthly.below) as double), 0) as value
    from monthly
    inner join windows on monthly.month_end between windows.first_day and windows.last_day
    group by windows.window_name, monthly.series, monthly.metric
),

compared as (
    select
        window_name,
        series,
        metric,
        'service' as scope_type,
        'all' as scope_name,
        first_month_end,
        last_month_end,
        months,
        n,
        value,
        case when window_name <> 'before' then value - max(value) filter (
            where window_name = 'before'
        ) over (partition by series, metric) end as change_since_before
    from summed
)

select * from compared
