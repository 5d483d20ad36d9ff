-- What is known of a device's announcement agent, for the list's filter. Of devices that were read before, after their next
-- assessment.
alter table console.device add column agent text not null default 'unknown';
