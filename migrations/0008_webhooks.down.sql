drop function lookup.webhook_totals, lookup.forget_webhook_events, lookup.forget_revocations, lookup.due_revocations,
    lookup.due_watches, lookup.watch, lookup.mailbox_owners, lookup.portal_owners;
revoke select, delete on webhook_events from fa_lookup;
drop policy lookup on webhook_events;
drop index webhook_events_received, connections_email;
drop table unknown_deliveries, revocations, watches;
