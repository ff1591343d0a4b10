-- Grain: one row per person and unbroken stretch of days in post (permanent or fixed-term).
with employed as (
    select * from {{ ref('int_workforce__periods') }}
    where contract_family = 'employed'
),

leavings as (
    select distinct
        staff_key,
        moved_on
    from {{ ref('int_workforce__moves') }}
    where move = 'leaving'
),

first_sessions as (
    select
        staff_key,
        min(session_date) as first_attended_on
    from {{ ref('int_participation__invitations') }}
    where is_held and is_attended
    group by staff_key
),

watched as (
    select * from {{ ref('int_impact__watched') }}
),

-- A second post, or a new contract the next day, goes on with the same stay.
marked as (
    select
        *,
        max(to_day) over (
            partition by staff_key
            order by from_day asc, to_day asc
            rows between unbounded preceding and 1 preceding
        ) as held_until
    from employed
),

numbered as (
    select
        *,
        count(*) filter (
            where held_until is null or {{ days_between('held_until', 'from_day') }} > 1
        ) over (
            partition by staff_key
            order by from_day asc, to_day asc
            rows between unbounded preceding and current row
        ) as stay
    from marked
),

stretches as (
    select
        staff_key,
        stay,
        min(from_day) as began_on,
        max(to_day) as in_post_until
    from numbered
    group by staff_key, stay
),

seen as (
    select
        stretches.staff_key,
        stretches.began_on,
        greatest(stretches.began_on, watched.watched_from) as seen_from,
        least(stretches.in_post_until, watched.watched_until) as seen_until,
        leavings.moved_on is not null and leavings.moved_on <= watched.watched_until as is_left,
        first_sessions.first_attended_on
    from stretches
    cross join watched
    left join leavings
        on
            stretches.staff_key = leavings.staff_key
            and stretches.in_post_until = leavings.moved_on
    left join first_sessions on stretches.staff_key = first_sessions.staff_key
    where
        stretches.in_post_until >= watched.watched_from
        and stretches.began_on <= watched.watched_until
)

select * from seen
