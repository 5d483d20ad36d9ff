-- Claims to a known serial number that were raised as conflicts, until an operator decides or the device changes. One that
-- an operator has dismissed stays, so that it is not raised again.
create table discovery.conflict (
  device_id uuid not null,
  -- SHA-256 over all that the claim says, lower-case hex.
  claim text not null,
  -- The newest announcement that makes it.
  announcement uuid not null,
  data jsonb not null,
  raised_at timestamptz not null,
  dismissed_at timestamptz,
  primary key (device_id, claim)
);
