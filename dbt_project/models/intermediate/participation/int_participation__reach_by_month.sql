-- Grain: one row per reported month end and scope with anyone in post, agency workers included.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

people as (
    select * from {{ ref('int_workforce__people_by_month') }}
),

invitations as (
    select * from {{ ref('int_participation__invitations') }}
    where is_held
),

-- The windows of the month and of its last 84 days, two cycles of six weeks, in one pass.
by_person as (
    select
        months.month_end,
        invitations.staff_key,
        count(*) filter (where invitations.session_date > months.previous_month_end) as invited,
        count(*) filter (
            where invitations.session_date > months.previous_month_end and invitations.is_attended
        ) as attended,
        bool_or(invitations.is_attended) as is_reached_84d
    from months
    inner join invitations
        on
            invitations.session_date > {{ plus_days('months.month_end', -84) }}
            and months.month_end >= invitations.session_date
    group by months.month_end, invitations.staff_key
),

reach as (
    select
        people.month_end,
        people.scope_type,
        people.scope_name,
        count(*) as people,
        coalesce(sum(by_person.invited), 0) as invited,
        coalesce(sum(by_person.attended), 0) as attended,
        count(*) filter (where by_person.is_reached_84d) as staff_reached_84d
    from people
    left join by_person
        on people.month_end = by_person.month_end and people.staff_key = by_person.staff_key
    group by people.month_end, people.scope_type, people.scope_name
)

select * from reach
