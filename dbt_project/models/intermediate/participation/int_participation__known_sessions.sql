-- Grain: one row per session of a known group, as last stated and not withdrawn.
with statements as (
    select * from {{ ref('stg_group_sessions') }}
    where is_latest and not is_void
),

groups as (
    select * from {{ ref('int_participation__groups') }}
),

-- A session of no known group waits: its group can come in a later file.
known_sessions as (
    select
        statements.session_id,
        statements.group_id,
        statements.session_date,
        statements.status,
        statements.is_held,
        statements.facilitator_independent,
        groups.cadence_days
    from statements
    inner join groups on statements.group_id = groups.group_id
)

select * from known_sessions
