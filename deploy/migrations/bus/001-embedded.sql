-- The bus of an embedded Muster: events, and who has yet to take them. RabbitMQ does this in the distributed size.
create table bus.event (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  type text not null,
  body jsonb not null,
  recorded_at timestamptz not null default now()
);
-- The newest event of a kept type.
create index event_by_type on bus.event (type, seq desc);

-- One row for each queue that has not settled an event yet; `tries` counts those made alone.
create table bus.delivery (
  queue text not null,
  seq bigint not null,
  tries int not null default 0,
  primary key (queue, seq)
);
