-- Grain: one row per calendar year that is reported whole, the service.
with years as (
    select * from {{ ref('int_calendar__periods') }}
    where period_kind = 'year'
),

moves as (
    select
        *,
        move = 'leaving' as is_leaving
    from {{ ref('int_workforce__moves') }}
),

-- People first, counts after: whoever moves twice in a year counts once in it.
people as (
    select
        years.last_day,
        moves.staff_key,
        bool_or(moves.move = 'start') as has_started,
        bool_or(moves.is_leaving) as has_left,
        bool_or(moves.leaving_reason = 'resignation') as has_resigned,
        bool_or(moves.leaving_reason = 'retirement') as has_retired,
        bool_or(moves.leaving_reason = 'transfer') as has_transferred,
        bool_or(moves.is_early) as has_left_early,
        count(*) filter (where moves.move = 'unexplained_exit') as unexplained_exits
    from years
    inner join moves on moves.moved_on between years.first_day and years.last_day
    group by years.last_day, moves.staff_key
),

counted as (
    select
        cast(extract(year from years.last_day) as integer) as year,
        'service' as scope_type,
        'all' as scope_name,
        cast(count(*) filter (where people.has_started) as integer) as starters,
        cast(count(*) filter (where people.has_left) as integer) as leavers,
        cast(count(*) filter (where people.has_resigned) as integer) as voluntary_leavers,
        cast(count(*) filter (where people.has_retired) as integer) as retirements,
        cast(count(*) filter (where people.has_transferred) as integer) as transfers,
        cast(coalesce(sum(people.unexplained_exits), 0) as integer) as unexplained_exits,
        cast(count(*) filter (where people.has_left_early) as integer) as early_leavers_12m
    from years
    left join people on years.last_day = people.last_day
    group by years.last_day
)

select * from counted
