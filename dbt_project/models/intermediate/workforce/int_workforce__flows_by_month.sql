-- Grain: one row per reported month end and scope with a move in the twelve months to it.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

moves as (
    select
        *,
        last_day(moved_on) as month_end
    from {{ ref('int_workforce__moves') }}
),

scoped as (
    {{ in_scopes('moves') }}
),

-- People first, counts after: whoever moves twice in a month counts once in it. Of unexplained
-- exits it is spells and not people: what is missing is a record for each.
people as (
    select
        month_end,
        scope_type,
        scope_name,
        staff_key,
        bool_or(move = 'start') as has_started,
        bool_or(move = 'leaving') as has_left,
        sum(fte) filter (where move = 'leaving') as left_fte,
        bool_or(leaving_reason = 'resignation') as has_resigned,
        bool_or(leaving_reason = 'retirement') as has_retired,
        bool_or(leaving_reason = 'transfer') as has_transferred,
        bool_or(is_early) as has_left_early,
        count(*) filter (where move = 'unexplained_exit') as unexplained_exits
    from scoped
    group by month_end, scope_type, scope_name, staff_key
),

in_month as (
    select
        month_end,
        scope_type,
        scope_name,
        count(*) filter (where has_started) as starters,
        count(*) filter (where has_left) as leavers,
        coalesce(sum(left_fte), 0) as leavers_fte,
        count(*) filter (where has_resigned) as voluntary_leavers,
        count(*) filter (where has_retired) as retirements,
        count(*) filter (where has_transferred) as transfers,
        sum(unexplained_exits) as unexplained_exits
    from people
    group by month_end, scope_type, scope_name
),

-- A move counts at the twelve month ends from its own on; of two by one person within them, the
-- first counts until the second does.
added as (
    {%- for measure, condition in
        [('any', 'true'), ('leavers', 'has_left'), ('early_leavers', 'has_left_early')] %}
    select
        scope_type,
        scope_name,
        '{{ measure }}_12m' as measure,
        1 as amount,
        month_end as first_month,
        least(
            {{ month_end_plus('month_end', 11) }},
            {{ month_end_plus('lead(month_end) over person', -1) }}
        ) as last_month
    from people
    where {{ condition }}
    window person as (partition by scope_type, scope_name, staff_key order by month_end asc)
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

running as (
    {{ running_totals('added', ['any_12m', 'leavers_12m', 'early_leavers_12m']) }}
)

select
    months.month_end,
    running.scope_type,
    running.scope_name,
    coalesce(in_month.starters, 0) as starters,
    coalesce(in_month.leavers, 0) as leavers,
    coalesce(in_month.leavers_fte, 0) as leavers_fte,
    coalesce(in_month.voluntary_leavers, 0) as voluntary_leavers,
    coalesce(in_month.retirements, 0) as retirements,
    coalesce(in_month.transfers, 0) as transfers,
    coalesce(in_month.unexplained_exits, 0) as unexplained_exits,
    cast(running.leavers_12m as bigint) as leavers_12m,
    cast(running.early_leavers_12m as bigint) as early_leavers_12m
from running
inner join months
    on running.first_month <= months.month_end and running.month_after > months.month_end
left join in_month
    on
        months.month_end = in_month.month_end
        and running.scope_type = in_month.scope_type
        and running.scope_name = in_month.scope_name
where running.any_12m > 0
