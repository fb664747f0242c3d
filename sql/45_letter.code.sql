-- 45_letter: brands, data beside the invoice, letters and notices without one.

-- Rows and not values: so the planner sees through them where many documents are asked for.
CREATE OR REPLACE FUNCTION mailroom.choose_brand(issuer_id bigint, customer_no text, template text, type_code text)
	RETURNS TABLE (brand text)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT r.brand
		FROM mailroom.brand_rule r
		WHERE r.issuer_id = $1
			AND (r.template IS NULL OR r.template = $3)
			AND (r.type_code IS NULL OR r.type_code = $4)
			AND (r.customer_group IS NULL OR EXISTS (SELECT FROM mailroom.party_group g
				WHERE g.issuer_id = $1 AND g.customer_no = $2 AND g.customer_group = r.customer_group))
		ORDER BY r.rule_no
		LIMIT 1;
END;
COMMENT ON FUNCTION mailroom.choose_brand(bigint, text, text, text) IS 'brand of the first mailroom.brand_rule that holds for a customer, template and type of invoice; no row when there is none';

CREATE OR REPLACE FUNCTION mailroom.invoice_brand(issuer_id bigint, invoice_id bigint)
	RETURNS TABLE (brand text)
	STABLE PARALLEL SAFE
	ROWS 1
BEGIN ATOMIC
	SELECT coalesce(d.brand, b.brand)
		FROM mailroom.invoice i
			LEFT JOIN LATERAL (SELECT x.brand, x.template FROM mailroom.document_data x WHERE x.issuer_id = $1 AND x.invoice_id = $2 OFFSET 0) d ON true
			LEFT JOIN LATERAL (SELECT p.customer_no FROM mailroom.party p WHERE p.issuer_id = $1 AND p.party_id = i.recipient_party_id OFFSET 0) p ON true
			LEFT JOIN LATERAL mailroom.choose_brand($1, CASE WHEN i.recipient_party_id IS NULL THEN i.buyer_no ELSE p.customer_no END, coalesce(d.template, 'invoice'), i.type_code) b ON d.brand IS NULL
		WHERE i.issuer_id = $1 AND i.invoice_id = $2
		OFFSET 0;
END;
COMMENT ON FUNCTION mailroom.invoice_brand(bigint, bigint) IS 'brand that the documents of an invoice show by mailroom.document_data and the rules as they are now; NULL when none';

CREATE OR REPLACE FUNCTION mailroom.brand_problem(issuer_id bigint, brand text)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN CASE WHEN $2 IS NOT NULL AND NOT EXISTS (SELECT FROM mailroom.brand b WHERE b.issuer_id = $1 AND b.brand = $2)
		THEN format('brand "%s" does not exist', $2) END;
COMMENT ON FUNCTION mailroom.brand_problem(bigint, text) IS 'why a document cannot show a brand; NULL when it can, or when none is asked for';

CREATE OR REPLACE FUNCTION mailroom.brand_names(issuer_id bigint)
	RETURNS text
	STABLE PARALLEL SAFE
	RETURN (SELECT coalesce('Brands of this issuer: ' || string_agg(quote_ident(n.brand), ', ' ORDER BY n.brand) || CASE WHEN count(*) = 20 THEN ' ...' ELSE '' END || '.',
			'This issuer has no brands: each is a row of mailroom.brand.')
		FROM (SELECT b.brand FROM mailroom.brand b WHERE b.issuer_id = $1 ORDER BY 1 LIMIT 20) AS n);
COMMENT ON FUNCTION mailroom.brand_names(bigint) IS 'the brands that there are, as a hint says them: the first 20 by name';

CREATE OR REPLACE FUNCTION mailroom.set_document_data(issuer_id bigint, invoice_id bigint, data jsonb, brand text DEFAULT NULL, template text DEFAULT NULL)
	RETURNS void
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	PERFORM FROM mailroom.invoice i WHERE i.issuer_id = $1 AND i.invoice_id = $2;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'invoice % does not exist', $2 USING ERRCODE = 'undefined_object';
	END IF;
	IF EXISTS (SELECT FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = $2) THEN
		RAISE EXCEPTION 'cannot change the data of invoice % because its document was made', $2 USING ERRCODE = 'MR004';
	END IF;
	IF mailroom.brand_problem($1, $4) IS NOT NULL THEN
		RAISE EXCEPTION '%', mailroom.brand_problem($1, $4) USING ERRCODE = 'undefined_object', HINT = mailroom.brand_names($1);
	END IF;
	INSERT INTO mailroom.document_data AS d (issuer_id, invoice_id, template, brand, data)
		VALUES ($1, $2, $5, $4, $3)
		ON CONFLICT ON CONSTRAINT document_data_pkey DO UPDATE
			SET template = excluded.template, brand = excluded.brand, data = excluded.data;
END;
$$;
COMMENT ON FUNCTION mailroom.set_document_data(bigint, bigint, jsonb, text, text) IS 'sets what a document shows besides its invoice ({{data.…}} of its template), its brand and its template, until the document is made; 42704 when the invoice or the brand does not exist (the hint names the brands), MR004 when its document was made; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.set_document_data(bigint, bigint, jsonb, text, text) FROM PUBLIC;
SELECT mailroom.allow('importer', 'function', 'mailroom.set_document_data(bigint, bigint, jsonb, text, text)', 'EXECUTE');

-- Rows whose recipient cannot be written to are set aside like invoices, and so named with their row.
CREATE OR REPLACE FUNCTION mailroom.letter_problem(letter jsonb)
	RETURNS text
	IMMUTABLE PARALLEL SAFE
	RETURN CASE
		WHEN jsonb_typeof(letter) <> 'object' THEN 'it is no object'
		WHEN coalesce(letter #>> '{recipient,name}', '') = '' THEN 'field "recipient.name" is missing'
		WHEN coalesce(letter #>> '{recipient,street}', letter #>> '{recipient,street_2}', letter #>> '{recipient,city}', '') = '' THEN 'field "recipient.street" is missing'
		WHEN coalesce(letter #>> '{recipient,postcode}', '') = '' THEN 'field "recipient.postcode" is missing'
	END;
COMMENT ON FUNCTION mailroom.letter_problem(jsonb) IS 'why an element of a list cannot become a letter; NULL when it can';

CREATE OR REPLACE FUNCTION mailroom.create_letters(issuer_id bigint, template text, letters jsonb, list_key text)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SECURITY DEFINER
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	batch bigint;
	accepted bigint;
BEGIN
	PERFORM mailroom.require_issuer($1, 'importer');
	IF jsonb_typeof(letters) IS DISTINCT FROM 'array' OR coalesce(list_key, '') = '' THEN
		RAISE EXCEPTION 'letters need a list and a key' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'The list is a jsonb array of objects with "recipient".';
	END IF;
	IF mailroom.live_template_version($1, $2) IS NULL THEN
		RAISE EXCEPTION 'template "%" does not exist', template USING ERRCODE = 'undefined_object',
			HINT = 'Publish it with mailroom.publish_template().';
	END IF;
	INSERT INTO mailroom.import_batch AS b (issuer_id, batch_key, expected_count, expected_total, expected_currency, state, last_row_id, last_line_row_id,
			document_count, received_at, imported_at, submitted_by)
		SELECT $1, $4, jsonb_array_length(letters), 0, i.currency, 'imported', 0, 0, jsonb_array_length(letters), mailroom.now(), mailroom.now(), mailroom.outer_role()
			FROM mailroom.issuer i
			WHERE i.issuer_id = $1
		ON CONFLICT ON CONSTRAINT import_batch_issuer_id_batch_key_key DO NOTHING
		RETURNING b.batch_id INTO batch;
	IF batch IS NULL THEN
		-- the same list twice makes no letter twice
		RETURN (SELECT b.batch_id FROM mailroom.import_batch b WHERE b.issuer_id = $1 AND b.batch_key = $4);
	END IF;
	accepted := mailroom.insert_letters($1, batch, $2, $3, $4);
	UPDATE mailroom.import_batch b
		SET accepted_count = accepted, set_aside_count = b.document_count - accepted, fault_count = b.document_count - accepted, totals = '{}'
		WHERE b.issuer_id = $1 AND b.batch_id = batch;
	PERFORM mailroom.log_event($1, 'batch', batch, 'imported', jsonb_build_object('letters', jsonb_array_length(letters), 'template', template));
	IF accepted > 0 THEN
		PERFORM mailroom.start_processing($1, jsonb_build_object('batch_id', batch));
	END IF;
	RETURN batch;
END;
$$;
COMMENT ON FUNCTION mailroom.create_letters(bigint, text, jsonb, text) IS 'letters or notices without an invoice: one for each object of letters, set by the template of that name and sent through postage, print and archive as a batch of key list_key; an object has "recipient" {"name", "street", "street_2", "postcode", "city", "country", "customer_no"}, if wanted "reference" and "brand", and own fields that the template names as {{data.…}}; a row without a recipient, or with a brand that does not exist, is set aside with its number (rule LETTER-FIELD), so is one whose template misses a field; returns batch_id; a list_key that was used changes nothing and returns its batch_id; 42704 without such a template; needs importer';
REVOKE EXECUTE ON FUNCTION mailroom.create_letters(bigint, text, jsonb, text) FROM PUBLIC;
SELECT mailroom.allow('importer', 'function', 'mailroom.create_letters(bigint, text, jsonb, text)', 'EXECUTE');

CREATE OR REPLACE FUNCTION mailroom.insert_letters(issuer_id bigint, batch_id bigint, template text, letters jsonb, list_key text)
	RETURNS bigint
	VOLATILE PARALLEL UNSAFE
	SET search_path = pg_catalog, pg_temp
	LANGUAGE plpgsql
AS $$
DECLARE
	accepted bigint;
BEGIN
	WITH wanted AS MATERIALIZED (
		SELECT l.row_no, l.letter, l.letter -> 'recipient' AS recipient, coalesce(mailroom.letter_problem(l.letter), b.problem) AS problem,
				nextval(pg_get_serial_sequence('mailroom.invoice', 'invoice_id')) AS invoice_id
			FROM jsonb_array_elements($4) WITH ORDINALITY AS l (letter, row_no)
				LEFT JOIN (SELECT n.brand, mailroom.brand_problem($1, n.brand) || '. ' || mailroom.brand_names($1) AS problem
					FROM (SELECT DISTINCT o.letter ->> 'brand' AS brand FROM jsonb_array_elements($4) AS o (letter)) AS n) AS b ON b.brand = l.letter ->> 'brand'),
	made AS (
		INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, batch_id, document_no, location, state, seller_key, content_sha256,
				invoice_number, issue_date, seller_name, buyer_name, buyer_no, buyer_street, buyer_street_2, buyer_postcode, buyer_city,
				buyer_country, buyer_email, received_at)
			SELECT $1, w.invoice_id, 'letter', $2, w.row_no, format('row %s', w.row_no), CASE WHEN w.problem IS NULL THEN 'accepted' ELSE 'set_aside' END,
					'letter', sha256(convert_to(w.letter::text, 'UTF8')), coalesce(w.letter ->> 'reference', format('%s-%s', $5, w.row_no)), mailroom.today($1),
					i.name, w.recipient ->> 'name', w.recipient ->> 'customer_no', w.recipient ->> 'street', w.recipient ->> 'street_2',
					w.recipient ->> 'postcode', w.recipient ->> 'city', coalesce(w.recipient ->> 'country', i.country), w.recipient ->> 'email', mailroom.now()
				FROM wanted w
					CROSS JOIN mailroom.issuer i
				WHERE i.issuer_id = $1),
	own_data AS (
		INSERT INTO mailroom.document_data (issuer_id, invoice_id, template, brand, data)
			SELECT $1, w.invoice_id, $3, w.letter ->> 'brand', CASE WHEN jsonb_typeof(w.letter) = 'object' THEN w.letter - 'recipient' END FROM wanted w),
	named AS (
		INSERT INTO mailroom.finding (issuer_id, batch_id, finding_no, document_no, invoice_id, location, rule, severity, message)
			SELECT $1, $2, row_number() OVER (ORDER BY w.row_no), w.row_no, w.invoice_id, format('row %s', w.row_no), 'LETTER-FIELD', 'fatal', w.problem
				FROM wanted w
				WHERE w.problem IS NOT NULL)
	SELECT count(*) FILTER (WHERE w.problem IS NULL) INTO accepted FROM wanted w;
	RETURN accepted;
END;
$$;
COMMENT ON FUNCTION mailroom.insert_letters(bigint, bigint, text, jsonb, text) IS 'rows of a list as documents to be; returns how many are in work, the others are set aside; part of mailroom.create_letters';
REVOKE EXECUTE ON FUNCTION mailroom.insert_letters(bigint, bigint, text, jsonb, text) FROM PUBLIC;

SELECT mailroom.allow(k.kind, 'table', t.name, 'SELECT')
	FROM (VALUES ('operator'), ('reader'), ('clerk')) AS k (kind), (VALUES ('mailroom.brand'), ('mailroom.brand_rule'), ('mailroom.document_data')) AS t (name);
SELECT mailroom.allow('operator', 'table', t.name, r.privilege)
	FROM (VALUES ('mailroom.brand'), ('mailroom.brand_rule')) AS t (name), (VALUES ('INSERT'), ('UPDATE'), ('DELETE')) AS r (privilege);
