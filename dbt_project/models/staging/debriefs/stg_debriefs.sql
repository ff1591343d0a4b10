-- Grain: one row per line of a standing debriefs file.
with landed as (
    select * from {{ source('lake', 'debriefs') }}
),

typed as (
    select
        debrief_id,
        incident_date,
        team,
        requested_date,
        offered_date,
        held_date,
        status,
        staff_affected,
        staff_attended,
        follow_up_offered,
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        {{ is_latest_statement(['debrief_id']) }} as is_latest
    from landed
)

select * from typed
