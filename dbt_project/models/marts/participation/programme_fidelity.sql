-- Grain: one row per reported month and promise, and one per promise to date (month_end null).
with sessions as (
    select * from {{ ref('int_participation__sessions_by_period') }}
    where period_kind in ('month', 'to_date')
),

groups as (
    select * from {{ ref('int_participation__groups_by_month') }}
),

reach as (
    select * from {{ ref('int_participation__reach_by_month') }}
    where scope_type = 'service'
),

-- To date, the groups and the coverage are those of the last month: both are a state, not a flow.
facts as (
    select
        case when sessions.period_kind = 'month' then sessions.last_day end as month_end,
        sessions.sessions_held,
        sessions.held_norm,
        sessions.held_over_capacity,
        sessions.gaps,
        sessions.gaps_within_cadence,
        sessions.independently_facilitated,
        groups.groups_active,
        reach.staff_reached_84d / nullif(reach.people, 0) as coverage_84d
    from sessions
    left join groups on sessions.last_day = groups.month_end
    left join reach on sessions.last_day = reach.month_end
),

-- What was promised, what came of it, and of how many it is.
observations as (
    {%- for promise, promised, observed, n in [
        ('groups_active', '22', 'groups_active', 'null'),
        ('attended_6_to_8', '1', 'held_norm / nullif(sessions_held, 0)', 'sessions_held'),
        ('none_over_12', '0', 'held_over_capacity', 'sessions_held'),
        ('gap_within_cadence', '1', 'gaps_within_cadence / nullif(gaps, 0)', 'gaps'),
        ('independent_facilitator', '1', 'independently_facilitated / nullif(sessions_held, 0)',
            'sessions_held'),
        ('coverage_84d', '1', 'coverage_84d', 'null'),
    ] %}
    select
        month_end,
        '{{ promise }}' as promise,
        {{ promised }} as promised,
        {{ observed }} as observed,
        {{ n }} as n
    from facts
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        month_end,
        promise,
        cast(promised as double) as promised,
        cast(observed as double) as observed,
        case
            when n = 0 then null
            when promise = 'none_over_12' then observed <= promised
            else observed >= promised
        end as met,
        cast(n as integer) as n
    from observations
),

kept as (
    {{ with_closed('programme_fidelity', 'judged', ['month_end', 'promise']) }}
)

select * from kept
