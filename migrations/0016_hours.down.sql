alter table rate_limits drop taken;
