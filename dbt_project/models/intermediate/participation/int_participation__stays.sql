-- Grain: one row per stay of a participant in an online session, matched or not.
with stays as (
    select * from {{ ref('stg_attendance_teams') }}
    where is_participant and not is_void
    union all
    select * from {{ ref('stg_attendance_zoom') }}
    where is_participant and not is_void
),

-- A bad line and one that lost its day to another file give no address. Few were ever online.
addresses as (
    select distinct
        email_key,
        staff_key,
        as_of
    from {{ ref('stg_hr_staff') }}
    where gives_attributes and email_key in (select stays.email_key from stays)
),

sessions as (
    select * from {{ ref('stg_group_sessions') }}
    where is_latest and not is_void
),

-- An address can pass to a namesake years later: the snapshot of the day speaks, as for a team.
asked as (
    select
        stays.email_key,
        stays.meeting_day,
        coalesce(
            max(addresses.as_of) filter (where addresses.as_of <= stays.meeting_day),
            min(addresses.as_of)
        ) as as_of
    from stays
    inner join addresses on stays.email_key = addresses.email_key
    group by stays.email_key, stays.meeting_day
),

-- An address that two people share says of neither that they came.
holders as (
    select
        asked.email_key,
        asked.meeting_day,
        min(addresses.staff_key) as staff_key
    from asked
    inner join addresses
        on asked.email_key = addresses.email_key and asked.as_of = addresses.as_of
    group by asked.email_key, asked.meeting_day
    having count(distinct addresses.staff_key) = 1
),

-- A report of another day than the session's is not of that session: it waits.
matched as (
    select
        stays.source,
        stays.session_id,
        sessions.session_id is not null as is_session_known,
        holders.staff_key,
        stays.joined_at,
        stays.left_at
    from stays
    left join sessions
        on stays.session_id = sessions.session_id and stays.meeting_day = sessions.session_date
    left join holders
        on stays.email_key = holders.email_key and stays.meeting_day = holders.meeting_day
    where holders.staff_key is null or holders.staff_key is distinct from sessions.facilitator_key
)

select * from matched
