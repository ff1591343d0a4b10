-- Grain: one row per key column that can name what no file has brought yet.
with groups as (
    select distinct group_id
    from {{ ref('stg_groups') }}
),

sessions as (
    select * from {{ ref('stg_group_sessions') }}
    where is_latest and not is_void
),

-- With what reports add, which is of known people in known sessions and so waits for nothing.
attendance as (
    select * from {{ ref('int_participation__attendance') }}
),

stays as (
    select * from {{ ref('int_participation__stays') }}
),

known_people as (
    select distinct staff_key
    from {{ ref('int_workforce__spell_versions') }}
),

counted as (
    select
        'group_sessions' as source,
        'group_id' as key_name,
        count(*) as unmatched
    from sessions
    anti join groups on sessions.group_id = groups.group_id
    union all
    select
        'group_attendance' as source,
        'session_id' as key_name,
        count(*) as unmatched
    from attendance
    anti join sessions on attendance.session_id = sessions.session_id
    union all
    select
        'group_attendance' as source,
        'employee_id' as key_name,
        count(*) as unmatched
    from attendance
    anti join known_people on attendance.staff_key = known_people.staff_key
    union all
    -- A source of meeting reports is told of once it has any.
    select
        source,
        'session_id' as key_name,
        count(*) filter (where not is_session_known) as unmatched
    from stays
    group by source
    union all
    select
        source,
        'email' as key_name,
        count(*) filter (where staff_key is null) as unmatched
    from stays
    group by source
),

waiting as (
    select
        source,
        key_name,
        cast(unmatched as integer) as rows
    from counted
)

select * from waiting
