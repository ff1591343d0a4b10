{#
    Tables and views are made in place. dbt's own materialisations make a relation beside the old
    one, then rename it and look into the catalogue at each step, so that readers of a living
    database never miss it. A build file starts empty and nobody reads it before it is complete, so
    there is nothing to swap: this halves what a model costs beyond its own query.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set language = model['language'] -%}
    {%- set target = this.incorporate(type='table') -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main', language=language) -%}
        {{- create_table_as(False, target, compiled_code, language) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target, model) %}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- set target = this.incorporate(type='view') -%}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        {{ get_create_view_as_sql(target, sql) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target, model) %}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#
    The comments of a relation and of its columns in one statement, without asking the catalogue first
    which columns there are: a column that is documented and does not exist is an error, and is to be
    one.
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
    {%- set comments -%}
        {%- if for_relation and config.persist_relation_docs() and model.description -%}
            {{ alter_relation_comment(relation, model.description) }}
        {%- endif -%}
        {%- if for_columns and config.persist_column_docs() -%}
            {%- for name in model.columns %}
            comment on column {{ relation }}.{{ adapter.quote(name) }} is
                {{ duckdb_escape_comment(model.columns[name]['description']) }};
            {%- endfor -%}
        {%- endif -%}
    {%- endset -%}
    {% if comments | trim %}{% do adapter.execute(comments, auto_begin=True, fetch=False) %}{% endif %}
{% endmacro %}
