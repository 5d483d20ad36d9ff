-- Who or what the task that changed something was for, as its event told; null: it was told before that was kept.
alter table console.change add column cause jsonb;
