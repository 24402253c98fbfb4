insert into companies (user_id, hubspot_id, name, hubspot_created_at, hubspot_updated_at) select id, '701', 'Hall Engineering', now(), now() from users;
insert into deals (user_id, hubspot_id, name, amount, stage_id, pipeline_id, contact_ids, company_ids, hubspot_created_at, hubspot_updated_at)
    select id, '801', 'Hall: stock plan', 4000, 'closedwon', 'default', '{501}', '{701}', now(), now() from users;
insert into pipelines (user_id, pipeline_id, label, position) select id, 'default', 'Sales Pipeline', 0 from users;
insert into pipeline_stages (user_id, pipeline_id, stage_id, label, position, is_closed)
    select id, 'default', 'closedwon', 'Closed Won', 5, true from users;
insert into owners (user_id, owner_id, email, first_name) select id, '11', 'ada@firm.example', 'Ada' from users;
