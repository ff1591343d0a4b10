{#- Social workers in post from which on an authority has a place among the others. The Isles of
    Scilly had none to two of their own in 2017 to 2025, the City of London 8 to 12, Rutland 19 to 24. -#}
{% macro fewest_in_post_for_a_rank() -%} 30 {%- endmacro %}
