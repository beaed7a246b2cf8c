create table data_import (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    file_name VARCHAR(200) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    size INTEGER NOT NULL,
    content BYTEA,
    state VARCHAR(10) NOT NULL,
    layouts JSONB NOT NULL DEFAULT '{}',
    counts JSONB NOT NULL DEFAULT '{}',
    notes JSONB NOT NULL DEFAULT '[]',
    refused INTEGER NOT NULL DEFAULT 0,
    done_count INTEGER NOT NULL DEFAULT 0,
    total_count INTEGER NOT NULL DEFAULT 0,
    trouble TEXT,
    account_id UUID,
    actor_name VARCHAR(60) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp,
    finished_at TIMESTAMPTZ
);
create index data_import_community_id on data_import (community_id);

create table data_import_row (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    import_id UUID NOT NULL REFERENCES data_import (id) on delete restrict on update cascade,
    position INTEGER NOT NULL,
    kind VARCHAR(10) NOT NULL,
    sheet VARCHAR(100),
    row INTEGER,
    "column" VARCHAR(4),
    header VARCHAR(200),
    value TEXT,
    code VARCHAR(40),
    details JSONB NOT NULL DEFAULT '{}',
    entity VARCHAR(12),
    entity_id UUID,
    label VARCHAR(120),
    field VARCHAR(20),
    before TEXT,
    after TEXT
);
create index data_import_row_community_id on data_import_row (community_id);
create index data_import_row_import_id on data_import_row (import_id);

create table data_import_layout (
    id UUID PRIMARY KEY NOT NULL,
    community_id UUID NOT NULL REFERENCES community (id) on delete restrict on update cascade,
    fingerprint VARCHAR(64) NOT NULL,
    layout JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
);
create index data_import_layout_community_id on data_import_layout (community_id);

alter table data_import add constraint data_import_state
    check (state in ('reading', 'mapping', 'planned', 'applying', 'done', 'failed', 'cancelled'));
alter table data_import_row add constraint data_import_row_kind check (kind in ('refused', 'changed'));
create unique index data_import_layout_is_once on data_import_layout (community_id, fingerprint);
create index data_import_row_in_order on data_import_row (import_id, kind, position);

do $$
declare
    name text;
begin
    foreach name in array array['data_import', 'data_import_row', 'data_import_layout'] loop
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format(
            'create policy within_reach on %I using '
            '((select reaches_all()) or community_id = any (((select reached()))::uuid[]))', name
        );
    end loop;
end $$;
