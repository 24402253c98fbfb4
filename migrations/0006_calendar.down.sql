drop function lookup.due_readings;
drop table calendar_events;
