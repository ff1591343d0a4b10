-- Grain: one row per closed row of a mart whose period is reported.
with closed as (
    select * from {{ ref('stg_closed_months') }}
),

months as (
    select * from {{ ref('int_workforce__months') }}
),

span as (
    select
        min(month_end) as first_month_end,
        max(month_end) as latest_month_end
    from months
),

-- A version of what was known on an earlier day ends before some that have been closed since, and
-- begins after some where older snapshots were sent later.
reported as (
    select closed.*
    from closed
    inner join span
        on
            closed.period_end <= span.latest_month_end
            and coalesce(closed.month_end >= span.first_month_end, true)
)

-- The columns are those of the contract of closed_months, some hundred.
select * from reported -- noqa: AM04
