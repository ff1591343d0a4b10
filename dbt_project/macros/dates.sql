{#- The two ends of time, for windows that are open on one side: joins stay plain comparisons.
    No date of a source comes near them (contracts refuse everything before 1950). -#}
{% macro far_past() -%} cast('0001-01-01' as date) {%- endmacro %}

{% macro far_future() -%} cast('9999-12-31' as date) {%- endmacro %}

{#- Whole days from the first date to the second; negative where the second is earlier. -#}
{% macro days_between(first, second) -%} date_diff('day', {{ first }}, {{ second }}) {%- endmacro %}

{#- A date moved by whole days. -#}
{% macro plus_days(day, days) -%} cast({{ day }} + {{ days }} * interval 1 day as date) {%- endmacro %}

{#- The month end that lies so many months after (or, negative, before) another: always a last
    calendar day, so twelve months before 29 February is 28 February. -#}
{% macro month_end_plus(month_end, months) -%}
    last_day(cast({{ month_end }} + {{ months }} * interval 1 month as date))
{%- endmacro %}

{#- The latest month end by a day: the day itself where it is one. -#}
{% macro month_end_by(day) -%}
    cast(date_trunc('month', {{ plus_days(day, 1) }}) - interval 1 day as date)
{%- endmacro %}

{#- Days from Monday to Friday between the far past, which was a Monday, and a day: of two, the
    difference is how many lie from the first up to the second. -#}
{% macro weekdays_before(day) -%}
    (
        5 * ({{ days_between(far_past(), day) }} // 7)
        + least({{ days_between(far_past(), day) }} % 7, 5)
    )
{%- endmacro %}
