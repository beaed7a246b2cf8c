-- The audit chain is linked once for each transaction, not once for each of its rows: the chain's head is locked, read and written
-- one time, while everybody else who wants to commit in that community waits.

-- Which rows this transaction has written and not linked yet, in their order. A setting that ends with the transaction (and goes back
-- with a savepoint) names nobody else's rows: one that somebody slipped in past the triggers is never linked, and shows as a gap.
create function audit_note() returns trigger language plpgsql as $$
begin
    perform set_config('neiye.unlinked', concat_ws(',', nullif(current_setting('neiye.unlinked', true), ''), new.id), true);
    return null;
end $$;

create trigger audit_is_noted after insert on audit for each row execute function audit_note();

create or replace function audit_link() returns trigger language plpgsql as $$
declare
    unlinked text := coalesce(current_setting('neiye.unlinked', true), '');
    reach text := coalesce(current_setting('neiye.reach', true), '');
    written uuid[];
    place uuid;
    head audit_head;
    this audit;
    ids uuid[];
    seqs bigint[];
    hashes bytea[];
begin
    if unlinked = '' then  -- the transaction's first row has linked them all
        return null;
    end if;
    perform set_config('neiye.unlinked', '', true);
    perform set_config('neiye.reach', '*', true);
    written := string_to_array(unlinked, ',')::uuid[];
    for place in select distinct community_id from audit where id = any (written) order by community_id loop
        insert into audit_head values (place, 0, '\x') on conflict do nothing;
        select * into head from audit_head where community_id = place for update;
        ids := '{}';
        seqs := '{}';
        hashes := array[head.hash];
        for this in
            select audit.* from unnest(written) with ordinality as one (id, nth) join audit on audit.id = one.id
            where audit.community_id = place and audit.hash is null order by one.nth
        loop
            head.seq := head.seq + 1;
            this.seq := head.seq;
            head.hash := sha256(head.hash || convert_to(audit_text(this), 'UTF8'));
            ids := ids || this.id;
            seqs := seqs || head.seq;
            hashes := hashes || head.hash;
        end loop;
        update audit set seq = seqs[one.nth], previous = hashes[one.nth], hash = hashes[one.nth + 1]
        from unnest(ids) with ordinality as one (id, nth) where audit.id = one.id;
        update audit_head set seq = head.seq, hash = head.hash where community_id = place;
    end loop;
    perform set_config('neiye.reach', reach, true);
    return null;
end $$;

-- The same rule as before, without turning both rows into jsonb.
create or replace function audit_guard() returns trigger language plpgsql as $$
declare
    was audit := old;
begin
    if tg_op = 'UPDATE' and old.hash is null and new.hash is not null then
        was.seq := new.seq;
        was.previous := new.previous;
        was.hash := new.hash;
        if was *= new then
            return new;
        end if;
    end if;
    raise exception 'audit is append-only' using errcode = 'insufficient_privilege';
end $$;
