-- Who is known, by which certificate, since when; who was deleted; who claims to be somebody else.

create table discovery.device (
  id uuid primary key,
  serial text not null unique,
  identity jsonb not null,
  -- SHA-256 of the pinned certificate, lower-case hex.
  fingerprint text,
  -- When the announcement was accepted that `identity` is from.
  accepted_at timestamptz not null,
  -- Why the identity was believed.
  proof text not null,
  -- How often it announced in that minute, to name one that flaps.
  minute timestamptz not null,
  announced int not null,
  -- When somebody else was last found to claim its serial number.
  conflicted_at timestamptz
);

-- Deleted devices: what was accepted before is not let in again.
create table discovery.tombstone (
  serial text primary key,
  retired_at timestamptz not null
);
create index on discovery.tombstone (retired_at);

-- The first serial number that a certificate announced; shared: it announced another one too, and proves nothing.
create table discovery.certificate (
  fingerprint text primary key,
  serial text not null,
  shared boolean not null default false
);

-- The serial-number filter (R33). A row that is not listed any more stays, so that an older change that comes late is known.
create table discovery.serial_filter (
  serial text primary key,
  listed boolean not null,
  version int not null
);

-- Announcements from another address or certificate, until the old address was asked.
create table discovery.claim (
  announcement uuid primary key,
  device_id uuid not null,
  data jsonb not null,
  created_at timestamptz not null default now()
);
create index on discovery.claim (device_id);
