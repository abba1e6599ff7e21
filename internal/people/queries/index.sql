-- name: CountPeople :one
SELECT count(*) FROM people_person;

-- name: ForgetChanges :exec
-- The changes about that person alone.
DELETE FROM people_change WHERE first_id = $1 AND last_id = $1;
