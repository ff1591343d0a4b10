-- Grain: one row per whole year and scope, and the service to date.
with periods as (
    select * from {{ ref('int_calendar__periods') }}
    where period_kind in ('year', 'to_date')
),

scopes as (
    select * from ({{ board_scopes() }}) as every_scope
    where scope_type <> 'social_workers'
),

counts as (
    select * from {{ ref('int_debriefs__by_period') }}
),

gathered as (
    select
        {{ board_period('periods') }},
        scopes.scope_type,
        scopes.scope_name,
        counts.* exclude (period_kind, last_day, scope_type, scope_name) -- noqa: RF02
    from periods
    inner join scopes on periods.period_kind = 'year' or scopes.scope_type = 'service'
    left join counts
        on
            periods.period_kind = counts.period_kind
            and periods.last_day = counts.last_day
            and scopes.scope_type = counts.scope_type
            and scopes.scope_name = counts.scope_name
),

measured as (
    select
        period_kind,
        year,
        period,
        scope_type,
        scope_name,
        {{ debrief_measures() }},
        cast(coalesce(held_4_to_10_days, 0) as integer) as held_4_to_10_days,
        cast(coalesce(held_11_to_28_days, 0) as integer) as held_11_to_28_days,
        cast(coalesce(held_over_28_days, 0) as integer) as held_over_28_days,
        cast(coalesce(staff_affected_where_held, 0) as integer) as staff_affected_where_held,
        cast(coalesce(followed_up, 0) as integer) as followed_up
    from gathered
)

select * from measured
