-- What Muster changed on devices: see apps/assessment/changes.ts, which keeps it to put it back.
create table console.change (
  task_id uuid not null,
  setting text not null,
  device_id uuid not null,
  -- Within its task.
  place int not null,
  title text not null,
  before jsonb not null,
  after jsonb not null,
  driver text not null,
  verified boolean not null,
  at timestamptz not null,
  -- Task that has put it back.
  undone_by uuid,
  primary key (task_id, setting)
);
create index on console.change (device_id, at);
create index on console.change (at);

-- The newest dry run of each device.
create table console.dry_run (
  device_id uuid primary key,
  sequence bigint not null,
  body jsonb not null
);
