-- What an entry of the audit log asked of devices, and the task that came of it: the id of its request is what the task names as its cause.
create table console.asked (
  request uuid primary key,
  audit bigint not null,
  device_id uuid not null,
  -- Null: none was made, or its word has not come yet.
  task_id uuid
);
create index on console.asked (audit);
