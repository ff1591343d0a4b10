-- Grain: one row per line of a standing wellbeing_survey file.
with landed as (
    select * from {{ source('lake', 'wellbeing_survey') }}
),

typed as (
    select
        response_key,
        wave_date,
        instrument,
        respondent_key,
        team,
        {%- for item in survey_items() %}
        {{ item }},
        {%- endfor %}
        coalesce(void, false) as is_void,
        coalesce(synthetic, false) as is_synthetic,
        {{ is_latest_statement(['response_key']) }} as is_latest
    from landed
)

select * from typed
