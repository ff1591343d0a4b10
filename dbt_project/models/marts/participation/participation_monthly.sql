-- Grain: one row per reported month end and scope.
with scope_months as (
    select * from {{ ref('int_workforce__scope_months') }}
),

sessions as (
    select * from {{ ref('int_participation__sessions_by_period') }}
    where period_kind = 'month'
),

groups as (
    select * from {{ ref('int_participation__groups_by_month') }}
),

reach as (
    select * from {{ ref('int_participation__reach_by_month') }}
),

-- Sessions and groups belong to no team: what is joined for the service alone is null elsewhere.
gathered as (
    select
        scope_months.month_end,
        scope_months.scope_type,
        scope_months.scope_name,
        sessions.sessions_held,
        sessions.sessions_cancelled,
        -- The service counts everyone known who was invited, in post on the month end or not.
        coalesce(sessions.invited, reach.invited, 0) as invited,
        coalesce(sessions.attended, reach.attended, 0) as attended,
        coalesce(reach.staff_reached_84d, 0) as staff_reached_84d,
        coalesce(reach.people, 0) as people,
        groups.groups_active,
        groups.groups_on_cadence,
        sessions.independently_facilitated
    from scope_months
    left join sessions
        on scope_months.scope_type = 'service' and scope_months.month_end = sessions.last_day
    left join groups
        on scope_months.scope_type = 'service' and scope_months.month_end = groups.month_end
    left join reach
        on
            scope_months.month_end = reach.month_end
            and scope_months.scope_type = reach.scope_type
            and scope_months.scope_name = reach.scope_name
),

rated as (
    select
        month_end,
        scope_type,
        scope_name,
        cast(sessions_held as integer) as sessions_held,
        cast(sessions_cancelled as integer) as sessions_cancelled,
        cast(invited as integer) as invited,
        cast(attended as integer) as attended,
        cast(attended as double) / nullif(invited, 0) as attendance_rate,
        cast(staff_reached_84d as integer) as staff_reached_84d,
        staff_reached_84d / nullif(people, 0) as coverage_84d,
        cast(groups_active as integer) as groups_active,
        cast(groups_on_cadence as integer) as groups_on_cadence,
        independently_facilitated / nullif(sessions_held, 0) as independent_facilitation_rate
    from gathered
),

kept as (
    {{ with_closed('participation_monthly', 'rated', ['month_end', 'scope_type', 'scope_name']) }}
)

select * from kept
