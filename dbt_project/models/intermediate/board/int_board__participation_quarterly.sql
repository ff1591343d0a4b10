-- Grain: one row per quarter that is reported whole, the service.
with sessions as (
    select * from {{ ref('int_participation__sessions_by_period') }}
    where period_kind = 'quarter'
),

groups as (
    select * from {{ ref('int_participation__groups_by_month') }}
),

reach as (
    select * from {{ ref('int_participation__reach_by_month') }}
    where scope_type = 'service'
),

-- Sessions over the quarter; groups and coverage as at its end.
measured as (
    select
        sessions.last_day as quarter_end,
        'service' as scope_type,
        'all' as scope_name,
        cast(sessions.sessions_held as integer) as sessions_held,
        cast(sessions.sessions_cancelled as integer) as sessions_cancelled,
        cast(sessions.invited as integer) as invited,
        cast(sessions.attended as integer) as attended,
        cast(sessions.attended as double) / nullif(sessions.invited, 0) as attendance_rate,
        sessions.held_under / nullif(sessions.sessions_held, 0) as share_under,
        sessions.held_norm / nullif(sessions.sessions_held, 0) as share_norm,
        sessions.held_over_norm / nullif(sessions.sessions_held, 0) as share_over_norm,
        sessions.held_over_capacity / nullif(sessions.sessions_held, 0) as share_over_capacity,
        cast(coalesce(reach.staff_reached_84d, 0) as integer) as staff_reached_84d,
        reach.staff_reached_84d / nullif(reach.people, 0) as coverage_84d,
        cast(groups.groups_active as integer) as groups_active,
        cast(groups.groups_on_cadence as integer) as groups_on_cadence,
        sessions.independently_facilitated / nullif(sessions.sessions_held, 0)
            as independent_facilitation_rate
    from sessions
    left join groups on sessions.last_day = groups.month_end
    left join reach on sessions.last_day = reach.month_end
)

select * from measured
