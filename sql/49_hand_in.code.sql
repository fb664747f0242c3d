-- 49_hand_in: letters of several issuers handed in together by a service house.

CREATE OR REPLACE FUNCTION mailroom.mailing_parts(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (issuer_id bigint, mailing_id bigint)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT h.member_issuer_id, h.member_mailing_id FROM mailroom.hand_in_member h WHERE h.issuer_id = $1 AND h.mailing_id = $2
	UNION ALL
	SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM mailroom.hand_in_member h WHERE h.issuer_id = $1 AND h.mailing_id = $2);
END;
COMMENT ON FUNCTION mailroom.mailing_parts(bigint, bigint) IS 'the mailings whose letters a mailing hands in: its members'' if it is a common hand-in, else itself';

CREATE OR REPLACE FUNCTION mailroom.house_prints(house_issuer_id bigint, member_issuer_id bigint, hand_in_date date)
	RETURNS boolean
	STABLE PARALLEL SAFE
	RETURN $1 = $2 OR EXISTS (SELECT FROM mailroom.postage_consent c
		WHERE c.issuer_id = $2 AND c.house_issuer_id = $1 AND c.house_prints AND c.valid_from <= $3 AND (c.valid_to IS NULL OR c.valid_to > $3));
COMMENT ON FUNCTION mailroom.house_prints(bigint, bigint, date) IS 'whether a house prints the letters of a member that are handed in on a day';

CREATE OR REPLACE FUNCTION mailroom.check_hand_in_member(house_issuer_id bigint, member_issuer_id bigint, member_mailing_id bigint, house_mailing_id bigint)
	RETURNS mailroom.mailing
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	m mailroom.mailing;
BEGIN
	SELECT * INTO m FROM mailroom.mailing g WHERE g.issuer_id = $2 AND g.mailing_id = $3 FOR UPDATE;
	IF m.mailing_id IS NULL OR $2 <> $1 AND NOT EXISTS (SELECT FROM mailroom.postage_consent c
			WHERE c.issuer_id = $2 AND c.house_issuer_id = $1 AND c.valid_from <= m.hand_in_date AND (c.valid_to IS NULL OR c.valid_to > m.hand_in_date)) THEN
		RAISE EXCEPTION 'issuer % has not consented that issuer % hands mailing % in', $2, $1, $3
			USING ERRCODE = 'insufficient_privilege', HINT = 'The member''s operator adds a row to mailroom.postage_consent.';
	ELSIF m.state NOT IN ('open', 'planned') THEN
		RAISE EXCEPTION 'cannot hand mailing % in with others because it is %', $3, m.state USING ERRCODE = 'MR004', HINT = 'Mailings join a hand-in while they are open or planned.';
	ELSIF EXISTS (SELECT FROM mailroom.hand_in_member h WHERE h.member_issuer_id = $2 AND h.member_mailing_id = $3 AND (h.issuer_id, h.mailing_id) IS DISTINCT FROM ($1, $4))
		OR EXISTS (SELECT FROM mailroom.hand_in_member h WHERE h.issuer_id = $2 AND h.mailing_id = $3) THEN
		RAISE EXCEPTION 'cannot hand mailing % in with others because it is part of another hand-in', $3 USING ERRCODE = 'MR004', HINT = 'Its house lets it go with mailroom.dissolve_hand_in().';
	END IF;
	m.currency := coalesce(m.currency, (SELECT i.currency FROM mailroom.issuer i WHERE i.issuer_id = $2));
	RETURN m;
END;
$$;
COMMENT ON FUNCTION mailroom.check_hand_in_member(bigint, bigint, bigint, bigint) IS 'locks a member''s mailing and returns it with its currency; 42501 without consent for its hand-in date, MR004 printed or in another hand-in';
REVOKE EXECUTE ON FUNCTION mailroom.check_hand_in_member(bigint, bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.make_hand_in(house_issuer_id bigint, name text, member_issuer_ids bigint[], member_mailing_ids bigint[])
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	hand_in bigint;
	first mailroom.mailing;
	m mailroom.mailing;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF coalesce(cardinality($3), 0) = 0 OR cardinality($3) IS DISTINCT FROM cardinality($4)
		OR (SELECT count(*) <> count(DISTINCT (k.issuer_id, k.mailing_id)) FROM unnest($3, $4) AS k (issuer_id, mailing_id)) THEN
		RAISE EXCEPTION 'members are not one issuer and one mailing each, all different' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	FOR i IN 1 .. cardinality($3) LOOP
		m := mailroom.check_hand_in_member($1, $3[i], $4[i], NULL);
		IF first.mailing_id IS NULL THEN
			first := m;
			INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, currency, created_at)
				VALUES ($1, $2, m.hand_in_date, m.origin_country, m.currency, mailroom.now()) RETURNING mailing_id INTO hand_in;
		ELSIF (m.hand_in_date, m.origin_country, m.currency) IS DISTINCT FROM (first.hand_in_date, first.origin_country, first.currency) THEN
			RAISE EXCEPTION 'mailing % has another hand-in date, country or currency than the first one', $4[i] USING ERRCODE = 'invalid_parameter_value';
		END IF;
		INSERT INTO mailroom.hand_in_member (issuer_id, mailing_id, member_no, member_issuer_id, member_mailing_id, house_prints)
			VALUES ($1, hand_in, i, $3[i], $4[i], mailroom.house_prints($1, $3[i], m.hand_in_date));
		PERFORM mailroom.log_event($3[i], 'mailing', $4[i], 'joined a hand-in', jsonb_build_object('house_issuer_id', $1, 'house_mailing_id', hand_in));
	END LOOP;
	PERFORM mailroom.log_event($1, 'mailing', hand_in, 'made of members', jsonb_build_object('members', cardinality($3)));
	RETURN hand_in;
END;
$$;
COMMENT ON FUNCTION mailroom.make_hand_in(bigint, text, bigint[], bigint[]) IS 'joins members'' mailings (issuer and mailing, pair by pair; not printed; one hand-in date, country and currency) into one mailing of the house, whose mailing_id it returns: plan it with mailroom.plan_mailing(house, mailing), hand it over with mailroom.send_mailing(house, mailing). The house''s operator calls it; each member but the house itself must have consented for the day (mailroom.postage_consent), else 42501; MR004 printed or in another hand-in';
REVOKE EXECUTE ON FUNCTION mailroom.make_hand_in(bigint, text, bigint[], bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.forget_plan(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	DELETE FROM mailroom.hand_in_bill b WHERE b.issuer_id = $1 AND b.mailing_id = $2;
	DELETE FROM mailroom.letter_postage p WHERE p.issuer_id = $1 AND p.mailing_id = $2;
	DELETE FROM mailroom.mailing_cell c WHERE c.issuer_id = $1 AND c.mailing_id = $2;
	DELETE FROM mailroom.mailing_insert n WHERE n.issuer_id = $1 AND n.mailing_id = $2;
	DELETE FROM mailroom.mailing_base b WHERE b.issuer_id = $1 AND b.mailing_id = $2;
	DELETE FROM mailroom.mailing_wish w WHERE w.issuer_id = $1 AND w.mailing_id = $2;
	DELETE FROM mailroom.postage_volume v WHERE v.issuer_id = $1 AND v.mailing_id = $2;
	DELETE FROM mailroom.postage_share s WHERE s.issuer_id = $1 AND s.mailing_id = $2;
	DELETE FROM mailroom.mailing_hold h WHERE h.issuer_id = $1 AND h.mailing_id = $2;
	UPDATE mailroom.mailing g SET state = 'open', letter_count = NULL, cost_micro = NULL, lower_bound_micro = NULL, national_unsorted_micro = NULL, cheapest_list_micro = NULL, plan = NULL
		WHERE g.issuer_id = $1 AND g.mailing_id = $2 AND g.state = 'planned';
END;
$$;
COMMENT ON FUNCTION mailroom.forget_plan(bigint, bigint) IS 'takes everything that planning wrote about a mailing away; it is open again';
REVOKE EXECUTE ON FUNCTION mailroom.forget_plan(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.dissolve_hand_in(house_issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	h record;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF EXISTS (SELECT FROM mailroom.hand_in_member k JOIN mailroom.mailing g ON g.issuer_id = k.member_issuer_id AND g.mailing_id = k.member_mailing_id
			WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND g.state NOT IN ('open', 'planned')) THEN
		RAISE EXCEPTION 'cannot dissolve hand-in % because a member''s mailing is printed', $2 USING ERRCODE = 'MR004', HINT = 'What is printed is handed in as it was planned.';
	END IF;
	FOR h IN SELECT k.member_issuer_id, k.member_mailing_id FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2 ORDER BY k.member_no LOOP
		PERFORM mailroom.forget_plan(h.member_issuer_id, h.member_mailing_id);
		PERFORM mailroom.log_event(h.member_issuer_id, 'mailing', h.member_mailing_id, 'left a hand-in', jsonb_build_object('house_issuer_id', $1, 'house_mailing_id', $2));
	END LOOP;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'hand-in % of issuer % does not exist', $2, $1 USING ERRCODE = 'undefined_object', HINT = 'List them with "SELECT DISTINCT mailing_id FROM mailroom.hand_in_member".';
	END IF;
	PERFORM mailroom.forget_plan($1, $2);
	DELETE FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2;
	DELETE FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2;
END;
$$;
COMMENT ON FUNCTION mailroom.dissolve_hand_in(bigint, bigint) IS 'gives the members of a common hand-in their mailings back, open, and takes the house''s mailing away; MR004 when a member''s mailing is printed, 42704 no such hand-in';
REVOKE EXECUTE ON FUNCTION mailroom.dissolve_hand_in(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.set_member_bases(house_issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	INSERT INTO mailroom.mailing_base
		SELECT k.issuer_id, k.mailing_id, s.kind, s.object, s.carrier, s.period_start, s.counted, s.money_micro, s.expected, s.basis,
				CASE WHEN a.looks_ahead THEN s.expected ELSE s.counted END,
				CASE WHEN a.looks_ahead THEN mailroom.expected_money(s.counted, s.money_micro, s.expected) WHEN s.is_retroactive THEN s.money_micro ELSE 0 END,
				s.at_least, s.at_most, s.penalty_micro
			FROM mailroom.mailing m
				CROSS JOIN LATERAL (
					SELECT h.member_issuer_id AS issuer_id, (array_agg(h.member_mailing_id ORDER BY h.member_no))[1] AS mailing_id,
							sum((SELECT count(*) FROM mailroom.letter l WHERE l.issuer_id = h.member_issuer_id AND l.mailing_id = h.member_mailing_id))::bigint AS letters
						FROM mailroom.hand_in_member h
						WHERE h.issuer_id = $1 AND h.mailing_id = $2
						GROUP BY h.member_issuer_id) k
				CROSS JOIN LATERAL mailroom.postage_standing(k.issuer_id, m.hand_in_date, $2, k.letters) s
				CROSS JOIN LATERAL (SELECT s.is_retroactive AND s.mode = 'all' AND s.basis <> 'run rate' AS looks_ahead) a
			WHERE m.issuer_id = $1 AND m.mailing_id = $2 AND s.kind = 'scheme' AND s.counted_per = 'issuer' AND s.measure = 'pieces' AND coalesce(s.stacking, 'additive') = 'additive';
END;
$$;
COMMENT ON FUNCTION mailroom.set_member_bases(bigint, bigint) IS 'the step of mailroom.plan_mailing that notes in mailing_base what the year brings each issuer of a common hand-in to the schemes that count each issuer''s letters, with its first mailing';
REVOKE EXECUTE ON FUNCTION mailroom.set_member_bases(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.start_hand_in(issuer_id bigint, mailing_id bigint)
	RETURNS boolean
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	h record;
	m mailroom.mailing;
	problem jsonb;
BEGIN
	IF EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.member_issuer_id = $1 AND k.member_mailing_id = $2) THEN
		RAISE EXCEPTION 'cannot plan mailing % because it is handed in with others', $2 USING ERRCODE = 'MR004', HINT = 'The house plans it, or lets it go with mailroom.dissolve_hand_in().';
	END IF;
	FOR h IN SELECT k.member_no, k.member_issuer_id, k.member_mailing_id FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2 ORDER BY k.member_no LOOP
		m := mailroom.check_hand_in_member($1, h.member_issuer_id, h.member_mailing_id, $2);
		PERFORM mailroom.forget_plan(m.issuer_id, m.mailing_id);
		PERFORM mailroom.set_aside_misaddressed(m.issuer_id, m.mailing_id);
		PERFORM mailroom.set_mailing_base(m.issuer_id, m.mailing_id, m.origin_country, m.currency, m.hand_in_date);
		problem := mailroom.build_postage_problem(m.issuer_id, m.mailing_id, m.origin_country, m.currency, m.hand_in_date);
		UPDATE mailroom.hand_in_member k
			SET house_prints = mailroom.house_prints($1, m.issuer_id, m.hand_in_date),
				alone_micro = CASE WHEN (problem ->> 'letters')::bigint = (SELECT count(*) FROM mailroom.letter l WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id AND l.cover_id IS NULL)
				AND (problem ->> 'letters')::bigint > 0 THEN mailroom.plan_micro(problem || mailroom.solve_postage(problem, '{"node_limit": 2000}'), 'cost') END
			WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND k.member_no = h.member_no;
		DELETE FROM mailroom.mailing_base b WHERE b.issuer_id = m.issuer_id AND b.mailing_id = m.mailing_id;
	END LOOP;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	PERFORM mailroom.set_member_bases($1, $2);
	RETURN true;
END;
$$;
COMMENT ON FUNCTION mailroom.start_hand_in(bigint, bigint) IS 'the step of mailroom.plan_mailing that makes the members of a common hand-in ready, with what each would pay alone; false when the mailing is none; MR004 when it is a member itself';
REVOKE EXECUTE ON FUNCTION mailroom.start_hand_in(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.share_hand_in(issuer_id bigint, mailing_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	h record;
	total bigint;
BEGIN
	INSERT INTO mailroom.mailing_cell
		SELECT c.member_issuer_id, c.member_mailing_id, dense_rank() OVER (PARTITION BY c.member_no ORDER BY c.zone, c.country, c.code, c.format, c.grams, c.due_days),
				c.offer, dense_rank() OVER (PARTITION BY c.member_no ORDER BY c.zone, c.country, c.code, c.format, c.grams, c.due_days),
				c.zone, c.country, c.code, c.format, c.grams * 1000, c.due_days, c.letters, c.list_micro, c.discount_micro
			FROM (
				SELECT k.member_no, k.member_issuer_id, k.member_mailing_id, p.zone, l.country, mailroom.plain_postcode(l.country, l.postcode) AS code, p.format, p.grams::bigint AS grams,
						coalesce(l.cover_due_days, l.due_days) AS due_days, p.offer, count(*) AS letters, sum(p.list_micro)::bigint AS list_micro, sum(p.discount_micro)::bigint AS discount_micro
					FROM mailroom.hand_in_member k
						JOIN mailroom.letter_postage p ON p.issuer_id = k.member_issuer_id AND p.mailing_id = k.member_mailing_id
						JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
					WHERE k.issuer_id = $1 AND k.mailing_id = $2
					GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) c;
	INSERT INTO mailroom.postage_share
		WITH split AS MATERIALIZED ( -- offers whose schemes count each issuer's letters: planned as one offer an issuer
			SELECT DISTINCT e ->> 'offer' AS offer FROM mailroom.mailing m CROSS JOIN jsonb_array_elements(coalesce(m.plan -> 'issuers', '[]')) AS e
				WHERE m.issuer_id = $1 AND m.mailing_id = $2
		), sent AS MATERIALIZED (
			SELECT k.member_no, k.member_issuer_id, p.offer, CASE WHEN p.offer IN (SELECT x.offer FROM split x) THEN k.member_issuer_id END AS of_issuer, count(*) AS letters, sum(p.list_micro) AS list_micro, min(p.sequence_no) AS first_sequence
				FROM mailroom.hand_in_member k
					JOIN mailroom.letter_postage p ON p.issuer_id = k.member_issuer_id AND p.mailing_id = k.member_mailing_id
				WHERE k.issuer_id = $1 AND k.mailing_id = $2
				GROUP BY 1, 2, 3, 4
		), used AS MATERIALIZED ( -- in the order in which they bear what does not divide
			SELECT s.offer, s.of_issuer, o.carrier, sum(s.letters) AS letters, min(s.first_sequence) AS first_sequence,
					row_number() OVER (ORDER BY (SELECT min(x.first_sequence) FROM sent x WHERE x.offer = s.offer),
						(SELECT min(k.member_no) FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND k.member_issuer_id = s.of_issuer)) AS place
				FROM sent s
					JOIN mailroom.mailing m ON m.issuer_id = $1 AND m.mailing_id = $2
					JOIN mailroom.carrier_offer o ON o.offer = s.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
				GROUP BY 1, 2, 3
		), part AS MATERIALIZED (
			SELECT p.no, p.body ->> 'part' AS part, p.body ->> 'item' AS item, (p.body ->> 'amount_micro')::numeric AS amount, (p.body ->> 'basis_points')::numeric AS points, (p.body ->> 'issuer_id')::bigint AS of_issuer,
					CASE WHEN p.body ->> 'part' IN ('fixed', 'topup') THEN ARRAY[p.body ->> 'item']
						WHEN p.body ->> 'part' IN ('discount', 'retroactive') THEN (SELECT s.offers FROM mailroom.discount_scheme s WHERE s.scheme = p.body ->> 'item'
							AND s.valid_from <= m.hand_in_date AND (s.valid_to IS NULL OR s.valid_to > m.hand_in_date))
						WHEN p.body ->> 'part' = 'penalty' AND EXISTS (SELECT FROM used u WHERE u.carrier = p.body ->> 'item') THEN ARRAY(SELECT u.offer::text FROM used u WHERE u.carrier = p.body ->> 'item')
						WHEN p.body ->> 'part' = 'fee' THEN ARRAY(SELECT u.offer::text FROM used u JOIN mailroom.carrier_fee f ON f.fee = p.body ->> 'item' AND f.carrier = u.carrier
							WHERE (f.offers IS NULL OR u.offer = ANY (f.offers)) AND f.valid_from <= m.hand_in_date AND (f.valid_to IS NULL OR f.valid_to > m.hand_in_date))
						ELSE ARRAY(SELECT u.offer::text FROM used u) END AS offers
				FROM mailroom.mailing m
					CROSS JOIN jsonb_array_elements(m.plan -> 'parts') WITH ORDINALITY AS p (body, no)
				WHERE m.issuer_id = $1 AND m.mailing_id = $2 AND p.body ->> 'part' <> 'broken'
		), even AS MATERIALIZED ( -- amount by letters; the first letters in postal order bear the micro units that do not divide
			SELECT p.no, u.offer, u.of_issuer, u.first_sequence, div(abs(p.amount), sum(u.letters) OVER w) AS each,
					greatest(0, least(u.letters, mod(abs(p.amount), sum(u.letters) OVER w) - coalesce(sum(u.letters) OVER (PARTITION BY p.no ORDER BY u.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS extra
				FROM part p JOIN used u ON u.offer = ANY (p.offers) AND (p.of_issuer IS NULL OR u.of_issuer = p.of_issuer)
				WHERE p.points IS NULL AND p.part <> 'list'
				WINDOW w AS (PARTITION BY p.no)
		), extra AS MATERIALIZED (
			SELECT e.no, f.member_no, e.offer, count(*) AS letters
				FROM even e
					CROSS JOIN LATERAL (
						SELECT k.member_no
							FROM mailroom.hand_in_member k
								JOIN mailroom.letter_postage p ON p.issuer_id = k.member_issuer_id AND p.mailing_id = k.member_mailing_id AND p.offer = e.offer
							WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND CASE WHEN e.of_issuer IS NULL THEN p.sequence_no < e.first_sequence + e.extra ELSE k.member_issuer_id = e.of_issuer END
							ORDER BY p.sequence_no
							LIMIT e.extra::bigint) f
				WHERE e.extra > 0
				GROUP BY 1, 2, 3
		), share AS (
			SELECT p.no, p.part, p.item, p.amount, p.points, p.of_issuer, s.member_no, sum(s.letters) AS letters,
					CASE WHEN p.part = 'list' THEN sum(s.list_micro) WHEN p.points IS NOT NULL THEN - sum(s.list_micro * p.points / 10000) ELSE sign(p.amount) * sum(s.letters * e.each + coalesce(x.letters, 0)) END AS share
				FROM part p
					JOIN sent s ON s.offer = ANY (p.offers) AND (p.of_issuer IS NULL OR s.of_issuer = p.of_issuer)
					LEFT JOIN even e ON e.no = p.no AND e.offer = s.offer AND e.of_issuer IS NOT DISTINCT FROM s.of_issuer
					LEFT JOIN extra x ON x.no = p.no AND x.offer = s.offer AND x.member_no = s.member_no
				GROUP BY p.no, p.part, p.item, p.amount, p.points, p.of_issuer, s.member_no
		)
		SELECT k.member_issuer_id, k.member_mailing_id, s.no, $1, $2, s.part, s.item, s.letters, s.share::bigint,
				CASE WHEN s.part = 'list' THEN 'list price of its own letters'
					WHEN s.points IS NOT NULL THEN format('%s %% of the list price of its own letters%s', trim_scale(s.points / 100), CASE WHEN s.of_issuer IS NOT NULL THEN ', the tier that they reach alone' ELSE '' END)
					WHEN s.of_issuer IS NOT NULL THEN format('%s, what its own letters reach alone', mailroom.price_text(s.amount::bigint))
					ELSE format('its letters'' part of %s, the same for each letter that bears it', mailroom.price_text(s.amount::bigint)) END
			FROM share s
				JOIN mailroom.hand_in_member k ON k.issuer_id = $1 AND k.mailing_id = $2 AND k.member_no = s.member_no;
	INSERT INTO mailroom.postage_share
		WITH paid AS (
			SELECT k.member_no, k.member_issuer_id, k.member_mailing_id, k.alone_micro, sum(s.amount_micro) AS amount,
					(SELECT x.letters FROM mailroom.postage_share x WHERE x.issuer_id = k.member_issuer_id AND x.mailing_id = k.member_mailing_id AND x.part = 'list') AS letters
				FROM mailroom.hand_in_member k
					JOIN mailroom.postage_share s ON s.issuer_id = k.member_issuer_id AND s.mailing_id = k.member_mailing_id
				WHERE k.issuer_id = $1 AND k.mailing_id = $2
				GROUP BY k.member_no, k.member_issuer_id, k.member_mailing_id, k.alone_micro
		), gain AS (
			SELECT p.*, greatest(0, p.amount - p.alone_micro) AS excess, greatest(0, p.alone_micro - p.amount) AS room FROM paid p WHERE p.alone_micro IS NOT NULL
		), moved AS (
			SELECT g.*, sum(g.excess) OVER () AS every_excess, sum(g.room) OVER () AS every_room, sum(g.room) OVER (ORDER BY g.member_no) AS upto FROM gain g
		), balance AS (
			SELECT v.*, CASE WHEN v.excess > 0 THEN - v.excess ELSE div(v.every_excess * v.upto, v.every_room) - div(v.every_excess * (v.upto - v.room), v.every_room) END AS amount_moved
				FROM moved v WHERE v.every_excess > 0 AND v.every_room >= v.every_excess
		)
		SELECT b.member_issuer_id, b.member_mailing_id, 1000000, $1, $2, 'balance', NULL, b.letters, b.amount_moved::bigint,
				CASE WHEN b.excess > 0 THEN 'taken off: nobody pays more than alone' ELSE 'its gain''s part of what others are relieved of' END
			FROM balance b WHERE b.amount_moved <> 0;
	FOR h IN SELECT k.member_issuer_id, k.member_mailing_id FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2 ORDER BY k.member_no LOOP
		UPDATE mailroom.mailing g
			SET state = 'planned', currency = w.currency, plan = jsonb_build_object('status', 'shared', 'house_issuer_id', $1, 'house_mailing_id', $2,
					'discounts', (SELECT coalesce(jsonb_agg(jsonb_build_object('part', 'discount', 'item', e -> 'item', 'basis_points', e -> 'basis_points')), '[]') FROM jsonb_array_elements(w.plan -> 'parts') AS e WHERE e ->> 'part' = 'discount' AND e ? 'basis_points'
						AND coalesce((e ->> 'issuer_id')::bigint, h.member_issuer_id) = h.member_issuer_id), 'letters', s.letters, 'tariff', w.plan -> 'tariff',
					'vat_deductible_points', coalesce((SELECT p.vat_deductible_points FROM mailroom.issuer_postage p WHERE p.issuer_id = h.member_issuer_id), 10000)),
				letter_count = s.letters, cost_micro = s.amount
			FROM mailroom.mailing w,
				(SELECT coalesce(sum(x.amount_micro), 0)::bigint AS amount, coalesce(max(x.letters) FILTER (WHERE x.part = 'list'), 0) AS letters
					FROM mailroom.postage_share x WHERE x.issuer_id = h.member_issuer_id AND x.mailing_id = h.member_mailing_id) s
			WHERE g.issuer_id = h.member_issuer_id AND g.mailing_id = h.member_mailing_id AND w.issuer_id = $1 AND w.mailing_id = $2;
		IF (SELECT coalesce(sum(x.amount_micro), 0) FROM mailroom.postage_share x WHERE x.issuer_id = h.member_issuer_id AND x.mailing_id = h.member_mailing_id AND x.part <> 'balance')
			<> (SELECT coalesce(sum(p.price_micro), 0) FROM mailroom.letter_postage p WHERE p.issuer_id = h.member_issuer_id AND p.mailing_id = h.member_mailing_id) THEN
			RAISE EXCEPTION 'shares of mailing % are not the prices of its letters', h.member_mailing_id USING ERRCODE = 'internal_error';
		END IF;
		PERFORM mailroom.count_postage(h.member_issuer_id, h.member_mailing_id);
		PERFORM mailroom.log_event(h.member_issuer_id, 'mailing', h.member_mailing_id, 'planned', jsonb_build_object('house_issuer_id', $1, 'house_mailing_id', $2));
	END LOOP;
	SELECT sum(x.amount_micro) INTO total FROM mailroom.postage_share x WHERE x.house_issuer_id = $1 AND x.house_mailing_id = $2;
	IF coalesce(total, 0) <> (SELECT (g.plan ->> 'net_micro')::bigint FROM mailroom.mailing g WHERE g.issuer_id = $1 AND g.mailing_id = $2) THEN
		RAISE EXCEPTION 'shares of hand-in % are not its cost', $2 USING ERRCODE = 'internal_error', DETAIL = format('They sum to %s.', total);
	END IF;
END;
$$;
COMMENT ON FUNCTION mailroom.share_hand_in(bigint, bigint) IS 'the step of mailroom.plan_mailing that splits the cost of a common hand-in into mailroom.postage_share and sets the members'' mailings planned';
REVOKE EXECUTE ON FUNCTION mailroom.share_hand_in(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.hand_in_shares(house_issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (member_issuer_id bigint, member_mailing_id bigint, part text, item text, letters bigint, amount_micro bigint, rule text, alone_micro bigint)
	STABLE
	SECURITY DEFINER
	ROWS 50
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'reader');
	RETURN QUERY SELECT k.member_issuer_id, k.member_mailing_id, s.part, s.item, s.letters, s.amount_micro, s.rule, k.alone_micro
		FROM mailroom.hand_in_member k
			JOIN mailroom.postage_share s ON s.issuer_id = k.member_issuer_id AND s.mailing_id = k.member_mailing_id
		WHERE k.issuer_id = $1 AND k.mailing_id = $2
		ORDER BY k.member_no, s.part_no;
END;
$$;
COMMENT ON FUNCTION mailroom.hand_in_shares(bigint, bigint) IS 'the house''s view of how the cost of a common hand-in is split: mailroom.postage_share of all its members, with what each would pay alone; no letters. Needs the right reader for the house';
REVOKE EXECUTE ON FUNCTION mailroom.hand_in_shares(bigint, bigint) FROM PUBLIC;

-- From the plan of a hand-in to its end --------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.lock_hand_in(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (is_hand_in boolean, is_printed_by_house boolean)
	VOLATILE
	ROWS 1
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	h mailroom.hand_in_member;
BEGIN
	SELECT * INTO h FROM mailroom.hand_in_member k WHERE k.member_issuer_id = $1 AND k.member_mailing_id = $2;
	is_printed_by_house := coalesce(h.house_prints, false);
	PERFORM FROM mailroom.mailing g WHERE g.issuer_id = h.issuer_id AND g.mailing_id = h.mailing_id FOR UPDATE;
	is_hand_in := EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.issuer_id = $1 AND k.mailing_id = $2);
	RETURN NEXT;
END;
$$;
COMMENT ON FUNCTION mailroom.lock_hand_in(bigint, bigint) IS 'before a mailing is locked, printed or closed: locks the house''s mailing it is handed in with; whether it is a common hand-in itself, and whether its house prints it';
REVOKE EXECUTE ON FUNCTION mailroom.lock_hand_in(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.print_parts(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (issuer_id bigint, mailing_id bigint)
	STABLE PARALLEL SAFE
	ROWS 5
BEGIN ATOMIC
	SELECT k.member_issuer_id, k.member_mailing_id
		FROM mailroom.hand_in_member k
			JOIN mailroom.mailing g ON g.issuer_id = k.member_issuer_id AND g.mailing_id = k.member_mailing_id
		WHERE k.issuer_id = $1 AND k.mailing_id = $2 AND k.house_prints AND g.state = 'planned';
END;
COMMENT ON FUNCTION mailroom.print_parts(bigint, bigint) IS 'members'' mailings of a common hand-in that the house prints and that are not printed yet';

CREATE OR REPLACE FUNCTION mailroom.note_hand_in_printed(house_issuer_id bigint, mailing_id bigint, outgoing_file_id bigint)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	p record;
BEGIN
	FOR p IN SELECT k.issuer_id, k.mailing_id FROM mailroom.print_parts($1, $2) k ORDER BY 1, 2 LOOP
		UPDATE mailroom.mailing g SET state = 'printed' WHERE g.issuer_id = p.issuer_id AND g.mailing_id = p.mailing_id;
		PERFORM mailroom.log_event(p.issuer_id, 'mailing', p.mailing_id, 'printed', jsonb_build_object('house_issuer_id', $1, 'house_mailing_id', $2, 'house_outgoing_file_id', $3));
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.note_hand_in_printed(bigint, bigint, bigint) IS 'the last step of mailroom.print_mailing for a common hand-in: members'' mailings that the house printed are printed';
REVOKE EXECUTE ON FUNCTION mailroom.note_hand_in_printed(bigint, bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.settle_hand_in()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	h mailroom.hand_in_member;
	paid record;
BEGIN
	SELECT * INTO h FROM mailroom.hand_in_member k WHERE k.member_issuer_id = NEW.issuer_id AND k.member_mailing_id = NEW.mailing_id;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	IF OLD.state = 'planned' THEN
		SELECT sum(s.amount_micro) AS amount_micro, count(*) AS parts INTO paid FROM mailroom.postage_share s WHERE s.issuer_id = NEW.issuer_id AND s.mailing_id = NEW.mailing_id;
		PERFORM mailroom.log_event(NEW.issuer_id, 'mailing', NEW.mailing_id, 'share posted',
			jsonb_build_object('house_issuer_id', h.issuer_id, 'house_mailing_id', h.mailing_id, 'parts', paid.parts, 'amount_micro', coalesce(paid.amount_micro, 0)));
	END IF;
	UPDATE mailroom.mailing w
		SET state = NEW.state, closed_at = CASE WHEN NEW.state = 'closed' THEN mailroom.now() END
		WHERE w.issuer_id = h.issuer_id AND w.mailing_id = h.mailing_id AND w.state <> NEW.state
			AND NOT EXISTS (SELECT FROM mailroom.hand_in_member k
				JOIN mailroom.mailing g ON g.issuer_id = k.member_issuer_id AND g.mailing_id = k.member_mailing_id
				WHERE k.issuer_id = h.issuer_id AND k.mailing_id = h.mailing_id AND g.state <> NEW.state AND NOT (NEW.state = 'printed' AND g.state = 'closed'));
	IF FOUND THEN
		PERFORM mailroom.log_event(h.issuer_id, 'mailing', h.mailing_id, 'all members ' || NEW.state, jsonb_build_object('members', (SELECT count(*) FROM mailroom.hand_in_member k WHERE k.issuer_id = h.issuer_id AND k.mailing_id = h.mailing_id)));
	END IF;
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.settle_hand_in() IS 'trigger: the share of a member that is printed is posted; a common hand-in is printed, and closed, when all its members are';
REVOKE EXECUTE ON FUNCTION mailroom.settle_hand_in() FROM PUBLIC;

CREATE OR REPLACE TRIGGER settle_hand_in
	AFTER UPDATE OF state ON mailroom.mailing
	FOR EACH ROW WHEN (NEW.state IN ('printed', 'closed') AND OLD.state <> NEW.state)
	EXECUTE FUNCTION mailroom.settle_hand_in();

CREATE OR REPLACE FUNCTION mailroom.hand_in_members(house_issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (member_no integer, member_issuer_id bigint, member_name text, member_mailing_id bigint, state text, house_prints boolean, letters bigint, share_micro bigint, alone_micro bigint)
	STABLE
	SECURITY DEFINER
	ROWS 5
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'reader');
	RETURN QUERY SELECT k.member_no, k.member_issuer_id, i.name, k.member_mailing_id, g.state, k.house_prints, g.letter_count,
			(SELECT sum(s.amount_micro)::bigint FROM mailroom.postage_share s WHERE s.issuer_id = g.issuer_id AND s.mailing_id = g.mailing_id), k.alone_micro
		FROM mailroom.hand_in_member k
			JOIN mailroom.mailing g ON g.issuer_id = k.member_issuer_id AND g.mailing_id = k.member_mailing_id
			JOIN mailroom.issuer i ON i.issuer_id = k.member_issuer_id
		WHERE k.issuer_id = $1 AND k.mailing_id = $2
		ORDER BY k.member_no;
END;
$$;
COMMENT ON FUNCTION mailroom.hand_in_members(bigint, bigint) IS 'the house''s view of who is in a common hand-in and how far: state of each member''s mailing, who prints it, letters, its share and what it would pay alone, millionths; no letters. Needs the right reader for the house';
REVOKE EXECUTE ON FUNCTION mailroom.hand_in_members(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.waiting_mailings(house_issuer_id bigint)
	RETURNS TABLE (member_issuer_id bigint, member_name text, member_mailing_id bigint, mailing_name text, hand_in_date date, origin_country text, currency text, letters bigint, house_prints boolean)
	STABLE
	SECURITY DEFINER
	ROWS 20
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	RETURN QUERY SELECT g.issuer_id, i.name, g.mailing_id, g.name, g.hand_in_date, g.origin_country, coalesce(g.currency, i.currency),
			(SELECT count(*) FROM mailroom.letter l WHERE l.issuer_id = g.issuer_id AND l.mailing_id = g.mailing_id), mailroom.house_prints($1, g.issuer_id, g.hand_in_date)
		FROM mailroom.mailing g
			JOIN mailroom.issuer i ON i.issuer_id = g.issuer_id
		WHERE (g.issuer_id = $1 OR EXISTS (SELECT FROM mailroom.postage_consent c WHERE c.issuer_id = g.issuer_id AND c.house_issuer_id = $1
				AND c.valid_from <= g.hand_in_date AND (c.valid_to IS NULL OR c.valid_to > g.hand_in_date)))
			AND g.state IN ('open', 'planned')
			AND NOT EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.member_issuer_id = g.issuer_id AND k.member_mailing_id = g.mailing_id)
			AND NOT EXISTS (SELECT FROM mailroom.hand_in_member k WHERE k.issuer_id = g.issuer_id AND k.mailing_id = g.mailing_id)
		ORDER BY g.hand_in_date, g.origin_country, g.issuer_id, g.mailing_id;
END;
$$;
COMMENT ON FUNCTION mailroom.waiting_mailings(bigint) IS 'mailings that a house could hand in together: its own and those of members who have consented for their day, not printed and in no hand-in yet; what mailroom.make_hand_in() takes. Needs operator for the house';
REVOKE EXECUTE ON FUNCTION mailroom.waiting_mailings(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.hand_in_containers(issuer_id bigint, mailing_id bigint, letter_id bigint)
	RETURNS TABLE (kind text, kind_no integer, offer text, zone_from text, zone_to text, letters bigint, sscc text)
	STABLE
	SECURITY DEFINER
	ROWS 3
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'reader');
	RETURN QUERY SELECT c.kind, c.kind_no, c.offer::text, c.zone_from, c.zone_to, c.letters, c.sscc
		FROM mailroom.hand_in_member k
			JOIN mailroom.letter_postage p ON p.issuer_id = k.member_issuer_id AND p.mailing_id = k.member_mailing_id
			CROSS JOIN LATERAL mailroom.find_containers(k.issuer_id, k.mailing_id, p.offer, p.format, p.sequence_no) f
			JOIN mailroom.mailing_container c ON c.issuer_id = k.issuer_id AND c.mailing_id = k.mailing_id AND c.container_no IN (f.bundle, f.tray, f.pallet)
		WHERE k.member_issuer_id = $1 AND k.member_mailing_id = $2 AND p.letter_id = $3
		ORDER BY c.container_no;
END;
$$;
COMMENT ON FUNCTION mailroom.hand_in_containers(bigint, bigint, bigint) IS 'where a member''s letter lies in the containers of the house''s hand-in, from the outside in: pallet, tray, bundle. Needs reader for the member';
REVOKE EXECUTE ON FUNCTION mailroom.hand_in_containers(bigint, bigint, bigint) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('reader')) AS k (kind), (VALUES ('mailroom.hand_in_members(bigint, bigint)'), ('mailroom.hand_in_containers(bigint, bigint, bigint)')) AS f (name);
SELECT mailroom.allow('operator', 'function', 'mailroom.waiting_mailings(bigint)', 'EXECUTE');

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('postage_consent'), ('hand_in_member'), ('postage_share')) AS t (name);
SELECT mailroom.allow('operator', 'table', 'mailroom.postage_consent', 'INSERT, UPDATE, DELETE');
SELECT mailroom.allow('operator', 'function', f.name, 'EXECUTE')
	FROM (VALUES ('mailroom.make_hand_in(bigint, text, bigint[], bigint[])'), ('mailroom.dissolve_hand_in(bigint, bigint)'), ('mailroom.hand_in_shares(bigint, bigint)')) AS f (name);
SELECT mailroom.allow('reader', 'function', 'mailroom.hand_in_shares(bigint, bigint)', 'EXECUTE');
