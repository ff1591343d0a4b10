-- Groups, their sessions, who was asked and who came; debriefs.
create temp table known_groups as
select group_id, started_on, coalesce(ended_on, date '9999-12-31') as runs_until, cadence_days
from lake.groups
where (group_id, as_of) in (select group_id, max(as_of) from lake.groups group by group_id)
qualify row_number() over (partition by group_id order by file_sha256 desc, line) = 1;

create temp table stated_sessions as
select * from lake.group_sessions
qualify row_number() over (partition by session_id order by as_of desc, file_sha256 desc, line) = 1;
delete from stated_sessions where void;

create temp table sessions as
select
    row_number() over () as session, session_id, group_id, session_date, month_of(session_date) as month,
    status, status = 'held' as is_held, facilitator_independent, cadence_days
from stated_sessions inner join known_groups using (group_id);

-- Hardly any key is stated twice: only of those is the later statement looked for, void or not.
create temp table stated_twice as
select session_id, staff_key from lake.group_attendance group by all having count(*) > 1;

create temp table register as
select session_id, staff_key, attendance = 'attended' as came
from lake.group_attendance anti join stated_twice using (session_id, staff_key)
where void is not true
union all
select session_id, staff_key, came
from (
    select session_id, staff_key, attendance = 'attended' as came, void
    from lake.group_attendance semi join stated_twice using (session_id, staff_key)
    qualify row_number() over (
        partition by session_id, staff_key order by as_of desc, file_sha256 desc, line
    ) = 1
)
where void is not true;

create temp table stays as
with landed as (
    select 'attendance_teams' as source, * from lake.attendance_teams
    union all
    select 'attendance_zoom', * from lake.attendance_zoom
),
stated as (
    select
        landed.source, landed.as_of, email_key, joined_at, attends_as, void,
        regexp_extract(
            file_name, '(?s)^(.+?)(?:__.*)?_[0-9]{4}-[0-9]{2}-[0-9]{2}(?:_r[0-9]+)?\.csv(?:\.gz)?$', 1
        ) as session_id,
        coalesce(left_at, max(greatest(joined_at, left_at)) over (
            partition by landed.source, file_sha256, landed.as_of, file_name)) as left_at
    from landed
    inner join ops.load_manifest as manifest
        on landed.source = manifest.source and file_sha256 = sha256 and landed.as_of = manifest.as_of
            and status in ('loaded', 'partly_loaded')
),
participants as (
    select * from stated where attends_as = 'participant' and void is not true
),
-- An address can pass to a namesake: the snapshot of the day speaks. One that two share names nobody.
addresses as (
    select distinct email_key, staff_key, as_of
    from lake.hr_staff
    where row_status = 'good' and email_key in (select email_key from participants)
),
asked as (
    select participants.email_key, participants.as_of as day,
        coalesce(max(addresses.as_of) filter (addresses.as_of <= participants.as_of), min(addresses.as_of))
            as as_of
    from (select distinct email_key, as_of from participants) as participants
    inner join addresses using (email_key)
    group by all
),
holders as (
    select email_key, day, min(staff_key) as staff_key
    from asked inner join addresses using (email_key, as_of)
    group by all
    having count(distinct staff_key) = 1
)
select
    source, participants.session_id, stated_sessions.session_id is not null as is_session_known, staff_key,
    joined_at, left_at
from participants
left join stated_sessions
    on participants.session_id = stated_sessions.session_id and participants.as_of = session_date
left join holders on participants.email_key = holders.email_key and participants.as_of = day
where staff_key is null or staff_key is distinct from facilitator_key;

-- Who was on the first list made after the day, or on the last of all, and whoever else is on record.
create temp table invitations as
with lists as (select distinct as_of from files where source = 'group_members' and stands),
listed_by as (
    select session, group_id, session_date,
        coalesce(lists.as_of, (select max(as_of) from lists)) as as_of
    from sessions asof left join lists on session_date <= lists.as_of
),
members as (
    select group_id, staff_key, joined_on, left_on, as_of from lake.group_members
    where as_of not in (select as_of from two_files where source = 'group_members')
    union all
    select * from (
        select group_id, staff_key, joined_on, left_on, as_of from lake.group_members
        where as_of in (select as_of from two_files where source = 'group_members')
        qualify row_number() over (
            partition by group_id, staff_key, as_of order by file_sha256 desc, line
        ) = 1
    )
),
-- A minute with two devices counts once, and nobody is added to a register.
minutes as (
    select session_id, staff_key, joined_at, left_at,
        max(left_at) over (
            partition by session_id, staff_key order by joined_at, left_at
            rows between unbounded preceding and 1 preceding
        ) as there_until
    from stays
    where is_session_known and staff_key is not null
        and session_id not in (select session_id from register)
),
told as (
    select session, person, null::boolean as came
    from listed_by
    inner join members using (group_id, as_of)
    inner join people using (staff_key)
    where session_date between joined_on and coalesce(left_on, date '9999-12-31')
    union all
    select session, person, came
    from register inner join sessions using (session_id) inner join people using (staff_key)
    union all
    select session, person, true
    from (
        select session_id, staff_key from minutes group by all
        having sum(greatest(0, date_diff('second', greatest(joined_at, there_until), left_at)))
            >= 60 * (select minimum_stay_minutes from ops.build_info)
    )
    inner join sessions using (session_id) inner join people using (staff_key)
)
select session, person, coalesce(bool_or(came), false) as came
from told
group by all;

create temp table counted_sessions as
select
    sessions.*, coalesce(invited, 0) as invited, coalesce(attended, 0) as attended,
    if(is_held, session_date - lag(session_date) over (
        partition by group_id, is_held order by session_date, session_id
    ), null) as gap,
    case
        when not is_held then null
        when coalesce(attended, 0) < 6 then 'under'
        when attended <= 8 then 'norm'
        when attended <= 12 then 'over_norm'
        else 'over_capacity'
    end as size_band
from sessions
left join (
    select session, count(*) as invited, count(*) filter (came) as attended
    from invitations group by session
) using (session);

create table marts.participation_session as
select
    session_id, group_id, session_date, status, invited::integer as invited, attended::integer as attended,
    attended / nullif(invited, 0) as attendance_rate, gap::integer as days_since_previous,
    gap <= cadence_days + 7 as on_cadence, size_band
from counted_sessions;

create table marts.group_cadence as
with cycles as (
    select group_id, started_on, cadence_days, unnest(range(
        1, (least(runs_until, month_end_of(getvariable('last_month'))) - started_on + 1) // cadence_days + 1
    )) as cycle
    from known_groups
)
select
    cycles.group_id, cycle::integer as cycle,
    case when bool_or(is_held) then 'held' when bool_or(not is_held) then 'cancelled' else 'late' end as status
from cycles
left join sessions
    on sessions.group_id = cycles.group_id
        and (session_date - started_on) // cycles.cadence_days = cycle - 1 and session_date >= started_on
group by cycles.group_id, cycle;

-- Everybody asked in a month, or there in the last 84 days of it.
create temp table reach as
with windows as (
    select session, sessions.month + later as month, later = 0 as is_own
    from sessions cross join range(3) as t (later)
    where is_held and session_date > month_end_of(sessions.month + later) - 84
        and sessions.month + later between getvariable('first_month') and getvariable('last_month')
),
by_person as (
    select person, month, count(*) filter (is_own) as invited,
        count(*) filter (is_own and came) as attended, bool_or(came) as is_reached
    from invitations inner join windows using (session)
    group by all
),
in_post as (
    select by_person.*, attribute, has_other_spells
    from by_person
    inner join periods
        on by_person.person = periods.person and by_person.month between from_month and to_month
),
once as (
    select scope, month, invited, attended, is_reached
    from in_post inner join counts_in using (attribute) where not has_other_spells
    union all
    select * exclude (person) from (
        select distinct scope, month, invited, attended, is_reached, person
        from in_post inner join counts_in using (attribute) where has_other_spells
    )
)
select scope, month, sum(invited) as invited, sum(attended) as attended,
    count(*) filter (is_reached) as reached
from once
group by all;

create temp table group_months as
with active as (
    select month, month_end, group_id, cadence_days
    from months left join known_groups on month_end between started_on and runs_until
)
select month, count(distinct active.group_id) as groups_active, count(distinct session_group) as on_cadence
from active
left join (select group_id as session_group, session_date from sessions where is_held)
    on session_group = active.group_id
        and session_date > month_end - active.cadence_days::integer - 7 and session_date <= month_end
group by month;

create temp table session_months as
select
    months.month, count(*) filter (is_held) as held, count(*) filter (not is_held) as cancelled,
    coalesce(sum(invited) filter (is_held), 0) as invited,
    coalesce(sum(attended) filter (is_held), 0) as attended,
    count(*) filter (size_band = 'norm') as norm, count(*) filter (size_band = 'over_capacity') as over_capacity,
    count(gap) as gaps,
    count(*) filter (gap between cadence_days - 7 and cadence_days + 7) as gaps_within,
    count(*) filter (is_held and facilitator_independent) as independent
from months
full join counted_sessions on months.month = counted_sessions.month
where coalesce(months.month, counted_sessions.month) <= getvariable('last_month')
-- What was before the first month that is reported counts in the sum of all months alone.
group by grouping sets ((months.month), ())
having grouping(months.month) = 1 or months.month is not null;

create table marts.participation_monthly as
select
    month_end, scope_type, scope_name,
    if(scope_type = 'service', held, null)::integer as sessions_held,
    if(scope_type = 'service', cancelled, null)::integer as sessions_cancelled,
    if(scope_type = 'service', session_months.invited, coalesce(reach.invited, 0))::integer as invited,
    if(scope_type = 'service', session_months.attended, coalesce(reach.attended, 0))::integer as attended,
    if(scope_type = 'service', session_months.attended, coalesce(reach.attended, 0))::double
    / nullif(if(scope_type = 'service', session_months.invited, coalesce(reach.invited, 0)), 0)
        as attendance_rate,
    coalesce(reached, 0)::integer as staff_reached_84d,
    coalesce(reached, 0) / nullif(in_post, 0) as coverage_84d,
    if(scope_type = 'service', groups_active, null)::integer as groups_active,
    if(scope_type = 'service', on_cadence, null)::integer as groups_on_cadence,
    if(scope_type = 'service', independent / nullif(held, 0), null) as independent_facilitation_rate
from grid
inner join stock using (scope, month)
inner join group_months using (month)
left join session_months using (month)
left join reach using (scope, month);

create table marts.programme_fidelity as
with facts as (
    select
        if(session_months.month is null, null, month_end_of(group_months.month)) as month_end,
        session_months.*, groups_active, coalesce(reached, 0) / nullif(in_post, 0) as coverage
    from session_months
    inner join group_months
        on group_months.month = coalesce(session_months.month, getvariable('last_month'))
    inner join stock on stock.month = group_months.month and stock.scope = getvariable('service')
    left join reach on reach.month = group_months.month and reach.scope = getvariable('service')
),
observed as (
    select month_end, unnest([
        {promise: 'groups_active', promised: 22, observed: groups_active::double, n: null::integer},
        {promise: 'attended_6_to_8', promised: 1, observed: norm / nullif(held, 0), n: held::integer},
        {promise: 'none_over_12', promised: 0, observed: over_capacity, n: held::integer},
        {promise: 'gap_within_cadence', promised: 1, observed: gaps_within / nullif(gaps, 0), n: gaps::integer},
        {promise: 'independent_facilitator', promised: 1, observed: independent / nullif(held, 0),
            n: held::integer},
        {promise: 'coverage_84d', promised: 1, observed: coverage, n: null::integer}
    ], recursive := true)
    from facts
)
select
    month_end, promise, promised::double as promised, observed,
    case
        when n = 0 then null
        when promise = 'none_over_12' then observed <= promised
        else observed >= promised
    end as met,
    n
from observed;

create table marts.debrief_monthly as
with stated as (
    select *, held_date - incident_date as days, status = 'held' as is_held,
        month_of(requested_date) as month
    from lake.debriefs
    qualify row_number() over (partition by debrief_id order by as_of desc, file_sha256 desc, line) = 1
),
of_scope as (
    select *, unnest([
        {scope_type: 'service', scope_name: 'all'}, {scope_type: 'team', scope_name: team}
    ], recursive := true)
    from stated where void is not true
),
counted as (
    select
        scope_type, scope_name, month, count(*) as requested, count(offered_date) as offered,
        count(*) filter (is_held) as held, count(*) filter (status = 'declined') as declined,
        count(*) filter (is_held and days <= 3) as within_3_days, median(days) filter (is_held) as median_days,
        sum(staff_affected) as affected, coalesce(sum(staff_affected) filter (is_held), 0) as affected_held,
        coalesce(sum(staff_attended) filter (is_held), 0) as attended,
        count(*) filter (is_held and follow_up_offered) as followed_up
    from of_scope
    group by all
)
select
    month_end, scope_type, scope_name, coalesce(requested, 0)::integer as requested,
    coalesce(offered, 0)::integer as offered, coalesce(held, 0)::integer as held,
    coalesce(declined, 0)::integer as declined, coalesce(within_3_days, 0)::integer as held_within_3_days,
    median_days as median_days_to_held, held / nullif(requested, 0) as uptake_rate,
    coalesce(affected, 0)::integer as staff_affected, coalesce(attended, 0)::integer as staff_attended,
    attended::double / nullif(affected_held, 0) as attendance_rate,
    followed_up / nullif(held, 0) as follow_up_rate
from months
cross join (
    select scope_type, scope_name from scopes where scope_type in ('service', 'team')
    union
    select 'team', team from lake.debriefs
)
left join counted using (scope_type, scope_name, month);
