-- The survey's scores, each a sum of items that is null where one is; SWORD and the register as stated.
create temp table subscales as
select
    instrument, subscale, bands, low_up_to, high_from, divisor, is_converted,
    case subscale when 'personal' then 1 when 'work' then 2 when 'client' then 3
        when 'compassion_satisfaction' then 1 when 'burnout' then 2 when 'secondary_traumatic_stress' then 3
        else 1 end as place
from (
    select distinct instrument, subscale, bands, low_up_to, high_from, divisor, is_converted
    from read_csv(getvariable('seeds') || '/instrument_items.csv')
);

create temp table answers as
select
    wave_date, instrument, team, respondent_key,
    case instrument
        when 'cbi' then [
            q1 + q2 + q3 + q4 + q5 + q6, 100 + q7 + q8 + q9 + q10 + q11 + q12 - q13,
            q14 + q15 + q16 + q17 + q18 + q19
        ]
        when 'proqol5' then [
            q3 + q6 + q12 + q16 + q18 + q20 + q22 + q24 + q27 + q30,
            30 - q1 - q4 + q8 + q10 - q15 - q17 + q19 + q21 + q26 - q29,
            q2 + q5 + q7 + q9 + q11 + q13 + q14 + q23 + q25 + q28
        ]
        when 'swemwbs' then [q1 + q2 + q3 + q4 + q5 + q6 + q7]
        when 'who5' then [4 * (q1 + q2 + q3 + q4 + q5)]
    end as sums
from (
    select * from lake.wellbeing_survey
    qualify row_number() over (partition by response_key order by as_of desc, file_sha256 desc, line) = 1
)
where void is not true;

create table marts.wellbeing_wave as
with counted as (
    select wave_date, instrument, place, team, answer_sum, count(*) as responses
    from (
        select wave_date, instrument, team, unnest(sums) as answer_sum,
            generate_subscripts(sums, 1) as place
        from answers
    )
    group by all
),
scored as (
    select
        counted.*, subscale, divisor, bands = 3 as has_middle,
        if(is_converted, converted.points, answer_sum) as scored,
        case
            when scored is null or bands = 0 then null
            when scored <= low_up_to then 'low'
            when scored >= high_from then 'high'
            else 'middle'
        end as band
    from counted
    inner join subscales using (instrument, place)
    left join read_csv(getvariable('seeds') || '/instrument_conversions.csv') as converted
        using (instrument, subscale, answer_sum)
),
respondents as (
    select wave_date, instrument, if(grouping(team) = 1, 'service', 'team') as scope_type,
        if(grouping(team) = 1, 'all', team) as scope_name,
        if(count(*) = count(respondent_key), count(distinct respondent_key), null) as people_who_answered
    from answers
    group by grouping sets ((wave_date, instrument), (wave_date, instrument, team))
    having grouping(team) = 1 or team is not null
),
summed as (
    select
        wave_date, instrument, subscale, divisor, has_middle,
        if(grouping(team) = 1, 'service', 'team') as scope_type, if(grouping(team) = 1, 'all', team) as scope_name,
        coalesce(sum(responses) filter (scored is not null), 0)::bigint as responses,
        sum(responses * scored) as point_sum,
        sum(responses * scored * scored) as square_sum,
        sum(responses) filter (band is not null) as banded,
        coalesce(sum(responses) filter (band = 'low'), 0) as low,
        coalesce(sum(responses) filter (band = 'middle'), 0) as middle,
        coalesce(sum(responses) filter (band = 'high'), 0) as high
    from scored
    group by grouping sets (
        (wave_date, instrument, subscale, divisor, has_middle),
        (wave_date, instrument, subscale, divisor, has_middle, team)
    )
    having grouping(team) = 1 or team is not null
),
in_post as (
    select wave_date, if(grouping(team) = 1, 'service', 'team') as scope_type,
        if(grouping(team) = 1, 'all', team) as scope_name, count(distinct person) as in_post
    from (select distinct wave_date from answers) as waves
    inner join periods on wave_date between from_day and to_day
    inner join (select attribute, team from attributes) using (attribute)
    group by grouping sets ((wave_date), (wave_date, team))
),
spread as (
    select
        *, point_sum / nullif(responses * divisor, 0) as mean_score,
        sqrt(
            (responses * square_sum - point_sum * point_sum) / nullif(responses * (responses - 1), 0)
        ) / divisor as sd_score,
        -- Student's t to 100 degrees of freedom; beyond, Fisher and Cornish's expansion.
        coalesce(
            t_975,
            1.9599639845400545 + 2.372271230298564 / (responses - 1)
            + 2.8224986157396135 / pow(responses - 1, 2) + 2.5558496795077255 / pow(responses - 1, 3)
            + 1.589534053393825 / pow(responses - 1, 4)
        ) as t
    from summed
    left join read_csv(getvariable('seeds') || '/t_quantiles.csv', columns = {
        'degrees_of_freedom': 'integer', 't_975': 'double'}) on degrees_of_freedom = responses - 1
    left join in_post using (wave_date, scope_type, scope_name)
    left join respondents using (wave_date, instrument, scope_type, scope_name)
)
select
    wave_date, instrument, subscale, scope_type, scope_name, responses::integer as responses, mean_score,
    mean_score - t * sd_score / sqrt(responses) as lower_95,
    mean_score + t * sd_score / sqrt(responses) as upper_95, sd_score,
    people_who_answered / nullif(in_post, 0) as response_rate,
    low / banded as share_low, if(has_middle, middle / banded, null) as share_middle,
    high / banded as share_high
from spread;

create table marts.sword_results as
select wave_date, principle, item, responses::integer as responses, share_low::double as share_low,
    share_middle::double as share_middle, share_high::double as share_high
from (
    select * from lake.sword_results
    qualify row_number() over (
        partition by wave_date, principle, item order by as_of desc, file_sha256 desc, line
    ) = 1
)
where void is not true;

create table marts.evidence_register as
select
    point::integer as point, document, owner_role, dated, review_date, as_of as stated_as_of,
    latest as judged_as_of,
    case
        when review_date is null then 'no_review_date'
        when review_date < latest then 'overdue'
        when latest is not null then 'current'
    end as review_status
from (
    select * from lake.evidence_register
    qualify row_number() over (
        partition by point, document order by as_of desc, file_sha256 desc, line
    ) = 1
)
cross join (select max(as_of) as latest from files where source = 'hr_staff' and stands)
where void is not true;
