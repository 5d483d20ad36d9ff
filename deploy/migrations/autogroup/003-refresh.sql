-- Groups are computed anew at a fixed interval.

-- One row. Who begins a refresh, or does a part of it, holds it alone.
create table autogroup.refresh (
  one boolean primary key default true check (one),
  -- Refreshes begun so far.
  number int not null default 0,
  -- The next one is due an interval after this, by the database's clock.
  counted_from timestamptz not null default now()
);
insert into autogroup.refresh default values;

alter table autogroup.device
  -- Autogroups that it joined since the last refresh, and for which nothing was done.
  add column owed text[] not null default '{}',
  -- The last refresh in which it was looked at.
  add column refreshed int not null default 0;
create index device_to_refresh on autogroup.device (refreshed, id) where identity is not null and not retired;
