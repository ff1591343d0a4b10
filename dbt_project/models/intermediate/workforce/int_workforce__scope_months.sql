-- Grain: one row per reported month end and scope, whether or not anyone was there.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

staff as (
    -- Lines that lost to another file of their day name teams and roles too.
    select distinct
        team,
        job_role
    from {{ ref('stg_hr_staff') }}
    where is_good
),

closed as (
    select * from {{ ref('int_closing__rows') }}
),

scopes as (
    select
        'service' as scope_type,
        'all' as scope_name
    union all
    select
        'social_workers' as scope_type,
        'all' as scope_name
    union all
    select distinct
        'team' as scope_type,
        team as scope_name
    from staff
    union all
    select distinct
        'role' as scope_type,
        job_role as scope_name
    from staff
    -- Who named it may have been purged.
    union
    select
        scope_type,
        scope_name
    from closed
    where mart = 'retention_monthly'
),

scope_months as (
    select
        months.month_end,
        scopes.scope_type,
        scopes.scope_name,
        months.has_12m
    from months
    cross join scopes
)

select * from scope_months
