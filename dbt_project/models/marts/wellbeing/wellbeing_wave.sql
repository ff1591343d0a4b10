-- Grain: one row per wave, instrument, subscale and scope (the service, each team) with a response.
with scores as (
    select * from {{ ref('int_wellbeing__scores') }}
),

people as (
    select * from {{ ref('int_wellbeing__people_by_wave') }}
),

quantiles as (
    select * from {{ ref('t_quantiles') }}
),

scoped as (
    select
        'service' as scope_type,
        'all' as scope_name,
        scores.*
    from scores
    union all
    select
        'team' as scope_type,
        scores.team as scope_name,
        scores.*
    from scores
    where scores.team is not null
),

summed as (
    select
        wave_date,
        instrument,
        subscale,
        scope_type,
        scope_name,
        divisor,
        has_middle,
        count(points) as responses,
        sum(points) as point_sum,
        sum(points * points) as square_sum,
        count(band) as banded,
        count(*) filter (where band = 'low') as low,
        count(*) filter (where band = 'middle') as middle,
        count(*) filter (where band = 'high') as high,
        -- Without an id on every answer nobody knows how many people answered.
        case when count(*) = count(respondent_key) then count(distinct respondent_key) end
            as people_who_answered
    from scoped
    group by wave_date, instrument, subscale, scope_type, scope_name, divisor, has_middle
),

spread as (
    select
        summed.*,
        people.people,
        summed.point_sum / nullif(summed.responses * summed.divisor, 0) as mean_score,
        -- From exact sums, so that the last digit does not hang on the order of adding.
        sqrt(
            (summed.responses * summed.square_sum - summed.point_sum * summed.point_sum)
            / nullif(summed.responses * (summed.responses - 1), 0)
        ) / summed.divisor as sd_score,
        coalesce(quantiles.t_975, {{ t_975_of_many('(summed.responses - 1)') }}) as t_975
    from summed
    left join quantiles on summed.responses - 1 = quantiles.degrees_of_freedom
    left join people
        on
            summed.wave_date = people.wave_date
            and summed.scope_type = people.scope_type
            and summed.scope_name = people.scope_name
),

measured as (
    select
        wave_date,
        instrument,
        subscale,
        scope_type,
        scope_name,
        cast(responses as integer) as responses,
        mean_score,
        mean_score - t_975 * sd_score / sqrt(responses) as lower_95,
        mean_score + t_975 * sd_score / sqrt(responses) as upper_95,
        sd_score,
        people_who_answered / nullif(people, 0) as response_rate,
        low / nullif(banded, 0) as share_low,
        -- One cut-off parts low from high, and nothing lies between.
        case when has_middle then middle / nullif(banded, 0) end as share_middle,
        high / nullif(banded, 0) as share_high
    from spread
),

kept as (
    {{ with_closed(
        'wellbeing_wave', 'measured',
        ['wave_date', 'instrument', 'subscale', 'scope_type', 'scope_name']) }}
)

select * from kept
