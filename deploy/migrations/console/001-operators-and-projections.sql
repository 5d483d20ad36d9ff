-- What operators write, who they are, what they did; and what console shows of what it heard on the bus.

create table console.installation (
  one boolean primary key default true check (one),
  -- Id of this Muster among others.
  server uuid not null,
  edge_version int not null default 0,
  serial_list_version int not null default 0
);

-- Every version of every document, deleted ones with a null body. The newest body is also in console.document.
create table console.revision (
  kind text not null,
  id text not null,
  version int not null,
  body jsonb,
  changed_by text not null,
  changed_at timestamptz not null default now(),
  primary key (kind, id, version)
);

-- The serial-number filter. An entry whose device was discovered leaves the visible list and stays in the filter.
create table console.serial (
  serial text primary key,
  added_by text not null,
  added_at timestamptz not null default now(),
  discovered_at timestamptz
);
create index on console.serial (serial) where discovered_at is null;

create table console.operator (
  name text primary key,
  role text not null check (role in ('admin', 'operator', 'viewer')),
  password_hash text not null,
  created_by text not null,
  created_at timestamptz not null default now()
);

-- Cookies and tokens are 256 random bits; only their SHA-256 is kept.
create table console.session (
  id_hash bytea primary key,
  operator text not null references console.operator (name) on delete cascade,
  created_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index on console.session (operator);

create table console.token (
  id uuid primary key,
  name text not null unique,
  token_hash bytea not null unique,
  role text not null check (role in ('admin', 'operator', 'viewer')),
  created_by text not null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);

create table console.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  who text not null,
  action text not null,
  target text,
  from_address text,
  outcome text not null check (outcome in ('done', 'refused')),
  detail jsonb
);

-- Projections.

-- One row for each device heard of. Columns beside state are what lists search, filter and count by.
create table console.device (
  id uuid primary key,
  listed boolean not null default false,
  -- Since when it is not listed, when it is not: it was deleted.
  unlisted_at timestamptz,
  serial text not null default '',
  status text not null default 'unassessed',
  search text not null default '',
  group_ids text[] not null default '{}',
  queued int not null default 0,
  running int not null default 0,
  state jsonb
);
create index on console.device (serial, id) where listed;
create index on console.device (unlisted_at) where unlisted_at is not null;
create index on console.device using gin (group_ids) where listed;
create index on console.device (id) where listed and queued + running > 0;

create table console.assessment_result (
  device_id uuid primary key,
  body jsonb not null
);

-- The newest entries of each device, numbered from 1.
create table console.history (
  device_id uuid not null,
  ordinal int not null,
  at timestamptz not null,
  type text not null,
  text text not null,
  primary key (device_id, ordinal)
);

-- Announcements and what became of them; either half may come first.
create table console.announcement (
  id uuid primary key,
  number bigint generated always as identity,
  body jsonb,
  outcome text,
  detail text,
  device_id uuid
);
create index on console.announcement (number);
create index on console.announcement (device_id);

-- The newest report of each kind: `seats`, `listener:<id>`.
create table console.report (
  subject text primary key,
  sequence bigint not null,
  body jsonb not null
);

create table console.dead_delivery (
  consumer text not null,
  event_id uuid not null,
  event_type text not null,
  attempts int not null,
  reason text not null,
  died_at timestamptz not null,
  primary key (consumer, event_id)
);

-- What the event stream sends. Numbers are given out under the lock of feed_head, held until commit: they become visible
-- in order and without gaps, so that a reader who has seen n never misses one below it.
create table console.feed_head (
  one boolean primary key default true check (one),
  last bigint not null
);
insert into console.feed_head (last) values (0);
create table console.feed (
  sequence bigint primary key,
  event jsonb not null
);
