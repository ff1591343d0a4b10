-- Grain: one row per line of a standing group_attendance file.
with landed as (
    select * from {{ source('lake', 'group_attendance') }}
),

typed as (
    select
        session_id,
        staff_key,
        attendance = 'attended' as is_attended,
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        {{ is_latest_statement(['session_id', 'staff_key']) }} as is_latest
    from landed
)

select * from typed
