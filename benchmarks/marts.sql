-- staff_spells, retention_monthly and caseload_monthly, written by hand for one DuckDB session, to be
-- set beside what dbt makes of the same lake. Statements end with a semicolon on a line of its own.
create temp table months as
select
    last_day(day::date) as month_end,
    last_day((day - interval 12 month)::date) >= min(month_end) over () as has_12m
from (
    select min(as_of) as first_day, max(as_of) as latest
    from ops.load_manifest
    where source = 'hr_staff' and status in ('loaded', 'partly_loaded') and read_again is not true
), generate_series(date_trunc('month', first_day), date_trunc('month', latest), interval 1 month) as t (day)
where last_day(day::date) between first_day and latest
;
-- Everybody and every spell by a number, which is compared far faster than a hash.
create temp table listed as
select
    row_number() over () as spell,
    dense_rank() over (order by staff_key) as person,
    staff_key,
    start_date,
    last_held
from (
    select staff_key, start_date, max(as_of) as last_held, bool_or(row_status = 'good') as is_known
    from lake.hr_staff
    group by staff_key, start_date
)
where is_known
;
create temp table held as
select spell, as_of, team, job_role, is_social_worker, contract_type, fte, caseload
from lake.hr_staff inner join listed using (staff_key, start_date)
where row_status = 'good'
qualify row_number() over (partition by spell, as_of order by file_sha256 desc, line) = 1
;
create temp table versions as
with marked as (
    select *, row_number() over w as place,
        lag((team, job_role, is_social_worker, contract_type, fte)) over w
        is distinct from (team, job_role, is_social_worker, contract_type, fte) as is_new
    from held
    window w as (partition by spell order by as_of)
)
select
    * exclude (as_of, caseload, place, is_new),
    if(place = 1, date '0001-01-01', as_of) as since,
    lead(as_of, 1, date '9999-12-31') over (partition by spell order by as_of) as until
from marked
where is_new or place = 1
;
create temp table records as
with stated as (
    select * from lake.hr_leavers
    qualify row_number() over (
        partition by staff_key, start_date order by as_of desc, file_sha256 desc, line
    ) = 1
),
in_force as (
    select stated.*, listed.spell
    from stated left join listed using (staff_key, start_date)
    where void is not true
),
-- A record whose start no list has is of the one spell without a record that it can mean.
meant as (
    select stray.staff_key, stray.start_date, any_value(listed.spell) as spell
    from in_force as stray inner join listed
        on stray.staff_key = listed.staff_key and stray.leaving_date >= listed.start_date
    where stray.spell is null
        and listed.spell not in (select spell from in_force where spell is not null)
    group by stray.staff_key, stray.start_date
    having count(*) = 1
)
select in_force.* exclude (spell), coalesce(in_force.spell, meant.spell) as spell
from in_force left join meant using (staff_key, start_date)
qualify in_force.spell is not null or meant.spell is null or row_number() over (
    partition by meant.spell order by as_of desc, file_sha256 desc, line
) = 1
;
create temp table spells as
with days as (
    select as_of, lead(as_of) over (order by as_of) as next_as_of
    from (
        select distinct as_of from ops.load_manifest
        where source = 'hr_staff' and status in ('loaded', 'partly_loaded')
            and read_again is not true
    )
)
select
    listed.spell, listed.person, coalesce(listed.staff_key, records.staff_key) as staff_key,
    coalesce(listed.start_date, records.start_date) as start_date,
    versions.* exclude (spell, since, until),
    records.leaving_date, records.leaving_reason, records.destination,
    case
        when records.record_status <> 'rescinded' then 'leaver'
        when next_as_of is null then null
        when contract_type = 'agency' then 'agency_ended'
        else 'unexplained'
    end as exit_kind,
    case exit_kind when 'leaver' then leaving_date when null then null else last_held end as ended,
    if(exit_kind is null, null, ended) as last_day
from listed
inner join versions on listed.spell = versions.spell and until = date '9999-12-31'
left join days on last_held = days.as_of
full join records on listed.spell = records.spell
;
create table marts.staff_spells as
select
    staff_key, start_date, last_day, exit_kind,
    case
        when exit_kind = 'leaver'
            then if(leaving_reason in ('death_in_service', 'dismissal'), 'other', leaving_reason)
    end as leaving_reason,
    if(exit_kind = 'leaver', destination, null) as destination,
    team, job_role, is_social_worker, contract_type, fte::double as fte
from spells
;
create temp table periods as
select
    versions.*, person, start_date, contract_type <> 'agency' as is_employed,
    greatest(start_date, since) as from_day,
    least(coalesce(last_day, date '9999-12-31'), until - 1) as to_day,
    coalesce(last_day, date '9999-12-31') as in_post_until
from versions inner join (select spell, person, start_date, last_day from spells) using (spell)
where from_day <= to_day
;
create temp table scopes as
select 'service' as scope_type, 'all' as scope_name, false as only_social_workers
union all select 'social_workers', 'all', true
union all select distinct 'team', team, false from lake.hr_staff where row_status = 'good'
union all select distinct 'role', job_role, false from lake.hr_staff where row_status = 'good'
;
create macro month_by(day) as date_trunc('month', day::date + 1)::date - 1
;
create macro months_on(day, months) as last_day((day + to_months(months))::date)
;
-- Every scope of a row in one list, instead of four copies of the table.
create macro scopes_of(team, job_role, is_social_worker) as
    [('service', 'all'), ('team', team), ('role', job_role)]
    || if(is_social_worker, [('social_workers', 'all')], [])
;
create temp table stock as
with stretches as (
    select
        person, fte, is_employed, last_day(from_day) as first_month, month_by(to_day) as last_month,
        months_on(month_by(in_post_until), -12) as month_12m,
        unnest(scopes_of(team, job_role, is_social_worker)) as scope
    from periods
),
beside as (
    select *,
        max(last_month) filter (is_employed) over w as employed_until,
        max(least(last_month, month_12m)) filter (is_employed) over w as there_until,
        max(last_month) filter (not is_employed) over w as agency_until
    from stretches
    window w as (
        partition by scope, person order by first_month
        rows between unbounded preceding and 1 preceding
    )
),
parts as (
    select scope, 'headcount' as what, 1 as amount,
        greatest(first_month, months_on(employed_until, 1)) as since, last_month as until
    from beside where is_employed
    union all
    select scope, 'there', 1, greatest(first_month, months_on(there_until, 1)),
        least(last_month, month_12m)
    from beside where is_employed
    union all
    select scope, 'agency', 1, greatest(first_month, months_on(agency_until, 1)), last_month
    from beside where not is_employed
    union all
    select scope, if(is_employed, 'fte', 'agency_fte'), fte, first_month, last_month from beside
),
changes as (
    select scope, since as month_end, what, amount from parts where since <= until
    union all
    select scope, months_on(until, 1), what, -amount from parts where since <= until
),
summed as (
    select scope, month_end,
        coalesce(sum(amount) filter (what = 'headcount'), 0) as headcount,
        coalesce(sum(amount) filter (what = 'there'), 0) as there,
        coalesce(sum(amount) filter (what = 'agency'), 0) as agency,
        coalesce(sum(amount) filter (what = 'fte'), 0) as fte,
        coalesce(sum(amount) filter (what = 'agency_fte'), 0) as agency_fte
    from changes
    group by all
)
select scope[1] as scope_type, scope[2] as scope_name, month_end as since,
    lead(month_end, 1, date '9999-12-31') over w as until,
    sum(headcount) over w as headcount, sum(there) over w as there, sum(agency) over w as agency,
    sum(fte) over w as fte, sum(agency_fte) over w as agency_fte
from summed
window w as (partition by scope order by month_end)
;
create temp table moves as
with employed as (select * from periods where is_employed),
candidates as (
    select 'start' as move, employed.*, start_date as moved_on, start_date - 1 as outside,
        null::varchar as reason
    from employed where from_day = start_date
    union all
    select 'leaving', employed.*, spells.leaving_date, spells.leaving_date + 1, spells.leaving_reason
    from employed inner join spells using (spell)
    where spells.exit_kind = 'leaver' and spells.leaving_date between from_day and to_day
)
select move, moved_on, person, fte, reason,
    move = 'leaving' and moved_on - start_date < 365 as is_early,
    unnest(scopes_of(team, job_role, is_social_worker)) as scope
from candidates
where not exists (
    from employed as other
    where other.person = candidates.person and other.spell <> candidates.spell
        and outside between other.from_day and other.to_day
)
union all
select 'unexplained', last_day, person, fte, null, false,
    unnest(scopes_of(team, job_role, is_social_worker))
from spells where exit_kind = 'unexplained'
;
create temp table flows as
with people as (
    select scope, last_day(moved_on) as month_end, person,
        bool_or(move = 'start') as began, bool_or(move = 'leaving') as ended,
        sum(fte) filter (move = 'leaving') as ended_fte,
        bool_or(reason = 'resignation') as resigned, bool_or(reason = 'retirement') as retired,
        bool_or(reason = 'transfer') as moved, bool_or(is_early) as early,
        count(*) filter (move = 'unexplained') as unexplained
    from moves
    group by all
)
select scope[1] as scope_type, scope[2] as scope_name, month_end,
    count(*) filter (began) as starters, count(*) filter (ended) as leavers,
    coalesce(sum(ended_fte), 0)::double as leavers_fte, count(*) filter (resigned) as resigned,
    count(*) filter (retired) as retired, count(*) filter (moved) as moved,
    sum(unexplained) as unexplained
from people
group by all
;
create temp table flows_12m as
with left_in as (
    select distinct scope, person, is_early, last_day(moved_on) as month_end
    from moves where move = 'leaving'
),
met as (
    select scope, person, months_on(month_end, later) as month_end, bool_or(is_early) as early
    from left_in cross join range(12) as t (later)
    group by all
)
select scope[1] as scope_type, scope[2] as scope_name, month_end, count(*) as leavers_12m,
    count(*) filter (early) as early_leavers_12m
from met
group by all
;
create table marts.retention_monthly as
with counted as (
    select
        month_end, scope_type, scope_name, has_12m,
        coalesce(headcount, 0) as headcount, coalesce(there, 0) as there,
        coalesce(fte, 0)::double as fte, coalesce(agency, 0) as agency,
        coalesce(agency_fte, 0)::double as agency_fte,
        (coalesce(fte, 0) + coalesce(agency_fte, 0))::double as fte_in_all,
        flows.* exclude (month_end, scope_type, scope_name),
        coalesce(leavers_12m, 0) as leavers_12m, coalesce(early_leavers_12m, 0) as early_leavers_12m
    from months cross join scopes
    left join flows using (month_end, scope_type, scope_name)
    left join flows_12m using (month_end, scope_type, scope_name)
    left join stock on stock.scope_type = scopes.scope_type and stock.scope_name = scopes.scope_name
        and month_end >= stock.since and month_end < stock.until
)
select
    month_end, scope_type, scope_name, headcount::integer as headcount, fte,
    coalesce(starters, 0)::integer as starters, coalesce(leavers, 0)::integer as leavers,
    coalesce(leavers_fte, 0) as leavers_fte, coalesce(resigned, 0)::integer as voluntary_leavers,
    coalesce(retired, 0)::integer as retirements, coalesce(moved, 0)::integer as transfers,
    coalesce(unexplained, 0)::integer as unexplained_exits,
    if(has_12m, leavers_12m, null)::integer as leavers_12m,
    if(has_12m, leavers_12m / nullif(avg(headcount) over (w rows 12 preceding), 0), null)
        as turnover_rate_12m,
    lag(there, 12) over w / nullif(lag(headcount, 12) over w, 0) as stability_index_12m,
    if(has_12m, early_leavers_12m, null)::integer as early_leavers_12m,
    agency::integer as agency_headcount, agency_fte,
    agency_fte / nullif(fte_in_all, 0) as agency_rate
from counted
window w as (partition by scope_type, scope_name order by month_end)
;
create table marts.caseload_monthly as
with known as (
    select *, lead(as_of, 1, date '9999-12-31') over (partition by spell order by as_of) as until
    from held
),
people as (
    select months.month_end, person, sum(caseload) as cases, sum(fte) as fte, scope
    from (
        select known.*, person, start_date, coalesce(last_day, date '9999-12-31') as in_post_until,
            unnest(scopes_of(known.team, known.job_role, known.is_social_worker)) as scope
        from known inner join (select spell, person, start_date, last_day from spells) using (spell)
        where caseload >= 1
    )
    inner join months
        on month_end >= as_of and month_end < until and month_end between start_date and in_post_until
    group by all
),
counted as (
    select month_end, scope[1] as scope_type, scope[2] as scope_name, count(*) as case_holders,
        sum(cases) as cases, sum(fte)::double as fte, quantile_cont(cases::double, 0.9) as p90_caseload
    from people
    group by all
)
select
    month_end, scope_type, scope_name, coalesce(case_holders, 0)::integer as case_holders,
    coalesce(cases, 0)::integer as cases, cases::double / nullif(fte, 0) as mean_caseload,
    p90_caseload
from months cross join scopes left join counted using (month_end, scope_type, scope_name)
