-- a bureau's ratings arrive as rows; a drop becomes an alert, once, and goes away again
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
SELECT mailroom.create_issuer('Credit Watch AB', 'SE', 'Europe/Stockholm', 'SEK') AS issuer \gset
SELECT mailroom.create_issuer('Credit Other AB', 'SE', 'Europe/Stockholm', 'SEK') AS other \gset
INSERT INTO mailroom.party (issuer_id, customer_no, name) VALUES (:issuer, 'K1', 'Åkeri Ett AB'), (:issuer, 'K2', 'Åkeri Två AB'), (:other, 'K1', 'Other');
CREATE FUNCTION pg_temp.sqlstate_of(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE command;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate;
END;
$$;
CREATE VIEW pg_temp.told AS SELECT f.issuer_id, rank() OVER (PARTITION BY f.issuer_id ORDER BY f.position) AS nth, f.position, p.customer_no, f.rule, f.severity, f.activity, f.state, f.text
	FROM mailroom.alert_feed f JOIN mailroom.party p USING (issuer_id, party_id);

-- rules
SELECT mailroom.set_alert_rule(:issuer, 'low', 'below', 50, 60, repeat_every => 2, severity => 'critical') IS NOT NULL AS made;
SELECT mailroom.set_alert_rule(:issuer, 'twice', 'below', 70, 70, consecutive => 2) IS NOT NULL AS made;
SELECT pg_temp.sqlstate_of(format($$SELECT mailroom.set_alert_rule(%s, 'wrong way', 'below', 60, 50)$$, :issuer)) AS wrong_way;
SELECT pg_temp.sqlstate_of(format($$SELECT mailroom.set_alert_rule(%s, 'sideways', 'beside', 60, 50)$$, :issuer)) AS sideways;
SELECT mailroom.watch_party(:issuer, 'K1');
SELECT mailroom.watch_party(:issuer, 'K1');
SELECT mailroom.watch_party(:issuer, 'K9');

-- a feed may insert, for its issuer, and nothing else
CREATE ROLE credit_feed;
SELECT mailroom.grant_role('importer', 'credit_feed', ARRAY[:issuer]::bigint[]);
SET ROLE credit_feed;
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at, reason) VALUES
	(:issuer, 'bureau', 'e1', 'K1', 80, '2026-03-01Z', NULL), (:issuer, 'bureau', 'e2', 'K2', 20, '2026-03-01Z', 'not watched'),
	(:issuer, 'bureau', 'e3', 'K7', 20, '2026-03-01Z', 'not known');
SELECT pg_temp.sqlstate_of(format($$INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at)
	VALUES (%s, 'bureau', 'e1', 'K1', 80, '2026-03-01Z')$$, :other)) AS foreign_issuer;
SELECT * FROM mailroom.rating_event;
SELECT * FROM mailroom.credit_state;
DELETE FROM mailroom.rating_event;
RESET ROLE;
SELECT mailroom.evaluate_credit_alerts(:issuer) IS NOT NULL AS evaluated;
SELECT * FROM pg_temp.told WHERE issuer_id = :issuer;

-- the drop: one alert; the same event again and an older event change nothing
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at) VALUES (:issuer, 'bureau', 'e4', 'K1', 45, '2026-03-05Z');
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at) VALUES
	(:issuer, 'bureau', 'e4', 'K1', 45, '2026-03-05Z'), (:issuer, 'bureau', 'e0', 'K1', 10, '2026-02-01Z'), (:issuer, 'bureau', 'e1', 'K1', 80, '2026-03-01Z');
SELECT mailroom.evaluate_credit_alerts(:issuer) IS NOT NULL AS evaluated;
SELECT nth, customer_no, rule, severity, activity, state, text FROM pg_temp.told WHERE issuer_id = :issuer ORDER BY nth;
SELECT p.customer_no, s.rating, s.effective_at, s.source_event_id FROM mailroom.credit_state s JOIN mailroom.party p USING (issuer_id, party_id)
WHERE issuer_id = :issuer ORDER BY 1;
SELECT mailroom.recompute_credit_state(:issuer) AS wrong_rows;

-- a second bad rating: the other rule raises; a third repeats the first one; several of one statement count one by one
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at) VALUES
	(:issuer, 'bureau', 'e6', 'K1', 55, '2026-03-07Z'), (:issuer, 'bureau', 'e5', 'K1', 40, '2026-03-06Z');
SELECT mailroom.evaluate_credit_alerts(:issuer) IS NOT NULL AS evaluated;
SELECT nth, customer_no, rule, severity, activity, state, text FROM pg_temp.told WHERE issuer_id = :issuer ORDER BY nth;

-- acknowledged: no more repeats
SELECT mailroom.acknowledge_alert(:issuer, (SELECT position FROM pg_temp.told WHERE issuer_id = :issuer AND nth = 1));
SELECT mailroom.acknowledge_alert(:issuer, (SELECT position FROM pg_temp.told WHERE issuer_id = :issuer AND nth = 1));
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at) VALUES
	(:issuer, 'bureau', 'e7', 'K1', 30, '2026-03-08Z'), (:issuer, 'bureau', 'e8', 'K1', 31, '2026-03-09Z'), (:issuer, 'bureau', 'e9', 'K1', 32, '2026-03-10Z');
SELECT mailroom.evaluate_credit_alerts(:issuer) IS NOT NULL AS evaluated;
SELECT nth, rule, activity, state FROM pg_temp.told WHERE issuer_id = :issuer ORDER BY nth;
SELECT customer_no, name, rule, severity, state, rating, muted, acknowledged_by IS NOT NULL AS taken FROM mailroom.open_alert WHERE issuer_id = :issuer ORDER BY rule;

-- muted: the clearing is kept but not told; cleared alerts cannot be acknowledged
SELECT mailroom.mute_alerts(:issuer, 'K2', 'infinity');
SELECT mailroom.mute_alerts(:issuer, 'K1', 'infinity');
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at) VALUES (:issuer, 'bureau', 'e10', 'K1', 65, '2026-03-11Z');
SELECT mailroom.evaluate_credit_alerts(:issuer) IS NOT NULL AS evaluated;
SELECT mailroom.mute_alerts(:issuer, 'K1', NULL);
INSERT INTO mailroom.rating_event (issuer_id, source, source_event_id, customer_no, rating, effective_at) VALUES (:issuer, 'bureau', 'e11', 'K1', 90, '2026-03-12Z');
SELECT mailroom.evaluate_credit_alerts(:issuer) IS NOT NULL AS evaluated;
SELECT nth, rule, activity, state, text FROM pg_temp.told WHERE issuer_id = :issuer ORDER BY nth;
SELECT count(*) AS muted_messages FROM mailroom.alert_message WHERE issuer_id = :issuer AND muted;
SELECT pg_temp.sqlstate_of(format('SELECT mailroom.acknowledge_alert(%s, %s)', :issuer, (SELECT position FROM pg_temp.told WHERE issuer_id = :issuer AND nth = 1))) AS cleared;
SELECT mailroom.acknowledge_alert(:issuer, 0);
SELECT count(*) AS open FROM mailroom.open_alert WHERE issuer_id = :issuer;

-- whoever is watched from now on is looked at at once; so is everybody when a rule begins
SELECT mailroom.watch_party(:issuer, 'K2');
SELECT mailroom.evaluate_credit_alerts(:issuer) IS NOT NULL AS evaluated;
SELECT mailroom.set_alert_rule(:issuer, 'high', 'above', 85, 80, severity => 'information') IS NOT NULL AS made;
SELECT mailroom.evaluate_credit_alerts(:issuer) IS NOT NULL AS evaluated;
SELECT mailroom.set_alert_rule(:issuer, 'high', 'above', 85, 80, severity => 'information') IS NOT NULL AS made_again;
SELECT mailroom.evaluate_credit_alerts(:issuer) IS NOT NULL AS evaluated;
SELECT nth, customer_no, rule, severity, activity, state, text FROM pg_temp.told WHERE issuer_id = :issuer AND nth > 4 ORDER BY nth;
SELECT effective_at, source_event_id, rating, reason FROM mailroom.rating_history(:issuer, 'K2');

-- rights
CREATE ROLE credit_reader;
SELECT mailroom.grant_role('reader', 'credit_reader', ARRAY[:other]::bigint[]);
SET ROLE credit_reader;
SELECT count(*) FROM mailroom.alert_feed;
SELECT count(*) FROM mailroom.credit_state;
SELECT pg_temp.sqlstate_of(format($$SELECT mailroom.rating_history(%s, 'K2')$$, :issuer)) AS foreign_history;
SELECT pg_temp.sqlstate_of(format($$SELECT mailroom.acknowledge_alert(%s, 1)$$, :other)) AS reader_acknowledges;
SELECT pg_temp.sqlstate_of($$SELECT mailroom.evaluate_credit_alerts(1)$$) AS reader_evaluates;
RESET ROLE;
DROP VIEW pg_temp.told;
DROP OWNED BY credit_feed, credit_reader;
DROP ROLE credit_feed, credit_reader;
