-- Grain: one row per reported month end and scope with anyone who holds cases.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

periods as (
    select * from {{ ref('int_workforce__periods') }}
),

staff_rows as (
    select
        staff_key,
        start_date,
        caseload,
        as_of
    from {{ ref('stg_hr_staff') }}
    where gives_attributes
),

in_post as (
    select
        months.month_end,
        periods.staff_key,
        periods.start_date,
        periods.team,
        periods.job_role,
        periods.is_social_worker,
        periods.fte
    from periods
    inner join months on months.month_end between periods.from_day and periods.to_day
),

-- The latest snapshot by then, whatever it says: one without a figure takes the older one away.
-- Before its first snapshot nothing is known of a spell's cases.
holding as (
    select
        in_post.*,
        staff_rows.caseload
    from in_post
    asof inner join staff_rows
        on
            in_post.staff_key = staff_rows.staff_key
            and in_post.start_date = staff_rows.start_date
            and in_post.month_end >= staff_rows.as_of
    where staff_rows.caseload >= 1
),

scoped as (
    {{ in_scopes('holding') }}
),

people as (
    select
        month_end,
        scope_type,
        scope_name,
        staff_key,
        sum(caseload) as cases,
        sum(fte) as fte
    from scoped
    group by month_end, scope_type, scope_name, staff_key
),

caseloads as (
    select
        month_end,
        scope_type,
        scope_name,
        count(*) as case_holders,
        sum(cases) as cases,
        sum(fte) as case_holders_fte,
        quantile_cont(cast(cases as double), 0.9) as p90_caseload
    from people
    group by month_end, scope_type, scope_name
)

select * from caseloads
