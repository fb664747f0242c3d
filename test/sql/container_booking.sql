-- labels, hand-in list, letters paid but not sent, bookings and when they are due
\set VERBOSITY terse
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
SET mailroom.clock = '2026-06-26T13:00:00Z';
\set demo `cat "$PG_ABS_SRCDIR"/../data/tariff/demo-no-se.txt`
SELECT mailroom.load_tariff(:'demo') LIKE 'demo-no-se %' AS loaded;
\set pack 'tariff book-test version=1 valid-from=2026-01-01\nsource "made for this test"\ncurrency ISK\ncarrier book-post "Book post" country=FI national\ncoverage book-all FI * land\noffer BOOK-U carrier=book-post product="Letter" class=A days=1 formats=C5,C4 coverage=book-all\nprice BOOK-U land C5,C4 2000:10.00\noffer BOOK-M carrier=book-post product="Bulk; sorted" class=B days=3 formats=C5,C4 coverage=book-all min-mailing=20 topup=2.00 hand-in="Gate 4" hand-in-days=1-5 notice=booking notice-days=2\nprice BOOK-M land C5,C4 2000:8.00\ncondition BOOK-M tray most=4\n'
SELECT replace(:'pack', '\n', E'\n') AS pack \gset
SELECT mailroom.load_tariff(:'pack');
SELECT mailroom.create_issuer('Book test', 'FI', 'Europe/Helsinki', 'ISK') AS issuer \gset
INSERT INTO mailroom.issuer_label (issuer_id, gs1_prefix, customer_number, sender) VALUES (:issuer, '6400001', 'C-4711', 'Kirjapaino, Åbo');
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, created_at) VALUES (:issuer, 'June', '2026-06-30', 'FI', '2026-06-25') RETURNING mailing_id AS mailing \gset
INSERT INTO mailroom.letter (issuer_id, mailing_id, letter_id, document_id, pages, sheets, recipient, postcode, country, due_days)
	SELECT :issuer, :mailing, n, n, 1, 1, 'Recipient ' || n, '00' || 100 + n / 5 * 10, 'FI', CASE WHEN n = 16 THEN 1 ELSE 4 END FROM generate_series(1, 16) AS n;
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT mailroom.pack_mailing(:issuer, :mailing) AS containers;
-- fifteen letters go at the price of twenty: five are paid and not sent, and that is cheaper than none
SELECT * FROM mailroom.blank_items(:issuer, :mailing);
SELECT name, letters, blank_letters, blank_cost FROM mailroom.mailing_report WHERE issuer_id = :issuer;
SELECT carrier, product, place, day, until, pallets, trays, bundles, letters, blank_letters, paid_letters, kilograms, notice_due_at, booked_at, problem
	FROM mailroom.mailing_hand_in WHERE issuer_id = :issuer ORDER BY offer \gx
SELECT container_no, destination, letters, trays, sscc, translate(code, E'\x1D', '|') AS code, label FROM mailroom.container_labels(:issuer, :mailing) WHERE kind_no = 1 ORDER BY 1 \gx
-- files by each shipped layout
SELECT mailroom.write_booking(:issuer, :mailing, 'booking-csv') AS csv \gset
SELECT mailroom.write_booking(:issuer, :mailing, 'postcode-counts', 'book-post') AS counts \gset
SELECT mailroom.write_booking(:issuer, :mailing, 'sscc-list') AS list \gset
\pset format unaligned
\pset tuples_only on
SELECT regexp_replace(convert_from(mailroom.outgoing_file_content(:issuer, :csv), 'UTF8'), '\n$', '');
SELECT line || '|' || length(line) FROM regexp_split_to_table(regexp_replace(regexp_replace(convert_from(mailroom.outgoing_file_content(:issuer, :counts), 'LATIN1'), '\r\n$', ''), '^H.{10}', 'H..........'), '\r\n') WITH ORDINALITY AS l (line, n) ORDER BY n;
SELECT regexp_replace(convert_from(mailroom.outgoing_file_content(:issuer, :list), 'UTF8'), '\n$', '');
\pset tuples_only off
\pset format aligned
SELECT b.layout_name, b.carrier, b.state, b.due_at, b.booked_at, b.letters, b.blank_letters, b.trays, b.pallets, f.kind, f.media_type, f.state AS file FROM mailroom.mailing_booking b JOIN mailroom.outgoing_file f USING (issuer_id, outgoing_file_id)
	WHERE b.issuer_id = :issuer ORDER BY 1;
SELECT offer, booked_at, problem FROM mailroom.mailing_hand_in WHERE issuer_id = :issuer ORDER BY 1;
-- labels: sheets to print and a list for whoever prints them otherwise
SELECT mailroom.write_labels(:issuer, :mailing) AS sheet \gset
SELECT mailroom.write_labels(:issuer, :mailing, 'csv', '{tray,pallet}') AS labels \gset
SELECT regexp_replace(file_name, '-\d+', '-N') AS file_name, kind, media_type, state FROM mailroom.outgoing_file WHERE issuer_id = :issuer AND kind = 'labels' ORDER BY media_type;
SELECT substr(mailroom.outgoing_file_content(:issuer, :sheet), 1, 5) = '%PDF-' AS is_pdf, mailroom.outgoing_file_content(:issuer, :sheet) = mailroom.outgoing_file_content(:issuer, mailroom.write_labels(:issuer, :mailing)) AS same_again;
\pset format unaligned
SELECT line_no, translate(line, E'\x1D', '|') AS line FROM regexp_split_to_table(rtrim(convert_from(mailroom.outgoing_file_content(:issuer, :labels), 'UTF8'), E'\n'), E'\n') WITH ORDINALITY AS l (line, line_no) WHERE line_no < 4 ORDER BY 1;
\pset format aligned
-- five labels on a sheet of two by two are two pages; bars need their width
SELECT n AS labels, (SELECT count(*) FROM regexp_matches(encode(mailroom.label_sheet(array_fill('Post, Letter'::text, ARRAY[n]), array_fill('359012345678999985'::text, ARRAY[n]), 2, 2), 'escape'), '/Type */Page[^s]', 'g')) AS pages FROM unnest(ARRAY[0, 4, 5]) AS n ORDER BY 1;
SELECT mailroom.label_sheet('{x}', '{359012345678999985}', 4, 2);
SELECT mailroom.label_sheet('{x}', '{}', 2, 2);
SELECT mailroom.label_sheet(ARRAY[U&'\+01F600'], '{NULL}', 2, 2);
SELECT mailroom.write_labels(:issuer, :mailing, 'png');
SELECT mailroom.write_labels(:issuer, :mailing, 'pdf', '{box}');
-- a new plan: the containers are gone, the bookings outdated, and without containers nothing is booked
SELECT mailroom.plan_mailing(:issuer, :mailing);
SELECT DISTINCT state FROM mailroom.mailing_booking WHERE issuer_id = :issuer;
SELECT count(*) FROM mailroom.mailing_container WHERE issuer_id = :issuer;
\set VERBOSITY sqlstate
SELECT mailroom.write_booking(:issuer, :mailing, 'booking-csv');
SELECT mailroom.write_labels(:issuer, :mailing);
SELECT mailroom.pack_mailing(:issuer, :mailing) > 0 AS packed;
SELECT mailroom.write_booking(:issuer, :mailing, 'no-such-layout');
SELECT mailroom.write_booking(:issuer, :mailing, 'booking-csv', 'other-post') IS NULL;
-- too late: after 17:00 in Helsinki two working days before; unless the carrier agreed
SET mailroom.clock = '2026-06-26T14:00:01Z';
SELECT offer, problem FROM mailroom.mailing_hand_in WHERE issuer_id = :issuer ORDER BY 1;
SELECT mailroom.write_booking(:issuer, :mailing, 'booking-csv') IS NULL;
\set VERBOSITY terse
SELECT mailroom.write_booking(:issuer, :mailing, 'booking-csv', is_late_agreed => true) IS NOT NULL AS booked;
-- working days: midsummer and the weekend do not count; elsewhere Monday to Friday
SELECT c, d, n, mailroom.notice_deadline(c, 'UTC', d, n, t) FROM (VALUES ('FI', date '2026-06-22', 2, NULL::time), ('NO', '2026-05-18', 1, '12:00'), ('DE', '2026-06-29', 1, NULL), ('DE', '2026-06-29', 15, NULL), ('SE', '2026-06-29', 0, NULL)) AS v (c, d, n, t);
-- layouts of one's own, and their faults
SELECT mailroom.load_booking_layout(:issuer, 'booking-csv', '{"kind": "fixed", "charset": "LATIN1", "records": [{"source": "tray", "fields": [{"item": "kind_no", "type": "N", "start": 1, "length": 3}, {"item": "product", "type": "T", "start": 6, "length": 4}, {"item": "letters", "start": 12, "length": 2}]}]}');
SELECT mailroom.write_booking(:issuer, :mailing, 'booking-csv', is_late_agreed => true) AS own \gset
SELECT convert_from(mailroom.outgoing_file_content(:issuer, :own), 'LATIN1') AS own;
SELECT mailroom.load_booking_layout(:issuer, 'narrow', '{"kind": "fixed", "records": [{"source": "tray", "fields": [{"item": "product", "start": 1, "length": 4}]}]}');
SELECT mailroom.write_booking(:issuer, :mailing, 'narrow', is_late_agreed => true);
SELECT mailroom.load_booking_layout(:issuer, 'asks', '{"kind": "delimited", "records": [{"source": "offer", "fields": [{"item": "colour"}]}]}');
SELECT mailroom.write_booking(:issuer, :mailing, 'asks', is_late_agreed => true);
SELECT mailroom.load_booking_layout(:issuer, 'overlap', '{"kind": "fixed", "records": [{"source": "tray", "fields": [{"item": "kind_no", "start": 1, "length": 4}, {"item": "letters", "start": 4, "length": 4}]}]}');
SELECT mailroom.load_booking_layout(:issuer, 'source', '{"kind": "fixed", "records": [{"source": "room", "fields": []}]}');
SELECT layout_name FROM mailroom.booking_layout WHERE issuer_id IN (0, :issuer) ORDER BY issuer_id, 1;
-- GS1 elements
SELECT regexp_replace(translate(mailroom.letter_code(:issuer, :mailing, 7), E'\x1D', '|'), '/[0-9]+/', '/N/') AS letter_code;
SELECT translate(mailroom.gs1_string('{00,420,403,4320,90}', '{359012345678999985,11122,12-7,BREV,C-4711}'), E'\x1D', '|') AS scanned, mailroom.gs1_string('{00,420,90}', '{359012345678999985,NULL,C-4711}', NULL) AS printed;
SELECT i, c, mailroom.gs1_problem(i, c) FROM (VALUES ('00', '359012345678999984'), ('00', '359012345678999985'), ('420', '123456789012345678901'), ('403', 'a b'), ('90', 'A(1)-/x'), ('90', 'Å'), ('90', '#'), ('91', '1'), ('420', '')) AS v (i, c);
SELECT mailroom.gs1_string('{00}', '{359012345678999984}');
