{#- Every row once for each scope that it counts in: the service, its team, its role, and the social
    workers where it is one. The relation has team, job_role and is_social_worker as on the day
    counted. The one place that says what a scope is. -#}
{% macro in_scopes(relation) -%}
    select 'service' as scope_type, 'all' as scope_name, {{ relation }}.*
    from {{ relation }}
    union all
    select 'social_workers' as scope_type, 'all' as scope_name, {{ relation }}.*
    from {{ relation }}
    where {{ relation }}.is_social_worker
    union all
    select 'team' as scope_type, {{ relation }}.team as scope_name, {{ relation }}.*
    from {{ relation }}
    union all
    select 'role' as scope_type, {{ relation }}.job_role as scope_name, {{ relation }}.*
    from {{ relation }}
{%- endmacro %}
