-- Grain: one row per reported month end, the service.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

stock as (
    select * from {{ ref('int_workforce__stock_by_month') }}
    where scope_type = 'service'
),

flows as (
    select * from {{ ref('int_workforce__flows_by_month') }}
    where scope_type = 'service'
),

-- Every month has a row, so twelve rows back is twelve months back.
windows as (
    select
        months.month_end,
        'service' as scope_type,
        'all' as scope_name,
        case
            when months.has_12m
                then cast(
                    sum(coalesce(flows.unexplained_exits, 0)) over (
                        order by months.month_end asc rows between 11 preceding and current row
                    ) as integer
                )
        end as unexplained_exits_12m,
        cast(
            lag(coalesce(stock.headcount, 0), 12) over (order by months.month_end asc) as integer
        ) as headcount_12m_before
    from months
    left join stock on months.month_end = stock.month_end
    left join flows on months.month_end = flows.month_end
),

kept as (
    {{ with_closed('int_board__retention_windows', 'windows', ['month_end']) }}
)

select * from kept
