-- What Muster's own authority says of itself, and identities on their way to the gateways: no key is here that console could open.
create table console.identity (
  -- Friendly name.
  name text primary key,
  certificates text not null,
  -- [{to, box}]: the key, sealed to each gateway.
  sealed jsonb not null,
  subject text not null,
  fingerprint text not null,
  until_at timestamptz not null,
  changed_by text not null,
  changed_at timestamptz not null default now()
);

-- One row, once the authority has spoken.
create table console.authority (
  id boolean primary key default true check (id),
  chain text not null,
  url text,
  list_number bigint,
  list_until timestamptz,
  -- Where its report of certificates goes on; its own words.
  cursor text,
  heard_at timestamptz not null default now()
);

create table console.certificate (
  serial text primary key,
  issuer text not null,
  profile text not null,
  subject text not null,
  names text not null,
  device text,
  fingerprint text not null,
  from_at timestamptz not null,
  until_at timestamptz not null,
  revoked_at timestamptz,
  reason text,
  -- What an operator asked for, until the authority has done it, or said why not.
  asked_reason text,
  asked_by text,
  asked_at timestamptz,
  refused text
);
create index on console.certificate (from_at desc, serial);
create index on console.certificate (until_at) where revoked_at is null;
create index on console.certificate (serial) where asked_reason is not null;

-- When a certificate that ends was told of last, by whichever instance.
create table console.expiry_warning (
  fingerprint text primary key,
  warned_at timestamptz not null
);

-- The authority's own token may do nothing else.
alter table console.token drop constraint token_role_check;
alter table console.token add constraint token_role_check check (role in ('admin', 'operator', 'viewer', 'trust'));
