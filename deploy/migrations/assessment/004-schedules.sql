-- Assessments that come by themselves (R63): schedules as console wrote them, their runs, and the devices of each run.
create table assessment.schedule (
  id text primary key,
  version int not null,
  -- Null: deleted.
  body jsonb,
  -- Up to here, by this database's clock, it is decided which of its times led to a run.
  until timestamptz not null
);

create table assessment.run (
  id uuid primary key,
  schedule_id text not null,
  -- Time of the schedule that it is for; null: an operator asked for it.
  due_at timestamptz,
  requested_by text,
  -- The schedule as it was when the run began.
  body jsonb not null,
  state text not null default 'filling'
    check (state in ('filling', 'running', 'ending', 'done', 'cancelled', 'stopped')),
  -- Why it ends.
  detail text,
  cancelled_by text,
  began_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  -- The last device that was looked at while it is filled; null: none yet.
  filled_to uuid,
  stage int not null default 1,
  stages int not null default 1,
  -- Child tasks that were made, from the first.
  chunks int not null default 0,
  -- What was told of it last.
  told jsonb,
  -- No time leads to two runs, also where the clock is put back.
  unique (schedule_id, due_at)
);
create index on assessment.run (ended_at);

create table assessment.run_device (
  run_id uuid not null references assessment.run (id) on delete cascade,
  device_id uuid not null,
  -- Of its assessment: names what is changed by it.
  task_id uuid not null default gen_random_uuid(),
  stage int not null default 1,
  -- The child task that it is in; null while the run is filled.
  chunk int,
  state text not null default 'waiting' check (state in ('waiting', 'running', 'ended')),
  -- The run of the child task that speaks with it: what any other one says of it is not saved.
  holder uuid,
  attempt int not null default 0,
  -- Of its last attempt: when it began, and by which policies, as events name them.
  started_at timestamptz,
  policies jsonb,
  not_before timestamptz,
  cancelled_because text,
  outcome text,
  primary key (run_id, device_id)
);
create index on assessment.run_device (run_id, chunk);
create index on assessment.run_device (device_id) where state <> 'ended';
