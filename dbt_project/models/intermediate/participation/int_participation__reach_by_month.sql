-- Grain: one row per reported month end and scope with anyone in post, agency workers included.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

stock as (
    select * from {{ ref('int_workforce__stock_by_month') }}
),

invitations as (
    select * from {{ ref('int_participation__invitations') }}
    where is_held
),

session_days as (
    select distinct session_date
    from invitations
),

-- The windows of the month and of its last 84 days, two cycles of six weeks, in one pass.
windows as (
    select
        months.month_end,
        days.session_date,
        days.session_date > months.previous_month_end as is_in_month
    from months
    inner join session_days as days
        on
            {{ plus_days('months.month_end', -84) }} < days.session_date
            and months.month_end >= days.session_date
),

by_person as (
    select
        windows.month_end,
        invitations.staff_key,
        count(*) filter (where windows.is_in_month) as invited,
        count(*) filter (where windows.is_in_month and invitations.is_attended) as attended,
        bool_or(invitations.is_attended) as is_reached_84d
    from windows
    inner join invitations on windows.session_date = invitations.session_date
    group by windows.month_end, invitations.staff_key
),

in_post as (
    select
        by_person.*,
        staff.team,
        staff.job_role,
        staff.is_social_worker,
        staff.is_only_spell
    from by_person
    inner join {{ ref('int_workforce__periods') }} as staff
        on
            by_person.staff_key = staff.staff_key
            and by_person.month_end between staff.from_day and staff.to_day
),

scoped as (
    {{ in_scopes('in_post') }}
),

-- One with two posts counts once in a scope; who has one spell ever has one post.
people as (
    select * exclude (team, job_role, is_social_worker, is_only_spell)
    from scoped
    where is_only_spell
    union all
    select distinct * exclude (team, job_role, is_social_worker, is_only_spell)
    from scoped
    where is_only_spell is not true
),

asked as (
    select
        month_end,
        scope_type,
        scope_name,
        sum(invited) as invited,
        sum(attended) as attended,
        count(*) filter (where is_reached_84d) as staff_reached_84d
    from people
    group by month_end, scope_type, scope_name
)

select
    stock.month_end,
    stock.scope_type,
    stock.scope_name,
    stock.people,
    coalesce(asked.invited, 0) as invited,
    coalesce(asked.attended, 0) as attended,
    coalesce(asked.staff_reached_84d, 0) as staff_reached_84d
from stock
left join asked
    on
        stock.month_end = asked.month_end
        and stock.scope_type = asked.scope_type
        and stock.scope_name = asked.scope_name
