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
        -- A withdrawn record must still win its key: what it withdraws is the older statement.
        row_number() over (
            partition by staff_key, start_date
            order by as_of desc, file_sha256 desc, line asc
        ) = 1 as is_latest
    from landed
)

select * from typed
