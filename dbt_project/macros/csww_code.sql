{#- A column of census codes in this warehouse's words (or, with column='label', in the census's);
    null where there are none. dbt's unit tests read an empty field of a seed as an empty text. -#}
{% macro csww_code(code_set, code, column='warehouse_value') -%}
    (
        select nullif(codes.{{ column }}, '')
        from {{ ref('csww_codes') }} as codes
        where codes.code_set = '{{ code_set }}' and codes.code = {{ code }}
    )
{%- endmacro %}
