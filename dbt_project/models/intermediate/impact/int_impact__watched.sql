-- Grain: one row, the days over which people are watched; none before a whole year is reported.
with snapshots as (
    select min(as_of) as first_as_of
    from {{ ref('int_workforce__snapshots') }}
),

-- Who left by this day may have been purged, and who stayed was not: as if nobody had left.
closings as (
    select max(period_end) as closed_to
    from {{ ref('int_closing__rows') }}
    where mart = 'retention_monthly'
),

-- By whole years: who came to a group is told by year (docs/decisions/0032).
years as (
    select max(month_end) as watched_until
    from {{ ref('int_workforce__months') }}
    where extract(month from month_end) = 12
),

watched as (
    select
        greatest(
            snapshots.first_as_of,
            coalesce({{ plus_days('closings.closed_to', 1) }}, snapshots.first_as_of)
        ) as watched_from,
        years.watched_until
    from snapshots
    cross join closings
    cross join years
)

select * from watched
where watched_from < watched_until
