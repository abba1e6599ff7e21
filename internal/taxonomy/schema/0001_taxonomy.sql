-- +goose Up
-- A slug is for ever: people carry it and newsletters name it. A term goes out of use by being retired, never deleted.
CREATE TABLE taxonomy_category (
    slug      text    NOT NULL PRIMARY KEY,
    name_it   text    NOT NULL,
    name_en   text    NOT NULL,
    code      text    NOT NULL,
    origin    text    NOT NULL, -- 'default' or 'town'
    position  bigint  NOT NULL,
    sensitive boolean NOT NULL,
    retired   boolean NOT NULL
);

CREATE TABLE taxonomy_topic (
    slug      text    NOT NULL PRIMARY KEY,
    name_it   text    NOT NULL,
    name_en   text    NOT NULL,
    code      text    NOT NULL,
    origin    text    NOT NULL,
    position  bigint  NOT NULL,
    sensitive boolean NOT NULL,
    retired   boolean NOT NULL
);

CREATE TABLE taxonomy_place (
    slug      text    NOT NULL PRIMARY KEY,
    name_it   text    NOT NULL,
    name_en   text    NOT NULL,
    code      text    NOT NULL,
    origin    text    NOT NULL,
    position  bigint  NOT NULL,
    sensitive boolean NOT NULL,
    retired   boolean NOT NULL
);
