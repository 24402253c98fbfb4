insert into calendar_events (user_id, google_id, status, summary, start_at, end_at, time_zone, recurrence)
    select id, 'series', 'confirmed', 'Team stand-up', now(), now() + interval '15 minutes', 'America/Denver', '{RRULE:FREQ=WEEKLY}'
      from users;
insert into calendar_events (user_id, google_id, status, series_id, original_on)
    select id, 'series_20261102', 'cancelled', 'series', '2026-11-02' from users;
