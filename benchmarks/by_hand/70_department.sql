-- The Department's releases: a row for each figure, its rates worked out anew, ranks and neighbours.
create temp table areas as
select
    as_of as release_as_of, time_period as year, geographic_level,
    case geographic_level when 'National' then country_code when 'Regional' then region_code
        else new_la_code end as area_code,
    old_la_code,
    case geographic_level when 'National' then country_name when 'Regional' then region_name
        else la_name end as area_name,
    columns('^(cases|.*_fte|.*_headcount)$'),
    void
from lake.dfe_workforce
qualify row_number() over (
    partition by release_as_of, year, geographic_level, area_code order by file_sha256 desc, line
) = 1;
delete from areas where void;

create temp table recomputed as
with counts as (
    select *, if(last_day(make_date(year, 2, 1)) = make_date(year, 2, 28), 253, 254) as working_days
    from areas
    where geographic_level = 'Local authority'
),
rates as (
    select release_as_of, year, area_code, unnest([
        {indicator: 'turnover_rate_fte', over: leavers_fte, under: inpost_fte, part: 0, off: 0.05, base: 0.05,
            days: 1},
        {indicator: 'turnover_rate_headcount', over: leavers_headcount, under: inpost_headcount, part: 0,
            off: 0, base: 0, days: 1},
        {indicator: 'agency_rate_fte', over: agency_fte, under: inpost_fte, part: 1, off: 0.05, base: 0.05,
            days: 1},
        {indicator: 'agency_rate_headcount', over: agency_headcount, under: inpost_headcount, part: 1, off: 0,
            base: 0, days: 1},
        {indicator: 'agency_cover_rate_fte', over: agency_cover_fte, under: agency_fte, part: 0, off: 0.05,
            base: 0.05, days: 1},
        {indicator: 'vacancy_rate_fte', over: vacancy_fte, under: inpost_fte, part: 1, off: 0.05, base: 0.05,
            days: 1},
        {indicator: 'vacancy_agency_cover_rate_fte', over: agency_cover_fte, under: vacancy_fte, part: 0,
            off: 0.05, base: 0.05, days: 1},
        {indicator: 'caseload_fte', over: cases, under: case_holders_fte, part: 0, off: 0, base: 0.05, days: 1},
        {indicator: 'absence_rate_fte', over: working_days_lost_fte, under: inpost_fte, part: 0, off: 0.05,
            base: 0.05, days: working_days}
    ], recursive := true)
    from counts
),
numbers as (
    select * replace (
        try_cast(over as decimal(18, 6))::double as over, try_cast(under as decimal(18, 6))::double as under
    )
    from rates
)
select
    release_as_of, year, area_code, indicator, over / nullif((under + part * over) * days, 0) as value,
    if(value is null, null,
        greatest(over - off, 0) / ((under + base + part * greatest(over - off, 0)) * days)) as least_value,
    -- A whole that may be nothing at all sets no upper bound.
    case
        when value is null then null
        when (greatest(under - base, 0) + part * (over + off)) * days = 0 then 'infinity'::double
        else (over + off) / ((greatest(under - base, 0) + part * (over + off)) * days)
    end as most_value
from numbers;

create table marts.dfe_benchmark as
with figures as (
    from (select * exclude (void) from areas) unpivot include nulls (
        stated for indicator in (
            columns(* exclude (release_as_of, year, geographic_level, area_code, old_la_code, area_name))
        )
    )
)
select
    release_as_of, year, geographic_level, area_code, old_la_code, area_name, indicator,
    (try_cast(stated as decimal(18, 6)) * if(contains(indicator, '_rate_'), 0.01, 1.00))::double
        as published_value,
    if(try_cast(stated as decimal(18, 6)) is null, stated, null) as symbol, value as recomputed_value
from (
    select * from figures
    -- What a release has no heading for is absent and not blank.
    qualify count(stated) over (partition by release_as_of, indicator) > 0
)
left join (select *, 'Local authority' as geographic_level from recomputed)
    using (release_as_of, year, geographic_level, area_code, indicator);

create table marts.dfe_conformance as
with compared as (
    select
        release_as_of, year, indicator, published_value is not null as has_figure,
        published_value is not null and value is not null as is_testable,
        if(contains(indicator, '_rate_'), 0.0005, 0.05) + 1e-9 as rounding,
        is_testable and least_value <= published_value + rounding
        and most_value >= published_value - rounding as is_met
    from marts.dfe_benchmark inner join recomputed using (release_as_of, year, area_code, indicator)
    where geographic_level = 'Local authority'
)
select
    release_as_of, year, indicator, count(*) filter (has_figure)::integer as authorities_published,
    count(*) filter (is_testable)::integer as authorities_testable,
    count(*) filter (is_met)::integer as authorities_consistent,
    count(*) filter (is_testable and not is_met)::integer as authorities_not_consistent
from compared
group by all;

create table marts.dfe_revisions as
with releases as (
    select release_as_of, lead(release_as_of) over (order by release_as_of) as release_after
    from (select distinct release_as_of from marts.dfe_benchmark)
),
-- An authority keeps the Department's number when its own code changes.
figures as (select *, coalesce(old_la_code, area_code) as area from marts.dfe_benchmark),
covered as (select distinct release_as_of, year, indicator from marts.dfe_benchmark),
pairs as (
    select earlier.release_as_of as release_before, release_after, earlier.year, earlier.indicator
    from releases
    inner join covered as earlier using (release_as_of)
    inner join covered as later
        on later.release_as_of = release_after and earlier.year = later.year
            and earlier.indicator = later.indicator
),
earlier as (
    select release_before, release_after, figures.* exclude (release_as_of)
    from pairs inner join figures
        on release_before = release_as_of and pairs.year = figures.year and pairs.indicator = figures.indicator
),
later as (
    select release_before, release_after, figures.* exclude (release_as_of)
    from pairs inner join figures
        on release_after = release_as_of and pairs.year = figures.year and pairs.indicator = figures.indicator
)
select
    release_before, release_after, year, geographic_level,
    coalesce(later.area_code, earlier.area_code) as area_code,
    if(later.area is null, earlier.old_la_code, later.old_la_code) as old_la_code,
    coalesce(later.area_name, earlier.area_name) as area_name,
    indicator, earlier.published_value as value_before, later.published_value as value_after,
    round(later.published_value - earlier.published_value, 6) as difference,
    earlier.symbol as symbol_before, later.symbol as symbol_after,
    case
        when later.area is null then 'area_gone'
        when earlier.area is null then 'area_new'
        when value_before <> value_after then 'revised'
        when value_before is null and value_after is not null then 'figure_given'
        when value_before is not null and value_after is null then 'figure_withheld'
        when coalesce(symbol_before, '') <> coalesce(symbol_after, '') then 'symbol_changed'
        else 'unchanged'
    end as change
from earlier full join later using (release_before, release_after, year, geographic_level, area, indicator);

create table marts.statistical_neighbours as
from read_csv(getvariable('seeds') || '/neighbour_lists.csv', columns = {
    'model': 'varchar', 'old_la_code': 'varchar', 'rank': 'integer', 'neighbour_old_la_code': 'varchar',
    'closeness': 'varchar'});

create table marts.benchmark_standing as
with figures as (
    select release_as_of, year, old_la_code, indicator, published_value as value
    from marts.dfe_benchmark
    where geographic_level = 'Local authority' and old_la_code is not null
),
-- Two authorities may report together (`940 / 941`).
codes as (
    select reported_as, unnest(string_split(reported_as, ' / ')) as code
    from (select distinct old_la_code as reported_as from figures)
),
neighbours as (
    select distinct model, own.reported_as as old_la_code, theirs.reported_as as neighbour
    from marts.statistical_neighbours as lists
    inner join codes as own on lists.old_la_code = own.code
    inner join codes as theirs on lists.neighbour_old_la_code = theirs.code
    where own.reported_as <> theirs.reported_as
),
medians as (
    select model, neighbours.old_la_code, release_as_of, year, indicator, median(value) as neighbours_median,
        count(value) as with_figure
    from neighbours inner join figures on neighbour = figures.old_la_code
    group by all
),
ranked as (
    select figures.* exclude (value), rank() over (alike order by value) as place,
        count(*) over alike as councils
    from figures
    where value is not null and (release_as_of, year, old_la_code) in (
        select (release_as_of, year, old_la_code) from figures
        where indicator = 'inpost_headcount' and value >= 30
    )
    window alike as (partition by release_as_of, year, indicator)
)
select
    release_as_of, year, old_la_code, indicator, model, neighbours_median,
    coalesce(with_figure, 0)::integer as neighbours_with_figure, place::integer as place,
    councils::integer as councils, 30 as fewest_in_post
from figures
cross join (select distinct model from marts.statistical_neighbours)
left join medians using (release_as_of, year, old_la_code, indicator, model)
left join ranked using (release_as_of, year, old_la_code, indicator);
