-- a common hand-in from two issuers' invoices to its end: planned, packed, booked, printed once, shares posted, closed
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
\pset format unaligned
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se version 1 %' AS loaded;
\set pack 'tariff hand-in-way version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency MKD\ncarrier mk-post "Test post" country=MK national\nzones MK digits=1\ncoverage mk-all MK * land\noffer MK-U carrier=mk-post product="Letter" class=A days=2 formats=C5 coverage=mk-all\nprice MK-U land C5 20:10.00 50:12.00\noffer MK-S carrier=mk-post product="Sorted" class=B days=3 formats=C5 coverage=mk-all min-mailing=20 min-bundle=5 fixed=10.00 vat=25%\nprice MK-S land C5 20:8.00\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack') LIKE 'hand-in-way version 1 %' AS loaded;
SELECT mailroom.create_issuer('Way house', 'MK', 'Europe/Skopje', 'MKD') AS house \gset
SELECT mailroom.create_issuer('Way a', 'MK', 'Europe/Skopje', 'MKD') AS a \gset
SELECT mailroom.create_issuer('Way b', 'MK', 'Europe/Skopje', 'MKD') AS b \gset
SELECT mailroom.create_issuer('Way c', 'MK', 'Europe/Skopje', 'MKD') AS c \gset
UPDATE mailroom.issuer SET street = 'Pat 1', postcode = '1000', city = 'Skopje', payee_account = '15030012345' WHERE issuer_id IN (:a, :b, :c);
INSERT INTO mailroom.issuer_label (issuer_id, gs1_prefix) VALUES (:house, '5310001');
CREATE TEMPORARY VIEW way AS
	SELECT i.name, g.name LIKE 'run %' AS of_run, g.state, g.letter_count, g.cost_micro,
			(SELECT count(*) FROM mailroom.letter_print p WHERE p.issuer_id = g.issuer_id AND p.mailing_id = g.mailing_id) AS printed,
			(SELECT string_agg(DISTINCT v.state, ' ') FROM mailroom.letter l JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice v USING (issuer_id, invoice_id)
				WHERE l.issuer_id = g.issuer_id AND l.mailing_id = g.mailing_id) AS invoices,
			(SELECT string_agg(o.kind, ' ' ORDER BY o.kind) FROM mailroom.outgoing_file o WHERE o.issuer_id = g.issuer_id AND o.mailing_id = g.mailing_id) AS files
		FROM mailroom.mailing g JOIN mailroom.issuer i USING (issuer_id) WHERE i.name LIKE 'Way %';
CREATE FUNCTION pg_temp.bill(issuer bigint, batch bigint, first integer, last integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO mailroom.invoice (issuer_id, batch_id, document_no, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, buyer_name, buyer_street, buyer_city,
			buyer_postcode, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
		SELECT issuer, batch, n, 'batch', 'accepted', 'S', '\x00', 'W-' || n, '2026-11-01', '380', 'MKD', '2026-11-21', 'Kupuvac ' || n, 'Ulica ' || n, 'Skopje',
			(1000 + n % 2 * 1000)::text, 'MK', '00000' || n, 100, 25, 125, 125, 1, now()
		FROM generate_series(first, last) AS n;
	INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
		SELECT i.issuer_id, i.invoice_id, 1, 1, 'C62', 100, 100, 25, 'Stoka' FROM mailroom.invoice i WHERE i.issuer_id = issuer AND i.batch_id = batch;
	SELECT mailroom.enqueue_job(issuer, 'process_invoices', jsonb_build_object('batch_id', batch)) $$;

-- Runs of members wait for the house: 12 and 11 letters, too few for sorted mail by themselves.
INSERT INTO mailroom.postage_consent (issuer_id, house_issuer_id, valid_from, house_prints, runs_wait) VALUES (:a, :house, '2026-01-01', true, true), (:b, :house, '2026-01-01', true, true), (:c, :house, '2026-01-01', false, true);
SELECT pg_temp.bill(:a, 900001, 1, 12), pg_temp.bill(:b, 900002, 21, 31);
CALL mailroom.run_jobs();
SELECT * FROM way ORDER BY name;
SELECT state, open_parts FROM mailroom.flow_run WHERE issuer_id IN (:a, :b) ORDER BY issuer_id;
SELECT member_name, hand_in_date = mailroom.today(:house) AS today, origin_country, currency, letters, house_prints FROM mailroom.waiting_mailings(:house);
SELECT array_agg(member_issuer_id ORDER BY member_name) AS issuers, array_agg(member_mailing_id ORDER BY member_name) AS mailings FROM mailroom.waiting_mailings(:house) \gset
SELECT mailroom.make_hand_in(:house, 'Way together', :'issuers', :'mailings') AS together \gset
SELECT count(*) FROM mailroom.waiting_mailings(:house);
INSERT INTO mailroom.issuer_postage (issuer_id, vat_deductible_points) VALUES (:b, 0);
SELECT mailroom.plan_mailing(:house, :together);
SELECT name, of_run, state, letter_count, cost_micro FROM way ORDER BY name;
-- tax: what the member deducts, not the house
SELECT i.name, c.offer, count(*), min(c.net_micro) AS net, min(c.vat_micro) AS vat, min(c.cost_micro) AS cost FROM mailroom.letter_cost c JOIN mailroom.issuer i USING (issuer_id) WHERE i.name LIKE 'Way %' GROUP BY 1, 2 ORDER BY 1;

-- Packed as one: bundles of both members' letters; members do not pack
SELECT mailroom.pack_mailing(:house, :together) > 0 AS packed;
SELECT kind, count(*), sum(letters) AS letters, count(sscc) AS numbered FROM mailroom.mailing_container WHERE issuer_id = :house AND mailing_id = :together GROUP BY 1 ORDER BY 1;
\set VERBOSITY sqlstate
SELECT mailroom.pack_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :a;
\set VERBOSITY terse
SELECT offer, letters, trays, pallets FROM mailroom.mailing_hand_in WHERE issuer_id = :house AND mailing_id = :together;
SELECT c.kind, c.zone_from, count(DISTINCT l.issuer_id) AS members, count(*) AS letters, max(c.letters) AS said FROM mailroom.letter l, mailroom.hand_in_containers(l.issuer_id, l.mailing_id, l.letter_id) c
	WHERE l.issuer_id IN (:a, :b) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT mailroom.write_booking(:house, :together, 'postcode-counts') AS booking \gset
SELECT regexp_replace(line, '^(H)\d{10}\d{8}', '\1') AS line FROM regexp_split_to_table(rtrim(convert_from(mailroom.outgoing_file_content(:house, :booking), 'LATIN1'), E'\r\n'), E'\r\n') AS line;
SELECT mailroom.write_booking(:house, :together, 'booking-csv') > 0 AS written;
SELECT layout_name, letters, state FROM mailroom.mailing_booking WHERE issuer_id = :house ORDER BY 1;

-- Sent: one print file in the order of the hand-in, members' letters printed once, shares posted, all closed
\set VERBOSITY sqlstate
SELECT mailroom.send_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :a;
SELECT mailroom.print_mailing(issuer_id, mailing_id) FROM mailroom.mailing WHERE issuer_id = :a;
\set VERBOSITY terse
SELECT mailroom.send_mailing(:house, :together) > 0 AS sent, mailroom.send_mailing(:house, :together) > 0 AS sent_again;
CALL mailroom.run_jobs();
SELECT * FROM way ORDER BY name;
SELECT member_no, member_name, state, house_prints, letters, share_micro, alone_micro FROM mailroom.hand_in_members(:house, :together);
SELECT sum(share_micro) = (SELECT (plan ->> 'net_micro')::bigint FROM mailroom.mailing WHERE issuer_id = :house AND mailing_id = :together) AS shares_are_the_cost FROM mailroom.hand_in_members(:house, :together);
SELECT i.name, e.activity, e.detail ->> 'amount_micro' AS amount FROM mailroom.event e JOIN mailroom.issuer i USING (issuer_id) WHERE i.name LIKE 'Way %' AND e.object_kind = 'mailing' AND e.activity IN ('share posted', 'printed', 'closed') ORDER BY 1, 2;
SELECT state, closed_at IS NOT NULL AS closed FROM mailroom.flow_run WHERE issuer_id IN (:a, :b) ORDER BY issuer_id;
SELECT count(*) AS packed_and_booked_still FROM mailroom.mailing_booking WHERE issuer_id = :house AND state = 'booked';
-- the ticket has both members' letters in postal order, and each letter once
SELECT count(*) AS lines, count(DISTINCT split_part(line, ',', 2)) AS letters, count(DISTINCT split_part(line, ',', 1)) AS sequences, bool_and(split_part(line, ',', 1)::integer = n) AS in_order, count(*) FILTER (WHERE substr(split_part(line, ',', 4), 3)::integer < 20) AS of_a
	FROM (SELECT convert_from(mailroom.outgoing_file_content(issuer_id, outgoing_file_id), 'UTF8') AS ticket FROM mailroom.outgoing_file WHERE issuer_id = :house AND kind = 'ticket') t,
		regexp_split_to_table(t.ticket, E'\n') WITH ORDINALITY AS l (line, place), LATERAL (SELECT place - 1 AS n) p
	WHERE line ~ '^\d';
SELECT mailroom.print_mailing(:house, :together) = (SELECT outgoing_file_id FROM mailroom.outgoing_file WHERE issuer_id = :house AND kind = 'print_file') AS the_same_file;
SELECT mailroom.print_hand_in(:house, 0, jsonb_build_object('mailing_id', :together));
CALL mailroom.run_jobs();
SELECT count(*) FROM mailroom.outgoing_file WHERE issuer_id IN (:house, :a, :b) AND kind = 'print_file';
SELECT count(*) AS rows_were_wrong FROM mailroom.rebuild_postage_volume(:a) r WHERE r > 0;

-- One member prints its own: the hand-in is printed when all are, each letter in one file
SELECT pg_temp.bill(:a, 900003, 41, 52), pg_temp.bill(:c, 900004, 61, 70);
CALL mailroom.run_jobs();
SELECT array_agg(member_issuer_id ORDER BY member_name) AS issuers, array_agg(member_mailing_id ORDER BY member_name) AS mailings FROM mailroom.waiting_mailings(:house) \gset
SELECT mailroom.make_hand_in(:house, 'Way mixed', :'issuers', :'mailings') AS mixed \gset
SELECT mailroom.plan_mailing(:house, :mixed);
SELECT mailroom.print_hand_in(:house, 0, jsonb_build_object('mailing_id', :mixed));
SELECT member_name, state, house_prints FROM mailroom.hand_in_members(:house, :mixed);
SELECT state FROM mailroom.mailing WHERE issuer_id = :house AND mailing_id = :mixed;
-- run again before the member has printed: nothing more
SELECT mailroom.print_hand_in(:house, 0, jsonb_build_object('mailing_id', :mixed));
\set VERBOSITY sqlstate
SELECT mailroom.plan_mailing(:house, :mixed);
SELECT mailroom.dissolve_hand_in(:house, :mixed);
\set VERBOSITY terse
CALL mailroom.run_jobs();
SELECT i.name, g.state, (SELECT string_agg(o.kind, ' ' ORDER BY o.kind) FROM mailroom.outgoing_file o WHERE o.issuer_id = g.issuer_id AND o.mailing_id = g.mailing_id) AS files
	FROM mailroom.mailing g JOIN mailroom.issuer i USING (issuer_id) WHERE (g.issuer_id, g.mailing_id) IN (SELECT :house, :mixed UNION SELECT member_issuer_id, member_mailing_id FROM mailroom.hand_in_members(:house, :mixed)) ORDER BY 1;
SELECT count(*) AS letters, count(p.letter_id) AS printed FROM mailroom.letter l LEFT JOIN mailroom.letter_print p USING (issuer_id, mailing_id, letter_id) WHERE l.issuer_id IN (:a, :b, :c);

-- A mailing that waited goes alone when its issuer says so
SELECT pg_temp.bill(:b, 900005, 81, 83);
CALL mailroom.run_jobs();
SELECT mailroom.send_mailing(member_issuer_id, member_mailing_id) > 0 AS sent FROM mailroom.waiting_mailings(:house);
CALL mailroom.run_jobs();
SELECT state, files, invoices FROM way WHERE name = 'Way b' ORDER BY files NULLS FIRST;
SELECT state FROM mailroom.flow_run WHERE issuer_id = :b ORDER BY run_id;
SELECT count(*) FROM mailroom.job WHERE issuer_id IN (:house, :a, :b, :c) AND state NOT IN ('done', 'finished');
