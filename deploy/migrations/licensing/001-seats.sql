-- Seats: the built-in community pool, one pool for each licence, and the devices that hold a seat or wait for one.

create table licensing.pool (
  id text primary key,
  version int not null,
  seats int not null check (seats >= 0),
  -- Devices that hold one of its seats. Changed only by who holds the lock of all pools.
  taken int not null default 0 check (taken >= 0),
  -- Expiry plus grace; null: never.
  lapses_at timestamptz
);
insert into licensing.pool (id, version, seats) values ('community', 0, 500);

create table licensing.device (
  id uuid primary key,
  -- Order in which devices came: who waits longest is seated first.
  arrival bigint generated always as identity,
  -- Whose seat it holds; null: it waits, or is retired.
  pool text references licensing.pool (id),
  retired boolean not null default false,
  -- A retired one is forgotten in time: see libs/store/retired.ts.
  retired_at timestamptz,
  -- Newest event of discovery about it that was applied.
  sequence bigint not null,
  -- Its latest identity, and while it waits the announcements that wait with it. Null for one retired before it was seen.
  fact jsonb
);
create index device_waiting on licensing.device (arrival) where pool is null and not retired;
create index on licensing.device (retired_at) where retired_at is not null;
create index device_seated on licensing.device (pool, arrival) where pool is not null;
