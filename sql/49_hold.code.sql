-- 49_hold: letters that wait for a later hand-in where both together are cheaper.

CREATE OR REPLACE FUNCTION mailroom.may_wait(issuer_id bigint, mailing_id bigint, days integer)
	RETURNS TABLE (letter_id bigint)
	STABLE PARALLEL SAFE
	ROWS 1000
BEGIN ATOMIC
	SELECT l.letter_id
		FROM mailroom.letter l
		WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.due_days > $3 AND l.cover_id IS NULL
			AND NOT EXISTS (SELECT FROM mailroom.letter c WHERE c.issuer_id = $1 AND c.mailing_id = $2 AND c.cover_id = l.letter_id)
			AND NOT EXISTS (SELECT FROM mailroom.letter_release r WHERE r.issuer_id = $1 AND r.mailing_id = $2 AND r.letter_id = l.letter_id);
END;
COMMENT ON FUNCTION mailroom.may_wait(bigint, bigint, integer) IS 'letters of a mailing that may wait so many days: due later, alone in their envelope, and not taken back by the planner';

CREATE OR REPLACE FUNCTION mailroom.build_waiting_problem(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date, from_mailing_id bigint, days integer)
	RETURNS jsonb
	STABLE STRICT PARALLEL RESTRICTED
	SET enable_sort = off
	SET jit = off
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_build_waiting_problem';
COMMENT ON FUNCTION mailroom.build_waiting_problem(bigint, bigint, text, text, date, bigint, integer) IS 'the postage problem of a mailing''s letters on a date, and with them all letters of an earlier mailing that may wait so many days for it';

CREATE OR REPLACE FUNCTION mailroom.waiting_cells(issuer_id bigint, mailing_id bigint, origin_country text, currency text, on_date date, from_mailing_id bigint, days integer)
	RETURNS TABLE (letter_id bigint, cell integer)
	STABLE STRICT PARALLEL RESTRICTED
	ROWS 1000
	SET enable_sort = off
	SET jit = off
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_waiting_cells';
COMMENT ON FUNCTION mailroom.waiting_cells(bigint, bigint, text, text, date, bigint, integer) IS 'for each letter of from_mailing_id the cell of the problem of mailroom.build_waiting_problem that it is in; NULL when nobody carries it';

-- Two hand-ins as one problem: letters that may go in either have prices for the offers of both.
CREATE OR REPLACE FUNCTION mailroom.join_postage_problems(first jsonb, second jsonb, pairs jsonb, least_gain_micro bigint)
	RETURNS jsonb
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	money CONSTANT bigint := lcm(coalesce((first ->> 'scale')::bigint, 1), coalesce((second ->> 'scale')::bigint, 1));
	joined jsonb;
BEGIN
	WITH problem (no, body, factor) AS (
		VALUES (1, first, money / coalesce((first ->> 'scale')::bigint, 1)), (2, second, money / coalesce((second ->> 'scale')::bigint, 1))
	), zone AS (
		SELECT p.no, (z ->> 'id')::integer AS id, z ->> 'name' AS name FROM problem p, jsonb_array_elements(p.body -> 'zones') AS z
	), part AS (
		SELECT p.no, (c ->> 'id')::integer AS id, (c ->> 'count')::bigint AS letters, coalesce((c ->> 'weight')::bigint, 0) AS weight, z.name AS zone
			FROM problem p
				CROSS JOIN jsonb_array_elements(p.body -> 'cells') AS c
				JOIN zone z ON z.no = p.no AND z.id = (c ->> 'zone')::integer
	), pair AS (
		SELECT k.first, k.second, k.count AS letters, greatest(a.weight, b.weight) AS weight, coalesce(nullif(a.zone, ''), b.zone) AS zone
			FROM jsonb_to_recordset(pairs) AS k (first integer, second integer, count bigint)
				JOIN part a ON a.no = 1 AND a.id = k.first
				JOIN part b ON b.no = 2 AND b.id = k.second
	), cell AS MATERIALIZED (
		SELECT row_number() OVER (ORDER BY c.zone COLLATE "C", c.first, c.second) AS id, dense_rank() OVER (ORDER BY c.zone COLLATE "C") AS zone, c.first, c.second, c.letters, c.weight
			FROM (SELECT k.first, k.second, k.letters, k.weight, k.zone FROM pair k
				UNION ALL SELECT a.id, NULL, a.letters - coalesce((SELECT sum(k.letters) FROM pair k WHERE k.first = a.id), 0), a.weight, a.zone FROM part a WHERE a.no = 1
				UNION ALL SELECT NULL, b.id, b.letters - coalesce((SELECT sum(k.letters) FROM pair k WHERE k.second = b.id), 0), b.weight, b.zone FROM part b WHERE b.no = 2) c
			WHERE c.letters > 0
	), arc AS (
		SELECT p.no, (a ->> 'cell')::integer AS cell, a ->> 'offer' AS offer, (a ->> 'price')::bigint * p.factor AS price
			FROM problem p, jsonb_array_elements(p.body -> 'arcs') AS a
	)
	SELECT jsonb_build_object('scale', money,
			'cells', (SELECT jsonb_agg(jsonb_build_object('id', c.id, 'zone', c.zone, 'count', c.letters, 'first', c.first, 'second', c.second)
				|| CASE WHEN c.weight > 0 THEN jsonb_build_object('weight', c.weight) ELSE '{}' END ORDER BY c.id) FROM cell c),
			'arcs', (SELECT jsonb_agg(jsonb_build_object('cell', x.id, 'offer', x.offer, 'price', x.price) ORDER BY x.id, x.offer COLLATE "C") FROM (
				SELECT c.id, '1 ' || a.offer AS offer, a.price FROM cell c JOIN arc a ON a.no = 1 AND a.cell = c.first
				UNION ALL
				SELECT c.id, '2 ' || a.offer, a.price + CASE WHEN c.first IS NULL THEN 0 ELSE least_gain_micro * money END FROM cell c JOIN arc a ON a.no = 2 AND a.cell = c.second) x),
			'offers', (SELECT jsonb_agg(o || (SELECT coalesce(jsonb_object_agg(k, p.no || ' ' || (o ->> k)), '{}') FROM unnest(ARRAY['joint', 'order']) AS k WHERE o ? k)
					|| CASE WHEN o ? 'min_order' THEN jsonb_build_object('min_order', (o ->> 'min_order')::bigint * p.factor) ELSE '{}' END || jsonb_build_object('id', p.no || ' ' || (o ->> 'id'), 'op', p.no || ' ' || (o ->> 'op'),
					'topup', coalesce((o ->> 'topup')::bigint, 0) * p.factor, 'fixed', coalesce((o ->> 'fixed')::bigint, 0) * p.factor) ORDER BY p.no, n)
				FROM problem p, jsonb_array_elements(p.body -> 'offers') WITH ORDINALITY AS o (o, n)),
			'groups', (SELECT coalesce(jsonb_agg(g || jsonb_build_object('id', p.no || ' ' || coalesce(g ->> 'id', n::text), 'base_money', coalesce((g ->> 'base_money')::bigint, 0) * p.factor,
					'offers', (SELECT jsonb_agg(p.no || ' ' || o ORDER BY m) FROM jsonb_array_elements_text(g -> 'offers') WITH ORDINALITY AS o (o, m)),
					'tiers', (SELECT jsonb_agg(CASE WHEN t ? 'amt' THEN t || jsonb_build_object('amt', (t ->> 'amt')::bigint * p.factor) ELSE t END ORDER BY m) FROM jsonb_array_elements(g -> 'tiers') WITH ORDINALITY AS t (t, m))) ORDER BY p.no, n), '[]')
				FROM problem p, jsonb_array_elements(p.body -> 'groups') WITH ORDINALITY AS g (g, n)),
			'caps', (SELECT coalesce(jsonb_agg(c || jsonb_build_object('op', p.no || ' ' || (c ->> 'op')) ORDER BY p.no, n), '[]') FROM problem p, jsonb_array_elements(p.body -> 'caps') WITH ORDINALITY AS c (c, n)))
		INTO joined;
	RETURN joined;
END;
$$;
COMMENT ON FUNCTION mailroom.join_postage_problems(jsonb, jsonb, jsonb, bigint) IS 'two postage problems as one: offers, schemes and caps of each by themselves (ids and operators get "1 " and "2 "); pairs [{"first", "second": cells, "count": letters}] are letters that are in both and go in either, each in the second at least_gain_micro more; cells keep first and second. Obligations and shares are left out: they count each problem''s letters by themselves';


CREATE OR REPLACE FUNCTION mailroom.move_letters(issuer_id bigint, from_mailing_id bigint, to_mailing_id bigint, letter_ids bigint[], days integer)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	UPDATE mailroom.letter l SET mailing_id = $3, due_days = l.due_days - $5 WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.letter_id = ANY ($4);
	UPDATE mailroom.letter_address a SET mailing_id = $3 WHERE a.issuer_id = $1 AND a.mailing_id = $2 AND a.letter_id = ANY ($4);
END;
$$;
COMMENT ON FUNCTION mailroom.move_letters(bigint, bigint, bigint, bigint[], integer) IS 'moves letters to a mailing that is handed in so many days later';
REVOKE EXECUTE ON FUNCTION mailroom.move_letters(bigint, bigint, bigint, bigint[], integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.unplanned_cost(issuer_id bigint, mailing_id bigint)
	RETURNS bigint
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
	problem jsonb;
	letters bigint;
BEGIN
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	m.currency := coalesce(m.currency, (SELECT i.currency FROM mailroom.issuer i WHERE i.issuer_id = $1));
	SELECT count(*) INTO letters FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.cover_id IS NULL;
	IF letters = 0 THEN
		RETURN 0;
	END IF;
	PERFORM mailroom.set_mailing_base($1, $2, m.origin_country, m.currency, m.hand_in_date);
	problem := mailroom.build_postage_problem($1, $2, m.origin_country, m.currency, m.hand_in_date);
	IF (problem ->> 'letters')::bigint <> letters THEN
		RETURN NULL;
	END IF;
	RETURN mailroom.plan_micro(problem || mailroom.solve_postage(problem, '{"node_limit": 2000}'), 'cost');
END;
$$;
COMMENT ON FUNCTION mailroom.unplanned_cost(bigint, bigint) IS 'what the best plan found for a mailing''s letters costs, without planning it; NULL when some letter, or all together, cannot be sent';
REVOKE EXECUTE ON FUNCTION mailroom.unplanned_cost(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.both_cost(issuer_id bigint, mailing_id bigint, until_mailing_id bigint)
	RETURNS bigint
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	later bigint;
BEGIN
	-- the first is planned, so that the year of the second counts it
	later := mailroom.unplanned_cost($1, $3);
	RETURN later + (SELECT g.cost_micro FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2);
END;
$$;
COMMENT ON FUNCTION mailroom.both_cost(bigint, bigint, bigint) IS 'what a planned mailing and the best plan of a later one cost together; NULL when the later one has none';
REVOKE EXECUTE ON FUNCTION mailroom.both_cost(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.choose_waiting(issuer_id bigint, mailing_id bigint, until_mailing_id bigint, until_date date, least_gain_micro bigint,
		OUT may_wait bigint, OUT letter_ids bigint[], OUT cost_micro bigint, OUT cost_held_micro bigint, OUT is_proven boolean, OUT reason text)
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
	days integer;
	now_problem jsonb;
	next_problem jsonb;
	pairs jsonb;
	joined jsonb;
	result jsonb;
BEGIN
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	days := $4 - m.hand_in_date;
	letter_ids := '{}';
	is_proven := false;
	SELECT count(*) INTO may_wait FROM mailroom.may_wait($1, $2, days);
	IF may_wait = 0 THEN
		is_proven := true;
		reason := 'no letter may wait';
		RETURN;
	END IF;
	now_problem := mailroom.build_waiting_problem($1, $2, m.origin_country, m.currency, m.hand_in_date, $2, days);
	next_problem := mailroom.build_waiting_problem($1, $3, m.origin_country, m.currency, $4, $2, days);
	IF jsonb_array_length(now_problem -> 'offers') + jsonb_array_length(next_problem -> 'offers') > 64 THEN
		reason := 'both hand-ins together have more than 64 offers';
		RETURN;
	END IF;
	CREATE TEMPORARY TABLE waiting_letter ON COMMIT DROP AS
		SELECT w.letter_id, a.cell AS first, w.cell AS second
			FROM mailroom.waiting_cells($1, $3, m.origin_country, m.currency, $4, $2, days) w
				JOIN mailroom.waiting_cells($1, $2, m.origin_country, m.currency, m.hand_in_date, $2, days) a ON a.letter_id = w.letter_id
				JOIN LATERAL (SELECT z ->> 'name' AS name FROM jsonb_array_elements(now_problem -> 'zones') AS z WHERE z -> 'id' = now_problem #> ARRAY['cells', (a.cell - 1)::text, 'zone']) x ON true
				JOIN LATERAL (SELECT z ->> 'name' AS name FROM jsonb_array_elements(next_problem -> 'zones') AS z WHERE z -> 'id' = next_problem #> ARRAY['cells', (w.cell - 1)::text, 'zone']) y ON true
			WHERE x.name = y.name OR x.name = '' OR y.name = '';
	SELECT coalesce(jsonb_agg(jsonb_build_object('first', k.first, 'second', k.second, 'count', k.letters) ORDER BY k.first, k.second), '[]') INTO pairs
		FROM (SELECT w.first, w.second, count(*) AS letters FROM pg_temp.waiting_letter w GROUP BY 1, 2) k;
	-- letters that cannot be told apart from those that stay out are left in the first alone
	next_problem := jsonb_set(next_problem, '{cells}', (SELECT jsonb_agg(c || jsonb_build_object('count', (c ->> 'count')::bigint - coalesce(o.letters, 0)) ORDER BY n)
		FROM jsonb_array_elements(next_problem -> 'cells') WITH ORDINALITY AS c (c, n)
			LEFT JOIN (SELECT w.cell, count(*) AS letters FROM mailroom.waiting_cells($1, $3, m.origin_country, m.currency, $4, $2, days) w
				WHERE w.cell IS NOT NULL AND NOT EXISTS (SELECT FROM pg_temp.waiting_letter k WHERE k.letter_id = w.letter_id) GROUP BY 1) o ON o.cell = (c ->> 'id')::integer));
	joined := mailroom.join_postage_problems(now_problem, next_problem, pairs, $5);
	-- what holds when nothing waits: the same problem, the letters in the first alone
	result := mailroom.solve_postage(jsonb_set(joined, '{arcs}', (SELECT coalesce(jsonb_agg(a ORDER BY n), '[]') FROM jsonb_array_elements(joined -> 'arcs') WITH ORDINALITY AS a (a, n)
			WHERE left(a ->> 'offer', 1) = '1' OR joined #> ARRAY['cells', ((a ->> 'cell')::integer - 1)::text, 'first'] = 'null')), '{"node_limit": 2000}');
	cost_micro := mailroom.plan_micro(joined || result, 'cost');
	result := mailroom.solve_postage(joined, jsonb_build_object('node_limit', 2000) || CASE WHEN result ? 'plan' THEN jsonb_build_object('warm_start', result -> 'plan') ELSE '{}' END);
	IF result ? 'plan' THEN
		is_proven := result ->> 'status' = 'optimal' AND jsonb_array_length(now_problem -> 'commits') + jsonb_array_length(now_problem -> 'shares')
			+ jsonb_array_length(next_problem -> 'commits') + jsonb_array_length(next_problem -> 'shares') = 0
			AND NOT EXISTS (SELECT FROM mailroom.mailing_base b WHERE b.issuer_id = $1 AND b.mailing_id IN ($2, $3));
		letter_ids := ARRAY(
			SELECT w.letter_id
				FROM (SELECT w.letter_id, w.first, w.second, row_number() OVER (PARTITION BY w.first, w.second ORDER BY w.letter_id) AS place FROM pg_temp.waiting_letter w) w
					JOIN (SELECT (c ->> 'first')::integer AS first, (c ->> 'second')::integer AS second, sum((p ->> 'count')::bigint) AS held
						FROM jsonb_array_elements(result -> 'plan') AS p
							CROSS JOIN LATERAL (SELECT joined #> ARRAY['cells', ((p ->> 'cell')::integer - 1)::text] AS c) k
						WHERE left(p ->> 'offer', 1) = '2' AND c ->> 'first' IS NOT NULL
						GROUP BY 1, 2) h ON h.first = w.first AND h.second = w.second AND w.place <= h.held
				ORDER BY w.letter_id);
		cost_held_micro := mailroom.plan_micro(joined || result, 'cost') - cardinality(letter_ids) * $5;
	END IF;
	DROP TABLE pg_temp.waiting_letter;
END;
$$;
COMMENT ON FUNCTION mailroom.choose_waiting(bigint, bigint, bigint, date, bigint) IS 'which letters of a mailing had better wait for a hand-in on until_date that has the letters of until_mailing_id: both hand-ins as one problem, solved exactly; cost when none waits and when these do (year and obligations aside), and whether that is proven to be best; moves and writes nothing';
REVOKE EXECUTE ON FUNCTION mailroom.choose_waiting(bigint, bigint, bigint, date, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.try_holding(issuer_id bigint, mailing_id bigint, until_mailing_id bigint, least_gain_micro bigint, is_done boolean)
	RETURNS mailroom.mailing_hold
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	now_mailing mailroom.mailing;
	next_mailing mailroom.mailing;
	choice record;
	h mailroom.mailing_hold;
	held bigint;
BEGIN
	SELECT * INTO now_mailing FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	SELECT * INTO next_mailing FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $3;
	h := ROW ($1, $2, next_mailing.hand_in_date, $3, NULL, 0, 0, NULL, NULL, 0, false, false, NULL);
	BEGIN
		PERFORM mailroom.forget_plan($1, $3);
		h.cost_micro := mailroom.both_cost($1, $2, $3); -- notes what the year brings to the later one, too
		choice := mailroom.choose_waiting($1, $2, $3, next_mailing.hand_in_date, $4);
		h.may_wait := choice.may_wait;
		h.is_proven := choice.is_proven;
		h.reason := coalesce(choice.reason, CASE WHEN h.cost_micro IS NULL THEN 'one of the hand-ins has no plan' END);
		IF cardinality(choice.letter_ids) > 0 AND h.cost_micro IS NOT NULL THEN
			INSERT INTO mailroom.letter_wait
				SELECT $1, l.letter_id, $2, $3, l.due_days, 0, mailroom.now() FROM mailroom.letter l WHERE l.issuer_id = $1 AND l.mailing_id = $2 AND l.letter_id = ANY (choice.letter_ids);
			PERFORM mailroom.move_letters($1, $2, $3, choice.letter_ids, next_mailing.hand_in_date - now_mailing.hand_in_date);
			PERFORM mailroom.plan_alone($1, $2);
			held := mailroom.both_cost($1, $2, $3);
			-- whatever the choice left out of account, by the plans themselves nothing may become dearer
			IF held < h.cost_micro THEN
				h.letters := cardinality(choice.letter_ids);
				h.cost_held_micro := held;
				h.saved_micro := h.cost_micro - held;
				h.is_done := $5;
			END IF;
		END IF;
		h.reason := coalesce(h.reason, CASE WHEN h.letters = 0 THEN 'waiting would save nothing' END);
		IF NOT h.is_done THEN
			RAISE EXCEPTION 'tried' USING ERRCODE = 'ZZ001';
		END IF;
		UPDATE mailroom.letter_wait w SET saved_micro = h.saved_micro / h.letters + CASE WHEN o.place <= h.saved_micro % h.letters THEN 1 ELSE 0 END
			FROM (SELECT n AS letter_id, place FROM unnest(choice.letter_ids) WITH ORDINALITY AS u (n, place)) o
			WHERE w.issuer_id = $1 AND w.mailing_id = $2 AND w.until_mailing_id = $3 AND w.letter_id = o.letter_id;
		PERFORM mailroom.log_event($1, 'mailing', $2, 'letters held', jsonb_build_object('letters', h.letters, 'until_mailing_id', $3, 'saved_micro', h.saved_micro));
		IF next_mailing.state = 'planned' THEN
			PERFORM mailroom.plan_alone($1, $3);
		ELSE
			DELETE FROM mailroom.mailing_base b WHERE b.issuer_id = $1 AND b.mailing_id = $3;
		END IF;
	EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
		NULL; -- everything is as it was
	END;
	RETURN h;
END;
$$;
COMMENT ON FUNCTION mailroom.try_holding(bigint, bigint, bigint, bigint, boolean) IS 'what letters of a planned mailing save by waiting for a later one: chosen by mailroom.choose_waiting, then both hand-ins are planned with what the year brings, and only what makes both together cheaper counts; done, or taken back';
REVOKE EXECUTE ON FUNCTION mailroom.try_holding(bigint, bigint, bigint, bigint, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.weigh_holding(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	s mailroom.hold_setting;
	m mailroom.mailing;
	later mailroom.mailing;
	choice record;
	h mailroom.mailing_hold;
BEGIN
	DELETE FROM mailroom.mailing_hold d WHERE d.issuer_id = $1 AND d.mailing_id = $2;
	SELECT * INTO s FROM mailroom.hold_setting t WHERE t.issuer_id = $1;
	IF NOT FOUND OR EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2) THEN
		RETURN;
	END IF;
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2;
	SELECT g.* INTO later FROM mailroom.mailing g
		WHERE g.issuer_id = $1 AND g.hand_in_date > m.hand_in_date AND g.hand_in_date <= m.hand_in_date + s.most_days AND g.origin_country = m.origin_country
			AND coalesce(g.currency, m.currency) = m.currency AND g.state IN ('open', 'planned')
			AND NOT EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.member_issuer_id = $1 AND k.member_mailing_id = g.mailing_id OR k.issuer_id = $1 AND k.mailing_id = g.mailing_id)
		ORDER BY g.hand_in_date, g.mailing_id LIMIT 1 FOR UPDATE;
	IF FOUND THEN
		h := mailroom.try_holding($1, $2, later.mailing_id, s.least_gain_micro, s.is_done AND later.state = 'open');
	ELSIF s.every_days <= s.most_days THEN
		SELECT g.* INTO later FROM mailroom.mailing g
			WHERE g.issuer_id = $1 AND (g.hand_in_date, g.mailing_id) < (m.hand_in_date, $2) AND g.origin_country = m.origin_country AND g.currency = m.currency AND g.state <> 'open'
				AND NOT EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = g.mailing_id)
			ORDER BY g.hand_in_date DESC, g.mailing_id DESC LIMIT 1;
		IF NOT FOUND OR NOT EXISTS (SELECT FROM mailroom.postage_offers($1, m.origin_country, m.currency, m.hand_in_date + s.every_days)) THEN
			RETURN;
		END IF;
		choice := mailroom.choose_waiting($1, $2, later.mailing_id, m.hand_in_date + s.every_days, s.least_gain_micro);
		h := ROW ($1, $2, m.hand_in_date + s.every_days, NULL, later.mailing_id, choice.may_wait, 0, choice.cost_micro, NULL, 0, choice.is_proven, false, choice.reason);
		IF choice.cost_held_micro < choice.cost_micro THEN
			h.letters := cardinality(choice.letter_ids);
			h.cost_held_micro := choice.cost_held_micro;
			h.saved_micro := h.cost_micro - h.cost_held_micro;
		ELSE
			h.reason := coalesce(h.reason, 'waiting would save nothing');
		END IF;
	ELSE
		RETURN;
	END IF;
	INSERT INTO mailroom.mailing_hold SELECT (h).*;
END;
$$;
COMMENT ON FUNCTION mailroom.weigh_holding(bigint, bigint) IS 'the last step of mailroom.plan_mailing for issuers with a row in mailroom.hold_setting: writes mailing_hold, and lets letters wait where the setting says so';
REVOKE EXECUTE ON FUNCTION mailroom.weigh_holding(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.mailing_hold_report
	WITH (security_invoker = true) AS
	SELECT h.issuer_id, h.mailing_id, m.name, m.hand_in_date, h.until_date, h.until_mailing_id, h.may_wait, h.letters AS had_better_wait, h.is_done AS they_wait, m.currency,
			round(h.cost_micro / 1000000.0, 2) AS cost, round(h.cost_held_micro / 1000000.0, 2) AS cost_held, round(h.saved_micro / 1000000.0, 2) AS saved,
			round(h.saved_micro / 1000000.0 / nullif(h.letters, 0), 4) AS saved_per_letter, h.is_proven,
			CASE WHEN h.until_mailing_id IS NOT NULL THEN 'the later mailing has the letters that it had when this one was planned'
				ELSE format('forecast: the hand-in of %s has the letters of mailing "%s" again', to_char(h.until_date, 'YYYY-MM-DD'), l.name) END AS assumption,
			h.reason
		FROM mailroom.mailing_hold h
			JOIN mailroom.mailing m ON m.issuer_id = h.issuer_id AND m.mailing_id = h.mailing_id
			LEFT JOIN mailroom.mailing l ON l.issuer_id = h.issuer_id AND l.mailing_id = h.like_mailing_id;
COMMENT ON VIEW mailroom.mailing_hold_report IS 'whether letters of a planned mailing had better wait for a later hand-in (issuers with a row in mailroom.hold_setting): how many may, how many should or do, what both hand-ins cost without and with that, what it saves (units of the currency), under which assumption, and why nothing waits; is_proven: no other choice of letters saves more, the least gain aside';

CREATE OR REPLACE FUNCTION mailroom.hold_letters(issuer_id bigint, mailing_id bigint, until_mailing_id bigint)
	RETURNS TABLE (letters bigint, saved_micro bigint)
	VOLATILE
	SECURITY DEFINER
	ROWS 1
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	now_mailing mailroom.mailing;
	next_mailing mailroom.mailing;
	h mailroom.mailing_hold;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	SELECT * INTO now_mailing FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2 FOR UPDATE;
	SELECT * INTO next_mailing FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $3 FOR UPDATE;
	IF now_mailing.mailing_id IS NULL OR next_mailing.mailing_id IS NULL THEN
		RAISE EXCEPTION 'mailing % or % of issuer % does not exist', $2, $3, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT mailing_id, name, state FROM mailroom.mailing".';
	ELSIF next_mailing.hand_in_date <= now_mailing.hand_in_date OR next_mailing.origin_country <> now_mailing.origin_country
		OR coalesce(next_mailing.currency, now_mailing.currency) IS DISTINCT FROM coalesce(now_mailing.currency, next_mailing.currency) THEN
		RAISE EXCEPTION 'mailing % is not handed in after mailing % in the same country and currency', $3, $2 USING ERRCODE = 'invalid_parameter_value';
	ELSIF now_mailing.state NOT IN ('open', 'planned') OR next_mailing.state NOT IN ('open', 'planned')
		OR EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.member_issuer_id = $1 AND k.member_mailing_id IN ($2, $3) OR k.issuer_id = $1 AND k.mailing_id IN ($2, $3)) THEN
		RAISE EXCEPTION 'cannot hold letters of mailing % for mailing % because one of them is printed or handed in with others', $2, $3 USING ERRCODE = 'MR004', HINT = 'Letters wait between mailings that are open or planned and the issuer''s own.';
	END IF;
	PERFORM mailroom.plan_alone($1, $2);
	h := mailroom.try_holding($1, $2, $3, coalesce((SELECT s.least_gain_micro FROM mailroom.hold_setting s WHERE s.issuer_id = $1), 10000), true);
	DELETE FROM mailroom.mailing_hold d WHERE d.issuer_id = $1 AND d.mailing_id = $2;
	INSERT INTO mailroom.mailing_hold SELECT (h).*;
	letters := h.letters;
	saved_micro := h.saved_micro;
	RETURN NEXT;
END;
$$;
COMMENT ON FUNCTION mailroom.hold_letters(bigint, bigint, bigint) IS 'lets letters of a mailing wait for a later one where both together become cheaper and every letter still arrives when it is due: both hand-ins are one problem, solved letter by letter; done only if the plans of both, with what the year brings, cost less than without. The letters are noted in mailroom.letter_wait, the mailing is planned, the later one too if it was. Each letter must save at least hold_setting.least_gain_micro (0.01 without a row). Letters that share an envelope do not wait. Returns letters held and what both plans cost less, millionths; mailroom.mailing_hold_report says more; 42704 no such mailing, 22023 not later, MR004 printed or handed in with others';
REVOKE EXECUTE ON FUNCTION mailroom.hold_letters(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.release_letters(issuer_id bigint, mailing_id bigint, letter_ids bigint[] DEFAULT NULL)
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	h record;
	released bigint := 0;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	FOR h IN SELECT k.until_mailing_id, g.hand_in_date - f.hand_in_date AS days, g.state AS until_state, f.state, array_agg(k.letter_id ORDER BY k.letter_id) AS ids
			FROM mailroom.letter_wait k
				JOIN mailroom.mailing f ON f.issuer_id = k.issuer_id AND f.mailing_id = k.mailing_id
				JOIN mailroom.mailing g ON g.issuer_id = k.issuer_id AND g.mailing_id = k.until_mailing_id
			WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND ($3 IS NULL OR k.letter_id = ANY ($3))
			GROUP BY 1, 2, 3, 4 ORDER BY 1 LOOP
		IF h.state NOT IN ('open', 'planned') OR h.until_state NOT IN ('open', 'planned')
			OR EXISTS (SELECT FROM mailroom.hand_in_member m WHERE m.member_issuer_id = $1 AND m.member_mailing_id IN ($2, h.until_mailing_id)) THEN
			RAISE EXCEPTION 'cannot release letters for mailing % because it, or the one they wait for, is printed or handed in with others', $2 USING ERRCODE = 'MR004', HINT = 'Both mailings must be open or planned and the issuer''s own.';
		END IF;
		PERFORM mailroom.forget_plan($1, $2);
		PERFORM mailroom.forget_plan($1, h.until_mailing_id);
		PERFORM mailroom.move_letters($1, h.until_mailing_id, $2, h.ids, - h.days);
		INSERT INTO mailroom.letter_release SELECT $1, $2, n FROM unnest(h.ids) AS n ON CONFLICT DO NOTHING;
		DELETE FROM mailroom.letter_wait k WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND k.letter_id = ANY (h.ids);
		released := released + cardinality(h.ids);
	END LOOP;
	RETURN released;
END;
$$;
COMMENT ON FUNCTION mailroom.release_letters(bigint, bigint, bigint[]) IS 'overrules mailroom.hold_letters: takes letters (all, or those named) back into the mailing they were taken out of, where they do not wait again; both mailings are open again, to be planned; returns how many; MR004 when one of them is printed or handed in with others';
REVOKE EXECUTE ON FUNCTION mailroom.release_letters(bigint, bigint, bigint[]) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'table', 'mailroom.letter_wait', 'SELECT') FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind);
SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE') FROM (VALUES ('mailroom.hold_letters(bigint, bigint, bigint)'), ('mailroom.release_letters(bigint, bigint, bigint[])')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT') FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('mailing_hold'), ('mailing_hold_report'), ('hold_setting'), ('letter_release')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.hold_setting', 'INSERT, UPDATE, DELETE');
