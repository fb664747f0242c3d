-- 40_postage: functions, triggers and views.

CREATE OR REPLACE FUNCTION mailroom.solve_postage(problem jsonb, options jsonb DEFAULT '{}')
	RETURNS jsonb
	STABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_solve_postage';
COMMENT ON FUNCTION mailroom.solve_postage(jsonb, jsonb) IS 'the cheapest way to send the cells of a postage problem, with a lower bound that proves how good it is. problem: {"offers": [{"id","op","min_mailing","topup","min_bucket","fixed","least","order","above","upto","min_order","joint"}], "cells": [{"id","zone","count","weight"}], "arcs": [{"cell","offer","price"}], "groups": [{"id","mode","offers","base","base_money","tiers":[{"frm","bp"|"amt"}]}], "commits": [{"op","base","min","penalty"}], "caps": [{"op","max"} or {"offers","min","max"} (none or at least min)], "shares": [{"id","op"|"offers","min_bp","max_bp"}] (of all letters)}, money in micro units. Offers of the same joint are one to the carrier: min_mailing, topup, min_bucket and fixed, equal on all of them, count their letters together. options: time_limit_ms, node_limit (default 200000), gap_limit (0 to 1), warm_start (a plan). Result: status (optimal, feasible, infeasible), reason, cost and lower_bound (micro), gap = (cost - lower_bound) / cost, plan [{"cell","offer","count"}], marginal_values [{"offers","letters","value"}] (what one more letter in these offers would be worth elsewhere, micro, by the multipliers), certificate. Deterministic unless stopped by time. Raises MR013 for a malformed problem';

CREATE OR REPLACE FUNCTION mailroom.refuse_value(message text, hint text)
	RETURNS bigint
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	RAISE EXCEPTION '%', message USING ERRCODE = 'invalid_parameter_value', HINT = hint;
END;
$$;
COMMENT ON FUNCTION mailroom.refuse_value(text, text) IS 'raises 22023 with message and hint: for functions that are one expression';

-- Tariffs and invoices of the past are in currencies of the past.
CREATE OR REPLACE FUNCTION mailroom.currency_known(currency text)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN mailroom.code_known('iso4217_currency', $1) OR $1 IN ('BGN', 'CYP', 'EEK', 'HRK', 'LTL', 'LVL', 'MTL', 'ROL', 'SIT', 'SKK', 'TRL');
COMMENT ON FUNCTION mailroom.currency_known(text) IS 'the currency is a code of ISO 4217 that counts today, or one of Europe withdrawn since 2000';

CREATE OR REPLACE FUNCTION mailroom.price_postage_plan(problem jsonb, plan jsonb)
	RETURNS jsonb
	IMMUTABLE STRICT PARALLEL SAFE
	SET jit = off
	RETURN CASE WHEN jsonb_typeof(problem -> 'offers') IS DISTINCT FROM 'array' OR jsonb_typeof(problem -> 'cells') IS DISTINCT FROM 'array' OR jsonb_typeof(problem -> 'arcs') IS DISTINCT FROM 'array'
		THEN to_jsonb(mailroom.refuse_value('postage problem has no arrays "offers", "cells" and "arcs"', 'docs/postage.md has the form of a problem; mailroom.postage_problem() makes one of a mailing.'))
	WHEN jsonb_typeof(plan) <> 'array'
		THEN to_jsonb(mailroom.refuse_value('plan of a postage problem is not an array', 'It is [{"cell": 1, "offer": "A", "count": 10}, ...], as in the element "plan" of what mailroom.solve_postage() gives.'))
	ELSE (WITH
		offer AS MATERIALIZED (
			SELECT o.body ->> 'id' AS id, o.body ->> 'op' AS op, coalesce((o.body ->> 'min_mailing')::numeric, 0) AS min_mailing,
				coalesce((o.body ->> 'topup')::numeric, 0) AS topup, coalesce((o.body ->> 'min_bucket')::numeric, 0) AS min_bucket,
				coalesce((o.body ->> 'fixed')::numeric, 0) AS fixed, o.body ->> 'order' AS order, coalesce((o.body ->> 'above')::numeric, 0) AS above,
				coalesce((o.body ->> 'upto')::numeric, 0) AS upto, coalesce((o.body ->> 'min_order')::numeric, 0) AS min_order, coalesce((o.body ->> 'least')::numeric, 0) AS least,
				first_value(o.body ->> 'id') OVER (PARTITION BY o.body ->> 'joint' IS NULL, coalesce(o.body ->> 'joint', o.body ->> 'id') ORDER BY o.no) AS lead
			FROM jsonb_array_elements(problem -> 'offers') WITH ORDINALITY AS o (body, no)),
		cell AS MATERIALIZED (
			SELECT c.id, c.zone, c.count AS letters, coalesce(c.weight, 0) AS weight
			FROM jsonb_to_recordset(problem -> 'cells') AS c (id bigint, zone bigint, count numeric, weight numeric)),
		sent AS MATERIALIZED (
			SELECT p.cell, p.offer, p.count AS letters, a.price, c.zone, c.weight
			FROM jsonb_to_recordset(plan) AS p (cell bigint, offer text, count numeric)
				LEFT JOIN jsonb_to_recordset(problem -> 'arcs') AS a (cell bigint, offer text, price numeric) ON a.cell = p.cell AND a.offer = p.offer
				LEFT JOIN cell c ON c.id = p.cell),
		volume AS MATERIALIZED (
			SELECT o.id, o.op, coalesce(sum(s.letters), 0) AS letters, coalesce(sum(s.letters * s.price), 0) AS money, coalesce(sum(s.letters * s.weight), 0) AS weight
			FROM offer o LEFT JOIN sent s ON s.offer = o.id
			GROUP BY o.id, o.op),
		joint AS MATERIALIZED ( -- offers that share their rules are one
			SELECT o.lead AS id, o.min_mailing, o.topup, o.fixed, sum(v.letters) AS letters
			FROM offer o JOIN volume v ON v.id = o.id
			GROUP BY o.lead, o.min_mailing, o.topup, o.fixed),
		scheme AS MATERIALIZED (
			SELECT g.no, g.body ->> 'mode' AS mode, coalesce((g.body ->> 'base')::numeric, 0) AS base,
				coalesce((g.body ->> 'base_money')::numeric, 0) AS base_money,
				coalesce(sum(v.letters), 0) AS letters, coalesce(sum(v.money), 0) AS money
			FROM jsonb_array_elements(coalesce(problem -> 'groups', '[]')) WITH ORDINALITY AS g (body, no)
				LEFT JOIN volume v ON g.body -> 'offers' ? v.id
			GROUP BY g.no, g.body),
		tier AS MATERIALIZED (
			SELECT g.no, t.k, (t.body ->> 'frm')::numeric AS lower, lead((t.body ->> 'frm')::numeric) OVER (PARTITION BY g.no ORDER BY t.k) AS upper,
				(t.body ->> 'bp')::numeric AS bp, (t.body ->> 'amt')::numeric AS amt
			FROM jsonb_array_elements(coalesce(problem -> 'groups', '[]')) WITH ORDINALITY AS g (body, no)
				CROSS JOIN jsonb_array_elements(g.body -> 'tiers') WITH ORDINALITY AS t (body, k)),
		discount AS (
			SELECT (reached.bp * s.money + (reached.bp - before.bp) * s.base_money) / 10000 AS money
			FROM scheme s
				CROSS JOIN LATERAL (SELECT t.bp FROM tier t WHERE t.no = s.no AND (t.lower <= s.base + s.letters OR t.k = 1) ORDER BY t.k DESC LIMIT 1) reached
				CROSS JOIN LATERAL (SELECT t.bp FROM tier t WHERE t.no = s.no AND (t.lower <= s.base OR t.k = 1) ORDER BY t.k DESC LIMIT 1) before
			WHERE s.mode = 'all'
			UNION ALL
			SELECT t.amt * (greatest(0, least(s.base + s.letters, t.upper) - t.lower) - greatest(0, least(s.base, t.upper) - t.lower))
			FROM scheme s JOIN tier t ON t.no = s.no
			WHERE s.mode = 'incr'),
		operator AS (
			SELECT v.op, sum(v.letters) AS letters FROM volume v GROUP BY v.op),
		penalty AS (
			SELECT k.penalty * greatest(0, k.min - coalesce(k.base, 0) - coalesce(o.letters, 0)) AS money
			FROM jsonb_to_recordset(coalesce(problem -> 'commits', '[]')) AS k (op text, base numeric, min numeric, penalty numeric)
				LEFT JOIN operator o ON o.op = k.op),
		broken AS (
			SELECT format('cell %s, offer "%s": no such arc', s.cell, s.offer) AS rule FROM sent s WHERE s.price IS NULL OR s.zone IS NULL
			UNION ALL
			SELECT format('cell %s, offer "%s": count %s', s.cell, s.offer, coalesce(s.letters::text, 'missing'))
			FROM sent s WHERE coalesce(s.letters < 0 OR s.letters <> trunc(s.letters), true)
			UNION ALL
			SELECT format('cell %s: %s sent, %s needed', c.id, coalesce(sum(s.letters), 0), c.letters)
			FROM cell c LEFT JOIN sent s ON s.cell = c.id GROUP BY c.id, c.letters HAVING coalesce(sum(s.letters), 0) <> c.letters
			UNION ALL
			SELECT format('offer "%s": %s letters, below the minimum of %s', o.id, o.letters, o.min_mailing)
			FROM joint o WHERE o.letters > 0 AND o.letters < o.min_mailing AND o.topup = 0
			UNION ALL
			SELECT format('offer "%s", zone %s: %s letters, below the bundle minimum of %s', o.lead, s.zone, sum(s.letters), o.min_bucket)
			FROM offer o JOIN sent s ON s.offer = o.id GROUP BY o.lead, o.min_bucket, s.zone HAVING sum(s.letters) > 0 AND sum(s.letters) < o.min_bucket
			UNION ALL
			SELECT format('offer "%s": %s letters, must have %s', o.id, v.letters, o.least)
			FROM offer o JOIN volume v ON v.id = o.id WHERE v.letters < o.least
			UNION ALL
			SELECT format('offer "%s": average weight %s, outside %s to %s', o.id, round(v.weight / v.letters, 3), o.above, nullif(o.upto, 0))
			FROM offer o JOIN volume v ON v.id = o.id WHERE v.letters > 0 AND (o.above > 0 AND v.weight <= o.above * v.letters OR o.upto > 0 AND v.weight > o.upto * v.letters)
			UNION ALL
			SELECT format('order "%s": letters in %s offers', o.order, count(*))
			FROM offer o JOIN volume v ON v.id = o.id WHERE v.letters > 0 AND o.order IS NOT NULL GROUP BY o.order HAVING count(*) > 1
			UNION ALL
			SELECT format(CASE WHEN k.letters > k.max THEN '%s: %s letters, above %s' ELSE '%s: %s letters, below the minimum of %4$s' END,
				CASE WHEN k.op IS NULL THEN format('limit %s', k.no) ELSE format('operator "%s"', k.op) END, k.letters, k.max, k.min)
			FROM (SELECT k.no, k.body ->> 'op' AS op, (k.body ->> 'max')::numeric AS max, CASE WHEN k.body ->> 'op' IS NULL THEN coalesce((k.body ->> 'min')::numeric, 0) ELSE 0 END AS min,
					(SELECT coalesce(sum(o.letters), 0) FROM volume o WHERE (k.body ->> 'op' IS NOT NULL AND o.op = k.body ->> 'op' OR k.body ->> 'op' IS NULL AND k.body -> 'offers' ? o.id)) AS letters
				FROM jsonb_array_elements(coalesce(problem -> 'caps', '[]')) WITH ORDINALITY AS k (body, no)) k
			WHERE k.letters > k.max OR k.letters > 0 AND k.letters < k.min
			UNION ALL
			SELECT format('share %s: %s of %s letters, outside %s to %s basis points', k.no, k.letters, k.every, k.min_bp, k.max_bp)
			FROM (SELECT k.no, coalesce((k.body ->> 'min_bp')::numeric, 0) AS min_bp, coalesce((k.body ->> 'max_bp')::numeric, 10000) AS max_bp,
					(SELECT coalesce(sum(o.letters), 0) FROM volume o WHERE (k.body ->> 'op' IS NOT NULL AND o.op = k.body ->> 'op' OR k.body ->> 'op' IS NULL AND k.body -> 'offers' ? o.id)) AS letters,
					(SELECT coalesce(sum(c.letters), 0) FROM cell c) AS every
				FROM jsonb_array_elements(coalesce(problem -> 'shares', '[]')) WITH ORDINALITY AS k (body, no)) k
			WHERE k.letters * 10000 < k.min_bp * k.every OR k.letters * 10000 > k.max_bp * k.every),
		part AS (
			SELECT coalesce((SELECT sum(v.money) FROM volume v), 0) AS list,
				coalesce((SELECT sum(o.fixed) FROM joint o WHERE o.letters > 0), 0) AS fixed,
				coalesce((SELECT sum((o.min_mailing - o.letters) * o.topup) FROM joint o WHERE o.letters > 0 AND o.letters < o.min_mailing), 0)
					+ coalesce((SELECT sum(greatest(0, o.min_order - v.money)) FROM offer o JOIN volume v ON v.id = o.id WHERE v.letters > 0), 0) AS topup,
				coalesce((SELECT sum(p.money) FROM penalty p), 0) AS penalty,
				coalesce((SELECT sum(d.money) FROM discount d), 0) AS discount)
		SELECT jsonb_build_object('feasible', NOT EXISTS (SELECT FROM broken),
			'cost', trim_scale(p.list + p.fixed + p.topup + p.penalty - p.discount), 'list', trim_scale(p.list), 'fixed', p.fixed, 'topup', p.topup,
			'penalty', p.penalty, 'discount', trim_scale(p.discount),
			'broken', coalesce((SELECT jsonb_agg(b.rule ORDER BY b.rule) FROM broken b), '[]'))
		FROM part p) END;
COMMENT ON FUNCTION mailroom.price_postage_plan(jsonb, jsonb) IS 'what a plan [{"cell","offer","count"}] of a postage problem costs by the rules, in plain SQL: {"feasible","cost","list","fixed","topup","penalty","discount","broken"}, money in micro units, cost = list + fixed + topup + penalty - discount; broken lists the rules that do not hold; 22023 no problem or no plan';

CREATE OR REPLACE FUNCTION mailroom.postage_sets(problem jsonb)
	RETURNS TABLE (set_no integer, offers text[])
	LANGUAGE sql
	IMMUTABLE STRICT PARALLEL SAFE
	ROWS 20
BEGIN ATOMIC
	WITH
		offer AS MATERIALIZED (
			SELECT o.no, o.body ->> 'id' AS id, o.body ->> 'op' AS op, o.body ->> 'joint' AS joint,
				coalesce((o.body ->> 'min_mailing')::numeric, 0) > 0 OR coalesce((o.body ->> 'fixed')::numeric, 0) > 0 AS priced
			FROM jsonb_array_elements(problem -> 'offers') WITH ORDINALITY AS o (body, no)),
		rule AS (
			SELECT 0 AS kind, o.no, ARRAY[o.id] AS members FROM offer o
			UNION ALL
			SELECT 1, min(o.no), array_agg(o.id ORDER BY o.no) FROM offer o WHERE o.joint IS NOT NULL GROUP BY o.joint HAVING bool_or(o.priced)
			UNION ALL
			SELECT 2, g.no, array_agg(o.id ORDER BY o.no)
			FROM jsonb_array_elements(coalesce(problem -> 'groups', '[]')) WITH ORDINALITY AS g (body, no) JOIN offer o ON g.body -> 'offers' ? o.id
			GROUP BY g.no
			UNION ALL
			SELECT 3, k.no, array_agg(o.id ORDER BY o.no)
			FROM jsonb_array_elements(coalesce(problem -> 'commits', '[]')) WITH ORDINALITY AS k (body, no) JOIN offer o ON o.op = k.body ->> 'op'
			WHERE (k.body ->> 'min')::numeric > coalesce((k.body ->> 'base')::numeric, 0) AND (k.body ->> 'penalty')::numeric > 0
			GROUP BY k.no
			UNION ALL
			SELECT 4, k.no, array_agg(o.id ORDER BY o.no)
			FROM jsonb_array_elements(coalesce(problem -> 'caps', '[]')) WITH ORDINALITY AS k (body, no)
				JOIN offer o ON (k.body ->> 'op' IS NOT NULL AND o.op = k.body ->> 'op' OR k.body ->> 'op' IS NULL AND k.body -> 'offers' ? o.id)
			GROUP BY k.no
			UNION ALL
			SELECT 5, k.no, array_agg(o.id ORDER BY o.no)
			FROM jsonb_array_elements(coalesce(problem -> 'shares', '[]')) WITH ORDINALITY AS k (body, no)
				JOIN offer o ON (k.body ->> 'op' IS NOT NULL AND o.op = k.body ->> 'op' OR k.body ->> 'op' IS NULL AND k.body -> 'offers' ? o.id)
			GROUP BY k.no),
		first_use AS (
			SELECT r.members, min(ARRAY[r.kind, r.no]) AS place FROM rule r GROUP BY r.members)
	SELECT (row_number() OVER (ORDER BY f.place) - 1)::integer, f.members FROM first_use f ORDER BY f.place;
END;
COMMENT ON FUNCTION mailroom.postage_sets(jsonb) IS 'the sets of offers whose volume a postage problem prices or limits: each offer alone, then offers of one joint with a minimum or fee, then groups, commitments, caps and shares, each set once; set_no is the number that certificates use';

CREATE OR REPLACE FUNCTION mailroom.postage_granularity(problem jsonb)
	RETURNS numeric
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	SET jit = off
	LANGUAGE plpgsql
AS $$
DECLARE
	result numeric := 0;
	money numeric;
BEGIN
	FOR money IN
		WITH scheme AS MATERIALIZED (
			SELECT g.no, g.body, coalesce((g.body ->> 'base')::numeric, 0) AS base, coalesce((g.body ->> 'base_money')::numeric, 0) AS base_money
			FROM jsonb_array_elements(coalesce(problem -> 'groups', '[]')) WITH ORDINALITY AS g (body, no)),
		tier AS MATERIALIZED (
			SELECT s.no, s.body, s.base, s.base_money, t.k, (t.body ->> 'frm')::numeric AS lower, (t.body ->> 'bp')::numeric AS bp, (t.body ->> 'amt')::numeric AS amt
			FROM scheme s CROSS JOIN jsonb_array_elements(s.body -> 'tiers') WITH ORDINALITY AS t (body, k)),
		price AS MATERIALIZED (
			SELECT DISTINCT a.offer, a.price FROM jsonb_to_recordset(problem -> 'arcs') AS a (offer text, price numeric))
		SELECT DISTINCT trim_scale(abs(amount)) FROM (
			SELECT p.price FROM price p
			UNION ALL SELECT p.price * t.bp / 10000 FROM tier t JOIN price p ON t.body -> 'offers' ? p.offer WHERE t.bp IS NOT NULL
			UNION ALL SELECT t.base_money * (t.bp - (SELECT b.bp FROM tier b WHERE b.no = t.no AND (b.lower <= b.base OR b.k = 1) ORDER BY b.k DESC LIMIT 1)) / 10000
				FROM tier t WHERE t.bp IS NOT NULL
			UNION ALL SELECT t.amt FROM tier t WHERE t.amt IS NOT NULL
			UNION ALL SELECT coalesce((o ->> 'fixed')::numeric, 0) FROM jsonb_array_elements(problem -> 'offers') o
			UNION ALL SELECT coalesce((o ->> 'topup')::numeric, 0) FROM jsonb_array_elements(problem -> 'offers') o
			UNION ALL SELECT coalesce((o ->> 'min_order')::numeric, 0) FROM jsonb_array_elements(problem -> 'offers') o
			UNION ALL SELECT (k ->> 'penalty')::numeric FROM jsonb_array_elements(coalesce(problem -> 'commits', '[]')) k) AS every (amount)
	LOOP
		result := gcd(result, money);
	END LOOP;
	RETURN CASE WHEN result = 0 THEN 1 ELSE result END;
END;
$$;
COMMENT ON FUNCTION mailroom.postage_granularity(jsonb) IS 'the largest amount (micro) of which every plan''s cost is a multiple: a bound may be rounded up to it';

CREATE OR REPLACE FUNCTION mailroom.postage_leaf_bounds(problem jsonb, certificate jsonb)
	RETURNS TABLE (node integer, bound numeric)
	LANGUAGE plpgsql
	IMMUTABLE STRICT PARALLEL SAFE
	ROWS 100
	SET search_path = pg_catalog, pg_temp
	SET enable_nestloop = off
	SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	scale CONSTANT numeric := (certificate ->> 'scale')::numeric;
BEGIN
	RETURN QUERY WITH RECURSIVE
	-- the problem, once
	offer AS MATERIALIZED (
		SELECT o.no, o.body ->> 'id' AS id, o.body ->> 'op' AS op, coalesce((o.body ->> 'min_mailing')::numeric, 0) AS min_mailing,
			coalesce((o.body ->> 'topup')::numeric, 0) AS topup, coalesce((o.body ->> 'min_bucket')::numeric, 0) AS min_bucket,
			coalesce((o.body ->> 'fixed')::numeric, 0) AS fixed, coalesce((o.body ->> 'least')::numeric, 0) AS least,
			first_value(o.body ->> 'id') OVER (PARTITION BY o.body ->> 'joint' IS NULL, coalesce(o.body ->> 'joint', o.body ->> 'id') ORDER BY o.no) AS lead
		FROM jsonb_array_elements(problem -> 'offers') WITH ORDINALITY AS o (body, no)),
	cell AS MATERIALIZED (
		SELECT c.id, c.zone, c.count AS letters FROM jsonb_to_recordset(problem -> 'cells') AS c (id bigint, zone bigint, count numeric)),
	arc AS MATERIALIZED ( -- without bundles that no plan can fill
		SELECT a.cell, a.zone, a.letters, a.offer, a.lead, a.price
		FROM (SELECT x.cell, c.zone, c.letters, x.offer, o.lead, x.price, o.min_bucket, sum(c.letters) OVER (PARTITION BY c.zone, o.lead) AS reach
			FROM jsonb_to_recordset(problem -> 'arcs') AS x (cell bigint, offer text, price numeric)
				JOIN cell c ON c.id = x.cell
				JOIN offer o ON o.id = x.offer) a
		WHERE a.reach >= a.min_bucket),
	sets AS MATERIALIZED (
		SELECT s.set_no, s.offers FROM mailroom.postage_sets(problem) s),
	member AS MATERIALIZED (
		SELECT s.set_no, m.offer FROM sets s CROSS JOIN unnest(s.offers) AS m (offer)),
	seller AS MATERIALIZED ( -- the rules of offers, those of one joint together
		SELECT s.set_no, g.min_mailing, g.topup, g.fixed
		FROM (SELECT array_agg(o.id ORDER BY o.no) AS offers, min(o.min_mailing) AS min_mailing, min(o.topup) AS topup, min(o.fixed) AS fixed FROM offer o GROUP BY o.lead) g
			JOIN sets s ON s.offers = g.offers),
	scheme AS MATERIALIZED (
		SELECT g.no, s.set_no, g.body ->> 'mode' AS mode, coalesce((g.body ->> 'base')::numeric, 0) AS base,
			coalesce((g.body ->> 'base_money')::numeric, 0) AS base_money, g.body -> 'tiers' AS tiers, s.offers,
			coalesce((SELECT min(a.price) FROM arc a WHERE a.offer = ANY (s.offers)), 0) AS min_price
		FROM jsonb_array_elements(coalesce(problem -> 'groups', '[]')) WITH ORDINALITY AS g (body, no)
			JOIN sets s ON s.offers = ARRAY(SELECT o.id FROM offer o WHERE g.body -> 'offers' ? o.id ORDER BY o.no)),
	tier AS MATERIALIZED (
		SELECT g.no, g.set_no, g.mode, g.base, g.base_money, g.min_price, t.k, (t.body ->> 'frm')::numeric AS lower,
			lead((t.body ->> 'frm')::numeric) OVER (PARTITION BY g.no ORDER BY t.k) AS upper,
			(t.body ->> 'bp')::numeric AS bp, (t.body ->> 'amt')::numeric AS amt
		FROM scheme g CROSS JOIN jsonb_array_elements(g.tiers) WITH ORDINALITY AS t (body, k)),
	base_tier AS MATERIALIZED (
		SELECT DISTINCT ON (t.no) t.no, t.bp FROM tier t WHERE t.lower <= t.base OR t.k = 1 ORDER BY t.no, t.k DESC),
	commitment AS MATERIALIZED (
		SELECT s.set_no, k.penalty, k.min - coalesce(k.base, 0) AS need
		FROM jsonb_to_recordset(coalesce(problem -> 'commits', '[]')) AS k (op text, base numeric, min numeric, penalty numeric)
			LEFT JOIN sets s ON s.offers = ARRAY(SELECT o.id FROM offer o WHERE o.op = k.op ORDER BY o.no)
		WHERE k.min > coalesce(k.base, 0) AND k.penalty > 0),
	cap AS MATERIALIZED (
		SELECT s.set_no, CASE WHEN k.body ->> 'op' IS NULL THEN coalesce((k.body ->> 'min')::numeric, 0) ELSE 0 END AS min, (k.body ->> 'max')::numeric AS max
		FROM jsonb_array_elements(coalesce(problem -> 'caps', '[]')) AS k (body)
			JOIN sets s ON s.offers = ARRAY(SELECT o.id FROM offer o
				WHERE (k.body ->> 'op' IS NOT NULL AND o.op = k.body ->> 'op' OR k.body ->> 'op' IS NULL AND k.body -> 'offers' ? o.id) ORDER BY o.no)),
	share AS MATERIALIZED (
		SELECT s.set_no, ceil(k.min_bp * k.every / 10000) AS min, floor(k.max_bp * k.every / 10000) AS max
		FROM (SELECT x.no, x.body, coalesce((x.body ->> 'min_bp')::numeric, 0) AS min_bp, coalesce((x.body ->> 'max_bp')::numeric, 10000) AS max_bp,
				(SELECT coalesce(sum(c.letters), 0) FROM cell c) AS every
			FROM jsonb_array_elements(coalesce(problem -> 'shares', '[]')) WITH ORDINALITY AS x (body, no)) k
			JOIN sets s ON s.offers = ARRAY(SELECT o.id FROM offer o
				WHERE (k.body ->> 'op' IS NOT NULL AND o.op = k.body ->> 'op' OR k.body ->> 'op' IS NULL AND k.body -> 'offers' ? o.id) ORDER BY o.no)),
	reach AS ( -- letters that a set can carry, and those that nobody else can
		SELECT r.set_no, coalesce(sum(r.letters), 0) AS most, coalesce(sum(r.letters) FILTER (WHERE r.arcs = r.all_arcs), 0) AS least
		FROM (SELECT m.set_no, a.cell, a.letters, count(*) AS arcs, w.all_arcs
			FROM arc a JOIN member m ON m.offer = a.offer
				JOIN (SELECT b.cell, count(*) AS all_arcs FROM arc b GROUP BY b.cell) w ON w.cell = a.cell
			GROUP BY m.set_no, a.cell, a.letters, w.all_arcs) r
		GROUP BY r.set_no),
	-- the tree: each step down narrows volumes or decides a bundle, and both ways must exist
	tree AS MATERIALIZED (
		SELECT (n.no - 1)::integer AS node, n.body FROM jsonb_array_elements(certificate -> 'nodes') WITH ORDINALITY AS n (body, no)),
	way AS MATERIALIZED ( -- a child comes after its parent and has one parent; else it counts as missing
		SELECT x.node, x.above, CASE WHEN x.child > x.node AND count(*) OVER (PARTITION BY x.child) = 1 THEN x.child ELSE -1 END AS child,
			x.k, x.at, x.bundle
		FROM (SELECT t.node, v.above, v.child, (t.body ->> 'set')::integer + 1 AS k, (t.body ->> 'at')::numeric AS at,
				(t.body ->> 'zone') || ' ' || (t.body ->> 'offer') AS bundle
			FROM tree t CROSS JOIN LATERAL (VALUES (false, (t.body ->> 'below')::integer), (true, (t.body ->> 'above')::integer)) AS v (above, child)
			WHERE t.body ?| ARRAY['set', 'zone', 'below', 'above']) x),
	walk AS (
		SELECT 0 AS node,
			ARRAY(SELECT greatest(r.least, o.least, 0) FROM sets s LEFT JOIN reach r ON r.set_no = s.set_no LEFT JOIN offer o ON s.offers = ARRAY[o.id] ORDER BY s.set_no) AS low,
			ARRAY(SELECT coalesce(r.most, 0) FROM sets s LEFT JOIN reach r ON r.set_no = s.set_no ORDER BY s.set_no) AS high,
			'{}'::text[] AS closed, '{}'::text[] AS forced
		UNION ALL
		SELECT way.child,
			CASE WHEN way.above AND way.k IS NOT NULL THEN w.low[:way.k - 1] || greatest(w.low[way.k], way.at) || w.low[way.k + 1:] ELSE w.low END,
			CASE WHEN NOT way.above AND way.k IS NOT NULL THEN w.high[:way.k - 1] || least(w.high[way.k], way.at - 1) || w.high[way.k + 1:] ELSE w.high END,
			CASE WHEN NOT way.above AND way.bundle IS NOT NULL THEN w.closed || way.bundle ELSE w.closed END,
			CASE WHEN way.above AND way.bundle IS NOT NULL THEN w.forced || way.bundle ELSE w.forced END
		FROM walk w JOIN way ON way.node = w.node),
	leaf AS MATERIALIZED (
		SELECT row_number() OVER () AS leaf_no, w.node, w.low, w.high, w.closed, w.forced, t.body,
			coalesce(jsonb_array_length(t.body -> 'multipliers') = (SELECT count(*) FROM sets), false) AS sound
		FROM walk w LEFT JOIN tree t ON t.node = w.node
		WHERE coalesce(NOT t.body ?| ARRAY['set', 'zone', 'below', 'above'], true)),
	-- volumes
	range AS MATERIALIZED (
		SELECT l.leaf_no, s.set_no, l.low[s.set_no + 1] AS low, l.high[s.set_no + 1] AS high, (l.body #>> ARRAY['multipliers', s.set_no::text])::numeric AS multiplier
		FROM leaf l CROSS JOIN sets s WHERE l.sound),
	promise AS MATERIALIZED ( -- best points that an all-units group can reach in the leaf
		SELECT r.leaf_no, t.no, t.set_no, max(t.bp) AS points
		FROM range r JOIN tier t ON t.set_no = r.set_no
		WHERE t.mode = 'all' AND (t.k = 1 OR t.lower <= t.base + r.high) AND (t.upper IS NULL OR t.upper > t.base + r.low)
		GROUP BY r.leaf_no, t.no, t.set_no),
	start AS (
		SELECT o.set_no, v.start FROM seller o CROSS JOIN LATERAL (VALUES (1::numeric), (o.min_mailing)) AS v (start)
		UNION SELECT t.set_no, t.lower - t.base FROM tier t
		UNION SELECT k.set_no, k.need FROM commitment k WHERE k.set_no IS NOT NULL
		UNION SELECT k.set_no, v.start FROM cap k CROSS JOIN LATERAL (VALUES (1::numeric), (k.min), (k.max + 1)) AS v (start)
		UNION SELECT k.set_no, v.start FROM share k CROSS JOIN LATERAL (VALUES (k.min), (k.max + 1)) AS v (start)),
	volume AS ( -- costs are lines between these volumes
		SELECT r.leaf_no, r.set_no, r.multiplier, v.volume
		FROM range r CROSS JOIN LATERAL (
			SELECT r.low UNION SELECT r.high
			UNION SELECT s.start FROM start s WHERE s.set_no = r.set_no AND s.start > r.low AND s.start <= r.high
			UNION SELECT s.start - 1 FROM start s WHERE s.set_no = r.set_no AND s.start > r.low AND s.start <= r.high) AS v (volume)
		WHERE r.low <= r.high),
	priced AS (
		SELECT v.leaf_no, v.set_no, v.multiplier * v.volume + scale * (
			coalesce((SELECT o.fixed + greatest(0, o.min_mailing - v.volume) * o.topup FROM seller o WHERE o.set_no = v.set_no AND v.volume > 0), 0)
			+ coalesce((SELECT sum(k.penalty * greatest(0, k.need - v.volume)) FROM commitment k WHERE k.set_no = v.set_no), 0)
			- coalesce((SELECT sum(t.amt * (greatest(0, least(t.base + v.volume, t.upper) - t.lower) - greatest(0, least(t.base, t.upper) - t.lower)))
				FROM tier t WHERE t.set_no = v.set_no AND t.mode = 'incr'), 0)
			+ coalesce((SELECT sum(((p.points - t.bp) * t.min_price * v.volume - (t.bp - b.bp) * t.base_money) / 10000)
				FROM tier t JOIN promise p ON p.leaf_no = v.leaf_no AND p.no = t.no JOIN base_tier b ON b.no = t.no
				WHERE t.set_no = v.set_no AND t.mode = 'all' AND (t.k = 1 OR t.lower <= t.base + v.volume) AND (t.upper IS NULL OR t.upper > t.base + v.volume)), 0)) AS cost
		FROM volume v
		WHERE NOT EXISTS (SELECT FROM cap k WHERE k.set_no = v.set_no AND (v.volume > k.max OR v.volume > 0 AND v.volume < k.min))
			AND NOT EXISTS (SELECT FROM share k WHERE k.set_no = v.set_no AND (v.volume < k.min OR v.volume > k.max))
			AND NOT EXISTS (SELECT FROM seller o WHERE o.set_no = v.set_no AND v.volume > 0 AND v.volume < o.min_mailing AND o.topup = 0)),
	least_volume AS (
		SELECT p.leaf_no, sum(p.cost) AS cost, count(*) AS sets
		FROM (SELECT x.leaf_no, x.set_no, min(x.cost) AS cost FROM priced x GROUP BY x.leaf_no, x.set_no) p
		GROUP BY p.leaf_no),
	-- zones
	weight AS MATERIALIZED (
		SELECT r.leaf_no, m.offer, sum(r.multiplier) AS charge, bool_and(r.high > 0) AS open,
			scale - scale / 10000 * coalesce((SELECT sum(p.points) FROM promise p JOIN scheme g ON g.no = p.no WHERE p.leaf_no = r.leaf_no AND m.offer = ANY (g.offers)), 0) AS factor
		FROM range r JOIN member m ON m.set_no = r.set_no
		GROUP BY r.leaf_no, m.offer),
	branch AS MATERIALIZED (
		SELECT l.leaf_no, b.no, (b.body ->> 0)::bigint AS zone, ARRAY(SELECT jsonb_array_elements_text(b.body -> 1)) AS closed,
			ARRAY(SELECT jsonb_array_elements_text(b.body -> 2)) AS forced, b.body -> 3 AS payments
		FROM leaf l CROSS JOIN jsonb_array_elements(l.body -> 'bundles') WITH ORDINALITY AS b (body, no)
		WHERE l.sound),
	unsound AS ( -- branches of a zone that are no partition, or pay for what is not forced
		SELECT b.leaf_no FROM branch b
			CROSS JOIN LATERAL (SELECT count(*) AS decided, count(DISTINCT d.offer) AS offers FROM unnest(b.closed || b.forced) AS d (offer)) c
		GROUP BY b.leaf_no, b.zone
		HAVING sum(power(2::numeric, 64 - c.decided)) <> power(2::numeric, 64) OR bool_or(c.decided <> c.offers OR c.decided > 64)
		UNION
		SELECT a.leaf_no FROM branch a JOIN branch b ON b.leaf_no = a.leaf_no AND b.zone = a.zone AND b.no > a.no
		WHERE NOT a.closed && b.forced AND NOT a.forced && b.closed
		UNION
		SELECT b.leaf_no FROM branch b JOIN leaf l ON l.leaf_no = b.leaf_no CROSS JOIN jsonb_each_text(b.payments) AS p (offer, amount)
		WHERE p.amount::numeric < 0 OR NOT (p.offer = ANY (b.forced) OR b.zone || ' ' || p.offer = ANY (l.forced))
			OR NOT EXISTS (SELECT FROM offer o WHERE o.id = p.offer AND o.lead = o.id)),
	zone_branch AS MATERIALIZED (
		SELECT b.leaf_no, b.no, b.zone, b.closed, b.payments,
			coalesce((SELECT sum(p.amount::numeric * o.min_bucket) FROM jsonb_each_text(b.payments) AS p (offer, amount) JOIN offer o ON o.id = p.offer), 0) AS paid
		FROM branch b
		UNION ALL
		SELECT l.leaf_no, 0, z.zone, '{}', '{}', 0
		FROM leaf l CROSS JOIN (SELECT DISTINCT c.zone FROM cell c WHERE c.letters > 0) z
		WHERE l.sound AND NOT EXISTS (SELECT FROM branch b WHERE b.leaf_no = l.leaf_no AND b.zone = z.zone)),
	least_arc AS (
		SELECT b.leaf_no, b.zone, b.no, a.cell, a.letters, min(a.price * w.factor - w.charge - coalesce((b.payments ->> a.lead)::numeric, 0)) AS cost
		FROM arc a JOIN zone_branch b ON b.zone = a.zone
			JOIN weight w ON w.leaf_no = b.leaf_no AND w.offer = a.offer
			JOIN leaf l ON l.leaf_no = b.leaf_no
		WHERE a.letters > 0 AND w.open AND a.lead <> ALL (b.closed) AND (l.closed = '{}' OR a.zone || ' ' || a.lead <> ALL (l.closed))
		GROUP BY b.leaf_no, b.zone, b.no, a.cell, a.letters),
	least_branch AS (
		SELECT x.leaf_no, x.zone, x.no, sum(x.letters * x.cost) AS cost, count(*) AS cells FROM least_arc x GROUP BY x.leaf_no, x.zone, x.no),
	least_zone AS ( -- a branch in which a cell has no offer left holds no plan
		SELECT x.leaf_no, x.zone, min(x.cost + b.paid) AS cost
		FROM least_branch x JOIN zone_branch b ON b.leaf_no = x.leaf_no AND b.zone = x.zone AND b.no = x.no
			JOIN (SELECT c.zone, count(*) AS cells FROM cell c WHERE c.letters > 0 GROUP BY c.zone) z ON z.zone = x.zone AND z.cells = x.cells
		GROUP BY x.leaf_no, x.zone),
	least_zones AS (
		SELECT x.leaf_no, sum(x.cost) AS cost, count(*) AS zones FROM least_zone x GROUP BY x.leaf_no)
	SELECT l.node, CASE
			WHEN NOT l.sound OR EXISTS (SELECT FROM unsound u WHERE u.leaf_no = l.leaf_no) THEN '-Infinity'
			WHEN coalesce(v.sets, 0) < (SELECT count(*) FROM sets) OR coalesce(z.zones, 0) < (SELECT count(DISTINCT c.zone) FROM cell c WHERE c.letters > 0) THEN 'Infinity'
			ELSE (coalesce(v.cost, 0) + coalesce(z.cost, 0)) / scale
				+ coalesce((SELECT sum(k.penalty * k.need) FROM commitment k WHERE k.set_no IS NULL), 0)
		END
	FROM leaf l
		LEFT JOIN least_volume v ON v.leaf_no = l.leaf_no
		LEFT JOIN least_zones z ON z.leaf_no = l.leaf_no;
END;
$$;
COMMENT ON FUNCTION mailroom.postage_leaf_bounds(jsonb, jsonb) IS 'the leaves of a certificate with the lower bound (micro) that each proves by its own multipliers and payments: Infinity where a leaf holds no plan, -Infinity where the certificate is broken (a child that does not exist, branches of a zone that do not cover it, a payment for a bundle that is not forced)';

CREATE OR REPLACE FUNCTION mailroom.relax_postage_orders(problem jsonb, closed text[], used text[], pay jsonb)
	RETURNS jsonb
	IMMUTABLE STRICT PARALLEL SAFE
	SET jit = off
	RETURN (WITH
		offer AS MATERIALIZED (
			SELECT o.no, o.body, o.body ->> 'id' AS id, greatest((o.body ->> 'least')::numeric, CASE WHEN o.body ->> 'id' = ANY (used) THEN 1 ELSE 0 END) AS least, coalesce((o.body ->> 'above')::numeric, 0) AS above, coalesce((o.body ->> 'upto')::numeric, 0) AS upto,
				coalesce((o.body ->> 'min_order')::numeric, 0) AS min_order,
				coalesce((pay -> (o.body ->> 'id') ->> 0)::numeric, 0) AS over, coalesce((pay -> (o.body ->> 'id') ->> 1)::numeric, 0) AS under,
				coalesce((pay -> (o.body ->> 'id') ->> 2)::numeric, 0) AS part,
				(SELECT coalesce(sum((SELECT greatest(0, max((t ->> 'bp')::numeric)) FROM jsonb_array_elements(g -> 'tiers') t)), 0)
					FROM jsonb_array_elements(coalesce(problem -> 'groups', '[]')) g WHERE g ->> 'mode' = 'all' AND g -> 'offers' ? (o.body ->> 'id')) AS points
			FROM jsonb_array_elements(problem -> 'offers') WITH ORDINALITY AS o (body, no)),
		sound AS (
			SELECT bool_and(o.over >= 0 AND o.under >= 0 AND o.part BETWEEN 0 AND 65536 AND (o.upto > 0 OR o.over = 0) AND (o.above > 0 OR o.under = 0)
				AND (o.points <= 10000 OR o.over = 0 AND o.under = 0 AND o.part = 0)) AS yes
			FROM offer o)
		SELECT problem - ARRAY['offers', 'arcs']
			|| jsonb_build_object('offers', (SELECT jsonb_agg(o.body - ARRAY['order', 'above', 'upto', 'min_order']
				|| jsonb_build_object('least', o.least, 'fixed', coalesce((o.body ->> 'fixed')::numeric, 0) + floor(o.min_order * o.part * (10000 - o.points) / 10000 / 65536)) ORDER BY o.no) FROM offer o))
			|| jsonb_build_object('arcs', (SELECT coalesce(jsonb_agg(jsonb_build_object('cell', a.cell, 'offer', a.offer, 'price',
					floor(a.price * (65536 - o.part) / 65536) + o.over * (coalesce(c.weight, 0) - o.upto) + o.under * (o.above - coalesce(c.weight, 0)))), '[]')
				FROM jsonb_to_recordset(problem -> 'arcs') AS a (cell bigint, offer text, price numeric)
					JOIN jsonb_to_recordset(problem -> 'cells') AS c (id bigint, weight numeric) ON c.id = a.cell
					JOIN offer o ON o.id = a.offer
				WHERE a.offer <> ALL (closed)))
		FROM sound WHERE sound.yes);
COMMENT ON FUNCTION mailroom.relax_postage_orders(jsonb, text[], text[], jsonb) IS 'a postage problem without rules of orders, no plan of which costs more than it does by problem, as far as it leaves the closed offers out and uses the used ones. pay: {offer: [over, under, part]}: a letter pays over * (weight - upto) + under * (above - weight) micro, which is nothing in sum when the average is right; part / 65536 of min_order is asked for beforehand and taken off prices. NULL when a payment is negative, falls on a limit that is not there, or on an offer whose discounts may exceed its price';

CREATE OR REPLACE FUNCTION mailroom.postage_order_bound(problem jsonb, certificate jsonb)
	RETURNS numeric
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	leaf record;
	relaxed jsonb;
	least numeric;
	proven numeric := 'Infinity';
BEGIN
	FOR leaf IN
		WITH RECURSIVE
			tree AS (
				SELECT (n.no - 1)::integer AS node, n.body FROM jsonb_array_elements(certificate -> 'orders') WITH ORDINALITY AS n (body, no)),
			offer AS (
				SELECT o ->> 'id' AS id, o ->> 'order' AS name FROM jsonb_array_elements(problem -> 'offers') o),
			way AS ( -- one for each offer of the order; a child comes after its parent and has one parent
				SELECT x.node, x.others, x.used, CASE WHEN x.child > x.node AND count(*) OVER (PARTITION BY x.child) = 1 THEN x.child ELSE -1 END AS child
				FROM (SELECT t.node, o.id AS offer, coalesce((t.body #>> ARRAY['ways', o.id])::integer, -1) AS child,
						ARRAY(SELECT other.id FROM offer other WHERE other.name = o.name AND other.id <> o.id) AS others, '{}'::text[] AS used
					FROM tree t JOIN offer o ON o.name = t.body ->> 'order'
					UNION ALL -- an offer without letters, or with some
					SELECT t.node, o.id, coalesce((t.body ->> v.name)::integer, -1), v.others, v.used
					FROM tree t JOIN offer o ON o.id = t.body ->> 'offer'
						CROSS JOIN LATERAL (VALUES ('without', ARRAY[o.id], '{}'::text[]), ('with', '{}'::text[], ARRAY[o.id])) AS v (name, others, used)) x),
			walk AS (
				SELECT 0 AS node, '{}'::text[] AS closed, '{}'::text[] AS used
				UNION ALL
				SELECT way.child, walk.closed || way.others, walk.used || way.used FROM walk JOIN way ON way.node = walk.node)
		SELECT w.closed, w.used, t.body FROM walk w LEFT JOIN tree t ON t.node = w.node
		WHERE NOT EXISTS (SELECT FROM way WHERE way.node = w.node)
	LOOP
		relaxed := mailroom.relax_postage_orders(problem, leaf.closed, leaf.used, coalesce(leaf.body -> 'pay', '{}'));
		IF relaxed IS NULL OR NOT coalesce(jsonb_array_length(leaf.body -> 'nodes') > 0, false) THEN
			RETURN '-Infinity';
		END IF;
		SELECT min(b.bound) INTO least
			FROM mailroom.postage_leaf_bounds(relaxed, jsonb_build_object('scale', certificate -> 'scale', 'nodes', leaf.body -> 'nodes')) b;
		proven := least(proven, coalesce(least, '-Infinity'));
	END LOOP;
	RETURN proven;
END;
$$;
COMMENT ON FUNCTION mailroom.postage_order_bound(jsonb, jsonb) IS 'the lower bound (micro) that the certificate of a problem with orders proves: the least over its leaves, each of which leaves all but one offer of some orders out and proves the bound of the problem that mailroom.relax_postage_orders makes. -Infinity where the certificate is broken';

CREATE OR REPLACE FUNCTION mailroom.check_postage_certificate(problem jsonb, result jsonb)
	RETURNS boolean
	IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	price CONSTANT jsonb := mailroom.price_postage_plan(problem, result -> 'plan');
	cost CONSTANT numeric := (result ->> 'cost')::numeric;
	lower_bound CONSTANT numeric := (result ->> 'lower_bound')::numeric;
	scale CONSTANT numeric := (result #>> '{certificate,scale}')::numeric;
	granularity numeric;
	proven numeric;
BEGIN
	IF NOT coalesce((price ->> 'feasible')::boolean AND (price ->> 'cost')::numeric = cost AND lower_bound <= cost AND scale > 0 AND mod(scale, 10000) = 0
			AND (result ->> 'status') = CASE WHEN lower_bound = cost THEN 'optimal' ELSE 'feasible' END
			AND abs((result ->> 'gap')::numeric * abs(cost) - (cost - lower_bound)) <= 1, false)
		OR (SELECT jsonb_agg(to_jsonb(s.offers) ORDER BY s.set_no) FROM mailroom.postage_sets(problem) s) IS DISTINCT FROM nullif(result #> '{certificate,sets}', '[]') THEN
		RETURN false;
	END IF;
	granularity := mailroom.postage_granularity(problem);
	IF result -> 'certificate' ? 'orders' THEN
		proven := mailroom.postage_order_bound(problem, result -> 'certificate');
		RETURN coalesce(proven = 'Infinity' OR ceil(nullif(proven, '-Infinity') / granularity) * granularity >= lower_bound, false);
	END IF;
	SELECT min(CASE WHEN b.bound = 'Infinity' OR b.bound = '-Infinity' THEN b.bound ELSE ceil(b.bound / granularity) * granularity END) INTO proven
		FROM mailroom.postage_leaf_bounds(problem, result -> 'certificate') b;
	RETURN coalesce(proven >= lower_bound, false);
EXCEPTION
	WHEN data_exception THEN
		RETURN false;
END;
$$;
COMMENT ON FUNCTION mailroom.check_postage_certificate(jsonb, jsonb) IS 'true when the result of solve_postage holds: the plan keeps to every rule and costs what is said, the tree of the certificate covers all plans, and the bound computed from the certificate alone reaches the stated one. Plain SQL; time grows with leaves times arcs (about 2 seconds for a million of them)';

CREATE OR REPLACE FUNCTION mailroom.export_lp(problem jsonb)
	RETURNS text
	IMMUTABLE STRICT PARALLEL SAFE
	SET jit = off
	RETURN (WITH
		offer AS MATERIALIZED (
			SELECT o.no, o.body ->> 'id' AS id, o.body ->> 'op' AS op, coalesce((o.body ->> 'min_mailing')::numeric, 0) AS min_mailing,
				coalesce((o.body ->> 'topup')::numeric, 0) AS topup, coalesce((o.body ->> 'min_bucket')::numeric, 0) AS min_bucket,
				coalesce((o.body ->> 'fixed')::numeric, 0) AS fixed, o.body ->> 'order' AS order,
				coalesce((o.body ->> 'above')::numeric, 0) AS above, coalesce((o.body ->> 'upto')::numeric, 0) AS upto, coalesce((o.body ->> 'min_order')::numeric, 0) AS min_order, coalesce((o.body ->> 'least')::numeric, 0) AS least,
				first_value(o.no) OVER (PARTITION BY o.body ->> 'joint' IS NULL, coalesce(o.body ->> 'joint', o.body ->> 'id') ORDER BY o.no) AS lead
			FROM jsonb_array_elements(problem -> 'offers') WITH ORDINALITY AS o (body, no)),
		arc AS MATERIALIZED (
			SELECT a.cell, c.zone, c.count AS letters, coalesce(c.weight, 0) AS weight, o.no AS offer, o.lead, a.price, format('x_%s_%s', a.cell, o.no) AS x
			FROM jsonb_to_recordset(problem -> 'arcs') AS a (cell bigint, offer text, price numeric)
				JOIN jsonb_to_recordset(problem -> 'cells') AS c (id bigint, zone bigint, count numeric, weight numeric) ON c.id = a.cell
				JOIN offer o ON o.id = a.offer),
		scheme AS MATERIALIZED (
			SELECT g.no, g.body ->> 'mode' AS mode, coalesce((g.body ->> 'base')::numeric, 0) AS base,
				coalesce((g.body ->> 'base_money')::numeric, 0) AS base_money, g.body -> 'tiers' AS tiers,
				sum(a.letters) AS reach, min(a.price) AS low_price, max(a.price) AS high_price, array_agg(DISTINCT o.no) AS offers
			FROM jsonb_array_elements(coalesce(problem -> 'groups', '[]')) WITH ORDINALITY AS g (body, no)
				JOIN offer o ON g.body -> 'offers' ? o.id
				JOIN arc a ON a.offer = o.no
			GROUP BY g.no, g.body),
		tier AS MATERIALIZED (
			SELECT t.*, greatest(t.lower - t.base, 0) AS low, least(coalesce(t.upper - t.base - 1, t.reach), t.reach) AS high
			FROM (SELECT s.no, s.mode, s.base, s.base_money, s.reach, s.low_price, s.high_price, t.k, s.no || '_' || t.k AS name,
					CASE WHEN t.k = 1 AND s.mode = 'all' THEN 0 ELSE (t.body ->> 'frm')::numeric END AS lower,
					lead((t.body ->> 'frm')::numeric) OVER (PARTITION BY s.no ORDER BY t.k) AS upper,
					(t.body ->> 'bp')::numeric AS bp, (t.body ->> 'amt')::numeric AS amt
				FROM scheme s CROSS JOIN jsonb_array_elements(s.tiers) WITH ORDINALITY AS t (body, k)) t),
		reached AS ( -- tiers that this mailing can reach
			SELECT t.* FROM tier t WHERE t.mode = 'all' AND t.low <= t.high),
		part AS MATERIALIZED ( -- stretches of an incremental scheme, the first without discount
			SELECT p.no, p.name, p.amt, p.length, lag(p.name) OVER w AS before, lag(p.length) OVER w AS before_length
			FROM (SELECT t.no, t.name, t.k, t.amt, least(coalesce(t.upper - t.base, t.reach), t.reach) - greatest(t.lower - t.base, 0) AS length
					FROM tier t WHERE t.mode = 'incr'
				UNION ALL
				SELECT t.no, t.no || '_0', 0, 0, least(t.lower - t.base, t.reach) FROM tier t WHERE t.mode = 'incr' AND t.k = 1) p
			WHERE p.length > 0
			WINDOW w AS (PARTITION BY p.no ORDER BY p.k)),
		base_tier AS (
			SELECT DISTINCT ON (t.no) t.no, t.bp FROM tier t WHERE t.mode = 'all' AND t.lower <= t.base ORDER BY t.no, t.k DESC),
		commitment AS MATERIALIZED (
			SELECT k.no, k.body ->> 'op' AS op, (k.body ->> 'penalty')::numeric AS penalty, (k.body ->> 'min')::numeric - coalesce((k.body ->> 'base')::numeric, 0) AS need
			FROM jsonb_array_elements(coalesce(problem -> 'commits', '[]')) WITH ORDINALITY AS k (body, no)),
		bundle AS MATERIALIZED (
			SELECT o.no AS offer, a.zone, o.min_bucket, sum(a.letters) AS reach, o.no || '_' || replace(a.zone::text, '-', 'm') AS name
			FROM offer o JOIN arc a ON a.lead = o.no WHERE o.min_bucket > 1 GROUP BY o.no, o.min_bucket, a.zone),
		share AS MATERIALIZED (
			SELECT k.no, o.no AS offer, coalesce((k.body ->> 'min_bp')::numeric, 0) * e.letters / 10000 AS least, coalesce((k.body ->> 'max_bp')::numeric, 10000) * e.letters / 10000 AS most
			FROM jsonb_array_elements(coalesce(problem -> 'shares', '[]')) WITH ORDINALITY AS k (body, no)
				JOIN offer o ON (k.body ->> 'op' IS NOT NULL AND o.op = k.body ->> 'op' OR k.body ->> 'op' IS NULL AND k.body -> 'offers' ? o.id)
				CROSS JOIN (SELECT coalesce(sum(c.count), 0) AS letters FROM jsonb_to_recordset(problem -> 'cells') AS c (count numeric)) e),
		cap AS MATERIALIZED (
			SELECT k.no, CASE WHEN k.body ->> 'op' IS NULL THEN coalesce((k.body ->> 'min')::numeric, 0) ELSE 0 END AS min, (k.body ->> 'max')::numeric AS max,
				ARRAY(SELECT o.no FROM offer o WHERE (k.body ->> 'op' IS NOT NULL AND o.op = k.body ->> 'op' OR k.body ->> 'op' IS NULL AND k.body -> 'offers' ? o.id)) AS offers,
				(SELECT coalesce(sum(c.count), 0) FROM jsonb_to_recordset(problem -> 'cells') AS c (count numeric)) AS reach
			FROM jsonb_array_elements(coalesce(problem -> 'caps', '[]')) WITH ORDINALITY AS k (body, no)),
		switch AS MATERIALIZED (
			SELECT o.no, o.min_mailing, o.topup, o.fixed, o.order, o.above, o.upto, o.min_order, sum(a.letters) AS reach
			FROM offer o JOIN arc a ON a.lead = o.no
			WHERE o.fixed > 0 OR o.min_mailing > 1 OR o.order IS NOT NULL OR o.above > 0 OR o.upto > 0 OR o.min_order > 0
			GROUP BY o.no, o.min_mailing, o.topup, o.fixed, o.order, o.above, o.upto, o.min_order),
		cost (money, variable) AS ( -- micro
			SELECT a.price, a.x FROM arc a
			UNION ALL SELECT s.fixed, 'y_' || s.no FROM switch s
			UNION ALL SELECT s.topup, 's_' || s.no FROM switch s WHERE s.min_mailing > 1 AND s.topup > 0
			UNION ALL SELECT 1, 'e_' || s.no FROM switch s WHERE s.min_order > 0
			UNION ALL SELECT -t.bp / 10000, 'm_' || t.name FROM reached t
			UNION ALL SELECT -(t.bp - b.bp) * t.base_money / 10000, 'z_' || t.name FROM reached t JOIN base_tier b ON b.no = t.no
			UNION ALL SELECT -p.amt, 'i_' || p.name FROM part p
			UNION ALL SELECT k.penalty, 'p_' || k.no FROM commitment k WHERE k.need > 0),
		term (row_name, factor, variable) AS MATERIALIZED (
			SELECT 'cell_' || a.cell, 1, a.x FROM arc a
			UNION ALL SELECT 'used_' || s.no, 1, a.x FROM switch s JOIN arc a ON a.lead = s.no
			UNION ALL SELECT 'used_' || s.no, -s.reach, 'y_' || s.no FROM switch s
			UNION ALL SELECT 'least_' || s.no, 1, a.x FROM switch s JOIN arc a ON a.lead = s.no WHERE s.min_mailing > 1
			UNION ALL SELECT 'least_' || s.no, -s.min_mailing, 'y_' || s.no FROM switch s WHERE s.min_mailing > 1
			UNION ALL SELECT 'least_' || s.no, 1, 's_' || s.no FROM switch s WHERE s.min_mailing > 1 AND s.topup > 0
			UNION ALL SELECT 'one_' || dense_rank() OVER (ORDER BY s.order), 1, 'y_' || s.no FROM switch s WHERE s.order IS NOT NULL
			UNION ALL SELECT 'must_' || o.no, 1, a.x FROM offer o JOIN arc a ON a.offer = o.no WHERE o.least > 0
			UNION ALL SELECT 'light_' || s.no, a.weight - s.upto, a.x FROM switch s JOIN arc a ON a.offer = s.no WHERE s.upto > 0
			UNION ALL SELECT 'heavy_' || s.no, a.weight - s.above, a.x FROM switch s JOIN arc a ON a.offer = s.no WHERE s.above > 0
			UNION ALL SELECT 'heavy_' || s.no, -1, 'y_' || s.no FROM switch s WHERE s.above > 0
			UNION ALL SELECT 'money_least_' || s.no, a.price, a.x FROM switch s JOIN arc a ON a.offer = s.no WHERE s.min_order > 0
			UNION ALL SELECT 'money_least_' || s.no, 1000000, 'e_' || s.no FROM switch s WHERE s.min_order > 0
			UNION ALL SELECT 'money_least_' || s.no, -s.min_order, 'y_' || s.no FROM switch s WHERE s.min_order > 0
			UNION ALL SELECT kind.name || b.name, 1, a.x FROM bundle b JOIN arc a ON a.lead = b.offer AND a.zone = b.zone CROSS JOIN (VALUES ('full_'), ('some_')) AS kind (name)
			UNION ALL SELECT 'full_' || b.name, -b.min_bucket, 'b_' || b.name FROM bundle b
			UNION ALL SELECT 'some_' || b.name, CASE WHEN b.reach < b.min_bucket THEN 0 ELSE -b.reach END, 'b_' || b.name FROM bundle b
			UNION ALL SELECT 'volume_' || s.no, 1, a.x FROM scheme s JOIN arc a ON a.offer = ANY (s.offers)
			UNION ALL SELECT 'volume_' || t.no, -1, 'v_' || t.name FROM reached t
			UNION ALL SELECT 'money_' || s.no, a.price, a.x FROM scheme s JOIN arc a ON a.offer = ANY (s.offers) WHERE s.mode = 'all'
			UNION ALL SELECT 'money_' || t.no, -1, 'm_' || t.name FROM reached t
			UNION ALL SELECT 'tier_' || t.no, 1, 'z_' || t.name FROM reached t
			UNION ALL SELECT 'from_' || t.name, 1, 'v_' || t.name FROM reached t
			UNION ALL SELECT 'from_' || t.name, -t.low, 'z_' || t.name FROM reached t
			UNION ALL SELECT 'upto_' || t.name, 1, 'v_' || t.name FROM reached t
			UNION ALL SELECT 'upto_' || t.name, -t.high, 'z_' || t.name FROM reached t
			UNION ALL SELECT 'cheap_' || t.name, 1, 'm_' || t.name FROM reached t
			UNION ALL SELECT 'cheap_' || t.name, -t.low_price, 'v_' || t.name FROM reached t
			UNION ALL SELECT 'dear_' || t.name, 1, 'm_' || t.name FROM reached t
			UNION ALL SELECT 'dear_' || t.name, -t.high_price, 'v_' || t.name FROM reached t
			UNION ALL SELECT 'volume_' || p.no, -1, 'i_' || p.name FROM part p
			UNION ALL SELECT 'open_' || p.name, 1, 'i_' || p.name FROM part p
			UNION ALL SELECT 'open_' || p.name, -p.length, 'u_' || p.name FROM part p WHERE p.before IS NOT NULL
			UNION ALL SELECT 'filled_' || p.name, 1, 'i_' || p.before FROM part p WHERE p.before IS NOT NULL
			UNION ALL SELECT 'filled_' || p.name, -p.before_length, 'u_' || p.name FROM part p WHERE p.before IS NOT NULL
			UNION ALL SELECT 'commit_' || k.no, 1, a.x FROM commitment k JOIN offer o ON o.op = k.op JOIN arc a ON a.offer = o.no WHERE k.need > 0
			UNION ALL SELECT 'commit_' || k.no, 1, 'p_' || k.no FROM commitment k WHERE k.need > 0
			UNION ALL SELECT 'cap_' || k.no, 1, a.x FROM cap k JOIN arc a ON a.offer = ANY (k.offers)
			UNION ALL SELECT kind.name || k.no, 1, a.x FROM cap k JOIN arc a ON a.offer = ANY (k.offers) CROSS JOIN (VALUES ('cap_least_'), ('cap_used_')) AS kind (name) WHERE k.min > 1
			UNION ALL SELECT 'cap_least_' || k.no, -k.min, 'y_cap_' || k.no FROM cap k WHERE k.min > 1
			UNION ALL SELECT 'cap_used_' || k.no, -k.reach, 'y_cap_' || k.no FROM cap k WHERE k.min > 1
			UNION ALL SELECT kind.name || k.no, 1, a.x FROM share k JOIN arc a ON a.offer = k.offer CROSS JOIN (VALUES ('share_least_'), ('share_most_')) AS kind (name)),
		side (row_name, sense, value) AS (
			SELECT 'cell_' || c.id, '=', c.count FROM jsonb_to_recordset(problem -> 'cells') AS c (id bigint, count numeric)
			UNION ALL SELECT 'used_' || s.no, '<=', 0 FROM switch s
			UNION ALL SELECT 'least_' || s.no, '>=', 0 FROM switch s
			UNION ALL SELECT DISTINCT 'one_' || dense_rank() OVER (ORDER BY s.order), '<=', 1 FROM switch s WHERE s.order IS NOT NULL
			UNION ALL SELECT 'must_' || o.no, '>=', o.least FROM offer o WHERE o.least > 0
			UNION ALL SELECT 'light_' || s.no, '<=', 0 FROM switch s WHERE s.upto > 0
			UNION ALL SELECT 'heavy_' || s.no, '>=', 0 FROM switch s WHERE s.above > 0
			UNION ALL SELECT 'money_least_' || s.no, '>=', 0 FROM switch s WHERE s.min_order > 0
			UNION ALL SELECT 'full_' || b.name, '>=', 0 FROM bundle b
			UNION ALL SELECT 'some_' || b.name, '<=', 0 FROM bundle b
			UNION ALL SELECT 'volume_' || s.no, '=', 0 FROM scheme s
			UNION ALL SELECT 'money_' || s.no, '=', 0 FROM scheme s
			UNION ALL SELECT 'tier_' || s.no, '=', 1 FROM scheme s
			UNION ALL SELECT v.name || t.name, v.sense, 0 FROM reached t CROSS JOIN (VALUES ('from_', '>='), ('upto_', '<='), ('cheap_', '>='), ('dear_', '<=')) AS v (name, sense)
			UNION ALL SELECT 'open_' || p.name, '<=', CASE WHEN p.before IS NULL THEN p.length ELSE 0 END FROM part p
			UNION ALL SELECT 'filled_' || p.name, '>=', 0 FROM part p
			UNION ALL SELECT 'commit_' || k.no, '>=', k.need FROM commitment k
			UNION ALL SELECT 'cap_' || k.no, '<=', k.max FROM cap k
			UNION ALL SELECT 'cap_least_' || k.no, '>=', 0 FROM cap k WHERE k.min > 1
			UNION ALL SELECT 'cap_used_' || k.no, '<=', 0 FROM cap k WHERE k.min > 1
			UNION ALL SELECT DISTINCT v.name || k.no, v.sense, trim_scale(v.value) FROM share k CROSS JOIN LATERAL (VALUES ('share_least_', '>=', ceil(k.least)), ('share_most_', '<=', floor(k.most))) AS v (name, sense, value)),
		line (row_name, text) AS ( -- money rows in currency units: the numbers stay small
			SELECT t.row_name, string_agg(format('%s %s %s', CASE WHEN t.factor < 0 THEN '-' ELSE '+' END,
				trim_scale(abs(t.factor) / CASE WHEN t.row_name LIKE 'money\_%' OR t.row_name LIKE 'cheap\_%' OR t.row_name LIKE 'dear\_%'
					THEN CASE WHEN t.variable LIKE 'm\_%' THEN 1 ELSE 1000000 END ELSE 1 END), t.variable), E'\n  ' ORDER BY t.variable)
			FROM term t WHERE t.factor <> 0 GROUP BY t.row_name)
		SELECT E'\\ postage problem: money in currency units; offers by number: '
			|| coalesce((SELECT string_agg(o.no || ' ' || quote_literal(o.id), ', ' ORDER BY o.no) FROM offer o), 'none')
			|| E'\nMinimize\n cost: 0 zero'
			|| coalesce((SELECT string_agg(format(E'\n  %s %s %s', CASE WHEN c.money < 0 THEN '-' ELSE '+' END,
				trim_scale(abs(c.money) / CASE WHEN c.variable LIKE 'm\_%' OR c.variable LIKE 'e\_%' THEN 1 ELSE 1000000 END), c.variable), '' ORDER BY c.variable) FROM cost c WHERE c.money <> 0), '')
			|| E'\nSubject To\n none: zero = 0'
			|| coalesce((SELECT string_agg(format(E'\n %s: %s %s %s', s.row_name, coalesce(l.text, '0 zero'), s.sense, s.value), '' ORDER BY s.row_name)
				FROM side s LEFT JOIN line l ON l.row_name = s.row_name WHERE l.text IS NOT NULL OR s.row_name LIKE 'cell\_%' OR s.row_name LIKE 'share\_least\_%' OR s.row_name LIKE 'must\_%'), '')
			|| coalesce(E'\nGenerals' || (SELECT string_agg(E'\n ' || a.x, '' ORDER BY a.x) FROM arc a), '')
			|| coalesce(E'\nBinaries' || (SELECT string_agg(DISTINCT E'\n ' || t.variable, '') FROM term t WHERE t.variable ~ '^[yzbu]_' AND t.factor <> 0), '')
			|| E'\nEnd\n');
COMMENT ON FUNCTION mailroom.export_lp(jsonb) IS 'a postage problem as a mixed-integer program in CPLEX-LP format, read by glpsol --lp, cbc and HiGHS; the objective is the cost in currency units; x_CELL_OFFER is the number of letters, offers numbered in the order of the problem';

CREATE OR REPLACE FUNCTION mailroom.price_postage_wishes(problem jsonb, result jsonb, options jsonb DEFAULT '{}')
	RETURNS TABLE (list text, place integer, wish jsonb, status text, cost_without numeric, price numeric)
	LANGUAGE sql
	STABLE STRICT PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	SELECT w.list, (w.no - 1)::integer, w.body, r.answer ->> 'status', (r.answer ->> 'cost')::numeric, (result ->> 'cost')::numeric - (r.answer ->> 'cost')::numeric
	FROM (SELECT 'caps' AS list, c.no, c.body FROM jsonb_array_elements(coalesce(problem -> 'caps', '[]')) WITH ORDINALITY AS c (body, no)
			UNION ALL
			SELECT 'shares', s.no, s.body FROM jsonb_array_elements(coalesce(problem -> 'shares', '[]')) WITH ORDINALITY AS s (body, no)) w
		CROSS JOIN LATERAL (SELECT mailroom.solve_postage(problem #- ARRAY[w.list, (w.no - 1)::text],
			options || jsonb_build_object('warm_start', coalesce(result -> 'plan', '[]'))) AS answer) r
	ORDER BY w.list, w.no;
END;
COMMENT ON FUNCTION mailroom.price_postage_wishes(jsonb, jsonb, jsonb) IS 'what each cap and each share of a postage problem costs: the problem is solved again without it, from the plan of result (of solve_postage). list (caps, shares) and place (from 0) name the wish; status and cost_without (micro) of the plan without it; price = cost with - cost without, micro; options as in solve_postage';

CREATE OR REPLACE FUNCTION mailroom.split_postage_cost(problem jsonb, plan jsonb)
	RETURNS TABLE (issuer text, letters numeric, list numeric, discount numeric, fixed numeric, topup numeric, penalty numeric, cost numeric)
	LANGUAGE sql
	IMMUTABLE STRICT PARALLEL SAFE
	ROWS 10
BEGIN ATOMIC
	WITH
		offer AS MATERIALIZED (
			SELECT o.body ->> 'id' AS id, o.body ->> 'op' AS op, coalesce((o.body ->> 'min_mailing')::numeric, 0) AS min_mailing,
				coalesce((o.body ->> 'topup')::numeric, 0) AS topup, coalesce((o.body ->> 'fixed')::numeric, 0) AS fixed,
				first_value(o.body ->> 'id') OVER (PARTITION BY o.body ->> 'joint' IS NULL, coalesce(o.body ->> 'joint', o.body ->> 'id') ORDER BY o.no) AS lead
			FROM jsonb_array_elements(problem -> 'offers') WITH ORDINALITY AS o (body, no)),
		sent AS MATERIALIZED (
			SELECT coalesce(c.issuer, '') AS issuer, p.offer, sum(p.count) AS letters, sum(p.count * a.price) AS money
			FROM jsonb_to_recordset(plan) AS p (cell bigint, offer text, count numeric)
				JOIN jsonb_to_recordset(problem -> 'arcs') AS a (cell bigint, offer text, price numeric) ON a.cell = p.cell AND a.offer = p.offer
				JOIN jsonb_to_recordset(problem -> 'cells') AS c (id bigint, issuer text) ON c.id = p.cell
			GROUP BY 1, p.offer
			HAVING sum(p.count) > 0),
		volume AS MATERIALIZED (
			SELECT o.id, o.op, sum(s.letters) AS letters
			FROM offer o JOIN sent s ON s.offer = o.id GROUP BY o.id, o.op),
		joint AS MATERIALIZED (
			SELECT o.lead AS id, o.min_mailing, o.topup, o.fixed, jsonb_agg(o.id) AS offers, sum(v.letters) AS letters
			FROM offer o JOIN volume v ON v.id = o.id GROUP BY o.lead, o.min_mailing, o.topup, o.fixed),
		scheme AS MATERIALIZED (
			SELECT g.no, g.body ->> 'mode' AS mode, g.body -> 'offers' AS offers, coalesce((g.body ->> 'base')::numeric, 0) AS base,
				coalesce((g.body ->> 'base_money')::numeric, 0) AS base_money, coalesce(sum(v.letters), 0) AS letters
			FROM jsonb_array_elements(coalesce(problem -> 'groups', '[]')) WITH ORDINALITY AS g (body, no) LEFT JOIN volume v ON g.body -> 'offers' ? v.id
			GROUP BY g.no, g.body),
		tier AS MATERIALIZED (
			SELECT g.no, t.k, (t.body ->> 'frm')::numeric AS lower, lead((t.body ->> 'frm')::numeric) OVER (PARTITION BY g.no ORDER BY t.k) AS upper,
				(t.body ->> 'bp')::numeric AS bp, (t.body ->> 'amt')::numeric AS amt
			FROM jsonb_array_elements(coalesce(problem -> 'groups', '[]')) WITH ORDINALITY AS g (body, no)
				CROSS JOIN jsonb_array_elements(g.body -> 'tiers') WITH ORDINALITY AS t (body, k)),
		reached AS MATERIALIZED (
			SELECT s.no, s.offers, s.base_money,
				(SELECT t.bp FROM tier t WHERE t.no = s.no AND (t.lower <= s.base + s.letters OR t.k = 1) ORDER BY t.k DESC LIMIT 1) AS bp,
				(SELECT t.bp FROM tier t WHERE t.no = s.no AND (t.lower <= s.base OR t.k = 1) ORDER BY t.k DESC LIMIT 1) AS base_bp
			FROM scheme s WHERE s.mode = 'all'),
		pot AS MATERIALIZED ( -- money that is nobody's own, and the offers whose letters share it
			SELECT row_number() OVER (ORDER BY p.kind, p.key) AS pot_no, p.kind, p.offers, p.amount
			FROM (SELECT 'fixed' AS kind, v.id AS key, v.offers, v.fixed AS amount FROM joint v
				UNION ALL SELECT 'topup', v.id, v.offers, (v.min_mailing - v.letters) * v.topup FROM joint v WHERE v.letters < v.min_mailing
				UNION ALL SELECT 'penalty', k.no::text, (SELECT coalesce(jsonb_agg(o.id), '[]') FROM offer o WHERE o.op = k.body ->> 'op'),
						(k.body ->> 'penalty')::numeric * greatest(0, (k.body ->> 'min')::numeric - coalesce((k.body ->> 'base')::numeric, 0)
							- coalesce((SELECT sum(v.letters) FROM volume v WHERE v.op = k.body ->> 'op'), 0))
					FROM jsonb_array_elements(coalesce(problem -> 'commits', '[]')) WITH ORDINALITY AS k (body, no)
				UNION ALL SELECT 'discount', r.no::text, r.offers, (r.bp - r.base_bp) * r.base_money / 10000 FROM reached r
				UNION ALL SELECT 'discount', s.no::text, s.offers, (SELECT sum(t.amt * (greatest(0, least(s.base + s.letters, t.upper) - t.lower) - greatest(0, least(s.base, t.upper) - t.lower)))
						FROM tier t WHERE t.no = s.no) FROM scheme s WHERE s.mode = 'incr') p
			WHERE p.amount <> 0),
		sharer AS ( -- an offer set that nobody used is shared by all letters
			SELECT p.pot_no, p.kind, p.amount, s.issuer, sum(s.letters) AS letters
			FROM pot p JOIN sent s ON p.offers ? s.offer OR NOT EXISTS (SELECT FROM sent x WHERE p.offers ? x.offer)
			GROUP BY p.pot_no, p.kind, p.amount, s.issuer),
		part AS ( -- by letters, rounded so that the parts are the whole
			SELECT x.issuer, x.kind, div(x.amount * x.upto, x.every) - div(x.amount * (x.upto - x.letters), x.every) AS amount
			FROM (SELECT r.issuer, r.kind, r.amount, r.letters, sum(r.letters) OVER (PARTITION BY r.pot_no ORDER BY r.issuer) AS upto,
					sum(r.letters) OVER (PARTITION BY r.pot_no) AS every FROM sharer r) x
			UNION ALL
			SELECT s.issuer, 'discount', s.money * r.bp / 10000 FROM sent s JOIN reached r ON r.offers ? s.offer),
		total AS (
			SELECT p.issuer, coalesce(sum(p.amount) FILTER (WHERE p.kind = 'discount'), 0) AS discount, coalesce(sum(p.amount) FILTER (WHERE p.kind = 'fixed'), 0) AS fixed,
				coalesce(sum(p.amount) FILTER (WHERE p.kind = 'topup'), 0) AS topup, coalesce(sum(p.amount) FILTER (WHERE p.kind = 'penalty'), 0) AS penalty
			FROM part p GROUP BY p.issuer)
	SELECT s.issuer, s.letters, trim_scale(s.money), trim_scale(coalesce(t.discount, 0)), coalesce(t.fixed, 0), coalesce(t.topup, 0), coalesce(t.penalty, 0),
		trim_scale(s.money - coalesce(t.discount, 0) + coalesce(t.fixed, 0) + coalesce(t.topup, 0) + coalesce(t.penalty, 0))
	FROM (SELECT x.issuer, sum(x.letters) AS letters, sum(x.money) AS money FROM sent x GROUP BY x.issuer) s LEFT JOIN total t ON t.issuer = s.issuer
	ORDER BY s.issuer;
END;
COMMENT ON FUNCTION mailroom.split_postage_cost(jsonb, jsonb) IS 'the cost of a plan [{"cell","offer","count"}] by issuer, when cells carry "issuer" (text; missing: empty): list price and basis points of the own letters; fixed costs, top-ups, incremental discounts and bonuses on base_money by letters in the offers concerned; penalties by letters of the operator, or of all when it has none. Micro units, whole, and their sums are exactly those of price_postage_plan; cost = list - discount + fixed + topup + penalty';
