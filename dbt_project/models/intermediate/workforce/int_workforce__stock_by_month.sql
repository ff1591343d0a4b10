-- Grain: one row per reported month end and scope in which anyone was in post.
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
        periods.is_social_worker,
        periods.fte,
        periods.contract_family = 'employed' as is_employed,
        periods.in_post_until >= months.month_end_12m_after as is_there_12m_later
    from periods
    inner join months on months.month_end between periods.from_day and periods.to_day
),

scoped as (
    {{ in_scopes('in_post') }}
),

-- People first, counts after: one with two posts counts once (and distinct counts cost far more).
people as (
    select
        month_end,
        scope_type,
        scope_name,
        staff_key,
        bool_or(is_employed) as is_employed,
        bool_or(is_employed and is_there_12m_later) as is_there_12m_later,
        bool_or(not is_employed) as is_agency,
        sum(fte) filter (where is_employed) as fte,
        sum(fte) filter (where not is_employed) as agency_fte
    from scoped
    group by month_end, scope_type, scope_name, staff_key
),

stock as (
    select
        month_end,
        scope_type,
        scope_name,
        count(*) as people,
        count(*) filter (where is_employed) as headcount,
        coalesce(sum(fte), 0) as fte,
        count(*) filter (where is_there_12m_later) as there_12m_later,
        count(*) filter (where is_agency) as agency_headcount,
        coalesce(sum(agency_fte), 0) as agency_fte
    from people
    group by month_end, scope_type, scope_name
)

select * from stock
