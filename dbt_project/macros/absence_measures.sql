{#- What is told of the absence of a period, in the order of the marts, from exact sums. -#}
{% macro absence_measures() -%}
    cast(working_days_lost as double) as working_days_lost,
        cast(stress_days_lost as double) as stress_days_lost,
        cast(working_days_available as double) as working_days_available,
        cast(working_days_lost as double) / nullif(cast(working_days_available as double), 0)
            as absence_rate,
        cast(stress_days_lost as double) / nullif(cast(working_days_lost as double), 0)
            as stress_share
{%- endmacro %}
