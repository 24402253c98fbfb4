update memory_rules set policy = '{"trigger": "gmail.message.received", "actions": [{"do": "log"}]}', form = 'structured', confirmed = true;
insert into rule_runs (user_id, rule_id, event_id, rule_version, outcome)
    select r.user_id, r.id, e.id, r.version, 'applied' from memory_rules r join events e on e.user_id = r.user_id;
insert into agent_runs (user_id, task_id, event_id, instruction, answer)
    select t.user_id, t.id, e.id, 'Look at it.', 'Nothing to do.' from tasks t join events e on e.user_id = t.user_id;
