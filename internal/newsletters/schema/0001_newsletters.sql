-- +goose Up
-- Editorial teams. A slug is for ever: staff accounts, newsletters and past issues carry it.
CREATE TABLE newsletters_newsroom (
    slug     text    NOT NULL PRIMARY KEY,
    name_it  text    NOT NULL,
    name_en  text    NOT NULL,
    kind     text    NOT NULL, -- 'office', 'association', 'order' or 'committee'
    declared boolean NOT NULL, -- by town.yaml, and so closed when it is named there no more
    closed   boolean NOT NULL
);

-- Periodicals. A slug is for ever: it is part of List-Id, by which mailboxes sort (RFC 2919 §5).
CREATE TABLE newsletters_newsletter (
    slug           text    NOT NULL PRIMARY KEY,
    newsroom       text    NOT NULL REFERENCES newsletters_newsroom (slug),
    name_it        text    NOT NULL,
    name_en        text    NOT NULL,
    description_it text    NOT NULL,
    description_en text    NOT NULL,
    period         text    NOT NULL,
    sender         text    NOT NULL, -- shown beside the From address; '' = the newsroom's name
    reply_to       text    NOT NULL, -- '' = none
    sensitive      boolean NOT NULL, -- who reads it reveals special-category data (GDPR, article 9)
    declared       boolean NOT NULL,
    closed         boolean NOT NULL -- nobody can subscribe any more
);

CREATE TABLE newsletters_topic (
    newsletter text NOT NULL REFERENCES newsletters_newsletter (slug),
    topic      text NOT NULL REFERENCES taxonomy_topic (slug),
    PRIMARY KEY (newsletter, topic)
);

CREATE TABLE newsletters_for (
    newsletter text NOT NULL REFERENCES newsletters_newsletter (slug),
    category   text NOT NULL REFERENCES taxonomy_category (slug),
    PRIMARY KEY (newsletter, category)
);

-- Subscriptions: rows are added, and the only change a row ever sees is its end.
CREATE TABLE newsletters_subscription (
    id          bigint NOT NULL PRIMARY KEY,
    person_id   bigint NOT NULL REFERENCES people_person (id),
    newsletter  text   NOT NULL REFERENCES newsletters_newsletter (slug),
    channel     text   NOT NULL, -- 'email'
    began_at    bigint NOT NULL,
    began_how   text   NOT NULL, -- 'signup', 'import', 'own-page', 'desk' …
    began_by    text   NOT NULL,
    ended_at    bigint NOT NULL, -- 0 = it stands
    ended_how   text   NOT NULL,
    ended_why   text   NOT NULL, -- in her own words; '' if she gave none
    ended_by    text   NOT NULL,
    ended_issue bigint NOT NULL  -- the issue whose link she followed; 0 = none
);
CREATE UNIQUE INDEX newsletters_subscription_standing
    ON newsletters_subscription (newsletter, person_id, channel) WHERE ended_at = 0;
CREATE INDEX newsletters_subscription_person ON newsletters_subscription (person_id, newsletter);

-- Who left a newsletter, and so does not get it by profile either. Append-only like subscriptions.
CREATE TABLE newsletters_optout (
    id         bigint NOT NULL PRIMARY KEY,
    person_id  bigint NOT NULL REFERENCES people_person (id),
    newsletter text   NOT NULL REFERENCES newsletters_newsletter (slug),
    began_at   bigint NOT NULL,
    began_how  text   NOT NULL,
    issue      bigint NOT NULL, -- the issue whose link she followed; 0 = none
    ended_at   bigint NOT NULL, -- 0 = it stands
    ended_how  text   NOT NULL
);
CREATE UNIQUE INDEX newsletters_optout_standing ON newsletters_optout (newsletter, person_id) WHERE ended_at = 0;
CREATE INDEX newsletters_optout_person ON newsletters_optout (person_id);
CREATE INDEX newsletters_optout_issue ON newsletters_optout (issue);

CREATE TABLE newsletters_issue (
    id           bigint  NOT NULL PRIMARY KEY,
    newsletter   text    NOT NULL REFERENCES newsletters_newsletter (slug),
    slug         text    NOT NULL,
    title        text    NOT NULL,
    language     text    NOT NULL,
    blocks       text    NOT NULL, -- JSON: []content.Block
    audience     text    NOT NULL,
    state        text    NOT NULL, -- 'draft', 'scheduled', 'sending', 'sent' or 'cancelled'
    version      bigint  NOT NULL, -- grows with every change: who edits an older one is told
    scheduled_at bigint  NOT NULL,
    sent_at      bigint  NOT NULL, -- when sending began: the issue's date
    finished_at  bigint  NOT NULL, -- when nobody was owed it any more
    cancelled_at bigint  NOT NULL,
    frame        text    NOT NULL, -- JSON: who sent it, as it was called when sending began
    archived     boolean NOT NULL, -- sent before this program was there
    search       text    NOT NULL, -- title, folded
    created_at   bigint  NOT NULL,
    created_by   text    NOT NULL,
    updated_at   bigint  NOT NULL,
    updated_by   text    NOT NULL,
    sent_by      text    NOT NULL,
    UNIQUE (newsletter, slug)
);
CREATE INDEX newsletters_issue_state ON newsletters_issue (state, scheduled_at);
CREATE INDEX newsletters_issue_sent ON newsletters_issue (newsletter, sent_at);

-- Where the links of an issue lead: the same address for all who get it, numbered from 1.
CREATE TABLE newsletters_link (
    issue_id bigint NOT NULL REFERENCES newsletters_issue (id),
    n        bigint NOT NULL,
    url      text   NOT NULL,
    PRIMARY KEY (issue_id, n)
);

-- Visits by the hour, of everybody together: nothing about who came.
CREATE TABLE newsletters_visits (
    issue_id bigint NOT NULL REFERENCES newsletters_issue (id),
    n        bigint NOT NULL, -- of the link; 0 = the issue was opened
    hour     bigint NOT NULL, -- where the hour begins
    visits   bigint NOT NULL,
    filtered bigint NOT NULL, -- visits without those of programs
    PRIMARY KEY (issue_id, n, hour)
);

CREATE TABLE newsletters_image (
    hash        text   NOT NULL PRIMARY KEY, -- of the bytes
    type        text   NOT NULL, -- media type
    width       bigint NOT NULL,
    height      bigint NOT NULL,
    data        bytea  NOT NULL,
    newsroom    text   NOT NULL,
    uploaded_at bigint NOT NULL,
    uploaded_by text   NOT NULL
);
