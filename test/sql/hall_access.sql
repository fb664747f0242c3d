-- issuers, roles and row-level security
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Hall One AS', 'NO', 'Europe/Oslo', 'NOK') AS one \gset
SELECT mailroom.create_issuer('Hall Two AB', 'SE', 'Europe/Stockholm', 'SEK') AS two \gset
SELECT mailroom.create_issuer('Nowhere', 'NO', 'Europe/Nowhere', 'NOK');
CREATE ROLE hall_reader;
SELECT mailroom.grant_role('reader', 'hall_reader', ARRAY[:one]);
SELECT mailroom.grant_role('king', 'hall_reader', ARRAY[:one]);
SET ROLE hall_reader;
SELECT name FROM mailroom.issuer ORDER BY 1;
SET mailroom.issuer_id = :two;
SELECT name FROM mailroom.issuer ORDER BY 1;
RESET mailroom.issuer_id;
INSERT INTO mailroom.issuer (name, country, time_zone, currency, created_at) VALUES ('x', 'NO', 'UTC', 'NOK', now());
RESET ROLE;
SET datestyle = iso;
SET mailroom.clock = 'yesterday';
SET mailroom.clock = '2026-12-31T23:30:00Z';
SELECT mailroom.today(:one), mailroom.now() AT TIME ZONE 'UTC' AS utc;
RESET mailroom.clock;
DROP OWNED BY hall_reader;
DROP ROLE hall_reader;
