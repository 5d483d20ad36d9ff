-- Credentials of devices (R67), sealed: the keys are in a file, see libs/pki/key-ring.ts. Console writes here too, so that
-- none of them goes by the bus.
create table assessment.credential (
  kind text not null check (kind in ('admin', 'snmpRead', 'snmpWrite', 'snmpUser')),
  scope text not null check (scope in ('device', 'group', 'global')),
  -- Of the device or group; empty: everybody's.
  id text not null default '',
  user_name text,
  -- Of one device: whose it is now, and who that was when it was last spoken with. A device that is deleted and found again
  -- has another id: see credentialsFor. Null: it was not spoken with since this was set.
  device_id uuid,
  serial text,
  fingerprint text,
  -- Made by Muster, for one device.
  generated boolean not null default false,
  version int not null default 1,
  changed_by text not null,
  changed_at timestamptz not null default now(),
  box text not null,
  -- What it was before, the newest first: [{version, box}]. A device may still have it.
  earlier jsonb not null default '[]',
  primary key (kind, scope, id)
);
create index on assessment.credential (id);
create index on assessment.credential (device_id);
create index on assessment.credential (serial);

-- Which of them a device let in. One that never was right is not tried again until it or the device has changed.
create table assessment.credential_try (
  device_id uuid not null references assessment.device (id) on delete cascade,
  -- Name and version, such as `admin/global@3`.
  credential text not null,
  -- Digest of what was known of the device: model, firmware, address, certificate.
  subject text not null,
  is_right boolean not null,
  -- Ever: it is tried again in time, though it was refused since.
  was_right boolean not null default false,
  -- In a row, of the device as it is.
  wrongs int not null default 0,
  at timestamptz not null default now(),
  primary key (device_id, credential)
);

-- The certificate that a person has said to be the device's: admitted with it, or moved to it. Null: nobody has.
alter table assessment.device add column approved text;
