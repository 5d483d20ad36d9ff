-- Failed logins of the last quarter of an hour: one row for each name, address, and name with address, counted over all
-- instances. Kept by rate-limiter-flexible, whose columns these are; `expire` is in ms since 1970.
create table console.login_tries (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);
create index on console.login_tries (expire);
