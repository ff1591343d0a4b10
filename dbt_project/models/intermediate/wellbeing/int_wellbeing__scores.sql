-- Grain: one row per response, as last stated and not withdrawn, and subscale of its instrument.
with responses as (
    select * from {{ ref('stg_wellbeing_survey') }}
    where is_latest and not is_void
),

items as (
    select * from {{ ref('instrument_items') }}
),

answers as (
    unpivot responses
    on columns('^q[0-9]+$')
    into name item value answer
),

scored as (
    select
        responses.response_key,
        responses.wave_date,
        responses.instrument,
        responses.respondent_key,
        responses.team,
        items.subscale,
        items.low_up_to,
        -- Without an answer to every item there is no score: nothing is filled in.
        case
            when count(*) = count(answers.answer)
                then cast(sum(answers.answer) * items.multiply_by as decimal(12, 6))
        end as score
    from responses
    inner join items on responses.instrument = items.instrument
    left join answers
        on responses.response_key = answers.response_key and items.item = answers.item
    group by
        responses.response_key, responses.wave_date, responses.instrument,
        responses.respondent_key, responses.team, items.subscale, items.multiply_by,
        items.low_up_to
)

select * from scored
