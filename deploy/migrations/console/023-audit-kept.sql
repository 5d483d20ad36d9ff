-- Devices that an entry asked something of, where they are kept in console.asked no longer; null: they are.
alter table console.audit add column devices_gone int;
