-- A temporary table: the subscriptions that many people ask for at once.
CREATE TABLE newsletters_asked (
    id         bigint NOT NULL, -- of the subscription that may begin
    person_id  bigint NOT NULL,
    newsletter text   NOT NULL,
    channel    text   NOT NULL,
    at         bigint NOT NULL,
    how        text   NOT NULL
);
