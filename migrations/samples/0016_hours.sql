insert into rate_limits (key, arrives_at, taken) values ('mail:1', now() + interval '1 hour', array[now()]);
