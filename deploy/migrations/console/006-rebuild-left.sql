-- Devices that a rebuild could not make anew, and left as they were: how many, and the first of them with the reason.
alter table console.rebuild
  add column devices_left int not null default 0,
  add column left_devices jsonb not null default '[]';
