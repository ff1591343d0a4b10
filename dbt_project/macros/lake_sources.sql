{#- A relation of one row a source that the lake has, read from the project's own source
    definitions, so that a new source needs no list of its own here. Nobody sends closed months. -#}
{% macro lake_sources() -%}
    {%- set names = ['-'] -%}
    {%- if execute -%}
        {%- set names = graph.sources.values()
            | selectattr('source_name', 'equalto', 'lake') | map(attribute='name')
            | reject('equalto', 'closed_months') | sort | list -%}
    {%- endif -%}
    {%- for name in names %}
    select '{{ name }}' as source{{ ' union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
