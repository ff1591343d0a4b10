-- Grain: one row per census return and measure that this warehouse works out too.
with returns as (
    select distinct census_year as year
    from {{ ref('stg_csww_return') }}
    where is_latest and not is_void
),

in_post as (
    select
        year,
        coalesce(sum(cast(fte as decimal(18, 9))) filter (where not is_agency), 0) as inpost_fte,
        count(distinct swe_key) filter (where not is_agency) as inpost_headcount,
        coalesce(sum(cast(fte as decimal(18, 9))) filter (where is_agency), 0) as agency_fte,
        count(distinct swe_key) filter (where is_agency) as agency_headcount
    from {{ ref('csww_staff') }}
    group by year
),

-- As in retention_yearly_dfe, a move inside the authority is no leaving.
left_in_year as (
    select
        year,
        coalesce(sum(cast(fte as decimal(18, 9))), 0) as leavers_fte,
        count(distinct swe_key) as leavers_headcount
    from {{ ref('csww_leavers') }}
    where not is_agency and leaving_reason is distinct from 'transfer'
    group by year
),

vacant as (
    select * from {{ ref('csww_vacancies') }}
),

ours as (
    select * from {{ ref('retention_yearly_dfe') }}
),

our_agency as (
    select
        cast(extract(year from month_end) as integer) as year,
        agency_headcount
    from {{ ref('retention_monthly') }}
    where scope_type = 'social_workers' and extract(month from month_end) = 9
),

side_by_side as (
    select
        returns.year,
        coalesce(in_post.inpost_fte, 0) as inpost_fte,
        coalesce(in_post.inpost_headcount, 0) as inpost_headcount,
        coalesce(left_in_year.leavers_fte, 0) as leavers_fte,
        coalesce(left_in_year.leavers_headcount, 0) as leavers_headcount,
        vacant.vacant_fte,
        coalesce(in_post.agency_fte, 0) as agency_fte,
        coalesce(in_post.agency_headcount, 0) as agency_headcount,
        ours.inpost_fte as our_inpost_fte,
        ours.inpost_headcount as our_inpost_headcount,
        ours.leavers_fte as our_leavers_fte,
        ours.leavers_headcount as our_leavers_headcount,
        ours.vacant_fte as our_vacant_fte,
        ours.agency_fte as our_agency_fte,
        our_agency.agency_headcount as our_agency_headcount
    from returns
    left join in_post on returns.year = in_post.year
    left join left_in_year on returns.year = left_in_year.year
    left join vacant on returns.year = vacant.year
    left join ours on returns.year = ours.year
    left join our_agency on returns.year = our_agency.year
),

compared as (
    {%- for measure in [
        'inpost_fte', 'inpost_headcount', 'leavers_fte', 'leavers_headcount', 'vacant_fte',
        'agency_fte', 'agency_headcount',
    ] %}
    select
        year,
        '{{ measure }}' as measure,
        cast({{ measure }} as double) as from_return,
        cast(our_{{ measure }} as double) as from_warehouse
    from side_by_side
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

differing as (
    select
        year,
        measure,
        from_return,
        from_warehouse,
        from_return - from_warehouse as difference
    from compared
)

select * from differing
