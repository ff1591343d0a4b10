{#- Before, during and after the programme, one row a window: WAREHOUSE_WINDOWS holds the two days that part
    them as JSON, {funded_from, programme_end}. No row without them. Read when a model runs. -#}
{% macro programme_windows() -%}
    {%- set days = fromjson(env_var('WAREHOUSE_WINDOWS', '{}')) if execute else {} -%}
    select
        cast(null as varchar) as window_name,
        cast(null as date) as first_day,
        cast(null as date) as last_day
    where false
    {%- if days %}
    union all
    select
        'before' as window_name,
        date '1900-01-01' as first_day,
        cast(date '{{ days.funded_from }}' - interval 1 day as date) as last_day
    union all
    select
        'during' as window_name,
        date '{{ days.funded_from }}' as first_day,
        date '{{ days.programme_end }}' as last_day
    union all
    select
        'after' as window_name,
        cast(date '{{ days.programme_end }}' + interval 1 day as date) as first_day,
        date '9999-12-30' as last_day
    {%- endif %}
{%- endmacro %}
