-- Grain: one row per reported month end.
with snapshots as (
    select * from {{ ref('int_workforce__snapshots') }}
),

covered as (
    select
        min(as_of) as first_as_of,
        max(as_of) as latest_as_of
    from snapshots
),

calendar as (
    select
        first_as_of,
        latest_as_of,
        unnest(
            generate_series(
                date_trunc('month', first_as_of),
                date_trunc('month', latest_as_of),
                interval 1 month
            )
        ) as month_start
    from covered
),

month_ends as (
    select last_day(cast(month_start as date)) as month_end
    from calendar
    where last_day(cast(month_start as date)) between first_as_of and latest_as_of
),

reported as (
    select
        month_end,
        {{ month_end_plus('month_end', -1) }} as previous_month_end,
        {{ month_end_plus('month_end', -12) }} as month_end_12m_before,
        {{ month_end_plus('month_end', 12) }} as month_end_12m_after,
        {{ month_end_plus('month_end', -12) }} >= min(month_end) over () as has_12m
    from month_ends
)

select * from reported
