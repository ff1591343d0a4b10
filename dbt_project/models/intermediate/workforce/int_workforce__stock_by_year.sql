-- Grain: one row per reported month end that closes a year and scope of the board.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

stretches as (
    select
        staff_key,
        team,
        is_social_worker,
        fte,
        last_day(from_day) as first_month,
        {{ month_end_by('to_day') }} as last_month
    from {{ ref('int_workforce__periods') }}
    where contract_family = 'employed'
),

scoped as (
    {{ in_board_scopes('stretches') }}
),

-- One with two posts counts once: what a stretch adds begins where the person's others end.
beside_others as (
    select
        *,
        max(last_month) over (
            partition by scope_type, scope_name, staff_key
            order by first_month asc
            rows between unbounded preceding and 1 preceding
        ) as until
    from scoped
),

added as (
    select
        scope_type,
        scope_name,
        'headcount' as measure,
        1 as amount,
        greatest(first_month, {{ month_end_plus('until', 1) }}) as first_month,
        last_month
    from beside_others
    union all
    select
        scope_type,
        scope_name,
        'fte' as measure,
        fte as amount,
        first_month,
        last_month
    from beside_others
),

running as (
    {{ running_totals('added', ['headcount', 'fte']) }}
),

by_month as (
    select
        months.month_end,
        running.scope_type,
        running.scope_name,
        cast(running.headcount as bigint) as headcount,
        running.fte
    from running
    inner join months
        on running.first_month <= months.month_end and running.month_after > months.month_end
    where running.headcount > 0
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
