-- Grain: one row per row of a mart that a purge has closed.
with landed as (
    select * from {{ source('lake', 'closed_months') }}
),

kept as (
    select * exclude (as_of, file_sha256, line, row_status)
    from landed
)

-- The columns are those of the contract of closed_months, some hundred.
select * from kept -- noqa: AM04
