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
        count(score) as responses,
        sum(score) as score_sum,
        sum(score * score) as square_sum,
        count(*) filter (where score <= low_up_to) as low,
        count(low_up_to) filter (where score is not null) as with_cut_off,
        -- Without an id on every answer nobody knows how many people answered.
        case when count(*) = count(respondent_key) then count(distinct respondent_key) end
            as people_who_answered
    from scoped
    group by wave_date, instrument, subscale, scope_type, scope_name
),

spread as (
    select
        summed.*,
        people.people,
        cast(summed.score_sum as double) / nullif(summed.responses, 0) as mean_score,
        -- From exact sums, so that the last digit does not hang on the order of adding.
        sqrt(
            (
                summed.responses * cast(summed.square_sum as double)
                - pow(cast(summed.score_sum as double), 2)
            ) / nullif(summed.responses * (summed.responses - 1), 0)
        ) as sd_score,
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
        low / nullif(with_cut_off, 0) as share_low,
        -- One cut-off parts low from the rest: no instrument here has a middle yet.
        cast(null as double) as share_middle,
        (with_cut_off - low) / nullif(with_cut_off, 0) as share_high
    from spread
),

kept as (
    {{ with_closed(
        'wellbeing_wave', 'measured',
        ['wave_date', 'instrument', 'subscale', 'scope_type', 'scope_name']) }}
)

select * from kept
