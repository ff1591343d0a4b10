-- Grain: one row per release and the one before it, census year, area and indicator of theirs.
with figures as (
    select
        *,
        -- An authority keeps the Department's number when its own code changes.
        coalesce(old_la_code, area_code) as area
    from {{ ref('dfe_benchmark') }}
),

releases as (
    select distinct release_as_of
    from figures
),

pairs as (
    select
        lag(release_as_of) over (order by release_as_of) as release_before,
        release_as_of as release_after
    from releases
),

-- Every release but the first and the last stands in two pairs.
stated as (
    select
        pairs.release_before,
        pairs.release_after,
        figures.*,
        cast(figures.release_as_of = pairs.release_after as integer) as is_after
    from pairs
    inner join figures on figures.release_as_of in (pairs.release_before, pairs.release_after)
    where pairs.release_before is not null
),

beside_each_other as (
    select
        release_before,
        release_after,
        year,
        geographic_level,
        indicator,
        arg_max(area_code, is_after) as area_code,
        arg_max(old_la_code, is_after) as old_la_code,
        arg_max(area_name, is_after) as area_name,
        max(published_value) filter (where is_after = 0) as value_before,
        max(published_value) filter (where is_after = 1) as value_after,
        max(symbol) filter (where is_after = 0) as symbol_before,
        max(symbol) filter (where is_after = 1) as symbol_after,
        min(is_after) = 0 as is_before,
        max(is_after) = 1 as is_after
    from stated
    group by release_before, release_after, year, geographic_level, area, indicator
),

-- A year or an indicator that one of the two lacks altogether has not been revised.
covered as (
    select *
    from beside_each_other
    qualify
        bool_or(is_before) over (partition by release_after, year, indicator)
        and bool_or(is_after) over (partition by release_after, year, indicator)
),

revised as (
    select
        release_before,
        release_after,
        year,
        geographic_level,
        area_code,
        old_la_code,
        area_name,
        indicator,
        value_before,
        value_after,
        -- Published with four decimal places at most; what is beyond is of binary fractions only.
        round(value_after - value_before, 6) as difference,
        symbol_before,
        symbol_after,
        case
            when not is_after then 'area_gone'
            when not is_before then 'area_new'
            when value_before <> value_after then 'revised'
            when value_before is null and value_after is not null then 'figure_given'
            when value_before is not null and value_after is null then 'figure_withheld'
            when coalesce(symbol_before, '') <> coalesce(symbol_after, '') then 'symbol_changed'
            else 'unchanged'
        end as change
    from covered
)

select * from revised
