-- Grain: one row per period and scope (service, team, by year area) with a debrief requested in it.
with periods as (
    select * from {{ ref('int_calendar__periods') }}
),

debriefs as (
    select
        *,
        status = 'held' as is_held,
        {{ days_between('incident_date', 'held_date') }} as days_to_held
    from {{ ref('stg_debriefs') }}
    where is_latest and not is_void
),

areas as (
    {{ area_teams() }}
),

scoped as (
    select
        'service' as scope_type,
        'all' as scope_name,
        debriefs.*
    from debriefs
    union all
    select
        'team' as scope_type,
        debriefs.team as scope_name,
        debriefs.*
    from debriefs
    union all
    select
        'area' as scope_type,
        areas.area as scope_name,
        debriefs.*
    from debriefs
    inner join areas on debriefs.team = areas.team
),

-- All that became of a debrief counts in the month in which it was asked for.
counted as (
    select
        periods.period_kind,
        periods.last_day,
        scoped.scope_type,
        scoped.scope_name,
        count(*) as requested,
        count(scoped.offered_date) as offered,
        count(*) filter (where scoped.is_held) as held,
        count(*) filter (where scoped.status = 'declined') as declined,
        count(*) filter (where scoped.is_held and scoped.days_to_held <= 3) as held_within_3_days,
        count(*) filter (where scoped.is_held and scoped.days_to_held between 4 and 10)
            as held_4_to_10_days,
        count(*) filter (where scoped.is_held and scoped.days_to_held between 11 and 28)
            as held_11_to_28_days,
        count(*) filter (where scoped.is_held and scoped.days_to_held > 28) as held_over_28_days,
        median(scoped.days_to_held) filter (where scoped.is_held) as median_days_to_held,
        sum(scoped.staff_affected) as staff_affected,
        coalesce(sum(scoped.staff_affected) filter (where scoped.is_held), 0)
            as staff_affected_where_held,
        coalesce(sum(scoped.staff_attended) filter (where scoped.is_held), 0) as staff_attended,
        count(*) filter (where scoped.is_held and scoped.follow_up_offered) as followed_up
    from periods
    inner join scoped
        on
            periods.first_day <= scoped.requested_date
            and periods.last_day >= scoped.requested_date
    where scoped.scope_type <> 'area' or periods.period_kind = 'year'
    group by periods.period_kind, periods.last_day, scoped.scope_type, scoped.scope_name
)

select * from counted
