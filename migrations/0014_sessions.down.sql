drop function lookup.forget_sessions;
revoke delete on sessions from fa_lookup;
drop policy forget on sessions;
