-- Secondary listeners, and what each has yet to get.

-- Who this Muster is to others (R72); one row, empty until the edge configuration was heard.
create table forwarding.server (
  one boolean primary key default true check (one),
  id uuid not null,
  version int not null
);

create table forwarding.listener (
  id text primary key,
  version int not null,
  -- Null: deleted.
  body jsonb,
  -- Rows of forwarding.copy for it; changed together with them, under the lock of this row.
  waiting int not null default 0 check (waiting >= 0),
  delivered bigint not null default 0,
  dropped bigint not null default 0,
  -- What the last failure said, and how many came in a row since the last success.
  failure text,
  failures int not null default 0,
  -- What was told of it last, and when.
  reported jsonb,
  reported_at timestamptz
);

-- Bounded for each listener: see copiesMax in apps/forwarding/copy.ts.
create table forwarding.copy (
  id bigint generated always as identity primary key,
  listener_id text not null references forwarding.listener (id),
  device_id uuid not null,
  announcement uuid not null,
  message jsonb not null,
  created_at timestamptz not null default now(),
  unique (listener_id, announcement)
);
create index on forwarding.copy (listener_id, id);
