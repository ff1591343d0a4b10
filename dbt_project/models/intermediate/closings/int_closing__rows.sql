-- Grain: one row per closed row of a mart whose period is reported.
with closed as (
    select * from {{ ref('stg_closed_months') }}
),

months as (
    select * from {{ ref('int_workforce__months') }}
),

latest as (
    select max(month_end) as month_end
    from months
),

-- A version of what was known on an earlier day ends before some that have been closed since.
reported as (
    select closed.*
    from closed
    inner join latest on closed.period_end <= latest.month_end
)

-- The columns are those of the contract of closed_months, some hundred.
select * from reported -- noqa: AM04
