-- Runs of schedules, as assessment tells of them.
create table console.run (
  id uuid primary key,
  number bigint generated always as identity unique,
  schedule_id text not null,
  -- Of the event that told it last.
  sequence bigint not null,
  ended_at timestamptz,
  body jsonb not null
);
create index on console.run (schedule_id, number);
