-- +goose Up
-- What those read who agreed to it: nobody has a row whose consent "reading" does not stand. A row goes with the consent,
-- with the person, and after thirteen months.
CREATE TABLE newsletters_reading (
    person_id bigint NOT NULL,
    issue_id  bigint NOT NULL REFERENCES newsletters_issue (id),
    n         bigint NOT NULL, -- of the link; 0 = the issue was opened
    times     bigint NOT NULL,
    first_at  bigint NOT NULL,
    last_at   bigint NOT NULL,
    PRIMARY KEY (person_id, issue_id, n)
);
CREATE INDEX newsletters_reading_issue ON newsletters_reading (issue_id, n);
CREATE INDEX newsletters_reading_first ON newsletters_reading (first_at);
