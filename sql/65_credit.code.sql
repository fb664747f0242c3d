-- 65_credit: the newest rating of each party, rules with hysteresis, alerts and their feed.
--
-- A statement that inserts rating events only moves the narrow state rows and appends to the outbox.  One job compares
-- the outbox with the rules, writes the messages under one lock and notifies once.

-- The rule itself, pure: everything it remembers comes in and goes out.
CREATE OR REPLACE FUNCTION mailroom.step_alert(rating numeric, direction text, raise_at numeric, clear_at numeric, consecutive integer, repeat_every integer,
		muted boolean, INOUT firing boolean, INOUT bad_run integer, INOUT quiet_run integer, INOUT acknowledged boolean, OUT activity text)
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	is_bad CONSTANT boolean := CASE direction WHEN 'below' THEN rating <= raise_at ELSE rating >= raise_at END;
	is_good CONSTANT boolean := CASE direction WHEN 'below' THEN rating >= clear_at ELSE rating <= clear_at END;
BEGIN
	IF NOT firing THEN
		bad_run := CASE WHEN is_bad THEN bad_run + 1 ELSE 0 END;
		IF bad_run >= consecutive THEN
			activity := 'raise';
			firing := true;
			acknowledged := false;
			bad_run := 0;
			quiet_run := 0;
		END IF;
	ELSIF is_good AND NOT is_bad THEN
		activity := 'clear';
		firing := false;
		acknowledged := false;
		bad_run := 0;
		quiet_run := 0;
	ELSE
		quiet_run := quiet_run + 1;
		IF repeat_every > 0 AND NOT acknowledged AND NOT muted AND quiet_run >= repeat_every THEN
			activity := 'repeat';
			quiet_run := 0;
		END IF;
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.step_alert(numeric, text, numeric, numeric, integer, integer, boolean, boolean, integer, integer, boolean) IS 'one step of an alert rule: the rating and what the rule remembers (firing, bad ratings in a row, ratings since it last spoke, acknowledged) give what it remembers next and the activity raise, repeat, clear or NULL; at raise_at is bad, at clear_at is good, and a rating that is both changes nothing';

-- State

CREATE OR REPLACE FUNCTION mailroom.find_rated_party()
	RETURNS trigger
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	NEW.party_id := (SELECT p.party_id FROM mailroom.party p WHERE p.issuer_id = NEW.issuer_id AND p.customer_no = NEW.customer_no);
	RETURN NEW;
END;
$$;
COMMENT ON FUNCTION mailroom.find_rated_party() IS 'trigger: party_id of a rating event from its customer_no';
REVOKE EXECUTE ON FUNCTION mailroom.find_rated_party() FROM PUBLIC;

-- Who finds a job queued takes a shared lock on the mark, which tells the job that more comes; who finds none sets the
-- mark if it is free.  Nobody waits for another's transaction here.  A mark older than a minute is not believed.
CREATE OR REPLACE FUNCTION mailroom.call_credit_evaluation(issuer_id bigint)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	fresh CONSTANT timestamptz := mailroom.now() - interval '1 minute';
	queued timestamptz;
BEGIN
	SELECT c.queued_at INTO queued FROM mailroom.credit_call c WHERE c.issuer_id = $1;
	IF NOT FOUND THEN
		INSERT INTO mailroom.credit_call (issuer_id) VALUES ($1) ON CONFLICT DO NOTHING;
	ELSIF queued > fresh THEN
		SELECT c.queued_at INTO queued FROM mailroom.credit_call c WHERE c.issuer_id = $1 FOR SHARE SKIP LOCKED;
		IF queued > fresh THEN
			RETURN;
		END IF;
	END IF;
	UPDATE mailroom.credit_call c SET queued_at = mailroom.now()
		FROM (SELECT x.issuer_id FROM mailroom.credit_call x WHERE x.issuer_id = $1 FOR UPDATE SKIP LOCKED) free
		WHERE c.issuer_id = free.issuer_id;
	PERFORM mailroom.enqueue_job($1, 'credit_evaluate');
END;
$$;
COMMENT ON FUNCTION mailroom.call_credit_evaluation(bigint) IS 'enqueues the evaluating job of an issuer unless one is queued that will see this transaction''s rows';
REVOKE EXECUTE ON FUNCTION mailroom.call_credit_evaluation(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.apply_rating_events()
	RETURNS trigger
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	changed bigint[];
	i bigint;
BEGIN
	-- In a snapshot that is older than what the upsert waited for, a rating may reach the outbox that is no longer
	-- the newest; the rules look at no rating twice, so it does no harm there.
	WITH winner AS (
		INSERT INTO mailroom.credit_state AS s (issuer_id, party_id, rating, effective_at, source, source_event_id)
			SELECT DISTINCT ON (n.issuer_id, n.party_id) n.issuer_id, n.party_id, n.rating, n.effective_at, n.source, n.source_event_id
			FROM new_rows n
			WHERE n.party_id IS NOT NULL
			ORDER BY n.issuer_id, n.party_id, n.effective_at DESC, n.source COLLATE "C" DESC, n.source_event_id COLLATE "C" DESC, n.rating DESC
		ON CONFLICT ON CONSTRAINT credit_state_pkey DO UPDATE
		SET rating = excluded.rating, effective_at = excluded.effective_at, source = excluded.source, source_event_id = excluded.source_event_id
		WHERE (excluded.effective_at, excluded.source COLLATE "C", excluded.source_event_id COLLATE "C", excluded.rating)
			> (s.effective_at, s.source COLLATE "C", s.source_event_id COLLATE "C", s.rating)
		RETURNING s.issuer_id, s.party_id
	), change AS (
		INSERT INTO mailroom.credit_change AS c (issuer_id, party_id, rating, effective_at, source, source_event_id, received_at)
			SELECT n.issuer_id, n.party_id, n.rating, n.effective_at, n.source, n.source_event_id, n.received_at
			FROM (SELECT DISTINCT e.issuer_id, e.party_id, e.rating, e.effective_at, e.source, e.source_event_id, e.received_at FROM new_rows e) n
				JOIN winner w ON w.issuer_id = n.issuer_id AND w.party_id = n.party_id
				LEFT JOIN mailroom.credit_state before ON before.issuer_id = n.issuer_id AND before.party_id = n.party_id
			WHERE before.party_id IS NULL OR (n.effective_at, n.source COLLATE "C", n.source_event_id COLLATE "C", n.rating)
				> (before.effective_at, before.source COLLATE "C", before.source_event_id COLLATE "C", before.rating)
			ORDER BY n.issuer_id, n.party_id, n.effective_at, n.source COLLATE "C", n.source_event_id COLLATE "C", n.rating
		RETURNING c.issuer_id
	)
	SELECT array_agg(DISTINCT c.issuer_id) INTO changed FROM change c;
	FOREACH i IN ARRAY coalesce(changed, '{}') LOOP
		PERFORM mailroom.call_credit_evaluation(i);
	END LOOP;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.apply_rating_events() IS 'trigger: moves the state rows to the newest rating and appends what became current to the outbox';
REVOKE EXECUTE ON FUNCTION mailroom.apply_rating_events() FROM PUBLIC;

CREATE OR REPLACE TRIGGER find_party
	BEFORE INSERT ON mailroom.rating_event
	FOR EACH ROW WHEN (NEW.party_id IS NULL) EXECUTE FUNCTION mailroom.find_rated_party();
CREATE OR REPLACE TRIGGER a_guard
	AFTER INSERT ON mailroom.rating_event
	REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.refuse_foreign_issuer();
CREATE OR REPLACE TRIGGER b_apply
	AFTER INSERT ON mailroom.rating_event
	REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION mailroom.apply_rating_events();

CREATE OR REPLACE FUNCTION mailroom.recompute_credit_state(issuer_id bigint)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	wrong bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	-- events that came before their party
	UPDATE mailroom.rating_event e
		SET party_id = p.party_id
		FROM mailroom.party p
		WHERE e.issuer_id = $1 AND e.party_id IS NULL AND p.issuer_id = $1 AND p.customer_no = e.customer_no;
	WITH fresh AS (
		SELECT DISTINCT ON (e.party_id) e.issuer_id, e.party_id, e.rating, e.effective_at, e.source, e.source_event_id
		FROM mailroom.rating_event e
		WHERE e.issuer_id = $1 AND e.party_id IS NOT NULL
		ORDER BY e.party_id, e.effective_at DESC, e.source COLLATE "C" DESC, e.source_event_id COLLATE "C" DESC, e.rating DESC
	), gone AS (
		DELETE FROM mailroom.credit_state s
			WHERE s.issuer_id = $1 AND NOT EXISTS (SELECT FROM fresh f WHERE f.party_id = s.party_id)
			RETURNING 1
	), put AS (
		INSERT INTO mailroom.credit_state AS s
			SELECT * FROM fresh
		ON CONFLICT ON CONSTRAINT credit_state_pkey DO UPDATE
		SET rating = excluded.rating, effective_at = excluded.effective_at, source = excluded.source, source_event_id = excluded.source_event_id
		WHERE (s.rating, s.effective_at, s.source, s.source_event_id)
			IS DISTINCT FROM (excluded.rating, excluded.effective_at, excluded.source, excluded.source_event_id)
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put) INTO wrong;
	RETURN wrong;
END;
$$;
COMMENT ON FUNCTION mailroom.recompute_credit_state(bigint) IS 'builds the current ratings of an issuer again from all events, those included that came before their party; returns how many state rows were not as they should be; to be called while no events come in';
REVOKE EXECUTE ON FUNCTION mailroom.recompute_credit_state(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.rating_history(issuer_id bigint, customer_no text)
	RETURNS TABLE (effective_at timestamptz, received_at timestamptz, source text, source_event_id text, rating numeric, reason text)
	STABLE ROWS 50
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'reader');
	RETURN QUERY
		SELECT e.effective_at, e.received_at, e.source, e.source_event_id, e.rating, e.reason
		FROM mailroom.rating_event e
			JOIN mailroom.party p ON p.issuer_id = e.issuer_id AND p.party_id = e.party_id
		WHERE e.issuer_id = $1 AND p.customer_no = $2
		ORDER BY e.effective_at, e.source COLLATE "C", e.source_event_id COLLATE "C", e.rating, e.rating_event_id;
END;
$$;
COMMENT ON FUNCTION mailroom.rating_history(bigint, text) IS 'rating events of a party in the order of their time';
REVOKE EXECUTE ON FUNCTION mailroom.rating_history(bigint, text) FROM PUBLIC;

-- Watching, rules

-- A rule or a watch that begins looks at the current ratings first.
CREATE OR REPLACE FUNCTION mailroom.look_again(issuer_id bigint, party_id bigint DEFAULT NULL)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	INSERT INTO mailroom.credit_change (issuer_id, party_id, rating, effective_at, source, source_event_id, received_at, again)
		SELECT s.issuer_id, s.party_id, s.rating, s.effective_at, s.source, s.source_event_id, mailroom.now(), true
		FROM mailroom.credit_state s
			JOIN mailroom.watched_party w ON w.issuer_id = s.issuer_id AND w.party_id = s.party_id
		WHERE s.issuer_id = $1 AND ($2 IS NULL OR s.party_id = $2);
	IF FOUND THEN
		PERFORM mailroom.call_credit_evaluation($1);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.look_again(bigint, bigint) IS 'puts the current ratings of watched parties into the outbox';
REVOKE EXECUTE ON FUNCTION mailroom.look_again(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.find_watched(issuer_id bigint, customer_no text)
	RETURNS bigint
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	found_id bigint;
BEGIN
	SELECT p.party_id INTO found_id FROM mailroom.party p WHERE p.issuer_id = $1 AND p.customer_no = $2;
	IF found_id IS NULL THEN
		RAISE EXCEPTION 'customer "%" does not exist', $2 USING ERRCODE = 'undefined_object';
	END IF;
	RETURN found_id;
END;
$$;
COMMENT ON FUNCTION mailroom.find_watched(bigint, text) IS 'party_id of a customer_no; 42704 when there is none';
REVOKE EXECUTE ON FUNCTION mailroom.find_watched(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.watch_party(issuer_id bigint, customer_no text)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	party bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	party := mailroom.find_watched($1, $2);
	INSERT INTO mailroom.watched_party (issuer_id, party_id, watched_since) VALUES ($1, party, mailroom.now())
		ON CONFLICT DO NOTHING;
	IF FOUND THEN
		PERFORM mailroom.look_again($1, party);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.watch_party(bigint, text) IS 'compares the ratings of a customer with the rules from now on, beginning with the current one; harmless when watched already; 42704 for a customer_no that does not exist';
REVOKE EXECUTE ON FUNCTION mailroom.watch_party(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.unwatch_party(issuer_id bigint, customer_no text)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	DELETE FROM mailroom.watched_party w WHERE w.issuer_id = $1 AND w.party_id = mailroom.find_watched($1, $2);
END;
$$;
COMMENT ON FUNCTION mailroom.unwatch_party(bigint, text) IS 'no longer compares a customer''s ratings; open alerts stay as they are';
REVOKE EXECUTE ON FUNCTION mailroom.unwatch_party(bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_alert_rule(issuer_id bigint, name text, direction text, raise_at numeric, clear_at numeric DEFAULT NULL,
		consecutive integer DEFAULT 1, repeat_every integer DEFAULT 0, severity text DEFAULT 'warning', active boolean DEFAULT true)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	rule bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	INSERT INTO mailroom.alert_rule AS r (issuer_id, name, direction, raise_at, clear_at, consecutive, repeat_every, severity, active, valid_since)
		VALUES ($1, $2, $3, $4, coalesce($5, $4), $6, $7, $8, $9, mailroom.now())
		ON CONFLICT ON CONSTRAINT alert_rule_issuer_id_name_key DO UPDATE
		SET direction = excluded.direction, raise_at = excluded.raise_at, clear_at = excluded.clear_at, consecutive = excluded.consecutive,
			repeat_every = excluded.repeat_every, severity = excluded.severity, active = excluded.active, valid_since = excluded.valid_since
		RETURNING r.rule_id INTO rule;
	PERFORM mailroom.look_again($1);
	RETURN rule;
END;
$$;
COMMENT ON FUNCTION mailroom.set_alert_rule(bigint, text, text, numeric, numeric, integer, integer, text, boolean) IS 'creates or changes a rule by its name: direction below or above, raise_at, clear_at (default: the same), consecutive bad ratings, repeat_every ratings (0 = never), severity information, warning or critical; looks at the current ratings of all watched parties first; returns rule_id';
REVOKE EXECUTE ON FUNCTION mailroom.set_alert_rule(bigint, text, text, numeric, numeric, integer, integer, text, boolean) FROM PUBLIC;

-- Evaluation

CREATE OR REPLACE FUNCTION mailroom.alert_text(activity text, rating numeric, direction text, raise_at numeric, clear_at numeric, rule text, customer_no text, name text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN pg_catalog.format('%s (%s): rating %s is %s %s, rule "%s"%s', name, customer_no, rating,
		CASE activity WHEN 'raise' THEN '' WHEN 'repeat' THEN 'not yet ' ELSE 'again ' END
			|| CASE WHEN (activity = 'raise') = (direction = 'below') THEN 'at or below' ELSE 'at or above' END,
		CASE activity WHEN 'raise' THEN raise_at ELSE clear_at END, rule,
		CASE activity WHEN 'clear' THEN ' is cleared' WHEN 'repeat' THEN ' still fires' ELSE '' END);
COMMENT ON FUNCTION mailroom.alert_text(text, numeric, text, numeric, numeric, text, text, text) IS 'words of an alert message';

CREATE OR REPLACE FUNCTION mailroom.evaluate_change(c mailroom.credit_change, r mailroom.alert_rule, muted boolean)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	k mailroom.alert_condition;
	activity text;
	told bigint;
	seen boolean;
BEGIN
	SELECT * INTO k FROM mailroom.alert_condition x
		WHERE x.issuer_id = c.issuer_id AND x.rule_id = r.rule_id AND x.party_id = c.party_id
		FOR UPDATE;
	seen := FOUND AND (c.effective_at, c.source COLLATE "C", c.source_event_id COLLATE "C", c.rating)
		<= (k.effective_at, k.source COLLATE "C", k.source_event_id COLLATE "C", k.rating);
	IF seen AND NOT c.again THEN
		RETURN NULL;
	ELSIF seen THEN
		-- looked at again, but not counted twice
		k.bad_run := 0;
	END IF;
	SELECT s.firing, s.bad_run, s.quiet_run, s.acknowledged, s.activity
		INTO k.firing, k.bad_run, k.quiet_run, k.acknowledged, activity
		FROM mailroom.step_alert(c.rating, r.direction, r.raise_at, r.clear_at, r.consecutive, r.repeat_every, muted,
			coalesce(k.firing, false), coalesce(k.bad_run, 0), coalesce(k.quiet_run, 0), coalesce(k.acknowledged, false)) s;
	IF seen AND activity IS DISTINCT FROM 'raise' AND activity IS DISTINCT FROM 'clear' AND k.firing THEN
		RETURN NULL;
	END IF;
	IF activity = 'raise' THEN
		INSERT INTO mailroom.alert AS a (issuer_id, rule_id, party_id, raised_at, rating)
			VALUES (c.issuer_id, r.rule_id, c.party_id, mailroom.now(), c.rating)
			RETURNING a.alert_id INTO k.alert_id;
	ELSIF activity = 'clear' THEN
		UPDATE mailroom.alert a SET state = 'cleared', cleared_at = mailroom.now()
			WHERE a.issuer_id = c.issuer_id AND a.alert_id = k.alert_id;
	END IF;
	IF activity IS NOT NULL THEN
		INSERT INTO mailroom.alert_message AS m (issuer_id, alert_id, activity, rating, text, sent_at, muted)
			SELECT c.issuer_id, k.alert_id, activity, c.rating,
				mailroom.alert_text(activity, c.rating, r.direction, r.raise_at, r.clear_at, r.name, p.customer_no, p.name),
				mailroom.now(), evaluate_change.muted
			FROM mailroom.party p
			WHERE p.issuer_id = c.issuer_id AND p.party_id = c.party_id
			RETURNING m."position" INTO told;
	END IF;
	INSERT INTO mailroom.alert_condition AS x (issuer_id, rule_id, party_id, firing, bad_run, quiet_run, acknowledged, alert_id,
			effective_at, source, source_event_id, rating)
		VALUES (c.issuer_id, r.rule_id, c.party_id, k.firing, k.bad_run, k.quiet_run, k.acknowledged, k.alert_id,
			c.effective_at, c.source, c.source_event_id, c.rating)
		ON CONFLICT ON CONSTRAINT alert_condition_pkey DO UPDATE
		SET firing = excluded.firing, bad_run = excluded.bad_run, quiet_run = excluded.quiet_run, acknowledged = excluded.acknowledged,
			alert_id = excluded.alert_id, effective_at = excluded.effective_at, source = excluded.source,
			source_event_id = excluded.source_event_id, rating = excluded.rating;
	RETURN CASE WHEN NOT evaluate_change.muted THEN told END;
END;
$$;
COMMENT ON FUNCTION mailroom.evaluate_change(mailroom.credit_change, mailroom.alert_rule, boolean) IS 'compares one new rating with one rule; returns the position of a message that is to be told, else NULL';
REVOKE EXECUTE ON FUNCTION mailroom.evaluate_change(mailroom.credit_change, mailroom.alert_rule, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.evaluate_credit_alerts(issuer_id bigint)
	RETURNS bigint
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	-- every session that writes messages holds this until it commits: positions become visible in their order
	messages_lock CONSTANT bigint := hashtextextended('mailroom.alert_message', 0);
	changes mailroom.credit_change[];
	pair record;
	told bigint;
	last_position bigint;
	messages bigint := 0;
BEGIN
	PERFORM pg_advisory_xact_lock(messages_lock);
	WITH done AS (
		DELETE FROM mailroom.credit_change c WHERE c.issuer_id = $1 RETURNING c
	)
	SELECT array_agg(d.c ORDER BY (d.c).change_id) INTO changes FROM done d;
	-- a party whose ratings were always good needs no step: no rule remembers it
	FOR pair IN
		SELECT n.c, n.r, n.muted
		FROM (
			SELECT c, r, coalesce(w.muted_until > mailroom.now(), false) AS muted,
				bool_or(CASE r.direction WHEN 'below' THEN c.rating <= r.raise_at ELSE c.rating >= r.raise_at END)
					OVER (PARTITION BY r.rule_id, c.party_id) AS any_bad
			FROM unnest(changes) AS c
				JOIN mailroom.watched_party w ON w.issuer_id = c.issuer_id AND w.party_id = c.party_id
				JOIN mailroom.alert_rule r ON r.issuer_id = c.issuer_id AND r.active
			WHERE c.received_at >= r.valid_since AND c.received_at >= w.watched_since) n
		WHERE n.any_bad
			OR EXISTS (SELECT FROM mailroom.alert_condition k
				WHERE k.issuer_id = (n.c).issuer_id AND k.rule_id = (n.r).rule_id AND k.party_id = (n.c).party_id)
		ORDER BY (n.c).change_id, (n.r).rule_id
	LOOP
		told := mailroom.evaluate_change(pair.c, pair.r, pair.muted);
		last_position := coalesce(told, last_position);
		messages := messages + (told IS NOT NULL)::integer;
	END LOOP;
	IF last_position IS NOT NULL THEN
		PERFORM pg_notify('mailroom_alert', last_position::text);
	END IF;
	RETURN messages;
END;
$$;
COMMENT ON FUNCTION mailroom.evaluate_credit_alerts(bigint) IS 'compares the ratings in the outbox with the rules, writes alerts and messages and sends one NOTIFY mailroom_alert with the last position; returns the number of messages told';
REVOKE EXECUTE ON FUNCTION mailroom.evaluate_credit_alerts(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.credit_evaluate(issuer_id bigint, job_id bigint, arguments jsonb)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	UPDATE mailroom.credit_call c SET queued_at = NULL
		FROM (SELECT x.issuer_id FROM mailroom.credit_call x WHERE x.issuer_id = $1 FOR UPDATE SKIP LOCKED) free
		WHERE c.issuer_id = free.issuer_id;
	IF NOT FOUND THEN
		-- somebody who relies on this job has not committed yet
		PERFORM mailroom.enqueue_job($1, 'credit_evaluate', '{}', mailroom.now() + interval '200 ms');
	END IF;
	PERFORM mailroom.evaluate_credit_alerts($1);
END;
$$;
COMMENT ON FUNCTION mailroom.credit_evaluate(bigint, bigint, jsonb) IS 'job handler: mailroom.evaluate_credit_alerts';
REVOKE EXECUTE ON FUNCTION mailroom.credit_evaluate(bigint, bigint, jsonb) FROM PUBLIC;
SELECT mailroom.register_handler('credit_evaluate', 'mailroom.credit_evaluate(bigint, bigint, jsonb)');

-- Feed, acknowledge, mute

CREATE OR REPLACE VIEW mailroom.alert_feed WITH (security_invoker = true) AS
	SELECT m."position", m.issuer_id, a.party_id, r.name AS rule, r.severity, a.raised_at,
		CASE m.activity WHEN 'clear' THEN 'cleared' ELSE a.state END AS state,
		m.text, m.activity, m.sent_at, m.rating
	FROM mailroom.alert_message m
		JOIN mailroom.alert a ON a.issuer_id = m.issuer_id AND a.alert_id = m.alert_id
		JOIN mailroom.alert_rule r ON r.issuer_id = a.issuer_id AND r.rule_id = a.rule_id
	WHERE NOT m.muted;
COMMENT ON VIEW mailroom.alert_feed IS 'what is to be told, by position: whoever has read up to a position reads on after it and misses nothing; state is firing, acknowledged or cleared, activity is raise, repeat or clear; muted messages are left out';

CREATE OR REPLACE VIEW mailroom.open_alert WITH (security_invoker = true) AS
	SELECT a.issuer_id, a.alert_id, a.party_id, p.customer_no, p.name, r.name AS rule, r.severity, a.raised_at, a.state, s.rating,
		coalesce(w.muted_until > mailroom.now(), false) AS muted, a.acknowledged_by, a.acknowledged_at
	FROM mailroom.alert a
		JOIN mailroom.alert_rule r ON r.issuer_id = a.issuer_id AND r.rule_id = a.rule_id
		JOIN mailroom.party p ON p.issuer_id = a.issuer_id AND p.party_id = a.party_id
		LEFT JOIN mailroom.credit_state s ON s.issuer_id = a.issuer_id AND s.party_id = a.party_id
		LEFT JOIN mailroom.watched_party w ON w.issuer_id = a.issuer_id AND w.party_id = a.party_id
	WHERE a.state <> 'cleared';
COMMENT ON VIEW mailroom.open_alert IS 'alerts that are not cleared, muted ones too, with the current rating';

CREATE OR REPLACE FUNCTION mailroom.acknowledge_alert(issuer_id bigint, "position" bigint)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	a mailroom.alert;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	-- the condition is locked before its alert, as by the evaluating job
	PERFORM FROM mailroom.alert_condition k
		WHERE k.issuer_id = $1 AND k.alert_id = (SELECT m.alert_id FROM mailroom.alert_message m WHERE m.issuer_id = $1 AND m."position" = $2)
		FOR UPDATE;
	SELECT x.* INTO a
		FROM mailroom.alert_message m
			JOIN mailroom.alert x ON x.issuer_id = m.issuer_id AND x.alert_id = m.alert_id
		WHERE m.issuer_id = $1 AND m."position" = $2
		FOR UPDATE OF x;
	IF a.alert_id IS NULL THEN
		RAISE EXCEPTION 'alert position % does not exist', $2 USING ERRCODE = 'undefined_object';
	ELSIF a.state = 'cleared' THEN
		RAISE EXCEPTION 'cannot acknowledge alert position % because it is cleared', $2
			USING ERRCODE = 'MR004', CONSTRAINT = 'NOT_FIRING', DETAIL = 'Reason code: NOT_FIRING.';
	ELSIF a.state = 'acknowledged' THEN
		RETURN;
	END IF;
	UPDATE mailroom.alert x SET state = 'acknowledged', acknowledged_at = mailroom.now(), acknowledged_by = mailroom.outer_role()
		WHERE x.issuer_id = $1 AND x.alert_id = a.alert_id;
	UPDATE mailroom.alert_condition k SET acknowledged = true
		WHERE k.issuer_id = $1 AND k.rule_id = a.rule_id AND k.party_id = a.party_id AND k.alert_id = a.alert_id;
END;
$$;
COMMENT ON FUNCTION mailroom.acknowledge_alert(bigint, bigint) IS 'somebody takes care of the alert of this feed position: it is no longer repeated; again is harmless; 42704 for a position that does not exist, MR004 NOT_FIRING when the alert is cleared';
REVOKE EXECUTE ON FUNCTION mailroom.acknowledge_alert(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.mute_alerts(issuer_id bigint, customer_no text, until timestamptz)
	RETURNS void
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	UPDATE mailroom.watched_party w SET muted_until = $3
		WHERE w.issuer_id = $1 AND w.party_id = mailroom.find_watched($1, $2);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'customer "%" is not watched', $2 USING ERRCODE = 'MR004', CONSTRAINT = 'NOT_WATCHED', DETAIL = 'Reason code: NOT_WATCHED.';
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.mute_alerts(bigint, text, timestamptz) IS 'keeps the alerts of a customer out of the feed until a time (NULL = no longer); their state goes on in mailroom.open_alert; 42704 for a customer that does not exist, MR004 NOT_WATCHED';
REVOKE EXECUTE ON FUNCTION mailroom.mute_alerts(bigint, text, timestamptz) FROM PUBLIC;

SELECT mailroom.allow('importer', 'table', 'mailroom.rating_event', pg_catalog.format('INSERT (%s)', c.name))
	FROM (VALUES ('issuer_id'), ('source'), ('source_event_id'), ('customer_no'), ('rating'), ('effective_at'), ('reason')) AS c (name);
SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.watched_party'), ('mailroom.credit_state'), ('mailroom.alert_rule'), ('mailroom.alert'),
			('mailroom.alert_message'), ('mailroom.alert_feed'), ('mailroom.open_alert')) AS t (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('importer')) AS k (kind),
		(VALUES ('mailroom.watch_party(bigint, text)'), ('mailroom.unwatch_party(bigint, text)'),
			('mailroom.set_alert_rule(bigint, text, text, numeric, numeric, integer, integer, text, boolean)')) AS f (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.acknowledge_alert(bigint, bigint)'), ('mailroom.mute_alerts(bigint, text, timestamptz)')) AS f (name);
SELECT mailroom.allow('operator', 'function', 'mailroom.recompute_credit_state(bigint)', 'EXECUTE');
SELECT mailroom.allow(k.kind, 'function', 'mailroom.rating_history(bigint, text)', 'EXECUTE')
	FROM (VALUES ('operator'), ('reader')) AS k (kind);
