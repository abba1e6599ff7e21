-- +goose Up
-- There are no foreign keys here: on PostgreSQL they took half of an import's time (50,000 people in 16 s with them, in
-- 7 without). What they would keep is kept by the package, the tables' only writer: whoever writes about a person takes
-- her row first (LockPerson), Erase too, and slugs are never deleted.

-- One row for each person or organisation the town has a relation with. What is unknown is '' or 0.
CREATE TABLE people_person (
    id              bigint  NOT NULL PRIMARY KEY,
    kind            text    NOT NULL, -- 'person' or 'organisation'
    given_name      text    NOT NULL,
    family_name     text    NOT NULL,
    organisation    text    NOT NULL,
    search          text    NOT NULL, -- "family given organisation", folded
    search_given    text    NOT NULL, -- "given family organisation", folded
    born            bigint  NOT NULL, -- yyyymmdd; a bare year is its 31 December, so that age is never overstated
    born_exact      boolean NOT NULL,
    language        text    NOT NULL,
    place           text    NOT NULL, -- slug of a place
    -- Who told us: '' nobody yet, 'import', 'staff' or 'self'. An import never touches what staff or she herself gave,
    -- not even when what she gave is "nothing".
    name_source     text    NOT NULL,
    born_source     text    NOT NULL,
    language_source text    NOT NULL,
    place_source    text    NOT NULL,
    who_source      text    NOT NULL,
    wants_source    text    NOT NULL,
    address_source  text    NOT NULL, -- who took an address away: an import gives none back
    since           bigint  NOT NULL, -- yyyymmdd, the day the relation began
    created_at      bigint  NOT NULL,
    updated_at      bigint  NOT NULL
);
CREATE INDEX people_person_search ON people_person (search, id);
CREATE INDEX people_person_search_given ON people_person (search_given);

-- Where a person can be reached. A value belongs to one person at a time.
CREATE TABLE people_address (
    id          bigint NOT NULL PRIMARY KEY,
    person_id   bigint NOT NULL,
    channel     text   NOT NULL, -- 'email' or 'sms'
    value       text   NOT NULL, -- as compared and written to: lower-case, IDN as A-labels; E.164
    shown       text   NOT NULL, -- as she wrote it
    verified_at bigint NOT NULL, -- 0 = not confirmed: nothing is sent there
    created_at  bigint NOT NULL,
    source      text   NOT NULL,
    UNIQUE (channel, value)
);
CREATE INDEX people_address_person ON people_address (person_id, channel, verified_at);

CREATE TABLE people_who (
    person_id bigint NOT NULL,
    category  text   NOT NULL,
    PRIMARY KEY (person_id, category)
);
CREATE INDEX people_who_category ON people_who (category, person_id);

CREATE TABLE people_wants (
    person_id bigint NOT NULL,
    topic     text   NOT NULL,
    PRIMARY KEY (person_id, topic)
);
CREATE INDEX people_wants_topic ON people_wants (topic, person_id);

-- The words that were agreed to. A wording is never changed: a new version is added.
CREATE TABLE people_consent_text (
    purpose    text   NOT NULL, -- 'newsletter' or 'profile'
    version    text   NOT NULL,
    wording_it text   NOT NULL,
    wording_en text   NOT NULL,
    since      bigint NOT NULL,
    PRIMARY KEY (purpose, version)
);

-- The ledger of consents (GDPR, article 7.1: the town must be able to show them). Rows are added; the only change a row
-- ever sees is its end. They go when the person is erased, and not before.
CREATE TABLE people_consent (
    id           bigint NOT NULL PRIMARY KEY,
    person_id    bigint NOT NULL,
    purpose      text   NOT NULL,
    text_version text   NOT NULL, -- '' where the wording is that of the source (a paper form)
    source       text   NOT NULL,
    channel      text   NOT NULL,
    granted_at   bigint NOT NULL,
    recorded_at  bigint NOT NULL,
    actor        text   NOT NULL,
    proof        text   NOT NULL,
    ended_at     bigint NOT NULL, -- 0 = it stands
    end_reason   text   NOT NULL,
    ended_by     text   NOT NULL
);
-- Of one purpose one consent stands at a time (ended_at = 0).
CREATE UNIQUE INDEX people_consent_standing ON people_consent (person_id, purpose, ended_at);

-- Sign-ups and new addresses that wait for their confirmation. Nothing else in the town knows of them.
CREATE TABLE people_signup (
    id           bigint NOT NULL PRIMARY KEY,
    channel      text   NOT NULL,
    value        text   NOT NULL,
    draft        text   NOT NULL, -- JSON, emptied once confirmed
    for_person   bigint NOT NULL, -- whom the address is for; 0 for a sign-up
    created_at   bigint NOT NULL,
    expires_at   bigint NOT NULL,
    confirmed_at bigint NOT NULL,
    person_id    bigint NOT NULL  -- whom the confirmation led to
);
CREATE INDEX people_signup_value ON people_signup (channel, value, created_at);
CREATE INDEX people_signup_expires ON people_signup (expires_at);

-- Published: what an audience asks of a person.
CREATE VIEW people_profile AS
SELECT id AS person_id, kind, given_name, family_name, organisation, born, language, place, since FROM people_person;

-- Published: where living persons can be written to.
CREATE VIEW people_reachable AS
SELECT a.person_id, a.channel, a.id AS address_id, a.value, p.language
FROM people_address a JOIN people_person p ON p.id = a.person_id
WHERE a.verified_at > 0;

-- Published: the consents that stand.
CREATE VIEW people_consenting AS
SELECT person_id, purpose, granted_at FROM people_consent WHERE ended_at = 0;

INSERT INTO people_consent_text (purpose, version, wording_it, wording_en, since) VALUES
    ('newsletter', '1',
     'Chiedo di ricevere le newsletter che ho scelto. Posso cancellarmi in qualsiasi momento, con un clic.',
     'I ask to receive the newsletters I chose. I can unsubscribe at any time, with one click.', 0),
    ('profile', '1',
     'Chiedo di ricevere anche ciò che riguarda chi sono e ciò che mi interessa, secondo quanto ho indicato. Posso cambiare idea in qualsiasi momento.',
     'I also ask to receive what concerns who I am and what I am interested in, as I stated. I can change my mind at any time.', 0);
