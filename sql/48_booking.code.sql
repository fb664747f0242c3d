-- 48_booking: labels, hand-in list, blank items, and files that tell a carrier what will be handed in.

-- GS1 element strings --------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.gs1_problem(identifier text, content text)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE
		WHEN $1 IS NULL OR $1 NOT IN ('00', '420', '403', '4320', '90') THEN 'unsupported_identifier'
		WHEN $2 IS NULL OR $2 = '' THEN 'missing'
		WHEN $1 = '00' THEN mailroom.reference_problem('sscc', $2)
		WHEN length($2) > CASE $1 WHEN '420' THEN 20 WHEN '4320' THEN 35 ELSE 30 END THEN 'too_long'
		WHEN $2 !~ '^[!"%-?A-Z_a-z]*$' THEN 'bad_character'
	END;
COMMENT ON FUNCTION mailroom.gs1_problem(text, text) IS 'NULL when the content is valid for the application identifier, else why not; 00 SSCC, 420 postcode of the recipient, 403 routing code, 4320 service, 90 agreed with the carrier';

CREATE OR REPLACE FUNCTION mailroom.gs1_string(identifiers text[], contents text[], separator text DEFAULT E'\x1D')
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	e record;
	made text := '';
BEGIN
	FOR e IN SELECT u.identifier, u.content, u.n FROM unnest($1, $2) WITH ORDINALITY AS u (identifier, content, n) WHERE u.content IS NOT NULL ORDER BY u.n LOOP
		IF mailroom.gs1_problem(e.identifier, e.content) IS NOT NULL THEN
			RAISE EXCEPTION 'element (%) cannot hold "%"', e.identifier, e.content USING ERRCODE = 'MR011', DETAIL = mailroom.gs1_problem(e.identifier, e.content);
		END IF;
		IF $3 IS NULL THEN
			made := made || '(' || e.identifier || ')' || e.content;
		ELSE
			-- the SSCC has a fixed length; everything else ends at a separator
			made := made || e.identifier || e.content || CASE WHEN e.identifier = '00' THEN '' ELSE $3 END;
		END IF;
	END LOOP;
	RETURN CASE WHEN $3 IS NULL THEN made ELSE rtrim(made, $3) END;
END;
$$;
COMMENT ON FUNCTION mailroom.gs1_string(text[], text[], text) IS 'element string of application identifiers and their contents (NULL ones are left out), as a scanner reads it, FNC1 as the separator; with separator NULL as people read it, identifiers in parentheses; MR011 when a content is not valid';

-- Blank items ----------------------------------------------------------------------------------------------

CREATE OR REPLACE VIEW mailroom.mailing_offer_count
	WITH (security_invoker = true) AS
	SELECT c.issuer_id, c.mailing_id, c.offer, o.carrier, o.product, o.service_class, o.hand_in_place, o.hand_in_until, o.hand_in_weekdays, o.notice, o.notice_days,
			m.hand_in_date, m.origin_country, m.currency, s.letters, s.grams, s.bundles, s.trays, s.pallets,
			CASE WHEN o.topup_micro > 0 THEN greatest(o.min_mailing - s.letters, 0) ELSE 0 END AS blank_letters,
			CASE WHEN o.topup_micro > 0 THEN greatest(o.min_mailing - s.letters, 0) * o.topup_micro ELSE 0 END AS blank_micro
		FROM (SELECT DISTINCT t.issuer_id, t.mailing_id, t.offer FROM mailroom.mailing_container t) c
			JOIN mailroom.mailing m ON m.issuer_id = c.issuer_id AND m.mailing_id = c.mailing_id
			CROSS JOIN LATERAL (SELECT (sum(t.letters) FILTER (WHERE t.kind = 'tray'))::bigint AS letters, (sum(t.grams) FILTER (WHERE t.kind = 'tray'))::bigint AS grams,
					count(*) FILTER (WHERE t.kind = 'bundle') AS bundles, count(*) FILTER (WHERE t.kind = 'tray') AS trays, count(*) FILTER (WHERE t.kind = 'pallet') AS pallets
				FROM mailroom.mailing_container t WHERE t.issuer_id = c.issuer_id AND t.mailing_id = c.mailing_id AND t.offer = c.offer) s
			JOIN mailroom.carrier_offer o ON o.offer = c.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date);
COMMENT ON VIEW mailroom.mailing_offer_count IS 'packed mailings by offer: letters, grams, bundles, trays, pallets, and blank_letters that are paid up to the offer''s minimum but not sent, with what they cost in micro units';

CREATE OR REPLACE FUNCTION mailroom.blank_items(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (offer text, min_mailing bigint, letters bigint, blank_letters bigint, blank_micro bigint, cost_micro bigint, cost_without_micro bigint, saving_micro bigint)
	STABLE
	SET search_path = pg_catalog, pg_temp
	ROWS 5
	LANGUAGE plpgsql
AS $$
DECLARE
	problem jsonb;
	without bigint;
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.mailing_offer_count c WHERE c.issuer_id = $1 AND c.mailing_id = $2 AND c.blank_letters > 0) THEN
		RETURN;
	END IF;
	problem := mailroom.postage_problem($1, $2);
	without := mailroom.plan_micro(problem || mailroom.solve_postage(jsonb_set(problem, '{offers}', (SELECT jsonb_agg(o.item || '{"topup": 0}' ORDER BY o.n)
			FROM jsonb_array_elements(problem -> 'offers') WITH ORDINALITY AS o (item, n)))), 'cost');
	RETURN QUERY SELECT c.offer, c.letters + c.blank_letters, c.letters, c.blank_letters, c.blank_micro, m.cost_micro, without, without - m.cost_micro
		FROM mailroom.mailing_offer_count c JOIN mailroom.mailing m ON m.issuer_id = c.issuer_id AND m.mailing_id = c.mailing_id
		WHERE c.issuer_id = $1 AND c.mailing_id = $2 AND c.blank_letters > 0
		ORDER BY c.offer;
END;
$$;
COMMENT ON FUNCTION mailroom.blank_items(bigint, bigint) IS 'offers of a packed mailing in which letters are paid up to the minimum but not sent: how many, what they cost, the plan''s cost, the cheapest cost without any such letters (solved anew; NULL when there is no plan without), and what they save; micro units';

-- When -----------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.notice_deadline(country text, time_zone text, hand_in_date date, notice_days integer, until_time time)
	RETURNS timestamptz
	STABLE PARALLEL SAFE
	RETURN CASE WHEN $4 > 0 THEN
		(CASE WHEN $1 IN ('NO', 'SE', 'FI', 'PL', 'RO') THEN mailroom.add_working_days($1, $3, - $4)
			ELSE (SELECT d.day::date FROM generate_series(($3 - 1)::timestamp, ($3 - 2 * $4 - 5)::timestamp, interval '-1 day') AS d (day)
				WHERE extract(isodow FROM d.day) < 6 ORDER BY d.day DESC OFFSET $4 - 1 LIMIT 1)
		END + coalesce($5, time '17:00')) AT TIME ZONE $2 END;
COMMENT ON FUNCTION mailroom.notice_deadline(text, text, date, integer, time) IS 'until when a carrier takes the notice of a hand-in: so many working days before, at the time (17:00 when not stated); days by the calendar of NO, SE, FI, PL and RO, elsewhere Monday to Friday; NULL when none is asked for';

CREATE OR REPLACE VIEW mailroom.mailing_hand_in
	WITH (security_invoker = true) AS
	SELECT c.issuer_id, c.mailing_id, m.name, r.name AS carrier, c.product, c.offer, coalesce(c.hand_in_place, 'any') AS place, c.hand_in_date AS day,
			CASE WHEN c.notice_days = 0 THEN c.hand_in_until END AS until, c.pallets, c.trays, c.bundles, c.letters, c.blank_letters, c.letters + c.blank_letters AS paid_letters,
			round(c.grams / 1000.0, 1) AS kilograms,
			mailroom.notice_deadline(c.origin_country, i.time_zone, c.hand_in_date, c.notice_days, c.hand_in_until) AS notice_due_at,
			b.booked_at,
			concat_ws('; ', CASE WHEN NOT extract(isodow FROM c.hand_in_date)::integer = ANY (c.hand_in_weekdays) THEN 'not taken in on this weekday' END,
				CASE WHEN c.notice_days > 0 AND b.booked_at IS NULL AND mailroom.notice_deadline(c.origin_country, i.time_zone, c.hand_in_date, c.notice_days, c.hand_in_until) < mailroom.now()
					THEN 'notice is overdue' WHEN c.notice_days > 0 AND b.booked_at IS NULL THEN 'notice to be given' END) AS problem
		FROM mailroom.mailing_offer_count c
			JOIN mailroom.mailing m ON m.issuer_id = c.issuer_id AND m.mailing_id = c.mailing_id
			JOIN mailroom.issuer i ON i.issuer_id = c.issuer_id
			JOIN mailroom.carrier r ON r.carrier = c.carrier AND r.valid_from <= c.hand_in_date AND (r.valid_to IS NULL OR r.valid_to > c.hand_in_date)
			LEFT JOIN LATERAL (SELECT max(g.booked_at) AS booked_at FROM mailroom.mailing_booking g
				WHERE g.issuer_id = c.issuer_id AND g.mailing_id = c.mailing_id AND g.carrier = c.carrier AND g.state = 'booked') b ON true;
COMMENT ON VIEW mailroom.mailing_hand_in IS 'what the print hall hands in, one row for each offer of a packed mailing: carrier, product, place, day and time, pallets, trays, letters, letters paid but not sent, kilograms (letters only), until when the carrier wants its notice, when it was given, and what is wrong';

-- Labels ---------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.container_labels(issuer_id bigint, mailing_id bigint)
	RETURNS TABLE (container_no integer, kind text, kind_no integer, kind_count bigint, carrier text, product text, destination text, format text,
		letters bigint, trays integer, grams bigint, sscc text, code text, label text)
	STABLE PARALLEL SAFE
	ROWS 1000
BEGIN ATOMIC
	WITH boxed AS (
		SELECT c.*, count(*) OVER (PARTITION BY c.kind) AS kind_count, r.name AS carrier_name, o.product, o.service_class, m.hand_in_date, m.name AS mailing_name,
				coalesce(b.sender, i.name) AS sender, b.customer_number,
				CASE WHEN c.mixed_length > 0 THEN 'mixed ' || left(c.zone_from, c.mixed_length) || ': ' || c.zone_from || ' - ' || c.zone_to
					WHEN c.is_mixed THEN 'mixed ' || c.zone_from || ' - ' || c.zone_to ELSE c.zone_from END AS destination
			FROM mailroom.mailing_container c
				JOIN mailroom.mailing m ON m.issuer_id = c.issuer_id AND m.mailing_id = c.mailing_id
				JOIN mailroom.issuer i ON i.issuer_id = c.issuer_id
				LEFT JOIN mailroom.issuer_label b ON b.issuer_id = c.issuer_id
				JOIN mailroom.carrier_offer o ON o.offer = c.offer AND o.valid_from <= m.hand_in_date AND (o.valid_to IS NULL OR o.valid_to > m.hand_in_date)
				JOIN mailroom.carrier r ON r.carrier = o.carrier AND r.valid_from <= m.hand_in_date AND (r.valid_to IS NULL OR r.valid_to > m.hand_in_date)
			WHERE c.issuer_id = $1 AND c.mailing_id = $2
	), coded AS (
		SELECT b.*, ARRAY['00', '420', '403', '4320', '90'] AS identifiers,
				ARRAY[b.sscc, CASE WHEN NOT b.is_mixed AND b.zone_from ~ '^[0-9]{4,20}$' THEN b.zone_from END,
					CASE WHEN NOT b.is_mixed AND b.zone_from ~ '^[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*$' AND length(b.zone_from) <= 30 THEN b.zone_from END,
					CASE WHEN b.offer ~ '^[0-9A-Za-z_-]{1,35}$' THEN b.offer END, b.customer_number] AS contents
			FROM boxed b
	)
	SELECT k.container_no, k.kind, k.kind_no, k.kind_count, k.carrier_name, k.product, k.destination, k.format, k.letters, k.trays, k.grams, k.sscc,
			CASE WHEN k.sscc IS NOT NULL THEN mailroom.gs1_string(k.identifiers, k.contents) END,
			concat_ws(E'\n', k.carrier_name || ', ' || k.product, 'to ' || k.destination, upper(k.kind) || ' ' || k.kind_no || ' of ' || k.kind_count,
				concat_ws(', ', CASE WHEN k.trays IS NOT NULL THEN k.trays || ' trays' END, k.letters || ' letters', k.format, round(k.grams / 1000.0, 1) || ' kg'),
				'from ' || k.sender || ', ' || to_char(k.hand_in_date, 'YYYY-MM-DD') || ', ' || k.mailing_name || ' no. ' || k.container_no,
				CASE WHEN k.sscc IS NOT NULL THEN mailroom.gs1_string(k.identifiers, k.contents, NULL) END)
		FROM coded k
		ORDER BY k.container_no;
END;
COMMENT ON FUNCTION mailroom.container_labels(bigint, bigint) IS 'labels of a packed mailing''s pallets, trays and bundles in the order they are built: where to, what and how many; code: the GS1 element string (00)(420)(403)(4320)(90) for the barcode, of those with an SSCC; label: the text to print, in lines';

CREATE OR REPLACE FUNCTION mailroom.letter_code(issuer_id bigint, mailing_id bigint, letter_id bigint)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (SELECT mailroom.gs1_string(ARRAY['420', '403', '4320', '90'],
			ARRAY[nullif(mailroom.plain_postcode(l.country, l.postcode), ''), p.zone, p.offer, concat_ws('/', b.customer_number, $2, p.sequence_no)])
		FROM mailroom.letter_postage p
			JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
			LEFT JOIN mailroom.issuer_label b ON b.issuer_id = p.issuer_id
		WHERE p.issuer_id = $1 AND p.mailing_id = $2 AND p.letter_id = $3);
COMMENT ON FUNCTION mailroom.letter_code(bigint, bigint, bigint) IS 'GS1 element string for the 2D code of a planned letter: (420) postcode, (403) sort zone, (4320) offer, (90) customer number, mailing and place in postal order; MR011 when one of them has characters that GS1 does not allow';

-- Bookings -------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.store_booking_layout(issuer_id bigint, layout_name text, definition jsonb)
	RETURNS void
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	DELETE FROM mailroom.booking_layout l WHERE l.issuer_id = $1 AND l.layout_name = $2;
	INSERT INTO mailroom.booking_layout
		SELECT $1, $2, $3 ->> 'kind', coalesce($3 ->> 'charset', 'UTF8'), coalesce($3 ->> 'line_end', 'lf'), coalesce($3 ->> 'delimiter', ';'),
			coalesce($3 ->> 'date_format', 'YYYY-MM-DD'), coalesce($3 ->> 'file_suffix', CASE $3 ->> 'kind' WHEN 'fixed' THEN 'txt' ELSE 'csv' END);
	INSERT INTO mailroom.booking_layout_record
		SELECT $1, $2, r.n, r.record ->> 'source' FROM jsonb_array_elements($3 -> 'records') WITH ORDINALITY AS r (record, n);
	INSERT INTO mailroom.booking_layout_field
		SELECT $1, $2, r.n, f.n, coalesce(f.field ->> 'name', f.field ->> 'item', ''), f.field ->> 'item', f.field ->> 'constant', coalesce(f.field ->> 'type', 'A'),
				(f.field ->> 'start')::integer, (f.field ->> 'length')::integer
			FROM jsonb_array_elements($3 -> 'records') WITH ORDINALITY AS r (record, n), jsonb_array_elements(r.record -> 'fields') WITH ORDINALITY AS f (field, n);
	IF $3 ->> 'kind' = 'fixed' AND EXISTS (
		SELECT FROM (SELECT f.start, f.length, lag(f.start + f.length) OVER (PARTITION BY f.record_no ORDER BY f.field_no) AS free FROM mailroom.booking_layout_field f
			WHERE f.issuer_id = $1 AND f.layout_name = $2) p WHERE p.start IS NULL OR p.length IS NULL OR p.start < p.free) THEN
		RAISE EXCEPTION 'fields of booking layout "%" overlap or have no place', $2 USING ERRCODE = 'MR003';
	END IF;
EXCEPTION WHEN not_null_violation OR check_violation OR invalid_text_representation THEN
	RAISE EXCEPTION 'booking layout "%" is not valid', $2 USING ERRCODE = 'MR003', DETAIL = SQLERRM;
END;
$$;
COMMENT ON FUNCTION mailroom.store_booking_layout(bigint, text, jsonb) IS 'stores or replaces an output layout: {kind, charset, line_end, delimiter, date_format, file_suffix, records: [{source, fields: [{name, item or constant, type, start, length}]}]}; MR003 when it is not valid';
REVOKE EXECUTE ON FUNCTION mailroom.store_booking_layout(bigint, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.load_booking_layout(issuer_id bigint, layout_name text, definition jsonb)
	RETURNS void
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM mailroom.store_booking_layout($1, $2, $3);
END;
$$;
COMMENT ON FUNCTION mailroom.load_booking_layout(bigint, text, jsonb) IS 'an issuer''s own booking layout, see mailroom.store_booking_layout; it counts before a shipped one of the same name';
REVOKE EXECUTE ON FUNCTION mailroom.load_booking_layout(bigint, text, jsonb) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.booking_rows(issuer_id bigint, mailing_id bigint, carrier text, source text)
	RETURNS SETOF jsonb
	STABLE
	SET search_path = pg_catalog, pg_temp
	ROWS 1000
	LANGUAGE plpgsql
AS $$
BEGIN
	CASE
	WHEN $4 IN ('mailing', 'total') THEN
		RETURN QUERY SELECT jsonb_build_object('mailing_id', m.mailing_id, 'name', m.name, 'carrier', $3, 'sender', coalesce(b.sender, i.name), 'customer_number', coalesce(b.customer_number, ''),
				'hand_in_date', m.hand_in_date, 'created_on', mailroom.today($1), 'currency', coalesce(m.currency, i.currency)) || c.counts
			FROM mailroom.mailing m
				JOIN mailroom.issuer i ON i.issuer_id = m.issuer_id
				LEFT JOIN mailroom.issuer_label b ON b.issuer_id = m.issuer_id
				CROSS JOIN LATERAL (SELECT jsonb_build_object('offers', count(*), 'letters', coalesce(sum(o.letters), 0), 'blank_letters', coalesce(sum(o.blank_letters), 0),
						'paid_letters', coalesce(sum(o.letters + o.blank_letters), 0), 'grams', coalesce(sum(o.grams), 0), 'bundles', coalesce(sum(o.bundles), 0),
						'trays', coalesce(sum(o.trays), 0), 'pallets', coalesce(sum(o.pallets), 0)) AS counts
					FROM mailroom.mailing_offer_count o WHERE o.issuer_id = $1 AND o.mailing_id = $2 AND o.carrier = $3) c
			WHERE m.issuer_id = $1 AND m.mailing_id = $2;
	WHEN $4 = 'offer' THEN
		RETURN QUERY SELECT to_jsonb(o) || jsonb_build_object('paid_letters', o.letters + o.blank_letters)
			FROM mailroom.mailing_offer_count o WHERE o.issuer_id = $1 AND o.mailing_id = $2 AND o.carrier = $3 ORDER BY o.offer;
	WHEN $4 = 'postcode' THEN
		RETURN QUERY SELECT jsonb_build_object('offer', p.offer, 'country', l.country, 'postcode', mailroom.plain_postcode(l.country, l.postcode), 'zone', min(p.zone),
				'letters', count(*), 'grams', sum(p.grams))
			FROM mailroom.mailing_parts($1, $2) k
				JOIN mailroom.letter_postage p ON p.issuer_id = k.issuer_id AND p.mailing_id = k.mailing_id
				JOIN mailroom.letter l ON l.issuer_id = p.issuer_id AND l.mailing_id = p.mailing_id AND l.letter_id = p.letter_id
			WHERE p.offer IN (SELECT o.offer FROM mailroom.mailing_offer_count o WHERE o.issuer_id = $1 AND o.mailing_id = $2 AND o.carrier = $3)
			GROUP BY p.offer, l.country, mailroom.plain_postcode(l.country, l.postcode)
			ORDER BY p.offer COLLATE "C", l.country COLLATE "C", mailroom.plain_postcode(l.country, l.postcode) COLLATE "C";
	ELSE
		RETURN QUERY SELECT to_jsonb(c) || jsonb_build_object('parent_sscc', p.sscc, 'code', k.code, 'destination', k.destination, 'product', k.product,
				'mixed', c.is_mixed::integer, 'trays', coalesce(c.trays, 0))
			FROM mailroom.mailing_container c
				LEFT JOIN mailroom.mailing_container p ON p.issuer_id = c.issuer_id AND p.mailing_id = c.mailing_id AND p.container_no = c.parent_no
				JOIN mailroom.container_labels($1, $2) k ON k.container_no = c.container_no
			WHERE c.issuer_id = $1 AND c.mailing_id = $2 AND (c.kind = $4 OR $4 = 'container' AND c.kind <> 'bundle')
				AND c.offer IN (SELECT o.offer FROM mailroom.mailing_offer_count o WHERE o.issuer_id = $1 AND o.mailing_id = $2 AND o.carrier = $3)
			ORDER BY c.container_no;
	END CASE;
END;
$$;
COMMENT ON FUNCTION mailroom.booking_rows(bigint, bigint, text, text) IS 'what a packed mailing can tell a carrier, one object a line: source mailing, total, offer, postcode, bundle, tray, pallet or container; its keys are the items of a booking layout';

CREATE OR REPLACE FUNCTION mailroom.booking_line(layout mailroom.booking_layout, fields mailroom.booking_layout_field[], line jsonb, is_names boolean)
	RETURNS text
	STABLE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	f mailroom.booking_layout_field;
	content text;
	made text := '';
	is_first boolean := true;
BEGIN
	FOREACH f IN ARRAY fields LOOP
		IF f.item IS NOT NULL AND NOT line ? f.item AND NOT is_names THEN
			RAISE EXCEPTION 'booking layout "%" asks for "%", which its record does not have', (layout).layout_name, f.item USING ERRCODE = 'MR003';
		END IF;
		content := CASE WHEN is_names THEN f.name ELSE coalesce(f.constant, line ->> f.item, '') END;
		IF f.type = 'D' AND NOT is_names AND content <> '' THEN
			content := to_char(content::date, (layout).date_format);
		ELSIF f.type = 'T' AND f.length IS NOT NULL THEN
			content := left(content, f.length);
		END IF;
		IF length(content) > f.length THEN
			RAISE EXCEPTION '"%" does not fit into field "%" of booking layout "%"', content, f.name, (layout).layout_name USING ERRCODE = 'MR003';
		END IF;
		IF (layout).kind = 'fixed' THEN
			made := rpad(made, f.start - 1) || CASE WHEN f.type = 'N' THEN lpad(content, f.length, '0') ELSE rpad(content, f.length) END;
		ELSE
			IF strpos(content, (layout).delimiter) > 0 OR content ~ '["\r\n]' THEN
				content := '"' || replace(content, '"', '""') || '"';
			END IF;
			made := made || CASE WHEN is_first THEN '' ELSE (layout).delimiter END || content;
			is_first := false;
		END IF;
	END LOOP;
	RETURN made;
END;
$$;
COMMENT ON FUNCTION mailroom.booking_line(mailroom.booking_layout, mailroom.booking_layout_field[], jsonb, boolean) IS 'one line of a booking file, without its end; MR003 when a value does not fit its field';
REVOKE EXECUTE ON FUNCTION mailroom.booking_line(mailroom.booking_layout, mailroom.booking_layout_field[], jsonb, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.booking_lines(issuer_id bigint, mailing_id bigint, carrier text, layout mailroom.booking_layout)
	RETURNS SETOF text
	STABLE
	SET search_path = pg_catalog, pg_temp
	ROWS 1000
	LANGUAGE plpgsql
AS $$
DECLARE
	r mailroom.booking_layout_record;
	fields mailroom.booking_layout_field[];
	line jsonb;
	lines bigint := 0;
BEGIN
	FOR r IN SELECT * FROM mailroom.booking_layout_record b WHERE b.issuer_id = (layout).issuer_id AND b.layout_name = (layout).layout_name ORDER BY b.record_no LOOP
		fields := ARRAY(SELECT f FROM mailroom.booking_layout_field f WHERE f.issuer_id = r.issuer_id AND f.layout_name = r.layout_name
			AND f.record_no = r.record_no + (r.source = 'names')::integer ORDER BY f.field_no);
		IF r.source = 'names' THEN
			lines := lines + 1;
			RETURN NEXT mailroom.booking_line(layout, fields, '{}', true);
			CONTINUE;
		END IF;
		FOR line IN SELECT b FROM mailroom.booking_rows($1, $2, $3, r.source) AS b LOOP
			lines := lines + 1;
			RETURN NEXT mailroom.booking_line(layout, fields, line || jsonb_build_object('line_no', lines, 'lines', lines), false);
		END LOOP;
	END LOOP;
END;
$$;
COMMENT ON FUNCTION mailroom.booking_lines(bigint, bigint, text, mailroom.booking_layout) IS 'the lines of a booking file; line_no and, in a total, lines count them';
REVOKE EXECUTE ON FUNCTION mailroom.booking_lines(bigint, bigint, text, mailroom.booking_layout) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.write_booking(issuer_id bigint, mailing_id bigint, layout text, carrier text DEFAULT NULL, is_late_agreed boolean DEFAULT false)
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	l mailroom.booking_layout;
	carriers text[];
	due timestamptz;
	file bigint;
	content text;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	PERFORM FROM mailroom.mailing m WHERE m.issuer_id = $1 AND m.mailing_id = $2 FOR UPDATE;
	SELECT * INTO l FROM mailroom.booking_layout b WHERE b.issuer_id IN (0, $1) AND b.layout_name = $3 ORDER BY b.issuer_id DESC LIMIT 1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'booking layout "%" does not exist', $3 USING ERRCODE = 'MR003';
	END IF;
	carriers := ARRAY(SELECT DISTINCT c.carrier FROM mailroom.mailing_offer_count c WHERE c.issuer_id = $1 AND c.mailing_id = $2 AND c.carrier = coalesce($4, c.carrier) ORDER BY 1);
	IF cardinality(carriers) = 0 THEN
		RAISE EXCEPTION 'mailing % has no containers%', $2, coalesce(format(' for carrier "%s"', $4), '') USING ERRCODE = 'MR004', HINT = 'Pack it with mailroom.pack_mailing().';
	ELSIF cardinality(carriers) > 1 THEN
		RAISE EXCEPTION 'mailing % has several carriers', $2 USING ERRCODE = 'invalid_parameter_value', DETAIL = format('They are: %s.', array_to_string(carriers, ', ')), HINT = 'Name the carrier.';
	END IF;
	SELECT min(h.notice_due_at) INTO due FROM mailroom.mailing_hand_in h JOIN mailroom.mailing_offer_count c USING (issuer_id, mailing_id, offer)
		WHERE h.issuer_id = $1 AND h.mailing_id = $2 AND c.carrier = carriers[1];
	IF due < mailroom.now() AND NOT $5 THEN
		RAISE EXCEPTION 'carrier "%" took notice of mailing % until %', carriers[1], $2,
				(SELECT to_char(due AT TIME ZONE i.time_zone, 'YYYY-MM-DD HH24:MI') FROM mailroom.issuer i WHERE i.issuer_id = $1)
			USING ERRCODE = 'MR004', HINT = 'Plan the mailing for a later hand-in, or agree with the carrier and pass is_late_agreed.';
	END IF;
	file := mailroom.open_outgoing_file($1, 'booking', format('booking-%s-%s-%s.%s', $2, regexp_replace(carriers[1], '[^A-Za-z0-9_-]', '-', 'g'), $3, l.file_suffix),
		CASE l.file_suffix WHEN 'csv' THEN 'text/csv' ELSE 'text/plain' END, $2);
	FOR content IN
		SELECT string_agg(b.line || CASE l.line_end WHEN 'crlf' THEN E'\r\n' ELSE E'\n' END, '' ORDER BY b.n)
			FROM mailroom.booking_lines($1, $2, carriers[1], l) WITH ORDINALITY AS b (line, n) GROUP BY b.n / 10000 ORDER BY b.n / 10000
	LOOP
		PERFORM mailroom.append_outgoing_file($1, file, convert_to(content, l.charset));
	END LOOP;
	PERFORM mailroom.close_outgoing_file($1, file);
	INSERT INTO mailroom.mailing_booking (issuer_id, mailing_id, outgoing_file_id, carrier, layout_name, due_at, booked_at, letters, blank_letters, trays, pallets)
		SELECT $1, $2, file, carriers[1], $3, due, mailroom.now(), sum(c.letters), sum(c.blank_letters), sum(c.trays), sum(c.pallets)
			FROM mailroom.mailing_offer_count c WHERE c.issuer_id = $1 AND c.mailing_id = $2 AND c.carrier = carriers[1];
	PERFORM mailroom.log_event($1, 'mailing', $2, 'booked', jsonb_build_object('carrier', carriers[1], 'layout', $3, 'outgoing_file_id', file));
	RETURN file;
END;
$$;
COMMENT ON FUNCTION mailroom.write_booking(bigint, bigint, text, text, boolean) IS 'writes the booking or notification of a packed mailing for a carrier (may be left out when there is one) by a layout as an outgoing file of kind booking, notes it in mailing_booking, and returns its outgoing_file_id; MR003 no such layout or a value does not fit, MR004 not packed, or later than the carrier takes it (unless is_late_agreed), 22023 several carriers, 22P05 a character is not in the layout''s charset';
REVOKE EXECUTE ON FUNCTION mailroom.write_booking(bigint, bigint, text, text, boolean) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.outdate_bookings()
	RETURNS trigger
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	UPDATE mailroom.mailing_booking b SET state = 'outdated' WHERE b.issuer_id = NEW.issuer_id AND b.mailing_id = NEW.mailing_id AND b.state = 'booked';
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION mailroom.outdate_bookings() IS 'trigger: bookings of a mailing that is planned anew are outdated';
REVOKE EXECUTE ON FUNCTION mailroom.outdate_bookings() FROM PUBLIC;

CREATE OR REPLACE TRIGGER outdate_bookings
	AFTER UPDATE OF plan ON mailroom.mailing
	FOR EACH ROW WHEN (NEW.state = 'planned')
	EXECUTE FUNCTION mailroom.outdate_bookings();

-- Shipped layouts ------------------------------------------------------------------------------------------

SELECT mailroom.store_booking_layout(0, 'booking-csv', '{"kind": "delimited", "records": [
	{"source": "names", "fields": []},
	{"source": "offer", "fields": [{"item": "carrier"}, {"item": "offer"}, {"item": "product"}, {"item": "hand_in_date", "type": "D"}, {"item": "hand_in_place"},
		{"item": "letters"}, {"item": "blank_letters"}, {"item": "paid_letters"}, {"item": "grams"}, {"item": "trays"}, {"item": "pallets"}]}]}');
SELECT mailroom.store_booking_layout(0, 'postcode-counts', '{"kind": "fixed", "charset": "LATIN1", "line_end": "crlf", "date_format": "YYYYMMDD", "records": [
	{"source": "mailing", "fields": [{"constant": "H", "name": "type", "start": 1, "length": 1}, {"item": "mailing_id", "type": "N", "start": 2, "length": 10},
		{"item": "hand_in_date", "type": "D", "start": 12, "length": 8}, {"item": "customer_number", "start": 20, "length": 30}, {"item": "sender", "type": "T", "start": 50, "length": 40}]},
	{"source": "postcode", "fields": [{"constant": "P", "name": "type", "start": 1, "length": 1}, {"item": "offer", "start": 2, "length": 20}, {"item": "country", "start": 22, "length": 2},
		{"item": "postcode", "start": 24, "length": 10}, {"item": "letters", "type": "N", "start": 34, "length": 8}, {"item": "grams", "type": "N", "start": 42, "length": 11}]},
	{"source": "total", "fields": [{"constant": "T", "name": "type", "start": 1, "length": 1}, {"item": "lines", "type": "N", "start": 2, "length": 8},
		{"item": "letters", "type": "N", "start": 10, "length": 10}, {"item": "blank_letters", "type": "N", "start": 20, "length": 8}, {"item": "grams", "type": "N", "start": 28, "length": 13}]}]}');
SELECT mailroom.store_booking_layout(0, 'sscc-list', '{"kind": "delimited", "records": [
	{"source": "mailing", "fields": [{"constant": "HEADER"}, {"item": "customer_number"}, {"item": "sender"}, {"item": "hand_in_date", "type": "D"}, {"item": "name"}]},
	{"source": "container", "fields": [{"item": "kind"}, {"item": "sscc"}, {"item": "parent_sscc"}, {"item": "offer"}, {"item": "destination"}, {"item": "letters"}, {"item": "grams"}, {"item": "trays"}]},
	{"source": "total", "fields": [{"constant": "TRAILER"}, {"item": "lines"}, {"item": "pallets"}, {"item": "trays"}, {"item": "letters"}, {"item": "blank_letters"}]}]}');

-- Label sheets ---------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.label_sheet(labels text[], ssccs text[], label_columns integer, label_rows integer)
	RETURNS bytea
	IMMUTABLE STRICT PARALLEL SAFE
	LANGUAGE c
	AS 'MODULE_PATHNAME', 'mailroom_label_sheet';
COMMENT ON FUNCTION mailroom.label_sheet(text[], text[], integer, integer) IS 'labels as a PDF of sheets A4: text in lines, the second large, and the SSCC of 18 digits (NULL or empty = none) as GS1-128; label_columns up to 3 beside, label_rows up to 8 below one another; 22023 no such sheet, or the bars do not fit a label; MR006 no font has a character';

CREATE OR REPLACE FUNCTION mailroom.write_labels(issuer_id bigint, mailing_id bigint, media text DEFAULT 'pdf', kinds text[] DEFAULT '{tray,pallet}', label_columns integer DEFAULT 2, label_rows integer DEFAULT 4)
	RETURNS bigint
	VOLATILE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	file bigint;
	content bytea;
	written bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'operator');
	IF $3 IS NULL OR $3 NOT IN ('pdf', 'csv') OR NOT coalesce($4 <@ ARRAY['bundle', 'tray', 'pallet'], false) THEN
		RAISE EXCEPTION 'labels of % cannot be written as "%"', array_to_string($4, ', '), $3 USING ERRCODE = 'invalid_parameter_value',
			HINT = 'media is pdf or csv; kinds are bundle, tray and pallet.';
	ELSIF NOT EXISTS (SELECT FROM mailroom.mailing_container c WHERE c.issuer_id = $1 AND c.mailing_id = $2) THEN
		RAISE EXCEPTION 'mailing % has no containers', $2 USING ERRCODE = 'MR004', HINT = 'Pack it with mailroom.pack_mailing().';
	END IF;
	IF $3 = 'pdf' THEN
		SELECT mailroom.label_sheet(coalesce(array_agg(l.label ORDER BY l.container_no), '{}'), coalesce(array_agg(coalesce(l.sscc, '') ORDER BY l.container_no), '{}'), $5, $6), count(*)
			INTO content, written FROM mailroom.container_labels($1, $2) l WHERE l.kind = ANY ($4);
	ELSE
		SELECT convert_to(E'container_no,kind,kind_no,kind_count,carrier,product,destination,format,letters,trays,grams,sscc,code\n' || coalesce(string_agg(
				concat_ws(',', l.container_no, l.kind, l.kind_no, l.kind_count, mailroom.csv_value(l.carrier), mailroom.csv_value(l.product), mailroom.csv_value(l.destination), coalesce(l.format, ''),
					l.letters, coalesce(l.trays::text, ''), l.grams, coalesce(l.sscc, ''), mailroom.csv_value(coalesce(l.code, ''))) || E'\n', '' ORDER BY l.container_no), ''), 'UTF8'), count(*)
			INTO content, written FROM mailroom.container_labels($1, $2) l WHERE l.kind = ANY ($4);
	END IF;
	file := mailroom.open_outgoing_file($1, 'labels', format('labels-%s.%s', $2, $3), CASE $3 WHEN 'pdf' THEN 'application/pdf' ELSE 'text/csv' END, $2);
	FOR part IN 0 .. (length(content) - 1) / 8000000 LOOP
		PERFORM mailroom.append_outgoing_file($1, file, substr(content, part * 8000000 + 1, 8000000));
	END LOOP;
	PERFORM mailroom.close_outgoing_file($1, file);
	PERFORM mailroom.log_event($1, 'mailing', $2, 'labels written', jsonb_build_object('labels', written, 'outgoing_file_id', file));
	RETURN file;
END;
$$;
COMMENT ON FUNCTION mailroom.write_labels(bigint, bigint, text, text[], integer, integer) IS 'writes the labels of a packed mailing''s containers (kinds: bundle, tray, pallet) as an outgoing file of kind labels and returns its outgoing_file_id: media pdf, sheets A4 of label_columns by label_rows with the SSCC as GS1-128 bars, or csv, a line a label with the content of its code; 22023 no such media or sheet, MR004 not packed, 42501 not an operator';
REVOKE EXECUTE ON FUNCTION mailroom.write_labels(bigint, bigint, text, text[], integer, integer) FROM PUBLIC;
SELECT mailroom.allow('operator', 'function', 'mailroom.write_labels(bigint, bigint, text, text[], integer, integer)', 'EXECUTE');

SELECT mailroom.allow('operator', 'function', 'mailroom.' || f.name, 'EXECUTE')
	FROM (VALUES ('load_booking_layout(bigint, text, jsonb)'), ('write_booking(bigint, bigint, text, text, boolean)')) AS f (name);
SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('mailing_offer_count'), ('mailing_hand_in'), ('mailing_booking'), ('issuer_label'),
		('booking_layout'), ('booking_layout_record'), ('booking_layout_field')) AS t (name);
