-- How it went when somebody asked a device last for all that it is set to.
create table console.readout (
  device_id uuid primary key,
  sequence bigint not null,
  body jsonb not null
);

-- What it said the last time that it could be read: a policy is made of that.
create table console.reading (
  device_id uuid primary key,
  sequence bigint not null,
  body jsonb not null
);
