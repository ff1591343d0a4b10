-- Grain: one row per line of a standing hr_leavers file.
with landed as (
    select * from {{ source('lake', 'hr_leavers') }}
),

typed as (
    select
        staff_key,
        start_date,
        leaving_date,
        leaving_reason,
        destination,
        record_status,
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        as_of,
        file_sha256,
        line,
        {{ is_latest_statement(['staff_key', 'start_date']) }} as is_latest
    from landed
)

select * from typed
