-- Grain: one row per census return and rule, also where no record is concerned.
with records as (
    select
        *,
        count(*) over (partition by as_of, record_type, swe_key) as records_of_worker
    from {{ ref('stg_csww_return') }}
    where is_latest and not is_void
),

counted as (
    select
        census_year,
        {%- for name, _, applies, breaks, _ in csww_rules() %}
        count(*) filter (where {{ applies }}) as {{ name }}_checked,
        count(*) filter (where ({{ applies }}) and ({{ breaks }})) as {{ name }}_failing,
        {%- endfor %}
        census_year as year
    from records
    group by census_year
),

by_rule as (
    {%- for name, origin, _, _, meaning in csww_rules() %}
    select
        year,
        '{{ name }}' as rule,
        '{{ meaning }}' as description,
        '{{ origin }}' as rule_from,
        cast({{ name }}_checked as integer) as records_checked,
        cast({{ name }}_failing as integer) as records_failing
    from counted
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

select * from by_rule
