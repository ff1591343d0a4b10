-- Grain: one row per whole calendar year and scope of the board with anyone in post at its end.
with years as (
    select * from {{ ref('int_calendar__periods') }}
    where period_kind = 'year'
),

invitations as (
    select * from {{ ref('int_participation__invitations') }}
    where is_held
),

-- Agency workers too: the programme is for all staff.
in_post as (
    select
        years.last_day,
        staff.staff_key,
        staff.team,
        staff.is_social_worker
    from years
    inner join {{ ref('int_workforce__periods') }} as staff
        on years.last_day between staff.from_day and staff.to_day
),

scoped as (
    {{ in_board_scopes('in_post') }}
),

people as (
    select distinct
        last_day,
        scope_type,
        scope_name,
        staff_key
    from scoped
),

by_person as (
    select
        years.last_day,
        invitations.staff_key,
        count(*) as invited,
        count(*) filter (where invitations.is_attended) as attended,
        bool_or(
            invitations.is_attended
            and invitations.session_date > {{ plus_days('years.last_day', -84) }}
        ) as is_reached_84d
    from years
    inner join invitations on invitations.session_date between years.first_day and years.last_day
    group by years.last_day, invitations.staff_key
),

reach as (
    select
        people.last_day,
        people.scope_type,
        people.scope_name,
        count(*) as people,
        coalesce(sum(by_person.invited), 0) as invited,
        coalesce(sum(by_person.attended), 0) as attended,
        count(*) filter (where by_person.is_reached_84d) as staff_reached_84d
    from people
    left join by_person
        on people.last_day = by_person.last_day and people.staff_key = by_person.staff_key
    group by people.last_day, people.scope_type, people.scope_name
)

select * from reach
