-- Grain: one row per response, as last stated and not withdrawn, and subscale of its instrument.
with responses as (
    select * from {{ ref('stg_wellbeing_survey') }}
    where is_latest and not is_void
),

items as (
    select * from {{ ref('instrument_items') }}
),

conversions as (
    select * from {{ ref('instrument_conversions') }}
),

answers as (
    unpivot responses
    on columns('^q[0-9]+$')
    into name item value answer
),

summed as (
    select
        responses.response_key,
        responses.wave_date,
        responses.instrument,
        responses.respondent_key,
        responses.team,
        items.subscale,
        items.multiply_by,
        items.divisor,
        items.is_converted,
        items.bands,
        items.low_up_to,
        items.high_from,
        -- Without an answer to every item there is no score: nothing is filled in.
        case
            when count(*) = count(answers.answer)
                then cast(sum(items.reversed_from + items.sign * answers.answer) as bigint)
        end as answer_sum
    from responses
    inner join items on responses.instrument = items.instrument
    left join answers
        on responses.response_key = answers.response_key and items.item = answers.item
    group by
        responses.response_key, responses.wave_date, responses.instrument,
        responses.respondent_key, responses.team, items.subscale, items.multiply_by,
        items.divisor, items.is_converted, items.bands, items.low_up_to, items.high_from
),

scored as (
    select
        summed.*,
        -- Whole points over a divisor, so that later sums of them are exact.
        case
            when summed.is_converted then conversions.points
            else summed.answer_sum * summed.multiply_by
        end as points
    from summed
    left join conversions
        on
            summed.instrument = conversions.instrument
            and summed.subscale = conversions.subscale
            and summed.answer_sum = conversions.answer_sum
),

banded as (
    select
        response_key,
        wave_date,
        instrument,
        respondent_key,
        team,
        subscale,
        points,
        divisor,
        points / divisor as score,
        bands = 3 as has_middle,
        case
            when points is null or bands = 0 then null
            when points <= low_up_to then 'low'
            when points >= high_from then 'high'
            else 'middle'
        end as band
    from scored
)

select * from banded
