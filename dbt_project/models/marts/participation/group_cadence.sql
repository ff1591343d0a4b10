-- Grain: one row per group and cycle that has ended by the last reported month.
with groups as (
    select * from {{ ref('int_participation__groups') }}
),

sessions as (
    select * from {{ ref('int_participation__known_sessions') }}
),

last_month as (
    select max(month_end) as month_end
    from {{ ref('int_workforce__months') }}
),

-- A cycle that its group did not run to the end of is none: nobody was late for it.
cycle_numbers as (
    select
        groups.group_id,
        groups.started_on,
        groups.cadence_days,
        unnest(
            generate_series(
                1,
                (
                    {{ days_between(
                        'groups.started_on',
                        'least(groups.runs_until, last_month.month_end)') }} + 1
                ) // groups.cadence_days
            )
        ) as cycle
    from groups
    cross join last_month
),

cycles as (
    select
        group_id,
        cycle,
        {{ plus_days('started_on', '((cycle - 1) * cadence_days)') }} as first_day,
        {{ plus_days('started_on', '(cycle * cadence_days)') }} as next_first_day
    from cycle_numbers
),

judged as (
    select
        cycles.group_id,
        cast(cycles.cycle as integer) as cycle,
        case
            when bool_or(sessions.is_held) then 'held'
            when bool_or(not sessions.is_held) then 'cancelled'
            else 'late'
        end as status
    from cycles
    left join sessions
        on
            cycles.group_id = sessions.group_id
            and cycles.first_day <= sessions.session_date
            and cycles.next_first_day > sessions.session_date
    group by cycles.group_id, cycles.cycle
)

select * from judged
