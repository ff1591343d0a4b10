-- Grain: one row per reported month end and scope.
with scope_months as (
    select * from {{ ref('int_workforce__scope_months') }}
),

caseloads as (
    select * from {{ ref('int_workforce__caseload_by_month') }}
),

measured as (
    select
        scope_months.month_end,
        scope_months.scope_type,
        scope_months.scope_name,
        cast(coalesce(caseloads.case_holders, 0) as integer) as case_holders,
        cast(coalesce(caseloads.cases, 0) as integer) as cases,
        cast(caseloads.cases as double) / nullif(cast(caseloads.case_holders_fte as double), 0)
            as mean_caseload,
        caseloads.p90_caseload
    from scope_months
    left join caseloads
        on
            scope_months.month_end = caseloads.month_end
            and scope_months.scope_type = caseloads.scope_type
            and scope_months.scope_name = caseloads.scope_name
),

kept as (
    {{ with_closed('caseload_monthly', 'measured', ['month_end', 'scope_type', 'scope_name']) }}
)

select * from kept
