-- Grain: one row per line of a standing group_sessions file.
with landed as (
    select * from {{ source('lake', 'group_sessions') }}
),

typed as (
    select
        session_id,
        group_id,
        session_date,
        status,
        status = 'held' as is_held,
        facilitator_key,
        facilitator_independent,
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        {{ is_latest_statement(['session_id']) }} as is_latest
    from landed
)

select * from typed
