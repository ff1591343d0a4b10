-- Grain: one row per reported month end and scope with a move in the twelve months to it.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

all_moves as (
    select * from {{ ref('int_workforce__moves') }}
),

moves as (
    select
        months.month_end,
        all_moves.*,
        all_moves.moved_on > months.previous_month_end as is_in_month,
        all_moves.move = 'leaving' as is_leaving
    from all_moves
    inner join months
        on
            all_moves.moved_on > months.month_end_12m_before
            and all_moves.moved_on <= months.month_end
),

scoped as (
    {{ in_scopes('moves') }}
),

-- People first, counts after: whoever moves twice in a window counts once in it.
people as (
    select
        month_end,
        scope_type,
        scope_name,
        staff_key,
        bool_or(is_in_month and move = 'start') as has_started,
        bool_or(is_in_month and is_leaving) as has_left,
        sum(fte) filter (where is_in_month and is_leaving) as left_fte,
        bool_or(is_in_month and leaving_reason = 'resignation') as has_resigned,
        bool_or(is_in_month and leaving_reason = 'retirement') as has_retired,
        bool_or(is_in_month and leaving_reason = 'transfer') as has_transferred,
        bool_or(is_leaving) as has_left_12m,
        bool_or(is_early) as has_left_early_12m,
        -- Spells and not people: what is missing is a record for each.
        count(*) filter (where is_in_month and move = 'unexplained_exit') as unexplained_exits
    from scoped
    group by month_end, scope_type, scope_name, staff_key
),

flows as (
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
        sum(unexplained_exits) as unexplained_exits,
        count(*) filter (where has_left_12m) as leavers_12m,
        count(*) filter (where has_left_early_12m) as early_leavers_12m
    from people
    group by month_end, scope_type, scope_name
)

select * from flows
