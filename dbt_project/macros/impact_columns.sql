{#- The columns that every rung of the ladder shows, with the types of their contract. -#}
{% macro impact_columns(findings) -%}
    select
        cast(metric as varchar) as metric,
        cast(scope_type as varchar) as scope_type,
        cast(scope_name as varchar) as scope_name,
        cast(method as varchar) as method,
        cast(term as varchar) as term,
        cast(estimate as double) as estimate,
        cast(lower_95 as double) as lower_95,
        cast(upper_95 as double) as upper_95,
        cast(p_value as double) as p_value,
        cast(n as integer) as n,
        cast(minimum_detectable as double) as minimum_detectable,
        cast(assumption_checks as varchar) as assumption_checks,
        cast(grade as varchar) as grade,
        cast(sentence as varchar) as sentence
    from {{ findings }}
{%- endmacro %}
