-- Devices that wait for approval, and those refused, each with the newest announcement: it takes effect when they are
-- admitted.
create table discovery.quarantine (
  serial text primary key,
  state text not null check (state in ('held', 'refused')),
  announcement uuid not null,
  data jsonb not null,
  -- Version of the settings whose rules were last tried on it.
  settings_version int not null default 0,
  changed_at timestamptz not null default now()
);
create index on discovery.quarantine (settings_version, serial) where state = 'held';
create index on discovery.quarantine (changed_at) where state = 'refused';
