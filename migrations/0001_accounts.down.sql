-- The roles stay: they belong to the cluster, and another database may use them.
drop table rate_limits;
drop schema lookup cascade;
drop table oauth_states, session_tokens, sessions, connections, users;
drop procedure protect;
drop function tenant;
revoke usage on schema public from fa_app, fa_lookup;
drop extension vector;
