-- What operators want of Muster's own authority beside revocations, until it has done it or said why not. No key and no secret
-- is here: of an enrolment secret there is the hash, until the authority has it.
create table console.wish (
  id uuid primary key,
  number bigint generated always as identity unique,
  kind text not null,
  -- For the list: whose certificate, which identity, which device.
  about text not null,
  -- As the authority hears it.
  body jsonb not null,
  asked_by text not null,
  asked_at timestamptz not null default now(),
  state text not null default 'asked' check (state in ('asked', 'done', 'refused')),
  reason text,
  -- PEM: what was signed, and those above it.
  certificates text,
  settled_at timestamptz
);
create index on console.wish (number) where state = 'asked';
create index on console.wish (kind, number);

-- Kinds of wishes that the authority does; null: it never told.
alter table console.authority add column does jsonb;
