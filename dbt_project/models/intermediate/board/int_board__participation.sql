-- Grain: one row per whole quarter, whole year and scope, and the service to date.
with sessions as (
    select * from {{ ref('int_participation__sessions_by_period') }}
    where period_kind in ('quarter', 'year', 'to_date')
),

groups as (
    select * from {{ ref('int_participation__groups_by_month') }}
),

reach_by_month as (
    select * from {{ ref('int_participation__reach_by_month') }}
    where scope_type = 'service'
),

reach_by_year as (
    select * from {{ ref('int_participation__reach_by_year') }}
    where scope_type <> 'service'
),

-- Sessions over the period; groups and coverage as at its end.
of_the_service as (
    select
        sessions.*,
        'service' as scope_type,
        'all' as scope_name,
        reach_by_month.people,
        reach_by_month.staff_reached_84d,
        groups.groups_active,
        groups.groups_on_cadence
    from sessions
    left join groups on sessions.last_day = groups.month_end
    left join reach_by_month on sessions.last_day = reach_by_month.month_end
),

-- Sessions and groups belong to no area: below the service, people in post at the year's end alone.
below_the_service as (
    select
        'year' as period_kind,
        *
    from reach_by_year
),

gathered as (
    select * from of_the_service
    union all by name
    select * from below_the_service
),

measured as (
    select
        {{ board_period('gathered') }},
        gathered.scope_type,
        gathered.scope_name,
        cast(gathered.sessions_held as integer) as sessions_held,
        cast(gathered.sessions_cancelled as integer) as sessions_cancelled,
        cast(gathered.invited as integer) as invited,
        cast(gathered.attended as integer) as attended,
        cast(gathered.attended as double) / nullif(gathered.invited, 0) as attendance_rate,
        cast(gathered.held_under as double) / nullif(gathered.sessions_held, 0) as share_under,
        cast(gathered.held_norm as double) / nullif(gathered.sessions_held, 0) as share_norm,
        cast(gathered.held_over_norm as double) / nullif(gathered.sessions_held, 0)
            as share_over_norm,
        cast(gathered.held_over_capacity as double) / nullif(gathered.sessions_held, 0)
            as share_over_capacity,
        cast(coalesce(gathered.people, 0) as integer) as people,
        cast(coalesce(gathered.staff_reached_84d, 0) as integer) as staff_reached_84d,
        cast(gathered.staff_reached_84d as double) / nullif(gathered.people, 0) as coverage_84d,
        cast(gathered.groups_active as integer) as groups_active,
        cast(gathered.groups_on_cadence as integer) as groups_on_cadence,
        cast(gathered.independently_facilitated as double) / nullif(gathered.sessions_held, 0)
            as independent_facilitation_rate
    from gathered
),

kept as (
    {{ with_closed(
        'int_board__participation', 'measured',
        ['quarter_end', 'year', 'scope_type', 'scope_name']) }}
)

select * from kept
