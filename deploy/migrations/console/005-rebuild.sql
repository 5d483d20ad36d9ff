-- A rebuild of what is shown of devices, from the journal. One row: the last one asked for.
create table console.rebuild (
  one boolean primary key default true check (one),
  state text not null default 'never' check (state in ('never', 'running', 'finished', 'failed')),
  phase text check (phase in ('waiting', 'reading', 'making')),
  asked_by text,
  started_at timestamptz,
  finished_at timestamptz,
  failure text,
  events_read bigint not null default 0,
  devices_done int not null default 0,
  -- Null until the journal was read.
  devices_total int,
  -- A device whose news cannot be had from the feed waits for another round.
  round int not null default 0,
  round_at timestamptz,
  since timestamptz,
  -- So far the feed is in rebuild_event.
  feed_head bigint not null default 0
);
insert into console.rebuild default values;

-- What the journal and the feed have of devices still to be made; a null event is one that the feed has without its data.
create table console.rebuild_event (
  number bigint generated always as identity,
  id uuid primary key,
  device_id uuid not null,
  event jsonb
);
create index on console.rebuild_event (device_id, number);

-- Devices still to be made; `later`: in the next round.
create table console.rebuild_device (
  id uuid primary key,
  later boolean not null default false
);
