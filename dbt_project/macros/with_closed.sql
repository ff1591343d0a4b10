{#- What was worked out, and for the periods that a purge has closed the rows as they stood then.
    A row that has no closed one, of a team first named since, stays as it was worked out: nobody
    who was purged was ever in it. ``key``: what tells one row of the mart from another. -#}
{% macro with_closed(mart, computed, key) -%}
    {%- set columns = ['*'] -%}
    {%- if execute -%}
        {%- set columns = graph.nodes.values()
            | selectattr('resource_type', 'equalto', 'model') | selectattr('name', 'equalto', mart)
            | map(attribute='columns') | first | list -%}
    {%- endif -%}
    select * from {{ computed }}
    anti join (
        select * from {{ ref('int_closing__rows') }}
        where mart = '{{ mart }}'
    ) as closed using ({{ key | join(', ') }})
    union all by name
    select {{ columns | join(', ') }}
    from {{ ref('int_closing__rows') }}
    where mart = '{{ mart }}'
{%- endmacro %}
