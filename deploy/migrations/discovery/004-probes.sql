-- Clients of the edge that were asked who they are: when last, and whether it was told that one does not say.
create table discovery.probe (
  address text primary key,
  asked_at timestamptz not null,
  told_unknown boolean not null default false
);
create index on discovery.probe (asked_at);
