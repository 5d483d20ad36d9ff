-- What was found out about the protocols of a device: see libs/device/ways/known.ts. Null: nothing yet.
alter table assessment.device add column ways jsonb;

-- What Muster has changed on devices. A row is there before its write is made: it can be put back whatever happens then.
create table assessment.change (
  number bigint generated always as identity,
  device_id uuid not null references assessment.device (id) on delete cascade,
  task_id uuid not null,
  setting text not null,
  before jsonb not null,
  -- What was written.
  after jsonb not null,
  driver text not null check (driver in ('api', 'snmp', 'ipp', 'probe')),
  at timestamptz not null default clock_timestamp(),
  -- What the device said when it was read again; null: it was not, or said nothing.
  says jsonb,
  -- Task that has put it back.
  undone_by uuid,
  primary key (task_id, setting)
);
create index on assessment.change (device_id, number);
