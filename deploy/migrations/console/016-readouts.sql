-- All that a device is set to, as it said when somebody asked for it last: a policy is made of that.
create table console.readout (
  device_id uuid primary key,
  sequence bigint not null,
  body jsonb not null
);
