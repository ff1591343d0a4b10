{#- Days after a session from which it counts as attended. The first was fixed beforehand; the others
    are there to be seen beside it. -#}
{% macro attendance_lags() -%} {{ return([90, 0, 60, 120]) }} {%- endmacro %}

{#- Years in post at which the rate of leaving is taken to change: each band has its own. -#}
{% macro years_in_post() -%} {{ return([1, 3, 6]) }} {%- endmacro %}
