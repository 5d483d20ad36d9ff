-- Groups as last written, and the groups of each device.

-- One row: its number grows with each edit of a group. Events about devices share it, an edit takes it alone.
create table autogroup.edition (
  one boolean primary key default true check (one),
  number int not null default 0
);
insert into autogroup.edition default values;

create table autogroup.groups (
  id text primary key,
  version int not null,
  -- Null: deleted.
  body jsonb,
  -- Edition in which its filter, members or policy were edited last, and which of them.
  edited_in int not null,
  edited text not null check (edited in ('filterEdited', 'policyEdited'))
);

-- Members of manual groups.
create table autogroup.member (
  group_id text not null references autogroup.groups (id),
  device_id uuid not null,
  primary key (group_id, device_id)
);
create index on autogroup.member (device_id);

create table autogroup.device (
  id uuid primary key,
  -- Null until it was licensed.
  identity jsonb,
  fingerprint text,
  retired boolean not null default false,
  -- A retired one is forgotten in time: see libs/store/retired.ts.
  retired_at timestamptz,
  -- Newest event of licensing about it that was applied.
  sequence bigint not null default 0,
  groups text[] not null default '{}',
  -- Edition that `groups` was computed with; an older one than the newest: it is computed again.
  edition int not null default 0
);
create index on autogroup.device (retired_at) where retired_at is not null;
create index device_to_regroup on autogroup.device (edition, id) where identity is not null and not retired;
