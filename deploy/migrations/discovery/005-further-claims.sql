-- What other parties announced of a serial number that waits for approval: [{announcement, data}], one for each source. An
-- operator decides; what waits is not replaced by them.
alter table discovery.quarantine add column others jsonb not null default '[]';
