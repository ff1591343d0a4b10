-- Working days lost, cut to the stretches in post and to months without listing a single day.
create temp table absences as
select
    row_number() over () as absence, person, reason = 'stress_anxiety_depression' as is_stress,
    working_days_lost, absence_start as from_day,
    greatest(absence_start, coalesce(absence_end, latest, absence_start)) as ends,
    weekdays_before(ends + 1) - weekdays_before(absence_start) as weekdays,
    -- One that lies within a weekend is all of its first day.
    if(weekdays = 0, absence_start, ends) as to_day,
    greatest(weekdays, 1) as spread_over
from (
    select * from lake.absence
    qualify row_number() over (
        partition by staff_key, absence_start order by as_of desc, file_sha256 desc, line
    ) = 1
)
inner join people using (staff_key)
cross join (select max(as_of) as latest from files where source = 'absence' and stands)
where void is not true;

create temp table lost as
-- Days in post once each, whatever number of posts was held on them.
with employed as (
    select 'service' as scope_type, person, from_day, to_day, 
        max(to_day) over (
            partition by person order by from_day, to_day
            rows between unbounded preceding and 1 preceding
        ) as before
    from periods where is_employed
    union all
    select 'social_workers', person, from_day, to_day,
        max(to_day) over (
            partition by person order by from_day, to_day
            rows between unbounded preceding and 1 preceding
        )
    from periods where is_employed and is_social_worker
),
met as (
    select
        scope_type, absences.* exclude (from_day, to_day, person),
        greatest(absences.from_day, employed.from_day, coalesce(before + 1, employed.from_day)) as from_day,
        least(absences.to_day, employed.to_day) as to_day
    from absences
    inner join employed
        on absences.person = employed.person
            and absences.from_day <= employed.to_day and absences.to_day >= employed.from_day
    where greatest(absences.from_day, employed.from_day, coalesce(before + 1, employed.from_day))
        <= least(absences.to_day, employed.to_day)
),
by_month as (
    select * exclude (from_day, to_day), greatest(from_day, month_end_of(month - 1) + 1) as first_day,
        least(to_day, month_end_of(month)) as final_day
    from (select *, unnest(range(month_of(from_day), month_of(to_day) + 1)) as month from met)
),
days as (
    select scope_type, month, absence, is_stress, working_days_lost, spread_over,
        sum(
            if(weekdays = 0, 1, weekdays_before(final_day + 1) - weekdays_before(first_day))
        )::bigint as days
    from by_month
    group by all
),
parts as (
    select *, (working_days_lost * days / spread_over)::decimal(38, 18) as part from days where days > 0
)
select scope_type, month, sum(part) as lost, coalesce(sum(part) filter (is_stress), 0) as stress_lost
from parts
group by all;

create table marts.absence_monthly as
with working_days as (
    select month,
        weekdays_before(any_value(month_end) + 1) - weekdays_before(month_end_of(month - 1) + 1)
        - count(holiday) as working_days
    from months
    left join (
        select * from read_csv(getvariable('seeds') || '/england_bank_holidays.csv', columns = {
            'holiday': 'date', 'holiday_name': 'varchar'}) where isodow(holiday) <= 5
    ) on month = month_of(holiday)
    group by month
)
select
    month_end, scope_type, scope_name,
    coalesce(lost, 0)::double as working_days_lost, coalesce(stress_lost, 0)::double as stress_days_lost,
    (fte * working_days)::double as working_days_available,
    coalesce(lost, 0)::double / nullif((fte * working_days)::double, 0) as absence_rate,
    coalesce(stress_lost, 0)::double / nullif(coalesce(lost, 0)::double, 0) as stress_share
from grid
inner join working_days using (month)
inner join stock using (scope, month)
left join lost using (scope_type, month)
where scope_type in ('service', 'social_workers');
