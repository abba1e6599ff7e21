-- Temporary tables of an import. A chunk's addresses and people are put there, so that what stands is read, and what
-- changed is written, in a handful of statements whatever the chunk's size.

-- The addresses of the chunk.
CREATE TABLE people_import_key (
    channel text NOT NULL,
    value   text NOT NULL
);

-- Those who have one of them.
CREATE TABLE people_import_person (
    id bigint NOT NULL
);

-- What becomes of those to whom the chunk adds something: rows of people_person.
CREATE TABLE people_import_change (
    id              bigint  NOT NULL,
    kind            text    NOT NULL,
    given_name      text    NOT NULL,
    family_name     text    NOT NULL,
    organisation    text    NOT NULL,
    search          text    NOT NULL,
    search_given    text    NOT NULL,
    born            bigint  NOT NULL,
    born_exact      boolean NOT NULL,
    language        text    NOT NULL,
    place           text    NOT NULL,
    name_source     text    NOT NULL,
    born_source     text    NOT NULL,
    language_source text    NOT NULL,
    place_source    text    NOT NULL,
    who_source      text    NOT NULL,
    wants_source    text    NOT NULL,
    address_source  text    NOT NULL,
    since           bigint  NOT NULL,
    created_at      bigint  NOT NULL,
    updated_at      bigint  NOT NULL
);
