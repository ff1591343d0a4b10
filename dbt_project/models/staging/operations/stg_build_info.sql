-- Grain: one row, the version that is being built.
with build_info as (
    select * from {{ source('ops', 'build_info') }}
),

typed as (
    select
        version,
        built_at,
        minimum_stay_minutes
    from build_info
)

select * from typed
