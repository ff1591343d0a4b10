-- Grain: one row per session and known person who was to come to it.
with sessions as (
    select * from {{ ref('int_participation__known_sessions') }}
),

members as (
    select * from {{ ref('stg_group_members') }}
    where gives_attributes
),

attendance as (
    select * from {{ ref('int_participation__attendance') }}
),

snapshots as (
    -- The manifest and not the rows: a list of which every row was bad is a list still.
    select distinct as_of
    from {{ ref('stg_load_manifest') }}
    where source = 'group_members' and is_standing
),

known_people as (
    select distinct staff_key
    from {{ ref('int_workforce__spell_versions') }}
),

-- The first list made after the day knows best who belonged on it, since left_on is filled then.
session_lists as (
    select
        sessions.session_id,
        sessions.group_id,
        sessions.session_date,
        coalesce(
            min(snapshots.as_of) filter (where snapshots.as_of >= sessions.session_date),
            max(snapshots.as_of)
        ) as list_as_of
    from sessions
    cross join snapshots
    group by sessions.session_id, sessions.group_id, sessions.session_date
),

on_the_list as (
    select
        session_lists.session_id,
        members.staff_key
    from session_lists
    inner join members
        on
            session_lists.group_id = members.group_id
            and session_lists.list_as_of = members.as_of
            and session_lists.session_date >= members.joined_on
            and session_lists.session_date <= coalesce(members.left_on, {{ far_future() }})
),

-- Lists from online meetings name only those who came: members stand beside the register.
invited as (
    select
        coalesce(attendance.session_id, on_the_list.session_id) as session_id,
        coalesce(attendance.staff_key, on_the_list.staff_key) as staff_key,
        coalesce(attendance.is_attended, false) as is_attended
    from on_the_list
    full outer join attendance
        on
            on_the_list.session_id = attendance.session_id
            and on_the_list.staff_key = attendance.staff_key
),

invitations as (
    select
        invited.session_id,
        sessions.session_date,
        sessions.is_held,
        invited.staff_key,
        invited.is_attended
    from invited
    inner join sessions on invited.session_id = sessions.session_id
    inner join known_people on invited.staff_key = known_people.staff_key
)

select * from invitations
