-- What operators have looked for, as console told it, until each address of it was asked and what came of it was told. One that
-- ended stays for a day, so that a part of it which comes late begins nothing anew.
create table discovery.search (
  id uuid primary key,
  parts int not null,
  -- Of those parts; all of them come, in any order.
  heard int not null,
  -- Addresses of ranges where no device answers, as told so far.
  nobody int not null default 0,
  cancelled boolean not null default false,
  ended_at timestamptz
);
create index on discovery.search (ended_at) where ended_at is not null;

-- Parts of which not every address is a task yet: the next one is `address` of the range at `entry`, both from 0.
create table discovery.search_part (
  search uuid not null,
  part int not null,
  wanted jsonb not null,
  entry int not null default 0,
  address int not null default 0,
  primary key (search, part)
);

-- What came of an address and was not told yet; a null body: of a range, and no device answers there.
create table discovery.search_answer (
  number bigint generated always as identity primary key,
  search uuid not null,
  body jsonb
);
create index on discovery.search_answer (search, number);
