{#- The areas of programme.yml, one row a team: WAREHOUSE_AREAS holds them as JSON, {area: [team]}.
    Read when a model runs and not when the project is parsed, so that a change parses nothing anew. -#}
{% macro area_teams() -%}
    {%- set areas = fromjson(env_var('WAREHOUSE_AREAS', '{}')) if execute else {} -%}
    select
        cast(null as varchar) as area,
        cast(null as varchar) as team
    where false
    {%- for area, teams in areas | dictsort %}
    {%- for team in teams %}
    union all
    select '{{ area | replace("'", "''") }}' as area, '{{ team | replace("'", "''") }}' as team
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{#- The scopes that the board may see by year: the service, its social workers and the areas. -#}
{% macro board_scopes() -%}
    select 'service' as scope_type, 'all' as scope_name
    union all
    select 'social_workers' as scope_type, 'all' as scope_name
    union all
    select distinct 'area' as scope_type, area as scope_name
    from ({{ area_teams() }}) as areas
{%- endmacro %}

{#- Every row once for each scope of the board that it counts in. The relation has team and
    is_social_worker as on the day counted; a team of no area counts in none. -#}
{% macro in_board_scopes(relation) -%}
    select 'service' as scope_type, 'all' as scope_name, {{ relation }}.*
    from {{ relation }}
    union all
    select 'social_workers' as scope_type, 'all' as scope_name, {{ relation }}.*
    from {{ relation }}
    where {{ relation }}.is_social_worker
    union all
    select 'area' as scope_type, areas.area as scope_name, {{ relation }}.*
    from {{ relation }}
    inner join ({{ area_teams() }}) as areas on {{ relation }}.team = areas.team
{%- endmacro %}

{#- What leads a row of the board: the last day of its quarter, its year, or that it is to date. -#}
{% macro board_period(periods) -%}
    {{ periods }}.period_kind,
        case when {{ periods }}.period_kind = 'quarter' then {{ periods }}.last_day end as quarter_end,
        case
            when {{ periods }}.period_kind = 'year'
                then cast(extract(year from {{ periods }}.last_day) as integer)
        end as year,
        case when {{ periods }}.period_kind = 'to_date' then 'to_date' end as period
{%- endmacro %}
