-- Asked: what came of it is not on record yet, or never will be, as the process ended meanwhile.
alter table console.audit drop constraint audit_outcome_check;
alter table console.audit add constraint audit_outcome_check check (outcome in ('done', 'refused', 'asked'));
