-- Who is in post: everybody, every spell and every set of attributes by a number, which is compared
-- far faster than a hash; months by twelve times the year and the month.
create temp macro month_of(day) as 12 * year(day) + month(day);
-- The latest month that has ended by a day.
create temp macro month_by(day) as month_of(day + 1) - 1;
create temp macro month_end_of(month) as last_day(make_date((month - 1) // 12, (month - 1) % 12 + 1, 1));
-- Days from Monday to Friday before a day, from a Monday before every date of a source.
create temp macro weekdays_before(day) as
    5 * (date_diff('day', date '0001-01-01', day) // 7)
    + least(date_diff('day', date '0001-01-01', day) % 7, 5);

create temp table files as
select source, as_of, status in ('loaded', 'partly_loaded') as stands
from ops.load_manifest
where read_again is not true;

create temp table months as
select
    month_of(day) as month,
    last_day(day::date) as month_end,
    month_of(day) - 12 >= min(month_of(day)) over () as has_12m
from (select min(as_of) as first_day, max(as_of) as latest from files where source = 'hr_staff' and stands),
    generate_series(date_trunc('month', first_day), date_trunc('month', latest), interval 1 month) as t (day)
where last_day(day::date) between first_day and latest;
set variable first_month = (select min(month) from months);
set variable last_month = (select max(month) from months);

create temp table attributes as
select row_number() over () as attribute, *, contract_type <> 'agency' as is_employed
from (
    select distinct team, job_role, is_social_worker, contract_type, fte
    from lake.hr_staff where row_status = 'good'
);

create temp table listed as
select row_number() over () as spell, dense_rank() over (order by staff_key) as person, *
from (
    select staff_key, start_date, max(as_of) as last_held
    from lake.hr_staff
    group by staff_key, start_date
    having bool_or(row_status = 'good')
);

create temp table people as
select distinct person, staff_key from listed;

-- Which of two lines speaks is asked of days that have two files alone: no file holds a spell twice.
create temp table two_files as
select source, as_of from files where stands group by all having count(*) > 1;

create temp table held as
with lines as (
    select * from lake.hr_staff
    where row_status = 'good' and as_of not in (select as_of from two_files where source = 'hr_staff')
    union all
    select * from lake.hr_staff
    where row_status = 'good' and as_of in (select as_of from two_files where source = 'hr_staff')
    qualify row_number() over (
        partition by staff_key, start_date, as_of order by file_sha256 desc, line
    ) = 1
)
select
    spell, as_of, attribute, caseload,
    lag(attribute) over w as attribute_before,
    lead(as_of, 1, date '9999-12-31') over w as next_as_of
from lines
inner join listed using (staff_key, start_date)
inner join attributes using (team, job_role, is_social_worker, contract_type, fte)
window w as (partition by spell order by as_of);

create temp table versions as
select
    spell, attribute,
    if(attribute_before is null, date '0001-01-01', as_of) as since,
    lead(as_of, 1, date '9999-12-31') over (partition by spell order by as_of) as until
from held
where attribute is distinct from attribute_before;

create temp table records as
with in_force as (
    select stated.*, listed.spell
    from (
        select * from lake.hr_leavers
        qualify row_number() over (
            partition by staff_key, start_date order by as_of desc, file_sha256 desc, line
        ) = 1
    ) as stated
    left join listed using (staff_key, start_date)
    where void is not true
),
-- A record whose start no list has is of the one spell without a record that it can mean.
meant as (
    select stray.staff_key, stray.start_date, any_value(listed.spell) as spell
    from in_force as stray
    inner join listed on stray.staff_key = listed.staff_key and stray.leaving_date >= listed.start_date
    where stray.spell is null
        and listed.spell not in (select spell from in_force where spell is not null)
    group by all
    having count(*) = 1
)
select
    in_force.* exclude (spell), coalesce(in_force.spell, meant.spell) as spell,
    case when in_force.spell is not null then 'own' when meant.spell is not null then 'leaving_date'
        else 'nothing' end as matched_by
from in_force left join meant using (staff_key, start_date)
qualify in_force.spell is not null or meant.spell is null or row_number() over (
    partition by meant.spell order by as_of desc, file_sha256 desc, line
) = 1;

create temp table spells as
with days as (
    select as_of, lead(as_of) over (order by as_of) as next_as_of
    from (select distinct as_of from files where source = 'hr_staff' and stands)
)
select
    listed.spell, listed.person,
    coalesce(listed.staff_key, records.staff_key) as staff_key,
    coalesce(listed.start_date, records.start_date) as start_date,
    attribute, team, job_role, is_social_worker, contract_type, fte,
    last_held, next_as_of, leaving_date, leaving_reason, destination, matched_by,
    records.as_of as recorded,
    case
        when record_status <> 'rescinded' then 'leaver'
        when next_as_of is null then null
        when contract_type = 'agency' then 'agency_ended'
        else 'unexplained'
    end as exit_kind,
    case exit_kind when 'leaver' then leaving_date when null then null else last_held end as ended,
    if(exit_kind is null, null, ended) as last_day,
    count(*) over (partition by listed.person) > 1 as has_other_spells
from listed
inner join versions on listed.spell = versions.spell and until = date '9999-12-31'
inner join attributes using (attribute)
left join days on last_held = days.as_of
full join records on listed.spell = records.spell;

create table marts.staff_spells as
select
    staff_key, start_date, last_day, exit_kind,
    case
        when exit_kind = 'leaver'
            then if(leaving_reason in ('death_in_service', 'dismissal'), 'other', leaving_reason)
    end as leaving_reason,
    if(exit_kind = 'leaver', destination, null) as destination,
    team, job_role, is_social_worker, contract_type, fte::double as fte
from spells;

create table marts.hr_reconciliation as
select unnest(issue, recursive := true), staff_key, start_date
from (
    select staff_key, start_date, unnest([
        if(exit_kind = 'unexplained', {
            issue: 'vanished_without_leaver_record',
            detail: 'Last in the snapshot of ' || last_day || ', not in that of ' || next_as_of
                || ', and no leaver record says why.',
            as_of: next_as_of
        }, null),
        if(exit_kind = 'leaver' and last_held > leaving_date, {
            issue: 'in_post_after_leaving',
            detail: 'The leaver record ends the spell on ' || leaving_date || ', yet the snapshot of '
                || last_held || ' still holds it.',
            as_of: last_held
        }, null),
        if(matched_by = 'nothing', {
            issue: 'leaver_never_in_post',
            detail: 'A leaver record names this spell, and no snapshot ever held it.',
            as_of: recorded
        }, null),
        if(matched_by = 'leaving_date', {
            issue: 'start_date_differs',
            detail: 'A leaver record with another start date was taken for this spell, the only one that '
                || 'it can mean.',
            as_of: recorded
        }, null)
    ]) as issue
    from spells
    where exit_kind in ('unexplained', 'leaver') or matched_by <> 'own'
)
where issue is not null;

-- Stretches of days in post with the same attributes, by days and by the month ends within them.
create temp table periods as
select
    spell, person, start_date, attribute, is_employed, is_social_worker, fte, has_other_spells,
    greatest(start_date, since) as from_day,
    least(coalesce(last_day, date '9999-12-31'), until - 1) as to_day,
    month_of(from_day) as from_month,
    month_by(to_day) as to_month,
    month_by(coalesce(last_day, date '9999-12-31')) - 12 as there_until
from versions
inner join attributes using (attribute)
inner join (
    select spell, person, start_date, last_day, has_other_spells from spells where spell is not null
) using (spell)
where from_day <= to_day;

create temp table scopes as
select row_number() over () as scope, *
from (
    select 'service' as scope_type, 'all' as scope_name
    union all select 'social_workers', 'all'
    union all select distinct 'team', team from attributes
    union all select distinct 'role', job_role from attributes
);
set variable service = (select scope from scopes where scope_type = 'service');
set variable social_workers = (select scope from scopes where scope_type = 'social_workers');

-- In which scopes one with these attributes counts.
create temp table counts_in as
select attribute, getvariable('service') as scope from attributes
union all
select attribute, getvariable('social_workers') from attributes where is_social_worker
union all
select attribute, scope from attributes inner join scopes on scope_type = 'team' and scope_name = team
union all
select attribute, scope from attributes inner join scopes on scope_type = 'role' and scope_name = job_role;

create temp table grid as
select * from months cross join scopes;
