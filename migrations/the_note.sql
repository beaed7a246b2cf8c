-- Rows of the audit that are written by one statement are noted at one go (a push writes those of all its operations so).
create or replace function audit_note() returns trigger language plpgsql as $$
begin
    perform set_config(
        'neiye.unlinked',
        concat_ws(',', nullif(current_setting('neiye.unlinked', true), ''), (select string_agg(id::text, ',') from written)),
        true
    );
    return null;
end $$;

drop trigger audit_is_noted on audit;
create trigger audit_is_noted after insert on audit referencing new table as written
    for each statement execute function audit_note();
