-- Grain: one row per group, as the latest snapshot that holds it says.
with held as (
    select
        *,
        as_of = max(as_of) over (partition by group_id) as is_last_known
    from {{ ref('stg_groups') }}
    where gives_attributes
),

groups as (
    select
        group_id,
        started_on,
        ended_on,
        coalesce(ended_on, {{ far_future() }}) as runs_until,
        cadence_days
    from held
    where is_last_known
)

select * from groups
