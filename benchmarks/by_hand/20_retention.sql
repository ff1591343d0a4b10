-- Comings and goings; stock by what changes and a running sum; the Department's census years.
create temp table moves as
with employed as (select * from periods where is_employed),
candidates as (
    select 'start' as move, employed.*, start_date as moved_on, start_date - 1 as outside,
        null::varchar as reason
    from employed where from_day = start_date
    union all
    select 'leaving', employed.*, leaving_date, leaving_date + 1, leaving_reason
    from employed
    inner join (
        select spell, leaving_date, leaving_reason from spells where exit_kind = 'leaver'
    ) using (spell)
    where leaving_date between from_day and to_day
)
select
    move, moved_on, month_of(moved_on) as month, person, attribute, is_social_worker, fte, reason,
    move = 'leaving' and moved_on - start_date < 365 as is_early
from candidates
-- Another post held on the day outside this one: the person neither came nor went.
where not exists (
    from employed as other
    where other.person = candidates.person and other.spell <> candidates.spell
        and candidates.has_other_spells and outside between other.from_day and other.to_day
)
union all
select 'unexplained', last_day, month_of(last_day), person, attribute, is_social_worker, fte, null, false
from spells where exit_kind = 'unexplained';

-- Whoever moves twice in a month counts once in it.
create temp table movers as
select
    scope, month, person,
    bool_or(move = 'start') as began, bool_or(move = 'leaving') as ended,
    sum(fte) filter (move = 'leaving') as ended_fte,
    bool_or(reason = 'resignation') as resigned, bool_or(reason = 'retirement') as retired,
    bool_or(reason = 'transfer') as transferred, bool_or(is_early) as early,
    count(*) filter (move = 'unexplained') as unexplained
from moves inner join counts_in using (attribute)
group by all;

create temp table flows as
select
    scope, month, count(*) filter (began) as starters, count(*) filter (ended) as leavers,
    sum(ended_fte)::double as leavers_fte, count(*) filter (resigned) as resigned,
    count(*) filter (retired) as retired, count(*) filter (transferred) as transferred,
    sum(unexplained) as unexplained
from movers
group by all;

create temp table stock as
-- One with two posts counts once: what a stretch adds begins where the person's others end.
with stretches as (
    select scope, person, is_employed, fte, from_month, to_month,
        least(to_month, there_until) as there_to, 0 as in_post_to, 0 as employed_to, 0 as there_before,
        0 as agency_to
    from periods inner join counts_in using (attribute)
    where not has_other_spells and from_month <= to_month
    union all
    select scope, person, is_employed, fte, from_month, to_month, least(to_month, there_until),
        max(to_month) over w, max(to_month) filter (is_employed) over w,
        max(least(to_month, there_until)) filter (is_employed) over w,
        max(to_month) filter (not is_employed) over w
    from periods inner join counts_in using (attribute)
    where has_other_spells
    window w as (
        partition by scope, person order by from_month
        rows between unbounded preceding and 1 preceding
    )
),
-- A leaving counts at twelve month ends, or until the same person leaves again.
left_in as (
    select scope, month,
        least(month + 11, lead(month) over w - 1) as until
    from movers where ended window w as (partition by scope, person order by month)
),
left_early_in as (
    select scope, month, least(month + 11, lead(month) over w - 1) as until
    from movers where early window w as (partition by scope, person order by month)
),
counted as (
    select scope, from_month as since, to_month as until, 1 as sign, * exclude (scope, from_month, to_month)
    from (
        select scope, greatest(from_month, in_post_to + 1) as from_month, to_month, 1 as in_post from stretches
        union all by name
        select scope, greatest(from_month, employed_to + 1) as from_month, to_month, 1 as headcount
        from stretches where is_employed
        union all by name
        select scope, greatest(from_month, there_before + 1) as from_month, there_to as to_month, 1 as there
        from stretches where is_employed
        union all by name
        select scope, greatest(from_month, agency_to + 1) as from_month, to_month, 1 as agency
        from stretches where not is_employed
        union all by name
        select scope, from_month, to_month, fte from stretches where is_employed
        union all by name
        select scope, from_month, to_month, fte as agency_fte from stretches where not is_employed
        union all by name
        select scope, month as from_month, until as to_month, 1 as leavers_12m from left_in
        union all by name
        select scope, month as from_month, until as to_month, 1 as early_12m from left_early_in
    )
    where from_month <= to_month
),
changes as (
    select * exclude (until), since as month from counted
    union all by name
    select * exclude (since, sign), until + 1 as month, -1 as sign from counted
),
summed as (
    -- The months before the first that is reported in one; a row for each scope and month.
    select
        scope, greatest(month, getvariable('first_month')) as month,
        coalesce(sum(sign * in_post), 0) as in_post, coalesce(sum(sign * headcount), 0) as headcount,
        coalesce(sum(sign * there), 0) as there, coalesce(sum(sign * agency), 0) as agency,
        coalesce(sum(sign * fte), 0) as fte, coalesce(sum(sign * agency_fte), 0) as agency_fte,
        coalesce(sum(sign * leavers_12m), 0) as leavers_12m, coalesce(sum(sign * early_12m), 0) as early_12m
    from (
        select * from changes where month <= getvariable('last_month')
        union all by name
        select scope, month from grid
    )
    group by all
)
select
    scope, month, sum(in_post) over w as in_post, sum(headcount) over w as headcount,
    sum(there) over w as there, sum(agency) over w as agency, sum(fte) over w as fte,
    sum(agency_fte) over w as agency_fte, sum(leavers_12m) over w as leavers_12m,
    sum(early_12m) over w as early_12m
from summed
window w as (partition by scope order by month);

create table marts.retention_monthly as
select
    month_end, scope_type, scope_name, headcount::integer as headcount, fte::double as fte,
    coalesce(starters, 0)::integer as starters, coalesce(leavers, 0)::integer as leavers,
    coalesce(leavers_fte, 0) as leavers_fte, coalesce(resigned, 0)::integer as voluntary_leavers,
    coalesce(retired, 0)::integer as retirements, coalesce(transferred, 0)::integer as transfers,
    coalesce(unexplained, 0)::integer as unexplained_exits,
    if(has_12m, leavers_12m, null)::integer as leavers_12m,
    if(has_12m, leavers_12m::bigint / nullif(avg(headcount) over (w rows 12 preceding), 0), null)
        as turnover_rate_12m,
    lag(there, 12) over w / nullif(lag(headcount, 12) over w, 0) as stability_index_12m,
    if(has_12m, early_12m, null)::integer as early_leavers_12m,
    agency::integer as agency_headcount, agency_fte::double as agency_fte,
    agency_fte::double / nullif((fte + agency_fte)::double, 0) as agency_rate
from grid inner join stock using (scope, month) left join flows using (scope, month)
window w as (partition by scope order by month);

-- The latest snapshot by then speaks, whatever it says. First people, then scopes.
create table marts.caseload_monthly as
with holders as (
    select
        attribute, person, has_other_spells, caseload as cases, fte,
        unnest(range(
            greatest(month_of(greatest(as_of, start_date)), getvariable('first_month')),
            least(
                month_by(next_as_of - 1), month_by(coalesce(last_day, date '9999-12-31')),
                getvariable('last_month')
            ) + 1
        )) as month
    from held
    inner join (
        select spell, person, start_date, last_day, has_other_spells from spells where spell is not null
    ) using (spell)
    inner join (select attribute, fte from attributes) using (attribute)
    where caseload >= 1
),
people as (
    select scope, month, cases, fte from holders inner join counts_in using (attribute)
    where not has_other_spells
    union all
    select scope, month, sum(cases), sum(fte) from holders inner join counts_in using (attribute)
    where has_other_spells group by scope, month, person
),
counted as (
    select scope, month, count(*) as case_holders, sum(cases) as cases, sum(fte)::double as fte,
        quantile_cont(cases::double, 0.9) as p90_caseload
    from people
    group by all
)
select
    month_end, scope_type, scope_name, coalesce(case_holders, 0)::integer as case_holders,
    coalesce(cases, 0)::integer as cases, cases::double / nullif(fte, 0) as mean_caseload, p90_caseload
from grid left join counted using (scope, month);
drop table held;
