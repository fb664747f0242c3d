-- 43_returned: mail that came back, and recipients whose address a clerk corrects.

-- Mail that came back --------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.address_key(recipient text, street text, street_2 text, postcode text, city text, country text)
	RETURNS bytea
	IMMUTABLE PARALLEL SAFE
	RETURN sha256(convert_to(concat_ws('|', mailroom.town_key(coalesce($1, ''), 'plain'), mailroom.town_key(coalesce($2, ''), 'plain'), mailroom.town_key(coalesce($3, ''), 'plain'),
		mailroom.plain_postcode(coalesce($6, ''), $4), mailroom.town_key(coalesce($5, ''), 'plain'), upper(coalesce($6, ''))), 'UTF8'));
COMMENT ON FUNCTION mailroom.address_key(text, text, text, text, text, text) IS 'SHA-256 of an address, case, accents and punctuation aside: equal for the same recipient at the same place';

CREATE OR REPLACE FUNCTION mailroom.invoice_address(issuer_id bigint, invoice_id bigint)
	RETURNS TABLE (customer_no text, recipient text, street text, street_2 text, postcode text, city text, country text, address_key bytea)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT a.*, mailroom.address_key(a.recipient, a.street, a.street_2, a.postcode, a.city, a.country)
		FROM (SELECT coalesce(p.customer_no, i.buyer_no), CASE WHEN c.is_whole THEN c.recipient WHEN p.party_id IS NULL THEN i.buyer_name ELSE p.name END,
					CASE WHEN c.is_whole THEN c.street WHEN p.party_id IS NULL THEN i.buyer_street ELSE p.street END,
					CASE WHEN c.is_whole THEN c.street_2 WHEN p.party_id IS NULL THEN i.buyer_street_2 ELSE p.street_2 END,
					CASE WHEN c.is_whole THEN c.postcode WHEN p.party_id IS NULL THEN i.buyer_postcode ELSE p.postcode END,
					CASE WHEN c.is_whole THEN c.city WHEN p.party_id IS NULL THEN i.buyer_city ELSE p.city END,
					coalesce(nullif(CASE WHEN c.is_whole THEN c.country WHEN p.party_id IS NULL THEN i.buyer_country ELSE p.country END, ''), own.country)
				FROM mailroom.invoice i
					JOIN mailroom.issuer own ON own.issuer_id = i.issuer_id
					LEFT JOIN LATERAL (SELECT p.* FROM mailroom.party p WHERE p.issuer_id = i.issuer_id AND p.party_id = i.recipient_party_id OFFSET 0) p ON true
					LEFT JOIN LATERAL (SELECT c.* FROM mailroom.recipient_correction c WHERE c.issuer_id = i.issuer_id AND c.invoice_id = i.invoice_id AND c.is_whole OFFSET 0) c ON true
				WHERE i.issuer_id = $1 AND i.invoice_id = $2) AS a (customer_no, recipient, street, street_2, postcode, city, country);
END;
COMMENT ON FUNCTION mailroom.invoice_address(bigint, bigint) IS 'where the letter with an invoice goes: as a clerk corrected it, else the buyer''s address, or that of the party a self-billed invoice is sent to';

CREATE OR REPLACE FUNCTION mailroom.hold_undeliverable(issuer_id bigint, mailing_id bigint)
	RETURNS bigint
	VOLATILE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	l record;
	letters bigint := 0;
BEGIN
	IF NOT EXISTS (SELECT FROM mailroom.undeliverable_address u WHERE u.issuer_id = $1 AND u.released_at IS NULL) THEN
		RETURN 0;
	END IF;
	-- by the recipient's name first: it is in the letter, the whole address is three rows away
	FOR l IN
		WITH named AS MATERIALIZED (
			SELECT t.letter_id, t.document_id
				FROM mailroom.letter t
				WHERE t.issuer_id = $1 AND t.mailing_id = $2
					AND mailroom.town_key(t.recipient, 'plain') IN (SELECT mailroom.town_key(u.recipient, 'plain')
						FROM mailroom.undeliverable_address u WHERE u.issuer_id = $1 AND u.released_at IS NULL)
		)
		SELECT n.letter_id, d.invoice_id, u.address_no, u.recipient, u.since, u.reason
			FROM named n
				CROSS JOIN LATERAL (SELECT d.invoice_id FROM mailroom.document d WHERE d.issuer_id = $1 AND d.document_id = n.document_id OFFSET 0) d
				CROSS JOIN LATERAL mailroom.invoice_address($1, d.invoice_id) a
				JOIN mailroom.undeliverable_address u ON u.issuer_id = $1 AND u.released_at IS NULL AND u.address_key = a.address_key
			WHERE NOT EXISTS (SELECT FROM mailroom.letter_hold h WHERE h.issuer_id = $1 AND h.invoice_id = d.invoice_id AND h.address_no = u.address_no)
			ORDER BY n.letter_id
	LOOP
		INSERT INTO mailroom.letter_hold (issuer_id, invoice_id, address_no, held_at) VALUES ($1, l.invoice_id, l.address_no, mailroom.now());
		PERFORM mailroom.remove_letter($1, $2, l.letter_id, 'POSTAGE-RETURNED', format('mail to "%s" comes back from this address since %s (%s): ask for the new address, or release address %s',
			l.recipient, to_char(l.since, 'YYYY-MM-DD'), l.reason, l.address_no));
		letters := letters + 1;
	END LOOP;
	RETURN letters;
END;
$$;
COMMENT ON FUNCTION mailroom.hold_undeliverable(bigint, bigint) IS 'takes letters to undeliverable addresses out of the mailing and sets their invoices aside with POSTAGE-RETURNED; returns how many';
REVOKE EXECUTE ON FUNCTION mailroom.hold_undeliverable(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.report_returned(issuer_id bigint, letter_id bigint, reason text, on_date date)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
	sent record;
	address bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	IF coalesce(btrim($3), '') = '' THEN
		RAISE EXCEPTION 'a letter that came back is reported with a reason' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT l.mailing_id, d.invoice_id, m.state INTO sent
		FROM mailroom.mailing m
			CROSS JOIN LATERAL (SELECT l.mailing_id, l.document_id FROM mailroom.letter l
				WHERE l.issuer_id = m.issuer_id AND l.mailing_id = m.mailing_id AND l.letter_id = $2 OFFSET 0) l
			CROSS JOIN LATERAL (SELECT d.invoice_id FROM mailroom.document d WHERE d.issuer_id = m.issuer_id AND d.document_id = l.document_id OFFSET 0) d
		WHERE m.issuer_id = $1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'letter % does not exist', $2
			USING ERRCODE = 'undefined_object', HINT = 'A letter that came back can be reported by its invoice number too.';
	ELSIF sent.state NOT IN ('printed', 'closed') THEN
		RAISE EXCEPTION 'letter % cannot have come back because its mailing is %', $2, sent.state USING ERRCODE = 'MR004', HINT = 'Letters come back from mailings that are printed or closed: look for the letter in mailroom.letter_print.';
	END IF;
	SELECT r.address_no INTO address FROM mailroom.returned_letter r WHERE r.issuer_id = $1 AND r.letter_id = $2;
	IF FOUND THEN
		RETURN address;
	END IF;
	INSERT INTO mailroom.undeliverable_address AS u (issuer_id, address_key, customer_no, recipient, street, street_2, postcode, city, country, since, reason)
		SELECT $1, a.address_key, a.customer_no, coalesce(a.recipient, '?'), a.street, a.street_2, a.postcode, a.city, a.country, $4, $3
			FROM mailroom.invoice_address($1, sent.invoice_id) a
		ON CONFLICT (issuer_id, address_key) WHERE released_at IS NULL DO UPDATE SET since = least(u.since, excluded.since)
		RETURNING u.address_no INTO address;
	INSERT INTO mailroom.returned_letter (issuer_id, letter_id, mailing_id, invoice_id, address_no, returned_on, reason, reported_at, reported_by)
		VALUES ($1, $2, sent.mailing_id, sent.invoice_id, address, $4, $3, mailroom.now(), mailroom.outer_role());
	PERFORM mailroom.log_event($1, 'invoice', sent.invoice_id, 'returned', jsonb_build_object('letter_id', $2, 'address_no', address, 'reason', $3, 'on_date', $4));
	RETURN address;
END;
$$;
COMMENT ON FUNCTION mailroom.report_returned(bigint, bigint, text, date) IS 'a letter came back: its address is undeliverable from now on and the next letter to it is held; returns address_no of mailroom.undeliverable_address; the same letter twice changes nothing; 42704 no such letter, MR004 it was not sent yet; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.report_returned(bigint, bigint, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.report_returned(issuer_id bigint, invoice_number text, reason text, on_date date)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	letters bigint[];
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	letters := ARRAY(
		SELECT l.letter_id
			FROM mailroom.invoice i
				CROSS JOIN LATERAL (SELECT d.document_id FROM mailroom.document d WHERE d.issuer_id = i.issuer_id AND d.invoice_id = i.invoice_id OFFSET 0) d
				CROSS JOIN LATERAL (SELECT l.letter_id FROM mailroom.letter l WHERE l.issuer_id = i.issuer_id AND l.document_id = d.document_id OFFSET 0) l
			WHERE i.issuer_id = $1 AND i.invoice_number = $2);
	IF cardinality(letters) <> 1 THEN
		RAISE EXCEPTION '% letters went out with invoice "%"', cardinality(letters), $2
			USING ERRCODE = CASE WHEN cardinality(letters) = 0 THEN 'undefined_object' ELSE 'ambiguous_parameter' END, HINT = 'Report the letter by its letter_id.';
	END IF;
	RETURN mailroom.report_returned($1, letters[1], $3, $4);
END;
$$;
COMMENT ON FUNCTION mailroom.report_returned(bigint, text, text, date) IS 'as mailroom.report_returned by letter_id, for the letter that went out with an invoice number; 42704 when there is none, 42P08 when there are several; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.report_returned(bigint, text, text, date) FROM PUBLIC;

CREATE OR REPLACE FUNCTION mailroom.release_address(issuer_id bigint, address_no bigint, reason text)
	RETURNS bigint
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	held bigint;
	invoices bigint := 0;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	IF coalesce(btrim($3), '') = '' THEN
		RAISE EXCEPTION 'an address is released with a reason' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	UPDATE mailroom.undeliverable_address u
		SET released_at = mailroom.now(), released_by = mailroom.outer_role(), release_reason = $3
		WHERE u.issuer_id = $1 AND u.address_no = $2 AND u.released_at IS NULL;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'address % is not marked as undeliverable', $2
			USING ERRCODE = 'undefined_object', HINT = 'address_no of mailroom.undeliverable_address, of a row without released_at.';
	END IF;
	FOR held IN
		SELECT h.invoice_id FROM mailroom.letter_hold h
			WHERE h.issuer_id = $1 AND h.address_no = $2
				AND (SELECT i.state FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = h.invoice_id) = 'set_aside'
			ORDER BY 1
	LOOP
		PERFORM mailroom.release_invoice($1, held, format('address %s released: %s', $2, $3));
		invoices := invoices + 1;
	END LOOP;
	PERFORM mailroom.log_event($1, 'address', $2, 'released', jsonb_build_object('reason', $3, 'invoices', invoices));
	RETURN invoices;
END;
$$;
COMMENT ON FUNCTION mailroom.release_address(bigint, bigint, text) IS 'letters to an address go out again, those that were held at once; who and why are kept; returns how many invoices went back into work; 42704 when the address is not marked; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.release_address(bigint, bigint, text) FROM PUBLIC;

-- Addresses that a clerk corrects --------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION mailroom.move_customer(issuer_id bigint, was mailroom.recipient_address, becomes mailroom.recipient_address, reason text)
	RETURNS void
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	-- whatever led to the old address leads to the new one, and the new one to itself
	UPDATE mailroom.customer_move m
		SET recipient = becomes.recipient, street = becomes.street, street_2 = becomes.street_2, postcode = becomes.postcode, city = becomes.city, country = becomes.country,
			reason = $4, moved_at = mailroom.now(), moved_by = mailroom.outer_role()
		WHERE m.issuer_id = $1 AND m.customer_no = was.customer_no AND mailroom.address_key(m.recipient, m.street, m.street_2, m.postcode, m.city, m.country) = was.address_key;
	DELETE FROM mailroom.customer_move m WHERE m.issuer_id = $1 AND m.customer_no = was.customer_no AND m.address_key = becomes.address_key;
	INSERT INTO mailroom.customer_move (issuer_id, customer_no, address_key, recipient, street, street_2, postcode, city, country, reason, moved_at, moved_by)
		VALUES ($1, was.customer_no, was.address_key, becomes.recipient, becomes.street, becomes.street_2, becomes.postcode, becomes.city, becomes.country, $4, mailroom.now(), mailroom.outer_role())
		ON CONFLICT DO NOTHING;
	UPDATE mailroom.party p
		SET name = becomes.recipient, street = becomes.street, street_2 = becomes.street_2, postcode = becomes.postcode, city = becomes.city, country = becomes.country
		WHERE p.issuer_id = $1 AND p.customer_no = was.customer_no;
END;
$$;
COMMENT ON FUNCTION mailroom.move_customer(bigint, mailroom.recipient_address, mailroom.recipient_address, text) IS 'the part of mailroom.correct_recipient that corrects the customer: mailroom.party, and mailroom.customer_move for invoices that still name the old address';
REVOKE EXECUTE ON FUNCTION mailroom.move_customer(bigint, mailroom.recipient_address, mailroom.recipient_address, text) FROM PUBLIC;

-- The address as a clerk wants it: checked, and not one that mail came back from.
CREATE OR REPLACE FUNCTION mailroom.edited_address(issuer_id bigint, was mailroom.recipient_address, edit jsonb)
	RETURNS mailroom.recipient_address
	STABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	becomes mailroom.recipient_address := was;
	checked mailroom.address_check;
	stranger text;
BEGIN
	IF jsonb_typeof($3) IS DISTINCT FROM 'object' OR $3 = '{}' THEN
		RAISE EXCEPTION 'an address is corrected by an object of the parts that change' USING ERRCODE = 'invalid_parameter_value', HINT = 'Such as {"street": "Storgata 1", "postcode": "0155", "city": "Oslo"}.';
	END IF;
	SELECT k.key INTO stranger FROM jsonb_each($3) AS k
		WHERE k.key NOT IN ('recipient', 'street', 'street_2', 'postcode', 'city', 'country') OR jsonb_typeof(k.value) NOT IN ('string', 'null') ORDER BY 1 LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'an address has no part "%" that is a text', stranger USING ERRCODE = 'invalid_parameter_value', HINT = 'The parts are recipient, street, street_2, postcode, city and country.';
	END IF;
	becomes := jsonb_populate_record(was, (SELECT jsonb_object_agg(k.key, nullif(btrim(k.value), '')) FROM jsonb_each_text($3) AS k));
	IF becomes.recipient IS NULL THEN
		RAISE EXCEPTION 'an address needs a recipient' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	checked := mailroom.check_address(becomes.country, becomes.postcode, becomes.city, mailroom.today($1));
	IF checked.state = 'fault' THEN
		RAISE EXCEPTION 'cannot correct the address: %', checked.reason USING ERRCODE = 'invalid_parameter_value';
	END IF;
	becomes.postcode := checked.postcode;
	becomes.city := checked.town;
	becomes.address_key := mailroom.address_key(becomes.recipient, becomes.street, becomes.street_2, becomes.postcode, becomes.city, becomes.country);
	IF becomes.address_key = was.address_key THEN
		RAISE EXCEPTION 'the address is the same as before' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'mailroom.release_invoice sends the invoice to it all the same.';
	ELSIF EXISTS (SELECT FROM mailroom.undeliverable_address u WHERE u.issuer_id = $1 AND u.address_key = becomes.address_key AND u.released_at IS NULL) THEN
		RAISE EXCEPTION 'cannot correct the address because mail came back from the new one too' USING ERRCODE = 'MR004', HINT = 'mailroom.release_address ends the mark.';
	END IF;
	RETURN becomes;
END;
$$;
COMMENT ON FUNCTION mailroom.edited_address(bigint, mailroom.recipient_address, jsonb) IS 'an address with the parts that a clerk changes, checked and where need be corrected by mailroom.check_address; 22023 when it is at fault or the same, MR004 when mail came back from it';

CREATE OR REPLACE FUNCTION mailroom.correct_recipient(issuer_id bigint, invoice_id bigint, address jsonb, reason text, for_customer boolean DEFAULT false)
	RETURNS text
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
	waiting mailroom.invoice;
	was mailroom.recipient_address;
	becomes mailroom.recipient_address;
	others text;
	withdrawn bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'clerk');
	waiting := mailroom.lock_waiting_invoice($1, $2, $4);
	SELECT string_agg(DISTINCT f.rule, ', ') INTO others FROM mailroom.finding f
		WHERE f.issuer_id = $1 AND f.invoice_id = $2 AND f.severity = 'fatal' AND f.rule NOT LIKE 'POSTAGE-%'
			AND (f.file_id = waiting.file_id OR f.batch_id = waiting.batch_id OR f.file_id IS NULL AND f.batch_id IS NULL);
	IF others IS NOT NULL THEN
		RAISE EXCEPTION 'cannot send invoice "%" to another address because it waits for more: %', waiting.invoice_number, others
			USING ERRCODE = 'MR004', HINT = 'Reject it and have it sent again with the right address.';
	END IF;
	was := (SELECT ROW(a.*)::mailroom.recipient_address FROM mailroom.invoice_address($1, $2) a);
	becomes := mailroom.edited_address($1, was, $3);
	IF $5 AND coalesce(was.customer_no, '') = '' THEN
		RAISE EXCEPTION 'cannot correct the customer because invoice "%" names no customer number', waiting.invoice_number USING ERRCODE = 'invalid_parameter_value';
	END IF;
	INSERT INTO mailroom.recipient_correction AS c (issuer_id, invoice_id, given_postcode, given_city, postcode, city, reason, corrected_at, is_whole, recipient, street, street_2, country, corrected_by)
		VALUES ($1, $2, was.postcode, was.city, becomes.postcode, becomes.city, $4, mailroom.now(), true, becomes.recipient, becomes.street, becomes.street_2, becomes.country, mailroom.outer_role())
		ON CONFLICT (issuer_id, invoice_id) DO UPDATE SET postcode = excluded.postcode, city = excluded.city, reason = excluded.reason, corrected_at = excluded.corrected_at, is_whole = true,
			recipient = excluded.recipient, street = excluded.street, street_2 = excluded.street_2, country = excluded.country, corrected_by = excluded.corrected_by;
	IF $5 THEN
		PERFORM mailroom.move_customer($1, was, becomes, $4);
	END IF;
	-- a page that shows the old address is kept in the archive, and never sent
	UPDATE mailroom.document d SET channel = 'withdrawn ' || d.document_id
		WHERE d.issuer_id = $1 AND d.invoice_id = $2 AND d.channel = 'print'
		RETURNING d.document_id INTO withdrawn;
	PERFORM mailroom.log_event($1, 'invoice', $2, 'address corrected', jsonb_strip_nulls(jsonb_build_object('was', to_jsonb(was) - 'address_key', 'becomes', to_jsonb(becomes) - 'address_key',
		'reason', $4, 'for_customer', $5, 'withdrawn_document', withdrawn)));
	PERFORM mailroom.release_invoice($1, $2, format('address corrected: %s', $4));
	RETURN concat_ws(', ', becomes.recipient, becomes.street, becomes.street_2, concat_ws(' ', becomes.postcode, becomes.city), becomes.country);
END;
$$;
COMMENT ON FUNCTION mailroom.correct_recipient(bigint, bigint, jsonb, text, boolean) IS 'sends an invoice that was set aside for its address (findings POSTAGE-...) to a corrected one: address has the parts that change, recipient, street, street_2, postcode, city, country; checked by mailroom.check_address; for_customer: also the customer''s in mailroom.party, and of invoices to come that still name the old one. A document that shows the old address is withdrawn and rendered anew; who, why and what it was are kept; returns the address. 22023 when it is at fault or the same as before, MR004 when the invoice does not wait, waits for more than its address, or mail came back from the new one too; needs clerk';
REVOKE EXECUTE ON FUNCTION mailroom.correct_recipient(bigint, bigint, jsonb, text, boolean) FROM PUBLIC;

CREATE OR REPLACE VIEW mailroom.held_letter
	WITH (security_invoker = true) AS
	SELECT h.issuer_id, h.invoice_id, i.invoice_number, u.address_no, u.customer_no, u.recipient, u.street, u.street_2, u.postcode, u.city, u.country,
			u.since, u.reason, h.held_at,
			(SELECT count(*) FROM mailroom.returned_letter r WHERE r.issuer_id = u.issuer_id AND r.address_no = u.address_no) AS letters_returned
		FROM mailroom.letter_hold h
			JOIN mailroom.undeliverable_address u ON u.issuer_id = h.issuer_id AND u.address_no = h.address_no
			JOIN mailroom.invoice i ON i.issuer_id = h.issuer_id AND i.invoice_id = h.invoice_id
		WHERE i.state = 'set_aside' AND u.released_at IS NULL;
COMMENT ON VIEW mailroom.held_letter IS 'letters that wait because mail came back from their address: release the address (mailroom.release_address), or the invoice alone (mailroom.release_invoice), or send it to the new address (mailroom.correct_recipient)';

SELECT mailroom.allow(k.kind, 'table', 'mailroom.' || t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind),
		(VALUES ('undeliverable_address'), ('returned_letter'), ('letter_hold'), ('held_letter'), ('customer_move')) AS t (name);
SELECT mailroom.allow(k.kind, 'function', f.name, 'EXECUTE')
	FROM (VALUES ('operator'), ('clerk')) AS k (kind),
		(VALUES ('mailroom.report_returned(bigint, bigint, text, date)'), ('mailroom.report_returned(bigint, text, text, date)'), ('mailroom.release_address(bigint, bigint, text)'),
			('mailroom.correct_recipient(bigint, bigint, jsonb, text, boolean)')) AS f (name);
