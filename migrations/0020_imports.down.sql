drop function lookup.claim_import;
drop function lookup.address_owners;
drop function lookup.imported_user;
revoke update (google_sub, claimable_until, updated_at) on users from fa_lookup;
alter table users drop claimable_until;
drop table imports;
