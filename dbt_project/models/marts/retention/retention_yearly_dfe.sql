-- Grain: one row per census year (1 October to 30 September) that the reported months cover.
with months as (
    select * from {{ ref('int_workforce__months') }}
),

stock as (
    select * from {{ ref('int_workforce__stock_by_month') }}
    where scope_type = 'social_workers'
),

vacancies as (
    select * from {{ ref('int_recruitment__by_month') }}
    where scope_type = 'social_workers'
),

-- Before the first vacancy file nothing is known of vacancies, which is not none.
vacancy_files as (
    select count(*) > 0 as have_come
    from {{ ref('stg_load_manifest') }}
    where source = 'hr_vacancies' and is_standing
),

leavings as (
    -- The Department counts no move inside the authority as leaving.
    select * from {{ ref('int_workforce__moves') }}
    where move = 'leaving' and is_social_worker and leaving_reason <> 'transfer'
),

first_month as (
    select min(month_end) as month_end
    from months
),

census_days as (
    select
        months.month_end as census_day,
        months.month_end_12m_before as census_day_before,
        cast(extract(year from months.month_end) as integer) as census_year
    from months
    cross join first_month
    where
        extract(month from months.month_end) = 9
        and {{ month_end_plus('months.month_end', -11) }} >= first_month.month_end
),

left_in_year as (
    select
        census_days.census_day,
        count(distinct leavings.staff_key) as leavers_headcount,
        coalesce(sum(leavings.fte), 0) as leavers_fte
    from census_days
    left join leavings
        on
            census_days.census_day_before < leavings.moved_on
            and census_days.census_day >= leavings.moved_on
    group by census_days.census_day
),

counted as (
    select
        census_days.census_year as year,
        cast(left_in_year.leavers_fte as double) as leavers_fte,
        cast(coalesce(stock.fte, 0) as double) as inpost_fte,
        case
            when vacancy_files.have_come then cast(coalesce(vacancies.vacant_fte, 0) as double)
        end as vacant_fte,
        cast(coalesce(stock.fte, 0) + coalesce(vacancies.vacant_fte, 0) as double)
            as fte_with_vacant,
        cast(coalesce(stock.agency_fte, 0) as double) as agency_fte,
        cast(coalesce(stock.fte, 0) + coalesce(stock.agency_fte, 0) as double) as fte_with_agency,
        cast(left_in_year.leavers_headcount as integer) as leavers_headcount,
        cast(coalesce(stock.headcount, 0) as integer) as inpost_headcount
    from census_days
    inner join left_in_year on census_days.census_day = left_in_year.census_day
    cross join vacancy_files
    left join stock on census_days.census_day = stock.month_end
    left join vacancies on census_days.census_day = vacancies.month_end
),

rated as (
    select
        year,
        leavers_fte / nullif(inpost_fte, 0) as turnover_rate_fte,
        vacant_fte / nullif(fte_with_vacant, 0) as vacancy_rate_fte,
        agency_fte / nullif(fte_with_agency, 0) as agency_rate_fte,
        leavers_fte,
        inpost_fte,
        vacant_fte,
        agency_fte,
        leavers_headcount,
        inpost_headcount
    from counted
),

kept as (
    {{ with_closed('retention_yearly_dfe', 'rated', ['year']) }}
)

select * from kept
