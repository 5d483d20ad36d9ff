-- Peers that gateways turned away, the newest word about each peer and reason.
create table console.refusal (
  peer text not null,
  reason text not null,
  message text not null,
  serial text,
  count bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (peer, reason)
);
create index on console.refusal (last_at);
create index on console.refusal (serial) where serial is not null;
