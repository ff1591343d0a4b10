-- Grain: one row per lag, stay and stretch of days (start, stop] in which nothing changes.
with stays as (
    select * from {{ ref('int_impact__stays') }}
),

watched as (
    select * from {{ ref('int_impact__watched') }}
),

lags as (
    {%- for lag in attendance_lags() %}
    select {{ lag }} as lag_days
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

-- Days are counted from the first one that is watched: a day d is the stretch (d, d + 1].
counted as (
    select
        lags.lag_days,
        stays.staff_key,
        stays.began_on,
        stays.is_left,
        {{ days_between('watched.watched_from', 'stays.seen_from') }} as first_day,
        {{ days_between('watched.watched_from', 'stays.seen_until') }} + 1 as last_day,
        {{ days_between('watched.watched_from', 'stays.first_attended_on') }} + lags.lag_days
            as attended_from,
        [
            {%- for years in years_in_post() %}
            {{ days_between(
                'watched.watched_from', 'cast(stays.began_on + interval ' ~ years ~ ' year as date)'
            ) }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        ] as band_ends
    from stays
    cross join watched
    cross join lags
),

ends as (
    select
        *,
        unnest(
            list_distinct(
                list_filter(
                    list_concat([last_day, attended_from], band_ends),
                    lambda day: day > first_day and day <= last_day
                )
            )
        ) as stop
    from counted
),

stretches as (
    select
        *,
        coalesce(
            lag(stop) over (partition by lag_days, staff_key, began_on order by stop asc), first_day
        ) as start
    from ends
),

rows_of_stays as (
    select
        cast(lag_days as integer) as lag_days,
        staff_key,
        began_on,
        cast(start as integer) as start,
        cast(stop as integer) as stop,
        is_left and stop = last_day as is_left,
        coalesce(attended_from <= start, false) as is_attended,
        cast(len(list_filter(band_ends, lambda day: day <= start)) as integer) as years_band
    from stretches
)

select * from rows_of_stays
