-- Vacancies: those open at a month end, what happened in a month, how long the last twelve took.
create temp table vacancies as
select
    team, job_role, is_social_worker, fte, opened_date, offer_date, start_date, closed_date, status,
    covered_by_agency,
    -- An accepted offer fills no post: it is vacant until the appointed person comes.
    case
        when closed_date is null then date '9999-12-31'
        when status = 'filled' then greatest(closed_date, coalesce(start_date, closed_date))
        else closed_date
    end as vacant_before
from (
    select * from lake.hr_vacancies
    qualify row_number() over (
        partition by vacancy_id order by as_of desc, file_sha256 desc, line
    ) = 1
)
where void is not true;

-- A vacancy may name a team or a role that nobody was ever in.
create temp table named as
select * from scopes
union all
select (select max(scope) from scopes) + row_number() over (), scope_type, scope_name
from (
    select unnest(['team', 'role']) as scope_type, unnest([team, job_role]) as scope_name
    from (select distinct team, job_role from lake.hr_vacancies)
    except
    select scope_type, scope_name from scopes
);

create temp table vacancy_months as
with scoped as (
    select vacancies.*, scope from vacancies cross join (
        select unnest([getvariable('service'), getvariable('social_workers')]) as scope
    )
    where scope = getvariable('service') or is_social_worker
    union all
    select vacancies.*, scope from vacancies
    inner join named on scope_type = 'team' and scope_name = team
    union all
    select vacancies.*, scope from vacancies
    inner join named on scope_type = 'role' and scope_name = job_role
),
told as (
    select scope, fte as vacant, if(covered_by_agency, fte, 0) as covered, opened_date,
        unnest(range(
            greatest(month_of(opened_date), getvariable('first_month')),
            least(month_by(vacant_before - 1), getvariable('last_month')) + 1
        )) as month
    from scoped
    union all by name
    select scope, month_of(opened_date) as month, 'opened' as what from scoped
    union all by name
    select scope, month_of(closed_date) as month, status as what from scoped where closed_date is not null
    union all by name
    select scope, unnest(range(month_of(offer_date), month_of(offer_date) + 12)) as month,
        offer_date - opened_date as to_offer
    from scoped where offer_date is not null
    union all by name
    select scope, unnest(range(month_of(start_date), month_of(start_date) + 12)) as month,
        start_date - opened_date as to_start
    from scoped where start_date is not null and status = 'filled'
)
select
    scope, month,
    count(vacant) as open_vacancies, coalesce(sum(vacant), 0) as vacant_fte,
    coalesce(sum(covered), 0) as covered_fte,
    median(month_end_of(month) - opened_date) filter (vacant is not null) as median_age,
    count(*) filter (what = 'opened') as opened, count(*) filter (what = 'filled') as filled,
    count(*) filter (what = 'withdrawn') as withdrawn,
    median(to_offer) as to_offer, median(to_start) as to_start
from told
where month between getvariable('first_month') and getvariable('last_month')
group by all;

create table marts.recruitment_monthly as
select
    month_end, scope_type, scope_name, coalesce(open_vacancies, 0)::integer as open_vacancies,
    coalesce(vacant_fte, 0)::double as vacant_fte,
    coalesce(vacant_fte, 0)::double
    / nullif((coalesce(vacant_fte, 0) + coalesce(fte, 0))::double, 0) as vacancy_rate,
    coalesce(opened, 0)::integer as opened, coalesce(filled, 0)::integer as filled,
    coalesce(withdrawn, 0)::integer as withdrawn,
    if(has_12m, to_offer, null) as median_days_to_offer_12m,
    if(has_12m, to_start, null) as median_days_to_start_12m,
    coalesce(covered_fte, 0)::double as agency_covered_fte, median_age as median_age_open_days
from months cross join named
left join vacancy_months using (scope, month)
left join stock using (scope, month);

-- The Department's year ends on 30 September and counts no move inside the authority.
create table marts.retention_yearly_dfe as
with years as (
    select month, month // 12 as year
    from months
    where month % 12 = 9 and month - 11 >= getvariable('first_month')
),
left_in as (
    select years.month, count(distinct person) as leavers, coalesce(sum(fte), 0)::double as leavers_fte
    from years
    left join moves
        on move = 'leaving' and is_social_worker and reason <> 'transfer'
            and moves.month between years.month - 11 and years.month
    group by all
),
counted as (
    select
        year, leavers, leavers_fte, headcount, fte::double as inpost_fte,
        if(exists (from files where source = 'hr_vacancies' and stands), coalesce(vacant_fte, 0)::double, null)
            as vacant_fte,
        (fte + coalesce(vacant_fte, 0))::double as with_vacant, stock.agency_fte::double as agency_fte,
        (fte + stock.agency_fte)::double as with_agency
    from years
    inner join left_in using (month)
    inner join stock on stock.month = years.month and scope = getvariable('social_workers')
    left join vacancy_months
        on vacancy_months.month = years.month and vacancy_months.scope = getvariable('social_workers')
)
select
    year::integer as year, leavers_fte / nullif(inpost_fte, 0) as turnover_rate_fte,
    vacant_fte / nullif(with_vacant, 0) as vacancy_rate_fte,
    agency_fte / nullif(with_agency, 0) as agency_rate_fte,
    leavers_fte, inpost_fte, vacant_fte, agency_fte, leavers::integer as leavers_headcount,
    headcount::integer as inpost_headcount
from counted;
