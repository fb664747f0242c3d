-- what goes into an envelope: sheets, paper, inserts; documents of one recipient together, printed page for page
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SELECT p AS pages, mailroom.letter_sheets(p, true) AS duplex, mailroom.letter_sheets(p, false) AS simplex FROM unnest(ARRAY[1, 2, 3]) AS p ORDER BY 1;
-- 80 g/m2 is a tenth of a millimetre; folded once in C5
SELECT mailroom.sheets_micrometres(1, 4990, 'C4') AS flat, mailroom.sheets_micrometres(9, 4990, 'C5') AS folded, mailroom.sheets_micrometres(1, 4370, 'C4') AS thin;

\set pack 'tariff cover-test version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency HUF\npaper A4-60 milligrams=3740\nenvelope DL-test format=DL milligrams=4000 max-sheets=3\nenvelope C5-test format=C5 milligrams=7000 max-sheets=9\ncarrier cv-post "Test post" country=HU national\nformat DL "small" carrier=cv-post max=220x110x5\nformat C5 "medium" carrier=cv-post max=229x162x2\ncoverage cv-all HU * land\noffer CV-U carrier=cv-post product="Letter" class=A days=2 formats=DL,C5 coverage=cv-all\nprice CV-U land DL,C5 20:10.00 50:12.00 100:20.00\noffer CV-V carrier=cv-post product="Volume" class=B days=3 formats=DL,C5 coverage=cv-all\nprice CV-V land DL,C5 20:9.90 50:13.00 100:21.00\nscheme CV-T mode=all offers=CV-V 0:0% 7:20%\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack');
SELECT mailroom.create_issuer('Cover Sp', 'HU', 'Europe/Budapest', 'HUF') AS issuer \gset
UPDATE mailroom.issuer SET registration_no = '01-09-123456', vat_id = 'HU12345676', payee_account = 'HU42117730161111101800000000', street = 'Ulica 1', city = 'Budapest', postcode = '1011' WHERE issuer_id = :issuer;
INSERT INTO mailroom.issuer_carrier VALUES (:issuer, 'cv-post');
INSERT INTO mailroom.cover_setting (issuer_id, paper, envelopes) VALUES (:issuer, 'A4-60', '{DL-test,C5-test}');
SELECT s AS sheets, l.* FROM unnest(ARRAY[1, 3, 4, 9, 10]) AS s LEFT JOIN mailroom.letter_shape(:issuer, s, '2026-11-22') l ON true ORDER BY 1;
SELECT * FROM mailroom.issuer_paper(:issuer, '2026-11-22');

-- thickness as the pack states it: a bulky paper, a padded envelope
SELECT mailroom.load_tariff(E'tariff cover-thick version=1 valid-from=2026-01-01\nsource "made for this test"\npaper A4-bulky milligrams=4990 micrometres=130\nenvelope C5-padded format=C5 milligrams=9000 micrometres=900 max-sheets=9\n');
BEGIN;
UPDATE mailroom.cover_setting SET paper = 'A4-bulky', envelopes = '{C5-padded,DL-test}' WHERE issuer_id = :issuer;
SELECT s AS sheets, l.* FROM unnest(ARRAY[1, 4]) AS s CROSS JOIN LATERAL mailroom.letter_shape(:issuer, s, '2026-11-22') l ORDER BY 1;
ROLLBACK;

-- inserts: by priority, inside the weight step, the envelope and the carrier's thickness; by country and group
INSERT INTO mailroom.insert_material (issuer_id, material, milligrams, sheets, micrometres, priority, countries, customer_groups, valid_from, valid_to) VALUES
	(:issuer, 'leaflet', 3000, 1, 100, 1, NULL, NULL, '2026-01-01', NULL), (:issuer, 'brochure', 9000, 2, 600, 2, NULL, NULL, '2026-01-01', NULL),
	(:issuer, 'gold', 500, 1, 60, 3, '{HU}', '{gold}', '2026-01-01', NULL), (:issuer, 'swedish', 500, 1, 60, 4, '{SE}', NULL, '2026-01-01', NULL),
	(:issuer, 'old', 100, 1, 60, 0, NULL, NULL, '2025-01-01', '2026-01-01');
INSERT INTO mailroom.party_group VALUES (:issuer, 'K2', 'gold'), (:issuer, 'K2', 'young');
SELECT mailroom.step_room('CV-U', 'DL', 7740, 10000000, '2026-11-22') AS small, mailroom.step_room('CV-U', 'C5', 21960, 12000000, '2026-11-22') AS medium,
	mailroom.step_room('CV-U', 'DL', 7740, 11000000, '2026-11-22') AS not_its_price;
SELECT s AS sheets, g AS groups, c.materials, c.milligrams, c.sheets_added, c.micrometres, c.total_milligrams
	FROM (VALUES (1, 1, '{}'::text[]), (2, 1, '{gold}'), (3, 2, '{gold}'), (4, 3, '{}'), (5, 4, '{gold,young}'), (6, 8, '{}'), (7, 9, '{gold}')) AS v (n, s, g)
		LEFT JOIN LATERAL mailroom.choose_inserts(:issuer, 'CV-U', s, CASE WHEN s < 4 THEN 10000000 ELSE 12000000 END, 'HU', g, '2026-11-22') c ON true ORDER BY n;

-- a run with all of it
CREATE FUNCTION pg_temp.run(issuer bigint, batch text, customers text[], lines integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO mailroom.incoming_invoice (issuer_id, batch_key, invoice_number, issue_date, due_date, currency, buyer_no, buyer_name, buyer_street, buyer_postcode, buyer_city, buyer_country, gross_total)
		SELECT issuer, batch, batch || '-' || n, '2026-10-31', '2026-12-20', 'HUF', c, CASE WHEN n % 2 = 0 THEN upper('Klient ' || c) ELSE 'Klient ' || c END, 'Ulica ' || c, '1011', 'Budapest', 'HU', 123 * lines[n]
			FROM unnest(customers) WITH ORDINALITY AS u (c, n);
	INSERT INTO mailroom.incoming_invoice_line (issuer_id, batch_key, invoice_number, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name)
		SELECT issuer, batch, batch || '-' || n, 10, 'LTR', 10, 100, 'S', 23, 'Paliwo ' || l FROM generate_series(1, cardinality(customers)) AS n, generate_series(1, lines[n]) AS l;
	PERFORM mailroom.close_batch(issuer, batch, cardinality(customers), (SELECT 123 * sum(l) FROM unnest(lines) AS l));
END;
$$;
CREATE VIEW pg_temp.posted AS
	SELECT l.issuer_id, i.invoice_number, i.state, l.pages, l.sheets, h.invoice_number AS travels_with, l.cover_sheets, p.grams, p.format, p.offer, p.list_micro, p.price_micro, p.sequence_no, n.materials
		FROM mailroom.letter l
			JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice i USING (issuer_id, invoice_id)
			LEFT JOIN mailroom.letter_postage p USING (issuer_id, mailing_id, letter_id)
			LEFT JOIN mailroom.mailing_insert n USING (issuer_id, mailing_id, insert_no)
			LEFT JOIN (SELECT l.issuer_id, l.letter_id, i.invoice_number FROM mailroom.letter l JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice i USING (issuer_id, invoice_id)) h
				ON h.issuer_id = l.issuer_id AND h.letter_id = l.cover_id;
SELECT pg_temp.run(:issuer, 'A', ARRAY['K1', 'K2', 'K3', 'K1', 'K1'], ARRAY[1, 1, 60, 1, 40]);
CALL mailroom.run_jobs();
SELECT invoice_number, state, pages, sheets, travels_with, grams, format, offer, price_micro, materials FROM pg_temp.posted WHERE issuer_id = :issuer ORDER BY 1;
SELECT materials, milligrams, sheets, micrometres, letters FROM mailroom.mailing_insert WHERE issuer_id = :issuer ORDER BY 1;
SELECT w.sheets, w.envelope, w.milligrams, w.grams, w.micrometres, w.inserts FROM mailroom.letter_weight w WHERE issuer_id = :issuer ORDER BY letter_id;
-- the price is that of the step without inserts
SELECT count(*) AS letters, count(*) FILTER (WHERE planned_micro <> list_micro) AS dearer FROM mailroom.mailing m, mailroom.price_letters(m.issuer_id, m.mailing_id) WHERE m.issuer_id = :issuer;

-- one side only, as the template says; merged by address: the same recipient however it is written
DELETE FROM mailroom.insert_material WHERE issuer_id = :issuer;
INSERT INTO mailroom.template_cover (issuer_id, template, duplex) SELECT DISTINCT :issuer::bigint, template, false FROM mailroom.document WHERE issuer_id = :issuer;
UPDATE mailroom.cover_setting SET merge_by = 'address', max_cover_sheets = 6 WHERE issuer_id = :issuer;
SELECT pg_temp.run(:issuer, 'B', ARRAY['K1', 'K2', 'K3', 'K1', 'K1', 'K2', 'K4', 'K2'], ARRAY[1, 1, 60, 1, 40, 1, 1, 60]);
CALL mailroom.run_jobs();
SELECT invoice_number, state, pages, sheets, travels_with, cover_sheets, grams, format, offer, price_micro FROM pg_temp.posted WHERE issuer_id = :issuer AND invoice_number LIKE 'B%' ORDER BY 1;
SELECT letter_count, cost_micro, plan -> 'merging' AS merging FROM mailroom.mailing WHERE issuer_id = :issuer ORDER BY mailing_id DESC LIMIT 1 \gset
SELECT :letter_count AS envelopes, :cost_micro AS cost, (:'merging'::jsonb) - 'trials' AS merging;
SELECT sum(s.share_micro) = :cost_micro AS shares_are_the_cost, sum(p.price_micro) FILTER (WHERE p.letter_id = s.letter_id) = :cost_micro AS prices_are_the_cost, count(*) AS documents
	FROM mailroom.letter_share s JOIN mailroom.letter_postage p ON p.issuer_id = s.issuer_id AND p.mailing_id = s.mailing_id AND p.letter_id = s.cover_id
	WHERE s.issuer_id = :issuer AND s.mailing_id = (SELECT max(mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer);
-- the plan of the envelopes is proven as any other
SELECT mailroom.check_postage_certificate(mailroom.postage_problem(issuer_id, mailing_id), plan) AS proven, lower_bound_micro = cost_micro AS optimal
	FROM mailroom.mailing WHERE issuer_id = :issuer ORDER BY mailing_id DESC LIMIT 1;
SELECT i.invoice_number, s.sheets, s.cover_sheets, s.share_micro FROM mailroom.letter_share s JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice i USING (issuer_id, invoice_id)
	WHERE s.issuer_id = :issuer AND i.invoice_number LIKE 'B%' ORDER BY 1;
SELECT step, regexp_replace(detail, 'letter \d+', 'letter N') AS detail FROM mailroom.invoice_trace(:issuer, 'B-4') WHERE step = 'cover';
-- the ticket has a line a document; those of one envelope have one number and stand together
SELECT regexp_replace(regexp_replace(line, '^(\d+),\d+,\d+', '\1,L,D'), '[0-9a-f]{64}$', 'H') AS line
	FROM mailroom.outgoing_file f,
		regexp_split_to_table(rtrim(convert_from(mailroom.outgoing_file_content(f.issuer_id, f.outgoing_file_id), 'UTF8'), E'\n'), E'\n') WITH ORDINALITY AS t (line, n)
	WHERE f.issuer_id = :issuer AND f.kind = 'ticket' AND f.mailing_id = (SELECT max(mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer) ORDER BY n;
-- every page of every document stands in the print file as it is archived: envelope after envelope, its head first
WITH page AS (
	SELECT g.sequence_no, l.cover_id IS NOT NULL AS is_member, l.letter_id, o.n, position(
			substr(mailroom.archive_document(d.issuer_id, d.document_id), o.start::int + 1, o.length::int)
			IN mailroom.outgoing_file_content(f.issuer_id, f.outgoing_file_id)) AS place
		FROM mailroom.letter l
			JOIN mailroom.letter_postage g ON g.issuer_id = l.issuer_id AND g.mailing_id = l.mailing_id AND g.letter_id = coalesce(l.cover_id, l.letter_id)
			JOIN mailroom.outgoing_file f ON f.issuer_id = l.issuer_id AND f.mailing_id = l.mailing_id AND f.kind = 'print_file'
			JOIN mailroom.document d ON d.issuer_id = l.issuer_id AND d.document_id = l.document_id,
			ROWS FROM (unnest(d.page_offsets), unnest(d.page_lengths)) WITH ORDINALITY AS o (start, length, n)
		WHERE l.issuer_id = :issuer AND l.mailing_id = (SELECT max(mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer))
SELECT count(*) AS pages, bool_and(place > 0) AS found, array_agg(place ORDER BY sequence_no, is_member, letter_id, n) = array_agg(place ORDER BY place) AS ordered FROM page;
SELECT count(*) AS printed, count(DISTINCT first_page) AS places FROM mailroom.letter_print WHERE issuer_id = :issuer AND mailing_id = (SELECT max(mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer);
SELECT received, archived, difference FROM mailroom.reconciliation WHERE issuer_id = :issuer ORDER BY batch_id;

-- alone when a document or its template says so; by customer number, names apart; planning again starts anew
UPDATE mailroom.cover_setting SET merge_by = 'customer', max_cover_sheets = 50 WHERE issuer_id = :issuer;
SELECT pg_temp.run(:issuer, 'C', ARRAY['K1', 'K1'], ARRAY[1, 1]);
CALL mailroom.run_jobs();
SELECT invoice_number, travels_with FROM pg_temp.posted WHERE issuer_id = :issuer AND invoice_number LIKE 'C%' ORDER BY 1;
UPDATE mailroom.mailing SET state = 'planned' WHERE issuer_id = :issuer AND mailing_id = (SELECT max(mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer);
SELECT mailroom.plan_mailing(:issuer, (SELECT max(mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer));
SELECT invoice_number, travels_with FROM pg_temp.posted WHERE issuer_id = :issuer AND invoice_number LIKE 'C%' ORDER BY 1;
UPDATE mailroom.cover_setting SET merge_by = 'never' WHERE issuer_id = :issuer;
SELECT mailroom.plan_mailing(:issuer, (SELECT max(mailing_id) FROM mailroom.mailing WHERE issuer_id = :issuer));
SELECT invoice_number, travels_with, cover_sheets FROM pg_temp.posted WHERE issuer_id = :issuer AND invoice_number LIKE 'C%' ORDER BY 1;
UPDATE mailroom.cover_setting SET merge_by = 'address' WHERE issuer_id = :issuer;
UPDATE mailroom.template_cover SET must_be_alone = true WHERE issuer_id = :issuer;
SELECT pg_temp.run(:issuer, 'D', ARRAY['K1', 'K1'], ARRAY[1, 1]);
CALL mailroom.run_jobs();
SELECT invoice_number, travels_with FROM pg_temp.posted WHERE issuer_id = :issuer AND invoice_number LIKE 'D%' ORDER BY 1;

-- merging and tiers: seven envelopes reach 20 %, so one of six households keeps two rather than lose it
SELECT mailroom.create_issuer('Tier Sp', 'HU', 'Europe/Budapest', 'HUF') AS tier \gset
INSERT INTO mailroom.issuer_carrier VALUES (:tier, 'cv-post');
INSERT INTO mailroom.cover_setting (issuer_id, paper, envelopes, merge_by) VALUES (:tier, 'A4-60', '{DL-test,C5-test}', 'address');
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:tier, 'tiers', '2026-11-22', 'HU', '2026-11-22') RETURNING mailing_id AS mailing \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country, household)
	SELECT :tier, :mailing, 2 * n + m, 1, 1, 'Recipient ' || n, '1011', 'HU', n FROM generate_series(1, 6) AS n, generate_series(0, 1) AS m;
SELECT mailroom.plan_mailing(:tier, :mailing);
SELECT letter_count, cost_micro, plan #> '{merging,cost_alone}' AS alone, plan #> '{merging,merged_letters}' AS merged_letters FROM mailroom.mailing WHERE issuer_id = :tier;
SELECT offer, count(*), sum(price_micro) FROM mailroom.letter_postage WHERE issuer_id = :tier GROUP BY 1 ORDER BY 1;
-- shares: the largest remainder gets the micro unit that does not divide
UPDATE mailroom.letter_postage SET price_micro = 10000001 WHERE issuer_id = :tier;
SELECT DISTINCT array_agg(s.share_micro ORDER BY s.letter_id) AS shares, sum(s.share_micro) AS price FROM mailroom.letter_share s WHERE s.issuer_id = :tier GROUP BY s.cover_id ORDER BY 1;
-- a document that must be alone, and one that is printed on one side
SELECT mailroom.create_issuer('Alone Sp', 'HU', 'Europe/Budapest', 'HUF') AS alone \gset
INSERT INTO mailroom.cover_setting (issuer_id, merge_by) VALUES (:alone, 'address');
INSERT INTO mailroom.flow_run (issuer_id, run_id, file_id, open_parts, started_at) VALUES (:alone, 1000001, 1000001, 0, now());
INSERT INTO mailroom.invoice (issuer_id, invoice_id, origin, file_id, state, seller_key, content_sha256, invoice_number, buyer_no, buyer_name, buyer_street, buyer_postcode, buyer_city, buyer_country, received_at)
	SELECT :alone, n, 'file', 1000001, 'accepted', 'seller', '\x00', 'E-' || n, 'K' || n % 2, CASE WHEN n = 4 THEN 'ÉVA  Kiss' ELSE 'Eva Kiss' END, 'Ut 1', CASE WHEN n = 5 THEN '1012' ELSE '1011' END, 'Budapest', 'HU', now()
	FROM generate_series(1, 5) AS n;
INSERT INTO mailroom.document (issuer_id, document_id, invoice_id, template, template_version, pages, page_offsets, page_lengths, content_bytes, content_sha256, created_at, duplex, must_be_alone)
	SELECT :alone, n, n, 'invoice', 1, 3, '{0}', '{1}', 1, '\x00', now(), CASE WHEN n = 2 THEN false END, CASE WHEN n = 3 THEN true END FROM generate_series(1, 5) AS n;
SELECT document_id, sheets, household IS NOT NULL AS may_share FROM mailroom.run_letters(:alone, 1000001) ORDER BY document_id;
SELECT array_agg(document_id ORDER BY document_id) AS together FROM mailroom.run_letters(:alone, 1000001) WHERE household IS NOT NULL GROUP BY household ORDER BY 1;
UPDATE mailroom.cover_setting SET merge_by = 'customer' WHERE issuer_id = :alone;
SELECT array_agg(document_id ORDER BY document_id) AS together FROM mailroom.run_letters(:alone, 1000001) WHERE household IS NOT NULL GROUP BY household ORDER BY 1;
-- every document of a shared envelope is explained: in whose it travels, what that costs, what its share is
SELECT l.travels_with IS NULL AS heads, e.choice, e.is_planned, e.price_micro, regexp_replace(e.note, 'letter \d+', 'letter N') AS note
	FROM (SELECT k.issuer_id, k.mailing_id, k.letter_id, k.cover_id AS travels_with, k.cover_sheets FROM mailroom.letter k WHERE k.issuer_id = :issuer) l
		JOIN mailroom.letter_explanation e USING (issuer_id, mailing_id, letter_id)
	WHERE e.is_planned AND (l.travels_with IS NOT NULL OR l.cover_sheets IS NOT NULL) ORDER BY l.mailing_id, coalesce(l.travels_with, l.letter_id), l.letter_id;
SELECT count(*) AS letters_without_an_answer FROM mailroom.letter l JOIN mailroom.mailing m USING (issuer_id, mailing_id)
	WHERE m.issuer_id = :issuer AND m.state <> 'open' AND NOT EXISTS (SELECT FROM mailroom.explain_letter(l.issuer_id, l.mailing_id, l.letter_id) e WHERE e.is_planned);
-- paper and envelopes hold for everybody: the pack was for this test alone
SELECT format('DELETE FROM mailroom.%I WHERE pack = ''cover-test''', t) FROM unnest(mailroom.tariff_tables() || 'tariff_pack'::text) AS t ORDER BY t \gexec
