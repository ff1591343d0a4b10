{#- The 97.5 % quantile of Student's t beyond the 100 degrees of freedom that the seed goes to:
    Fisher and Cornish's expansion (1960, Technometrics 2, 209-225) around the normal quantile,
    there right to eleven digits. -#}
{% macro t_975_of_many(degrees_of_freedom) -%}
    {%- set z = 1.9599639845400545 -%}
    {{ z }}
    + {{ (z ** 3 + z) / 4 }} / {{ degrees_of_freedom }}
    + {{ (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 }} / pow({{ degrees_of_freedom }}, 2)
    + {{ (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 }}
    / pow({{ degrees_of_freedom }}, 3)
    + {{ (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160 }}
    / pow({{ degrees_of_freedom }}, 4)
{%- endmacro %}
