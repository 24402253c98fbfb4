drop index effects_provider_ref;
drop table actions;
