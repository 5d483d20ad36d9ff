-- SHA-256 of the certificate that a device showed last, lower-case hex, also when others show it too and `fingerprint` is null
-- for that: a conflict names it on both sides.
alter table discovery.device add column shown text;
