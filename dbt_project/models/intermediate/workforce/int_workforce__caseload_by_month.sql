-- Grain: one row per reported month end and scope with anyone who holds cases.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

spells as (
    select
        staff_key,
        start_date,
        coalesce(last_day, {{ far_future() }}) as in_post_until,
        count(*) over (partition by staff_key) > 1 as has_other_spells
    from {{ ref('int_workforce__spells') }}
    where has_held_cases is not false
),

-- The latest snapshot by then, whatever it says: one without a figure takes the older one away.
-- Before its first snapshot nothing is known of a spell's cases.
staff_rows as (
    select
        listed.*,
        spells.in_post_until,
        spells.has_other_spells,
        lead(listed.as_of, 1, {{ far_future() }}) over (
            partition by listed.staff_key, listed.start_date order by listed.as_of asc
        ) as next_as_of
    from {{ ref('stg_hr_staff') }} as listed
    inner join spells
        on listed.staff_key = spells.staff_key and listed.start_date = spells.start_date
    where listed.gives_attributes
),

-- A snapshot speaks for few month ends, mostly for one, so these are listed and not searched for.
holding as (
    select
        staff_rows.staff_key,
        staff_rows.team,
        staff_rows.job_role,
        staff_rows.is_social_worker,
        staff_rows.caseload,
        staff_rows.fte,
        staff_rows.has_other_spells,
        unnest(
            generate_series(
                last_day(greatest(staff_rows.as_of, staff_rows.start_date)),
                least(
                    {{ month_end_by(plus_days('staff_rows.next_as_of', -1)) }},
                    {{ month_end_by('staff_rows.in_post_until') }},
                    (select max(months.month_end) from months)
                ),
                interval 1 month
            )
        ) as month_start
    from staff_rows
    where staff_rows.caseload >= 1
),

held as (
    select
        months.month_end,
        holding.*
    from holding
    inner join months on last_day(cast(holding.month_start as date)) = months.month_end
),

scoped as (
    {{ in_scopes('held') }}
),

-- People first, counts after; most have one spell ever and need not be gathered.
people as (
    select
        month_end,
        scope_type,
        scope_name,
        caseload as cases,
        fte
    from scoped
    where not has_other_spells
    union all
    select
        month_end,
        scope_type,
        scope_name,
        sum(caseload) as cases,
        sum(fte) as fte
    from scoped
    where has_other_spells
    group by month_end, scope_type, scope_name, staff_key
)

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
