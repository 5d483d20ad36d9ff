-- Addresses that were named by multicast, beside those that were asked for.
alter table console.discovery add column named int not null default 0;
