-- Grain: one row per spell and stretch of days over which its attributes stay the same.
with good_rows as (
    select * from {{ ref('stg_hr_staff') }}
    where gives_attributes
),

with_row_before as (
    select
        *,
        lag(as_of) over spell as as_of_before,
        lag(team) over spell as team_before,
        lag(job_role) over spell as job_role_before,
        lag(is_social_worker) over spell as is_social_worker_before,
        lag(contract_type) over spell as contract_type_before,
        lag(fte) over spell as fte_before
    from good_rows
    window spell as (partition by staff_key, start_date order by as_of asc)
),

changed as (
    select * from with_row_before
    where
        as_of_before is null
        or team is distinct from team_before
        or job_role is distinct from job_role_before
        or is_social_worker is distinct from is_social_worker_before
        or contract_type is distinct from contract_type_before
        or fte is distinct from fte_before
),

versions as (
    select
        staff_key,
        start_date,
        team,
        job_role,
        is_social_worker,
        contract_type,
        contract_family,
        fte,
        -- Before its first snapshot a spell has the attributes that this one gives it.
        case when as_of_before is null then {{ far_past() }} else as_of end as valid_from,
        coalesce(lead(as_of) over spell, {{ far_future() }}) as valid_before
    from changed
    window spell as (partition by staff_key, start_date order by as_of asc)
)

select * from versions
