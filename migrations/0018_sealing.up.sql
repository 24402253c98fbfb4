-- Keys are changed without anybody noticing; of a sign-in under way nothing is kept that could finish it.

-- What proves a sign-in (RFC 7636's verifier, the nonce) is made anew from what the browser brings back.
alter table oauth_states alter column nonce drop not null;
alter table oauth_states alter column verifier drop not null;

-- Whose tokens do not begin with this version and key, in the order of the advisors, after this one.
create function lookup.sealed_otherwise(beginning bytea, after bigint, most integer) returns setof bigint
    language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select s.user_id
      from (select c.user_id, c.sealed_tokens from connections c where c.sealed_tokens is not null
            union all
            select r.user_id, r.sealed_tokens from revocations r) s
     where s.user_id > after and substring(s.sealed_tokens from 1 for length(beginning)) <> beginning
     group by s.user_id
     order by s.user_id
     limit most
$$;
alter function lookup.sealed_otherwise owner to fa_lookup;
revoke execute on function lookup.sealed_otherwise from public;
grant execute on function lookup.sealed_otherwise to fa_app;
