-- The newest request to stop, by its place among the events of console: what was asked for before it and comes later, or waits for
-- a policy that has yet to come, is called off with the rest.
alter table assessment.device add column cancel_sequence bigint not null default 0;
