-- How each instance of each service fares: its newest report.
create table console.instance (
  service text not null,
  instance text not null,
  sequence bigint not null,
  -- When it said so, by its own clock; never later than when console heard it.
  heard_at timestamptz not null,
  state text not null check (state in ('running', 'stopped')),
  body jsonb not null,
  primary key (service, instance)
);
