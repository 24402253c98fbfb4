drop index effects_provider_ref;
alter table effects drop column tries;
drop table actions;
