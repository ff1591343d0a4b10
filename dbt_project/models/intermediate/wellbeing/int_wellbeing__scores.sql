-- Grain: one row per response, as last stated and not withdrawn, and subscale of its instrument.
with responses as (
    select * from {{ ref('stg_wellbeing_survey') }}
    where is_latest and not is_void
),

-- The survey's columns have their items' order.
in_order as (
    select
        response_key,
        wave_date,
        instrument,
        respondent_key,
        team,
        list_value(*columns('^q[0-9]+$')) as all_answers
    from responses
),

conversions as (
    select * from {{ ref('instrument_conversions') }}
),

-- One row a score, with the places of its items among a response's answers.
subscales as (
    select
        instrument,
        subscale,
        multiply_by,
        divisor,
        is_converted,
        bands,
        low_up_to,
        high_from,
        list(cast(substr(item, 2) as integer) order by item asc) as places,
        list(cast(sign as double) order by item asc) as signs,
        sum(reversed_from) as reversed_from
    from {{ ref('instrument_items') }}
    group by
        instrument, subscale, multiply_by, divisor, is_converted, bands, low_up_to, high_from
),

answered as (
    select
        responses.response_key,
        responses.wave_date,
        responses.instrument,
        responses.respondent_key,
        responses.team,
        subscales.* exclude (instrument, places), -- noqa: RF02
        list_select(responses.all_answers, subscales.places) as answers
    from in_order as responses
    inner join subscales on responses.instrument = subscales.instrument
),

summed as (
    select
        * exclude (answers, signs, reversed_from),
        -- Without an answer to every item there is no score: nothing is filled in.
        case
            when list_count(answers) = len(answers)
                then cast(reversed_from + list_dot_product(answers, signs) as bigint)
        end as answer_sum
    from answered
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
)

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
