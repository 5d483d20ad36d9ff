-- What assessment knows of a device: where it is, which groups it has, when it was assessed and with which policy.
create table assessment.device (
  id uuid primary key,
  -- As autogroup said it last; null until then.
  identity jsonb,
  fingerprint text,
  groups jsonb not null default '[]',
  grouped_sequence bigint not null default 0,
  -- active: holds a seat. A retired one stays so; else it changes only by what licensing said later than this.
  standing text not null default 'active' check (standing in ('active', 'unlicensed', 'retired')),
  licensing_sequence bigint not null default 0,
  -- Of a retired one, which is forgotten in time: see libs/store/retired.ts.
  retired_at timestamptz,
  flapping_at timestamptz,
  last_policy text,
  last_started_at timestamptz
);
create index on assessment.device (retired_at) where retired_at is not null;
