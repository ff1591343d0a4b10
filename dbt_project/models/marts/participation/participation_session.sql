-- Grain: one row per session of a known group.
with sessions as (
    select * from {{ ref('int_participation__sessions') }}
),

shown as (
    select
        session_id,
        group_id,
        session_date,
        status,
        cast(invited as integer) as invited,
        cast(attended as integer) as attended,
        attended / nullif(invited, 0) as attendance_rate,
        cast(days_since_previous as integer) as days_since_previous,
        on_cadence,
        size_band
    from sessions
)

select * from shown
