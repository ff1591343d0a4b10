-- Grain: one row, the version that this file holds.
with build_info as (
    select * from {{ ref('stg_build_info') }}
),

snapshots as (
    select max(as_of) as latest_hr_staff_as_of
    from {{ ref('int_workforce__snapshots') }}
),

-- One synthetic row of any source makes the whole version synthetic.
judged as (
    select coalesce(bool_or(is_synthetic), false) as synthetic
    from {{ ref('int_operations__synthetic_sources') }}
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
