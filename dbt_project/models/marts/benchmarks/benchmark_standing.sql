-- Grain: one row per release, census year, local authority, indicator and neighbour model.
with figures as (
    select * from {{ ref('dfe_benchmark') }}
    where geographic_level = 'Local authority' and old_la_code is not null
),

neighbour_lists as (
    select * from {{ ref('statistical_neighbours') }}
),

models as (select distinct model from neighbour_lists),

-- Two authorities may report together (`940 / 941`): a neighbour that is named by one code of the
-- pair is found in the pair's row, and the pair's own neighbours are those of both.
codes as (
    select distinct
        old_la_code as reported_as,
        unnest(string_split(old_la_code, ' / ')) as old_la_code
    from figures
),

neighbours as (
    select distinct
        neighbour_lists.model,
        own.reported_as as old_la_code,
        theirs.reported_as as neighbour
    from neighbour_lists
    inner join codes as own on neighbour_lists.old_la_code = own.old_la_code
    inner join codes as theirs on neighbour_lists.neighbour_old_la_code = theirs.old_la_code
    where own.reported_as <> theirs.reported_as
),

medians as (
    select
        neighbours.model,
        neighbours.old_la_code,
        figures.release_as_of,
        figures.year,
        figures.indicator,
        median(figures.published_value) as neighbours_median,
        count(figures.published_value) as neighbours_with_figure
    from neighbours
    inner join figures on neighbours.neighbour = figures.old_la_code
    group by all
),

-- A share of a few people jumps about by whole quarters, so the smallest are in no order.
ranked as (
    select
        figures.release_as_of,
        figures.year,
        figures.old_la_code,
        figures.indicator,
        rank() over (alike order by figures.published_value asc) as place,
        count(*) over (alike) as councils
    from figures
    inner join figures as sizes
        on
            figures.release_as_of = sizes.release_as_of
            and figures.year = sizes.year
            and figures.old_la_code = sizes.old_la_code
            and sizes.indicator = 'inpost_headcount'
            and sizes.published_value >= {{ fewest_in_post_for_a_rank() }}
    where figures.published_value is not null
    window alike as (
        partition by figures.release_as_of, figures.year, figures.indicator
    )
),

standing as (
    select
        figures.release_as_of,
        figures.year,
        figures.old_la_code,
        figures.indicator,
        models.model,
        medians.neighbours_median,
        cast(coalesce(medians.neighbours_with_figure, 0) as integer) as neighbours_with_figure,
        cast(ranked.place as integer) as place,
        cast(ranked.councils as integer) as councils,
        {{ fewest_in_post_for_a_rank() }} as fewest_in_post
    from figures
    cross join models
    left join medians
        on
            figures.release_as_of = medians.release_as_of
            and figures.year = medians.year
            and figures.old_la_code = medians.old_la_code
            and figures.indicator = medians.indicator
            and models.model = medians.model
    left join ranked
        on
            figures.release_as_of = ranked.release_as_of
            and figures.year = ranked.year
            and figures.old_la_code = ranked.old_la_code
            and figures.indicator = ranked.indicator
)

select * from standing
