-- Grain: one row per whole quarter, whole year and scope, and the service to date.
with periods as (
    select * from {{ ref('int_calendar__periods') }}
    where period_kind in ('quarter', 'year', 'to_date')
),

vacancies as (
    select * from {{ ref('int_recruitment__vacancies') }}
),

scopes as (
    {{ board_scopes() }}
),

scope_periods as (
    select
        periods.*,
        scopes.scope_type,
        scopes.scope_name
    from periods
    inner join scopes on periods.period_kind = 'year' or scopes.scope_type = 'service'
),

scoped as (
    {{ in_board_scopes('vacancies') }}
),

-- Whatever happens to a vacancy happens on or after the day it is opened.
dated as (
    select
        scope_periods.*,
        scoped.* exclude (scope_type, scope_name), -- noqa: RF02
        scoped.opened_date >= scope_periods.first_day as is_opened,
        scoped.closed_date between scope_periods.first_day and scope_periods.last_day as is_closed,
        scoped.offer_date between scope_periods.first_day and scope_periods.last_day as is_offered,
        scoped.status = 'filled'
        and scoped.start_date between scope_periods.first_day and scope_periods.last_day
            as is_started
    from scope_periods
    left join scoped
        on
            scope_periods.scope_type = scoped.scope_type
            and scope_periods.scope_name = scoped.scope_name
            and scope_periods.last_day >= scoped.opened_date
),

counted as (
    select
        {{ board_period('dated') }},
        dated.scope_type,
        dated.scope_name,
        cast(count(*) filter (where dated.is_opened) as integer) as opened,
        cast(
            count(*) filter (where dated.is_closed and dated.status = 'filled') as integer
        ) as filled,
        cast(
            count(*) filter (where dated.is_closed and dated.status = 'withdrawn') as integer
        ) as withdrawn,
        cast(count(*) filter (where dated.is_offered) as integer) as offers_12m,
        median({{ days_between('dated.opened_date', 'dated.offer_date') }})
        filter (where dated.is_offered) as median_days_to_offer_12m,
        cast(count(*) filter (where dated.is_started) as integer) as starts_12m,
        median({{ days_between('dated.opened_date', 'dated.start_date') }})
        filter (where dated.is_started) as median_days_to_start_12m
    from dated
    group by dated.period_kind, dated.last_day, dated.scope_type, dated.scope_name
)

select * from counted
