-- Grain: one row per period, the whole service; periods without any session are here too.
with periods as (
    select * from {{ ref('int_calendar__periods') }}
),

sessions as (
    select * from {{ ref('int_participation__sessions') }}
),

counted as (
    select
        periods.period_kind,
        periods.last_day,
        count(*) filter (where sessions.is_held) as sessions_held,
        count(*) filter (where not sessions.is_held) as sessions_cancelled,
        coalesce(sum(sessions.invited) filter (where sessions.is_held), 0) as invited,
        coalesce(sum(sessions.attended) filter (where sessions.is_held), 0) as attended,
        count(*) filter (where sessions.size_band = 'under') as held_under,
        count(*) filter (where sessions.size_band = 'norm') as held_norm,
        count(*) filter (where sessions.size_band = 'over_norm') as held_over_norm,
        count(*) filter (where sessions.size_band = 'over_capacity') as held_over_capacity,
        count(sessions.days_since_previous) as gaps,
        count(*) filter (where sessions.is_gap_within_cadence) as gaps_within_cadence,
        count(*) filter (where sessions.is_held and sessions.facilitator_independent)
            as independently_facilitated
    from periods
    left join sessions
        on
            periods.first_day <= sessions.session_date
            and periods.last_day >= sessions.session_date
    group by periods.period_kind, periods.last_day
)

select * from counted
