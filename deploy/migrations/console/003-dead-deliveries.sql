-- Dead deliveries with the event itself, numbered as console heard of them, batch by batch: a number is a place in the
-- list, and bounds what 'all that match' means while others die. One that dies again gets a new number.
alter table console.dead_delivery
  add column number bigint generated always as identity,
  add column subject text not null default '',
  -- As delivery.died tells it; null when it does not.
  add column event jsonb;
create unique index on console.dead_delivery (number);

-- Events lie beside the rows: whoever lists or counts does not read them.
alter table console.dead_delivery alter column event set storage external;
alter table console.dead_delivery set (toast_tuple_target = 128);
