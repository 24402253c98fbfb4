alter table connections drop column app_id;
alter table notes drop column listed_at;
alter table contacts drop column listed_at, drop column company_ids;
drop index contacts_other_emails;
drop table owners, pipeline_stages, pipelines, deals, companies;
