-- Grain: one row per reported month end, scope and person in post there, agency workers included.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

periods as (
    select * from {{ ref('int_workforce__periods') }}
),

in_post as (
    select
        months.month_end,
        periods.staff_key,
        periods.team,
        periods.job_role,
        periods.is_social_worker
    from periods
    inner join months on months.month_end between periods.from_day and periods.to_day
),

scoped as (
    {{ in_scopes('in_post') }}
),

people as (
    select distinct
        month_end,
        scope_type,
        scope_name,
        staff_key
    from scoped
)

select * from people
