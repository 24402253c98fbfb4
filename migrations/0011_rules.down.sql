drop table agent_runs;
drop table rule_runs;
alter table events drop handled_at;
alter table memory_rules drop form, drop confirmed, drop note, drop last_triggered_at;
