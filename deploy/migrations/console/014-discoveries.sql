-- What operators have discovery look for, told to it part by part, and what it says came of it.
create table console.discovery (
  id uuid primary key,
  number bigint generated always as identity unique,
  asked_by text not null,
  asked_at timestamptz not null default now(),
  format text not null,
  entries int not null,
  addresses int not null,
  -- Entries that were addresses of devices there were already.
  known_before int not null,
  parts int not null,
  -- Parts of which discovery was told, from the first.
  told int not null default 0,
  cancelled_by text,
  -- As discovery says it; null: it goes on.
  ended text check (ended in ('done', 'cancelled')),
  ended_at timestamptz,
  -- Results by outcome, and addresses of ranges where no device answers.
  found int not null default 0,
  known int not null default 0,
  held int not null default 0,
  claimed int not null default 0,
  refused int not null default 0,
  not_reached int not null default 0,
  nobody int not null default 0
);

create table console.discovery_part (
  discovery uuid not null references console.discovery on delete cascade,
  part int not null,
  -- Lines of it.
  first_line int not null,
  last_line int not null,
  entries jsonb not null,
  primary key (discovery, part)
);

create table console.discovery_result (
  discovery uuid not null references console.discovery on delete cascade,
  line int not null,
  address text not null,
  number bigint generated always as identity,
  outcome text not null,
  serial text,
  device_id uuid,
  reason text,
  primary key (discovery, line, address)
);
create index on console.discovery_result (discovery, number);
