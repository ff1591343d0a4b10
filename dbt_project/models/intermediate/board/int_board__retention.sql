-- Grain: one row per calendar year that is reported whole and scope.
with years as (
    select
        periods.*,
        months.has_12m
    from {{ ref('int_calendar__periods') }} as periods
    inner join {{ ref('int_workforce__months') }} as months on periods.last_day = months.month_end
    where periods.period_kind = 'year'
),

stock as (
    select * from {{ ref('int_workforce__stock_by_year') }}
),

scopes as (
    {{ board_scopes() }}
),

moves as (
    select
        years.last_day,
        moves.*
    from {{ ref('int_workforce__moves') }} as moves
    inner join years on moves.moved_on between years.first_day and years.last_day
),

scoped_moves as (
    {{ in_board_scopes('moves') }}
),

-- People first, counts after: whoever moves twice in a year counts once in it.
people as (
    select
        last_day,
        scope_type,
        scope_name,
        staff_key,
        bool_or(move = 'start') as has_started,
        bool_or(move = 'leaving') as has_left,
        bool_or(leaving_reason = 'resignation') as has_resigned,
        bool_or(leaving_reason = 'retirement') as has_retired,
        bool_or(leaving_reason = 'transfer') as has_transferred,
        bool_or(is_early) as has_left_early,
        count(*) filter (where move = 'unexplained_exit') as unexplained_exits
    from scoped_moves
    group by last_day, scope_type, scope_name, staff_key
),

flows as (
    select
        last_day,
        scope_type,
        scope_name,
        count(*) filter (where has_started) as starters,
        count(*) filter (where has_left) as leavers,
        count(*) filter (where has_resigned) as voluntary_leavers,
        count(*) filter (where has_retired) as retirements,
        count(*) filter (where has_transferred) as transfers,
        sum(unexplained_exits) as unexplained_exits,
        count(*) filter (where has_left_early) as early_leavers_12m
    from people
    group by last_day, scope_type, scope_name
),

counted as (
    select
        cast(extract(year from years.last_day) as integer) as year,
        scopes.scope_type,
        scopes.scope_name,
        cast(coalesce(stock.headcount, 0) as integer) as headcount,
        cast(coalesce(stock.fte, 0) as double) as fte,
        cast(coalesce(flows.starters, 0) as integer) as starters,
        cast(coalesce(flows.leavers, 0) as integer) as leavers,
        cast(coalesce(flows.voluntary_leavers, 0) as integer) as voluntary_leavers,
        cast(coalesce(flows.retirements, 0) as integer) as retirements,
        cast(coalesce(flows.transfers, 0) as integer) as transfers,
        cast(coalesce(flows.unexplained_exits, 0) as integer) as unexplained_exits,
        cast(coalesce(flows.early_leavers_12m, 0) as integer) as early_leavers_12m,
        case when years.has_12m then coalesce(stock.mean_headcount_12m, 0) end
            as mean_headcount_12m,
        coalesce(flows.leavers, 0) / nullif(stock.mean_headcount_12m, 0) as turnover_rate_12m
    from years
    cross join scopes
    left join flows
        on
            years.last_day = flows.last_day
            and scopes.scope_type = flows.scope_type
            and scopes.scope_name = flows.scope_name
    left join stock
        on
            years.last_day = stock.last_day
            and scopes.scope_type = stock.scope_type
            and scopes.scope_name = stock.scope_name
),

kept as (
    {{ with_closed('int_board__retention', 'counted', ['year', 'scope_type', 'scope_name']) }}
)

select * from kept
