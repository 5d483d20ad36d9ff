-- When the device was moved without a proof; null: never, or somebody has vouched for it since. Whoever came then may be anybody:
-- of what is kept to open it nothing goes there, but what an operator has kept for it after that.
alter table assessment.device add column moved_at timestamptz;
