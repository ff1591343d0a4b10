-- Grain: one row, the days over which people are watched; none before a whole year is reported.
with snapshots as (
    select min(as_of) as watched_from
    from {{ ref('int_workforce__snapshots') }}
),

-- By whole years: who came to a group is told by year (docs/decisions/0032).
years as (
    select max(month_end) as watched_until
    from {{ ref('int_workforce__months') }}
    where extract(month from month_end) = 12
),

watched as (
    select
        snapshots.watched_from,
        years.watched_until
    from snapshots
    cross join years
    where snapshots.watched_from < years.watched_until
)

select * from watched
