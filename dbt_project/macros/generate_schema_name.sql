{#- Schemas are named as they are written (`marts`, not `main_marts`): there is one build file
    a night, so nothing has to be kept apart by a prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
