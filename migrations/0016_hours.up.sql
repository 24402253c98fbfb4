-- What was taken within the last hour, one by one: some limits are exact over any hour, which a bucket that refills is not.
alter table rate_limits add taken timestamptz[] not null default '{}';
