-- What policies ask of devices, as far as it takes to see that it was edited.
create table autogroup.policy (
  id text primary key,
  version int not null,
  content text not null
);
