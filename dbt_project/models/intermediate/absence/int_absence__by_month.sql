-- Grain: one row per reported month end and scope, the service and its social workers.
with scope_months as (
    select * from {{ ref('int_workforce__scope_months') }}
    where scope_type in ('service', 'social_workers')
),

employed as (
    select * from {{ ref('int_workforce__periods') }}
    where contract_family = 'employed'
),

stock as (
    select * from {{ ref('int_workforce__stock_by_month') }}
),

working_days as (
    select * from {{ ref('int_calendar__working_days') }}
),

-- A person with two posts is absent from both, and loses the day once.
met as (
    select
        last_day(absent_days.absent_on) as month_end,
        absent_days.*,
        employed.is_social_worker,
        employed.is_only_spell
    from {{ ref('int_absence__days') }} as absent_days
    inner join employed
        on
            absent_days.staff_key = employed.staff_key
            and absent_days.absent_on between employed.from_day and employed.to_day
),

in_post as (
    select * exclude (is_only_spell)
    from met
    where is_only_spell
    union all by name
    select
        * exclude (is_social_worker, is_only_spell),
        bool_or(is_social_worker) as is_social_worker
    from met
    where is_only_spell is not true
    group by all
),

scoped as (
    select
        'service' as scope_type,
        in_post.*
    from in_post
    union all
    select
        'social_workers' as scope_type,
        in_post.*
    from in_post
    where is_social_worker
),

-- Added up as decimals, so that the sum does not hang on the order of adding.
lost as (
    select
        month_end,
        scope_type,
        is_stress,
        cast(working_days_lost * count(*) / spread_over_days as decimal(38, 18)) as days_lost
    from scoped
    group by
        month_end, scope_type, staff_key, absence_start, is_stress, working_days_lost,
        spread_over_days
),

lost_by_month as (
    select
        month_end,
        scope_type,
        sum(days_lost) as working_days_lost,
        coalesce(sum(days_lost) filter (where is_stress), 0) as stress_days_lost
    from lost
    group by month_end, scope_type
)

select
    scope_months.month_end,
    scope_months.scope_type,
    scope_months.scope_name,
    coalesce(lost_by_month.working_days_lost, 0) as working_days_lost,
    coalesce(lost_by_month.stress_days_lost, 0) as stress_days_lost,
    coalesce(stock.fte, 0) * working_days.working_days as working_days_available
from scope_months
inner join working_days on scope_months.month_end = working_days.month_end
left join stock
    on
        scope_months.month_end = stock.month_end
        and scope_months.scope_type = stock.scope_type
left join lost_by_month
    on
        scope_months.month_end = lost_by_month.month_end
        and scope_months.scope_type = lost_by_month.scope_type
