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

fractions as (
    {%- for rate, top, below, is_part, days in dfe_rates() %}
    select
        release_as_of, year, area_code, '{{ rate }}' as indicator,
        {{ top }} as top, {{ dfe_rounding(top) }} as top_rounding,
        {{ below }} as below, {{ dfe_rounding(below) }} as below_rounding,
        {{ 1 if is_part else 0 }} as top_in_whole, {{ days }} as days
    from counts
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

-- The counts are rounded: the true ones lie anywhere between these.
bounded as (
    select
        *,
        greatest(top - top_rounding, 0) as least_top,
        top + top_rounding as most_top,
        greatest(below - below_rounding, 0) as least_below,
        below + below_rounding as most_below
    from fractions
),

rates as (
    select
        *,
        top / nullif((below + top_in_whole * top) * days, 0) as recomputed_value,
        (most_below + top_in_whole * least_top) * days as whole_at_least_rate,
        (least_below + top_in_whole * most_top) * days as whole_at_most_rate
    from bounded
),

with_bounds as (
    select
        release_as_of,
        year,
        area_code,
        indicator,
        recomputed_value,
        case when recomputed_value is not null then least_top / whole_at_least_rate end
            as least_value,
        -- A whole that may be nothing at all sets no upper bound.
        case
            when recomputed_value is null then null
            when whole_at_most_rate = 0 then cast('infinity' as double)
            else most_top / whole_at_most_rate
        end as most_value
    from rates
)

select * from with_bounds
