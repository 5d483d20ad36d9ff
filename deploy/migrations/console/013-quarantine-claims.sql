-- Names of all claims that are shown of a device that waits: its number grows when they change, so that a decision about
-- all that were shown leaves it alone.
alter table console.quarantine add column shown text not null default '';
-- When a decision came too late for what waits now.
alter table console.quarantine add column missed_at timestamptz;
