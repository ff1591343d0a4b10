-- Grain: one row per release, census year, local authority and rate that its counts can rebuild.
with published as (
    select * from {{ ref('int_benchmarks__published') }}
    where geographic_level = 'Local authority'
),

-- A count that was published as a symbol is null here, and so is every rate that needs it.
counts as (
    select
        release_as_of,
        year,
        area_code,
        {%- for indicator in dfe_indicators() if '_rate_' not in indicator %}
        cast(max(published_number) filter (where indicator = '{{ indicator }}') as double)
            as {{ indicator }},
        {%- endfor %}
        -- The Department's working days: 253, one more in a census year with a 29 February.
        case when last_day(make_date(year, 2, 1)) = make_date(year, 2, 28) then 253 else 254 end
            as working_days
    from published
    group by release_as_of, year, area_code
),

rates as (
    select
        release_as_of,
        year,
        area_code,
        leavers_fte / nullif(inpost_fte, 0) as turnover_rate_fte,
        leavers_headcount / nullif(inpost_headcount, 0) as turnover_rate_headcount,
        agency_fte / nullif(agency_fte + inpost_fte, 0) as agency_rate_fte,
        agency_headcount / nullif(agency_headcount + inpost_headcount, 0) as agency_rate_headcount,
        agency_cover_fte / nullif(agency_fte, 0) as agency_cover_rate_fte,
        vacancy_fte / nullif(vacancy_fte + inpost_fte, 0) as vacancy_rate_fte,
        agency_cover_fte / nullif(vacancy_fte, 0) as vacancy_agency_cover_rate_fte,
        cases / nullif(case_holders_fte, 0) as caseload_fte,
        working_days_lost_fte / nullif(inpost_fte * working_days, 0) as absence_rate_fte
    from counts
),

stacked as (
    {%- for indicator in dfe_indicators() if '_rate_' in indicator or indicator == 'caseload_fte' %}
    select
        release_as_of, year, area_code, '{{ indicator }}' as indicator,
        {{ indicator }} as recomputed_value
    from rates
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

select * from stacked
