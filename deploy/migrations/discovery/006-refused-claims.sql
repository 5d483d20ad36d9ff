-- Parties that an operator has refused, while another one waits with the same serial number: [{announcement, data}]. Refused is
-- a party, not the serial number. Whoever stood beside one that was refused before this announces itself again.
alter table discovery.quarantine add column refused jsonb not null default '[]';
update discovery.quarantine set others = '[]' where state = 'refused';
-- An IPv4 address or a /64 of IPv6, of which each has its place among the claims that wait for a proof. Null: from before this.
alter table discovery.claim add column source text;
