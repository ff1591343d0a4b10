{#- The survey's answer columns q1, q2, … as the source definition has them: as many as the longest
    instrument has items, so that a new instrument needs no list of its own here. -#}
{% macro survey_items() -%}
    {%- set names = ['q1'] -%}
    {%- if execute -%}
        {%- set survey = graph.sources.values()
            | selectattr('source_name', 'equalto', 'lake')
            | selectattr('name', 'equalto', 'wellbeing_survey') | first -%}
        {%- set names = survey.columns.keys() | select('in', items_up_to(99)) | list -%}
    {%- endif -%}
    {{ return(names) }}
{%- endmacro %}

{% macro items_up_to(most) -%}
    {%- set names = [] -%}
    {%- for number in range(1, most + 1) -%}
        {%- do names.append('q' ~ number) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
