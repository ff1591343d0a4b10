{#- What stands at each month end, scope by scope, counted by what changes and a running sum: nobody is
    met anew at each month end that they count at. The relation has one row for each addition to a
    measure, with the first and the last month end of those that it counts at (nothing, where the last
    comes before the first) and its amount. One row per scope and stretch of month ends between two
    changes, from first_month up to but not including month_after. -#}
{% macro running_totals(relation, measures) -%}
    select
        scope_type,
        scope_name,
        month_end as first_month,
        lead(month_end, 1, {{ far_future() }}) over to_date as month_after,
        {%- for measure in measures %}
        sum(coalesce({{ measure }}, 0)) over to_date as {{ measure }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            scope_type,
            scope_name,
            month_end,
            {%- for measure in measures %}
            sum(amount) filter (where measure = '{{ measure }}') as {{ measure }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from (
            select scope_type, scope_name, measure, first_month as month_end, amount
            from {{ relation }}
            where first_month <= last_month
            union all
            select
                scope_type, scope_name, measure,
                {{ month_end_plus('last_month', 1) }} as month_end,
                -amount as amount
            from {{ relation }}
            where first_month <= last_month
        ) as changes
        group by scope_type, scope_name, month_end
    ) as summed
    window to_date as (partition by scope_type, scope_name order by month_end asc)
{%- endmacro %}
