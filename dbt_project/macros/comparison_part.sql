{#- What each month of a relation adds to a metric of a window. Months without the figure add nothing. -#}
{% macro comparison_part(relation, series, metric, above, below, n) -%}
    select
        month_end,
        '{{ series }}' as series,
        '{{ metric }}' as metric,
        cast({{ above }} as decimal(38, 15)) as above,
        cast({{ below }} as decimal(38, 15)) as below,
        {{ n }} as n
    from {{ relation }}
    where {{ above }} is not null
{%- endmacro %}
