-- Grain: one row per reported month end that closes a year and scope of the board.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

in_post as (
    select
        months.month_end,
        periods.staff_key,
        periods.team,
        periods.is_social_worker,
        periods.fte
    from {{ ref('int_workforce__periods') }} as periods
    inner join months on months.month_end between periods.from_day and periods.to_day
    where periods.contract_family = 'employed'
),

scoped as (
    {{ in_board_scopes('in_post') }}
),

by_month as (
    select
        month_end,
        scope_type,
        scope_name,
        count(distinct staff_key) as headcount,
        sum(fte) as fte
    from scoped
    group by month_end, scope_type, scope_name
),

-- The thirteen month ends of a year, its opening one among them; a scope can be empty at some.
by_year as (
    select
        closing.month_end as last_day,
        by_month.scope_type,
        by_month.scope_name,
        coalesce(
            max(by_month.headcount) filter (where by_month.month_end = closing.month_end), 0
        ) as headcount,
        coalesce(max(by_month.fte) filter (where by_month.month_end = closing.month_end), 0) as fte,
        case when closing.has_12m then sum(by_month.headcount) / 13 end as mean_headcount_12m
    from months as closing
    inner join by_month
        on
            closing.month_end_12m_before <= by_month.month_end
            and closing.month_end >= by_month.month_end
    where extract(month from closing.month_end) = 12
    group by closing.month_end, closing.has_12m, by_month.scope_type, by_month.scope_name
)

select * from by_year
