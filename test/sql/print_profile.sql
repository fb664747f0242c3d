-- print profiles: zones, windows and limits of printers and envelopes, checked when documents are made
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT mailroom.create_issuer('Sone AS', 'NO', 'Europe/Oslo', 'NOK') AS issuer \gset
UPDATE mailroom.issuer SET payee_account = '86011117947', vat_id = 'NO999999999MVA', street = 'Gata 1', postcode = '0150', city = 'Oslo' WHERE issuer_id = :issuer;
CREATE FUNCTION pg_temp.make(issuer bigint, invoice_number text, lines integer DEFAULT 1) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	id bigint;
BEGIN
	INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, due_date, type_code, currency, payment_reference, payee_account,
			buyer_name, buyer_street, buyer_postcode, buyer_city, buyer_country, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
		VALUES ($1, 'file', 'accepted', 'S', '\x00', $2, '2026-11-01', '2026-12-01', '380', 'NOK', '1234567897', '86011117947',
			'Kunde', 'Veien 2', '5003', 'Bergen', 'NO', 1000, 250, 1250, 1250, $3, now())
		RETURNING invoice_id INTO id;
	INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, net_amount, price, item_name) SELECT $1, id, n, 1, 1, 1, 'Vare' FROM generate_series(1, $3) AS n;
	RETURN id;
END;
$$;
-- what becomes of an invoice under a profile, by a template or the house's own layout
CREATE FUNCTION pg_temp.tried(issuer bigint, profile text, source text DEFAULT NULL, lines integer DEFAULT 1) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	id bigint := pg_temp.make($1, 'Z-' || 1000 + (SELECT count(*) FROM mailroom.invoice i WHERE i.issuer_id = $1), $4);
	name text := CASE WHEN $3 IS NULL THEN 'invoice' ELSE 'own' END;
BEGIN
	PERFORM mailroom.use_print_profile($1, $2);
	IF $3 IS NOT NULL THEN
		PERFORM mailroom.publish_template($1, 'own', $3);
		PERFORM mailroom.set_document_data($1, id, '{}', NULL, 'own');
	END IF;
	PERFORM mailroom.render_documents($1, ARRAY[id]);
	RETURN coalesce((SELECT format('made, pages: %s', d.pages) FROM mailroom.document d WHERE d.issuer_id = $1 AND d.invoice_id = id),
			(SELECT f.rule || ' ' || regexp_replace(f.message, '^template "(t|mailroom-invoice|own)",? ?', '') FROM mailroom.finding f WHERE f.issuer_id = $1 AND f.invoice_id = id ORDER BY f.finding_no LIMIT 1));
END;
$$;
CREATE FUNCTION pg_temp.page(zone text, flow text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT '<template name="t" proof="none"><zone pages="first" x="20" y="46" width="85" height="33"><text size="6">{{issuer.name}}</text><text>{{recipient.name}}</text><text>{{recipient.street}}</text><text>{{recipient.postcode}} {{recipient.city}}</text></zone>'
		|| $1 || '<flow>' || $2 || '</flow></template>' $$;

SELECT name, pdf_version, colour, max_pages, max_sheets, max_bytes, address_min_pt, address_families, envelope_width_mm AS wide, envelope_height_mm AS high, jsonb_array_length(zones) AS zones, source_date IS NOT NULL AND source <> '' AS has_source FROM mailroom.shipped_print_profile() ORDER BY name;
SELECT count(mailroom.add_print_profile(:issuer, name)) FROM mailroom.shipped_print_profile();
SELECT mailroom.add_print_profile(:issuer, 'fax');
SELECT mailroom.add_print_profile(:issuer, 'postel');
SELECT mailroom.use_print_profile(:issuer, 'fax');
INSERT INTO mailroom.print_profile (issuer_id, name, page_width_mm) VALUES (:issuer, 'letter', 215.9);
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT mailroom.use_print_profile(:issuer, 'letter');
\set VERBOSITY terse
\set SHOW_CONTEXT errors
-- envelopes: what shows through a window, where it is folded, and what they keep free
SELECT name, mailroom.print_profile_problem(:issuer, name) FROM mailroom.print_profile WHERE issuer_id = :issuer AND name <> 'letter' ORDER BY name;
INSERT INTO mailroom.print_profile (issuer_id, name, envelope_width_mm, envelope_height_mm) VALUES (:issuer, 'c6', 162, 114), (:issuer, 'dl', 220, 110), (:issuer, 'small', 220, 60), (:issuer, 'none', NULL, NULL), (:issuer, 'c4', 229, 324);
INSERT INTO mailroom.print_profile_zone (issuer_id, profile, name, kind, x_mm, y_mm, width_mm, height_mm, play_mm)
	VALUES (:issuer, 'dl', 'stamp', 'envelope', 150, 0, 70, 40, 0), (:issuer, 'dl', 'window', 'window', 20, 50, 90, 45, 0), (:issuer, 'dl', 'second', 'window', 110, 30, 80, 30, 15), (:issuer, 'dl', 'low', 'window', 20, 60, 90, 40, 0),
		(:issuer, 'dl', 'logo', 'envelope', 180, 100, 50, 5, 0), (:issuer, 'dl', 'edge', 'free', 200, 0, 20, 297, 0), (:issuer, 'none', 'stamp', 'envelope', 0, 0, 20, 20, 0), (:issuer, 'c4', 'window', 'window', 20, 200, 90, 90, 2), (:issuer, 'c4', 'stamp', 'envelope', 150, 300, 70, 20, 0);
SELECT p.name, f.problem FROM mailroom.print_profile p CROSS JOIN LATERAL regexp_split_to_table(mailroom.print_profile_problem(:issuer, p.name), '; ') WITH ORDINALITY AS f (problem, n)
	WHERE p.issuer_id = :issuer ORDER BY p.name, f.n;
SELECT mailroom.use_print_profile(:issuer, 'dl');
SELECT mailroom.print_profile_problem(:issuer, 'c4') IS NULL AS c4_is_whole, mailroom.print_profile_problem(:issuer, 'fax') IS NULL AS no_such;
DELETE FROM mailroom.print_profile WHERE issuer_id = :issuer AND name = ANY ('{c6,dl,small,none,c4,letter}');

-- the house's own layout
SELECT p.profile, pg_temp.tried(:issuer, p.profile) FROM unnest('{digipost,norway-c5,21grams-de-s65,postnord-c5,postel}'::text[]) WITH ORDINALITY AS p (profile, n) ORDER BY n;
-- letters of the address
SELECT w.instead, pg_temp.tried(:issuer, '21grams-de-s65', replace(pg_temp.page(''), '<text>{{recipient', w.instead || '{{recipient'))
	FROM (VALUES ('<text size="10">'), ('<text size="9.5">'), ('<text size="13">'), ('<text size="11" bold="yes">')) AS w (instead);
-- no blank line in it, and its fonts: whole lines are looked at, in the order they stand
SELECT w.what, pg_temp.tried(:issuer, '21grams-de-s65', format('<template name="t" proof="none"><zone pages="first" x="20" y="46" width="85" height="33"><text size="6">{{issuer.name}}</text><space height="9"/>%s</zone><flow/></template>',
		replace(w.address, '<text>', '<text size="10">')))
	FROM (VALUES (1, 'close', '<text>{{recipient.name}}</text><text>{{recipient.street}}</text><text>{{recipient.postcode}}</text>'),
		(2, 'with nothing', '<text>{{recipient.name}}</text><text>{{recipient.street_2?}}</text><text>{{recipient.postcode}}</text>'),
		(3, 'half a line', '<text>{{recipient.name}}</text><space height="2"/><text>{{recipient.postcode}}</text>'),
		(4, 'a line', '<text>{{recipient.name}}</text><text>{{recipient.street}}</text><space height="4.6"/><text>{{recipient.postcode}}</text>'),
		(5, 'a line that shows nothing', '<text>{{recipient.name}}</text><text>{{recipient.street_2?}}&#173;</text><text>{{recipient.postcode}}</text>'),
		(6, 'wide leading', '<text>{{recipient.name}}</text><text size="10" leading="25">{{recipient.street}}</text><text>{{recipient.postcode}}</text>'),
		(7, 'beside', '<columns><text size="10" width="30">{{recipient.postcode}}</text><text size="10" x="30" width="50">{{recipient.name}}</text></columns>')) AS w (n, what, address) ORDER BY n;
UPDATE mailroom.print_profile SET address_families = '{Verdana,Courier}' WHERE issuer_id = :issuer AND name = '21grams-de-s65';
SELECT pg_temp.tried(:issuer, '21grams-de-s65', replace(pg_temp.page(''), '<text>{{recipient', '<text size="10">{{recipient'));
UPDATE mailroom.print_profile SET address_families = '{verdana,"LIBERATION SANS"}' WHERE issuer_id = :issuer AND name = '21grams-de-s65';
SELECT pg_temp.tried(:issuer, '21grams-de-s65', replace(pg_temp.page(''), '<text>{{recipient', '<text size="10">{{recipient'));
UPDATE mailroom.print_profile SET address_families = '{}' WHERE issuer_id = :issuer AND name = '21grams-de-s65';

-- zones: texts, areas, lines, bar codes, pages; white covers and prints nothing
SELECT w.what, pg_temp.tried(:issuer, 'digipost', pg_temp.page(w.zone, w.flow))
	FROM (VALUES (1, 'nothing', '', ''), (2, 'text', '<zone x="5" y="100" width="40"><text>In the way</text></zone>', ''), (3, 'text beside', '<zone x="15.1" y="100" width="40"><text>Beside</text></zone>', ''),
		(4, 'text above', '<zone x="5" y="91" width="40"><text size="8">Above</text></zone>', ''), (5, 'area', '<zone x="0" y="100" width="40"><box width="10" height="10"/></zone>', ''),
		(6, 'page 2', '<zone pages="next" x="5" y="100" width="40"><text>Once more</text></zone>', '<pagebreak/><text>x</text>')) AS w (n, what, zone, flow) ORDER BY n;
SELECT w.what, pg_temp.tried(:issuer, 'postel', pg_temp.page(w.zone, w.flow))
	FROM (VALUES (1, 'nothing', '', ''), (2, 'area', '<zone x="0" y="100" width="40"><box width="10" height="10"/></zone>', ''),
		(3, 'white area', '<zone x="0" y="100" width="40"><box gray="100" width="10" height="10"/></zone>', ''), (4, 'rule', '<zone x="180" y="100" width="20"><rule/></zone>', ''),
		(5, 'bar code', '<zone x="10" y="100" width="80"><barcode value="{{number}}"/></zone>', ''), (6, 'qr', '<zone x="170" y="262" width="25"><qr width="25" value="{{number}}"/></zone>', ''),
		(7, 'long text', '<zone x="150" y="250" width="55"><text>The longest words of all</text></zone>', '')) AS w (n, what, zone, flow) ORDER BY n;
-- the window: the address inside with the envelope's play, nothing else in sight
SELECT pg_temp.tried(:issuer, 'norway-c5', pg_temp.page('<zone x="60" y="70" width="50"><text>Look at me</text></zone>'));
SELECT pg_temp.tried(:issuer, 'norway-c5', '<template name="t" proof="none"><flow><text>{{recipient.name}}</text><text>{{recipient.postcode}}</text></flow></template>');
SELECT pg_temp.tried(:issuer, 'norway-c5', replace(pg_temp.page(''), 'y="46"', 'y="75"'));
SELECT pg_temp.tried(:issuer, 'norway-c5', '<template name="t" proof="none"><zone pages="first" x="125" y="46" width="65" height="33"><text>{{recipient.name}}</text><text>{{recipient.postcode}}</text></zone><flow/></template>');
UPDATE mailroom.print_profile_zone SET play_mm = 4.5 WHERE issuer_id = :issuer AND profile = 'norway-c5';
SELECT pg_temp.tried(:issuer, 'norway-c5', pg_temp.page(''));
SELECT pg_temp.tried(:issuer, 'norway-c5', replace(pg_temp.page(''), 'x="20"', 'x="19"'));
SELECT pg_temp.tried(:issuer, 'norway-c5', pg_temp.page('<zone x="122" y="50" width="50"><text>May be seen</text></zone>'));
-- all that is wrong is told, once for each block and zone
UPDATE mailroom.print_profile_zone SET play_mm = 3 WHERE issuer_id = :issuer AND profile = 'norway-c5';
INSERT INTO mailroom.print_profile_zone (issuer_id, profile, name, kind, x_mm, y_mm, width_mm, height_mm) VALUES (:issuer, 'norway-c5', 'hole', 'free', 60, 120, 20, 20);
SELECT left(pg_temp.tried(:issuer, 'norway-c5', replace(pg_temp.page(E'<zone x="50" y="118" width="50">\n<each in="lines"><text>Row {{line.item_name}}</text></each>\n<text>Below them</text></zone>\n<zone x="110" y="50" width="30"><text>Seen</text></zone>'),
		' x="20" y="46"', ' x="17" y="46"'), 4), 12) AS tried;
SELECT f.rule, regexp_replace(f.message, '^template "t", ', '') AS message, f.severity FROM mailroom.finding f
	WHERE f.issuer_id = :issuer AND f.invoice_id = (SELECT max(o.invoice_id) FROM mailroom.invoice o WHERE o.issuer_id = :issuer) ORDER BY f.finding_no;
DELETE FROM mailroom.print_profile_zone WHERE issuer_id = :issuer AND name = 'hole';
-- pages, sheets, bytes, version, colours
SELECT pg_temp.tried(:issuer, 'digipost', NULL, 1200);
UPDATE mailroom.print_profile SET max_sheets = 1, max_pages = NULL WHERE issuer_id = :issuer AND name = 'digipost';
SELECT pg_temp.tried(:issuer, 'digipost', NULL, 60);
UPDATE mailroom.print_profile SET duplex = true WHERE issuer_id = :issuer AND name = 'digipost';
SELECT pg_temp.tried(:issuer, 'digipost', NULL, 60);
UPDATE mailroom.print_profile SET max_bytes = 20000 WHERE issuer_id = :issuer AND name = 'digipost';
SELECT regexp_replace(pg_temp.tried(:issuer, 'digipost'), 'found \d+', 'found N');
SELECT mailroom.set_document_profile(:issuer, 'pdfa-3b', 'own');
SELECT pg_temp.tried(:issuer, 'postel', pg_temp.page(''));
SELECT mailroom.set_document_profile(:issuer, 'pdfa-1b', 'own');
SELECT pg_temp.tried(:issuer, 'postel', pg_temp.page(''));
SELECT pg_temp.tried(:issuer, '21grams-fi-c5', replace(pg_temp.page(''), '<text>{{recipient', '<text size="10">{{recipient'));
SELECT mailroom.set_document_profile(:issuer, 'print-cmyk', 'own');
SELECT pg_temp.tried(:issuer, '21grams-fi-c5', replace(pg_temp.page(''), '<text>{{recipient', '<text size="10">{{recipient'));
UPDATE mailroom.print_profile SET colour = 'gray' WHERE issuer_id = :issuer AND name = '21grams-fi-c5';
SELECT pg_temp.tried(:issuer, '21grams-fi-c5', replace(pg_temp.page(''), '<text>{{recipient', '<text size="10">{{recipient'));
SELECT mailroom.set_document_profile(:issuer, NULL, 'own');
-- marks of the inserter are printed later: their places are kept free too
INSERT INTO mailroom.inserter_profile (issuer_id, name) VALUES (:issuer, 'line 1');
SELECT mailroom.use_inserter(:issuer, 'line 1');
SELECT pg_temp.tried(:issuer, 'postnord-c5', pg_temp.page('<zone x="5" y="120" width="40"><text>In the way</text></zone>'));
-- in the empty part of what a payment slip keeps for its reader too
CREATE FUNCTION pg_temp.slip(country text) RETURNS text LANGUAGE sql AS $$ SELECT replace(replace(pg_temp.page(''), '<flow></flow>', '<flow/>'), '</template>', format('<giro country="%s"/></template>', $1)) $$;
UPDATE mailroom.inserter_profile SET ladder_x_mm = 195, ladder_y_mm = 235 WHERE issuer_id = :issuer;
SELECT mailroom.use_inserter(:issuer, 'line 1');
SELECT pg_temp.tried(:issuer, 'postnord-c5', pg_temp.slip('NO'));
UPDATE mailroom.inserter_profile SET ladder_y_mm = 100 WHERE issuer_id = :issuer;
SELECT pg_temp.tried(:issuer, 'postnord-c5', pg_temp.slip('NO'));
SELECT mailroom.use_inserter(:issuer, NULL);
-- one template's own profile; and none
SELECT mailroom.use_print_profile(:issuer, 'norway-c5', 'own');
SELECT pg_temp.tried(:issuer, 'postel', pg_temp.page('<zone x="0" y="100" width="40"><box width="10" height="10"/></zone>'));
SELECT mailroom.use_print_profile(:issuer, NULL, 'own');
SELECT pg_temp.tried(:issuer, NULL, pg_temp.page('<zone x="0" y="100" width="40"><box width="10" height="10"/></zone>'));
-- a preview says it too; one bad document harms no other
SELECT mailroom.use_print_profile(:issuer, 'postel');
DO $$ BEGIN PERFORM mailroom.preview_template(i.issuer_id, pg_temp.page('<zone x="0" y="100" width="40"><box width="10" height="10"/></zone>'), i.invoice_id) FROM mailroom.invoice i WHERE i.invoice_number = 'Z-1001';
	EXCEPTION WHEN SQLSTATE 'MR006' THEN RAISE INFO '%', regexp_replace(SQLERRM, 'invoice \d+', 'invoice N'); END $$;
SELECT mailroom.use_print_profile(:issuer, 'norway-c5');
UPDATE mailroom.print_profile_zone SET play_mm = 0 WHERE issuer_id = :issuer AND profile = 'norway-c5';
UPDATE mailroom.print_profile SET max_pages = 1 WHERE issuer_id = :issuer AND name = 'norway-c5';
SELECT mailroom.render_documents(:issuer, ARRAY[pg_temp.make(:issuer, 'Y-1'), pg_temp.make(:issuer, 'Y-2', 100), pg_temp.make(:issuer, 'Y-3')]);
SELECT i.invoice_number, i.state, f.rule FROM mailroom.invoice i LEFT JOIN mailroom.finding f USING (issuer_id, invoice_id) WHERE i.issuer_id = :issuer AND i.invoice_number LIKE 'Y-%' ORDER BY 1;

-- random templates, zones and values: each is made, or set aside by a rule
SELECT setseed(0.25);
SELECT mailroom.add_print_profile(:issuer, 'digipost', 'any');
UPDATE mailroom.print_profile SET max_pages = 3 WHERE issuer_id = :issuer AND name = 'any';
CREATE FUNCTION pg_temp.one_of(words text[]) RETURNS text VOLATILE LANGUAGE sql AS $$ SELECT $1[1 + floor(random() * cardinality($1))::integer] $$;
CREATE FUNCTION pg_temp.value() RETURNS text VOLATILE LANGUAGE sql AS $$
	SELECT pg_temp.one_of(ARRAY['{{number}}', '{{payable_amount}}', '{{payment_reference|reference}}', '{{due_date|date:long}}', '{{label:payable}} {{payable_amount|money:SEK}}', '{{net_total}} {{number}}', '{{label:due_date}}',
		'Årets {{title}}: {{recipient.name}}', '{{due_date}}{{number}}', '12', '{{payable_amount}}-{{due_date}}', 'x {{recipient.postcode}}']) $$;
CREATE FUNCTION pg_temp.block() RETURNS text VOLATILE LANGUAGE plpgsql AS $$
DECLARE
	width CONSTANT text := format('x="%s" width="%s"', floor(random() * 100), 1 + floor(random() * 150));
	proof CONSTANT text := pg_temp.one_of(ARRAY['', '', ' proof="none"', ' proof="none"', ' proof="none"', ' proof="none"', ' proof="number due_date"', ' proof="payable_amount"']);
BEGIN
	RETURN CASE floor(random() * 5)
		WHEN 0 THEN format('<text %s%s lines="%s">%s</text>', width, proof, 1 + floor(random() * 3), pg_temp.value())
		WHEN 1 THEN format('<text %s%s align="%s">%s</text>', width, proof, pg_temp.one_of('{left,right,centre}'), pg_temp.value())
		WHEN 2 THEN format('<total %s%s label="%s" value="%s"/>', width, proof, pg_temp.one_of(ARRAY['{{label:payable}}', '{{label:due_date}} {{currency}}', '{{label:reference}}', 'x']), pg_temp.value())
		WHEN 3 THEN format('<%s %s%s value="%s"/>', pg_temp.one_of('{barcode,qr}'), width, proof, pg_temp.value())
		ELSE format('<table in="lines"><column><text%s>%s</text></column></table>', proof, pg_temp.value()) END;
END;
$$;
CREATE FUNCTION pg_temp.fate_of(issuer bigint, source text, lines integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN pg_temp.tried($1, 'any', $2, $3);
EXCEPTION WHEN SQLSTATE 'MR006' THEN
	RETURN 'TEMPLATE-PUBLISH';
END;
$$;
CREATE TABLE pg_temp.fate AS
	SELECT n, pg_temp.fate_of(:issuer, format('<template name="t" proof="%s"><zone x="%s" y="%s" width="%s">%s</zone><flow>%s</flow></template>', pg_temp.one_of('{none,none,number,"number payable_amount payment_reference due_date"}'),
			floor(random() * 100), floor(random() * 290), 10 + floor(random() * 100), pg_temp.block(), pg_temp.block() || pg_temp.block() || pg_temp.block()), 1 + floor(random() * 120)::integer) AS fate
	FROM generate_series(1, 400) AS n;
SELECT count(*) = 400 AS all_had_one, bool_and(fate ~ '^(made|PROOF-|PRINT-|TEMPLATE-)') AS by_rule, count(*) FILTER (WHERE fate ~ '^made') > 5 AS made, count(DISTINCT split_part(fate, ' ', 1)) > 6 AS many_rules FROM pg_temp.fate;

-- rights
CREATE ROLE print_profile_reader;
SELECT mailroom.grant_role('reader', 'print_profile_reader', ARRAY[:issuer]);
SET ROLE print_profile_reader;
SELECT count(*) > 0 AS seen FROM mailroom.print_profile;
SELECT mailroom.use_print_profile(:issuer, 'postel');
RESET ROLE;
DROP OWNED BY print_profile_reader;
DROP ROLE print_profile_reader;
