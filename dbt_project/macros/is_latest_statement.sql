{#- Whether a line is the statement that counts for its key: the later day, then the greater hash.
    A withdrawn record must still win its key: what it withdraws is the older statement. -#}
{% macro is_latest_statement(key) -%}
    row_number() over (
        partition by {{ key | join(', ') }}
        order by as_of desc, file_sha256 desc, line asc
    ) = 1
{%- endmacro %}
