-- Grain: one row per rare event, metric and scope; two on one day are two rows.
with moves as (
    select * from {{ ref('int_workforce__moves') }}
),

debriefs as (
    select * from {{ ref('stg_debriefs') }}
    where is_latest and not is_void
),

months as (
    select * from {{ ref('int_workforce__months') }}
),

closed_staff as (
    select * from {{ ref('int_closing__rows') }}
    where mart = 'retention_monthly'
),

-- Of months that a purge has closed the events are no longer whole.
told as (
    select
        (select min(previous_month_end) from months) as after_day,
        (select max(month_end) from months) as last_day,
        (select max(period_end) from closed_staff) as closed_to
),

moved as (
    {{ in_scopes('moves') }}
),

-- A person who leaves two posts on one day leaves once, as in retention_monthly.
exits as (
    select distinct
        case
            when move = 'unexplained_exit' then 'unexplained_exits'
            when leaving_reason = 'retirement' then 'retirements'
            else 'transfers'
        end as metric,
        scope_type,
        scope_name,
        staff_key,
        case when move = 'unexplained_exit' then start_date end as start_date,
        moved_on as event_date
    from moved
    where
        move = 'unexplained_exit'
        or (move = 'leaving' and leaving_reason in ('retirement', 'transfer'))
),

asked as (
    select
        'service' as scope_type,
        'all' as scope_name,
        debriefs.*
    from debriefs
    union all
    select
        'team' as scope_type,
        debriefs.team as scope_name,
        debriefs.*
    from debriefs
),

events as (
    select
        'retention_monthly' as series,
        exits.metric,
        exits.scope_type,
        exits.scope_name,
        exits.event_date
    from exits
    cross join told
    where told.closed_to is null or exits.event_date > told.closed_to
    union all
    -- What became of a debrief is dated by the day it was asked for, as in debrief_monthly.
    select
        'debrief_monthly' as series,
        unnest(
            list_filter(
                [
                    'requested',
                    case when offered_date is not null then 'offered' end,
                    case when status = 'held' then 'held' end,
                    case when status = 'declined' then 'declined' end
                ],
                lambda each: each is not null
            )
        ) as metric,
        scope_type,
        scope_name,
        requested_date as event_date
    from asked
)

select events.*
from events
inner join told
    on events.event_date > told.after_day and events.event_date <= told.last_day
where events.scope_name is not null
