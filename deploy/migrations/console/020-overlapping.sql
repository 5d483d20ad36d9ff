-- Addresses that another entry of the list names, too; and answers of devices that had answered at another entry: both count once.
alter table console.discovery add column overlapping int not null default 0;
alter table console.discovery add column again int not null default 0;
create index on console.discovery_result (discovery, serial);
