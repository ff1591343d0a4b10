-- Grain: one row, the version that this file holds.
with build_info as (
    select * from {{ ref('stg_build_info') }}
),

snapshots as (
    select max(as_of) as latest_hr_staff_as_of
    from {{ ref('int_workforce__snapshots') }}
),

-- One synthetic row of any source makes the whole version synthetic.
flags as (
    select is_synthetic from {{ ref('stg_hr_staff') }}
    where is_good
    union all
    select is_synthetic from {{ ref('stg_hr_leavers') }}
),

judged as (
    select coalesce(bool_or(is_synthetic), false) as synthetic
    from flags
),

release as (
    select
        build_info.version,
        snapshots.latest_hr_staff_as_of,
        build_info.built_at,
        judged.synthetic
    from build_info
    cross join snapshots
    cross join judged
)

select * from release
