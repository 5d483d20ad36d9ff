-- When a device was last named for announcing itself too often (R18), for the list's filter.
alter table console.device add column flapping_at timestamptz;
