{#- What is told of the debriefs of a period, in the order of the marts. The relation has the counts
    of int_debriefs__by_period, null where nothing was asked for. -#}
{% macro debrief_measures() -%}
    cast(coalesce(requested, 0) as integer) as requested,
        cast(coalesce(offered, 0) as integer) as offered,
        cast(coalesce(held, 0) as integer) as held,
        cast(coalesce(declined, 0) as integer) as declined,
        cast(coalesce(held_within_3_days, 0) as integer) as held_within_3_days,
        median_days_to_held,
        held / nullif(requested, 0) as uptake_rate,
        cast(coalesce(staff_affected, 0) as integer) as staff_affected,
        cast(coalesce(staff_attended, 0) as integer) as staff_attended,
        cast(staff_attended as double) / nullif(staff_affected_where_held, 0) as attendance_rate,
        followed_up / nullif(held, 0) as follow_up_rate
{%- endmacro %}
