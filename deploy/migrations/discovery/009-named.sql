-- Addresses that were named by multicast in a search, all of which are asked.
alter table discovery.search add column named int not null default 0;
