-- Grain: one row per reported month end, the whole service.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

groups as (
    select * from {{ ref('int_participation__groups') }}
),

held as (
    select * from {{ ref('int_participation__known_sessions') }}
    where is_held
),

active as (
    select
        months.month_end,
        groups.group_id,
        groups.cadence_days
    from months
    left join groups on months.month_end between groups.started_on and groups.runs_until
),

met_lately as (
    select
        active.month_end,
        active.group_id,
        coalesce(
            bool_or(
                held.session_date
                > {{ plus_days('active.month_end', '(-active.cadence_days - 7)') }}
            ),
            false
        ) as is_on_cadence
    from active
    left join held
        on active.group_id = held.group_id and active.month_end >= held.session_date
    group by active.month_end, active.group_id
),

counted as (
    select
        month_end,
        count(group_id) as groups_active,
        count(*) filter (where is_on_cadence) as groups_on_cadence
    from met_lately
    group by month_end
)

select * from counted
