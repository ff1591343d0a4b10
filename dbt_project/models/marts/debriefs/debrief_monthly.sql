-- Grain: one row per reported month end and scope, the service and each team.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

counts as (
    select * from {{ ref('int_debriefs__by_period') }}
    where period_kind = 'month'
),

-- A team that only the debrief log names has its row too.
scopes as (
    select
        scope_type,
        scope_name
    from {{ ref('int_workforce__scope_months') }}
    where scope_type in ('service', 'team')
    union
    select
        'team' as scope_type,
        team as scope_name
    from {{ ref('stg_debriefs') }}
),

gathered as (
    select
        months.month_end,
        scopes.scope_type,
        scopes.scope_name,
        counts.requested,
        counts.offered,
        counts.held,
        counts.declined,
        counts.held_within_3_days,
        counts.median_days_to_held,
        counts.staff_affected,
        counts.staff_affected_where_held,
        counts.staff_attended,
        counts.followed_up
    from months
    cross join scopes
    left join counts
        on
            months.month_end = counts.last_day
            and scopes.scope_type = counts.scope_type
            and scopes.scope_name = counts.scope_name
),

measured as (
    select
        month_end,
        scope_type,
        scope_name,
        {{ debrief_measures() }}
    from gathered
)

select * from measured
