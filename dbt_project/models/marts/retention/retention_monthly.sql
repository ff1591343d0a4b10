-- Grain: one row per reported month end and scope.
with scope_months as (
    select * from {{ ref('int_workforce__scope_months') }}
),

stock as (
    select * from {{ ref('int_workforce__stock_by_month') }}
),

flows as (
    select * from {{ ref('int_workforce__flows_by_month') }}
),

counted as (
    select
        scope_months.month_end,
        scope_months.scope_type,
        scope_months.scope_name,
        scope_months.has_12m,
        coalesce(stock.headcount, 0) as headcount,
        cast(coalesce(stock.fte, 0) as double) as fte,
        coalesce(stock.there_12m_later, 0) as there_12m_later,
        coalesce(stock.agency_headcount, 0) as agency_headcount,
        cast(coalesce(stock.agency_fte, 0) as double) as agency_fte,
        cast(coalesce(stock.fte, 0) + coalesce(stock.agency_fte, 0) as double) as fte_with_agency,
        coalesce(flows.starters, 0) as starters,
        coalesce(flows.leavers, 0) as leavers,
        cast(coalesce(flows.leavers_fte, 0) as double) as leavers_fte,
        coalesce(flows.voluntary_leavers, 0) as voluntary_leavers,
        coalesce(flows.retirements, 0) as retirements,
        coalesce(flows.transfers, 0) as transfers,
        coalesce(flows.unexplained_exits, 0) as unexplained_exits,
        coalesce(flows.leavers_12m, 0) as leavers_12m,
        coalesce(flows.early_leavers_12m, 0) as early_leavers_12m
    from scope_months
    left join stock
        on
            scope_months.month_end = stock.month_end
            and scope_months.scope_type = stock.scope_type
            and scope_months.scope_name = stock.scope_name
    left join flows
        on
            scope_months.month_end = flows.month_end
            and scope_months.scope_type = flows.scope_type
            and scope_months.scope_name = flows.scope_name
),

year_before as (
    -- Every scope has a row in every month, so twelve rows back is twelve months back.
    select
        *,
        lag(headcount, 12) over scope_to_date as headcount_12m_before,
        lag(there_12m_later, 12) over scope_to_date as still_there,
        avg(headcount) over (
            partition by scope_type, scope_name
            order by month_end asc
            rows between 12 preceding and current row
        ) as mean_headcount_13
    from counted
    window scope_to_date as (partition by scope_type, scope_name order by month_end asc)
),

rated as (
    select
        month_end,
        scope_type,
        scope_name,
        cast(headcount as integer) as headcount,
        fte,
        cast(starters as integer) as starters,
        cast(leavers as integer) as leavers,
        leavers_fte,
        cast(voluntary_leavers as integer) as voluntary_leavers,
        cast(retirements as integer) as retirements,
        cast(transfers as integer) as transfers,
        cast(unexplained_exits as integer) as unexplained_exits,
        case when has_12m then cast(leavers_12m as integer) end as leavers_12m,
        case when has_12m then leavers_12m / nullif(mean_headcount_13, 0) end as turnover_rate_12m,
        still_there / nullif(headcount_12m_before, 0) as stability_index_12m,
        case when has_12m then cast(early_leavers_12m as integer) end as early_leavers_12m,
        cast(agency_headcount as integer) as agency_headcount,
        agency_fte,
        agency_fte / nullif(fte_with_agency, 0) as agency_rate
    from year_before
),

kept as (
    {{ with_closed('retention_monthly', 'rated', ['month_end', 'scope_type', 'scope_name']) }}
)

select * from kept
