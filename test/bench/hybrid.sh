#!/bin/sh
# hybrid.sh: documents of one page with the invoice as XML inside (Factur-X, 7.3 KB of CII, written from the tables and judged by
# the rules of EN 16931) against the same ones without, by mailroom.render_documents in one backend: CPU time, best of
# HYBRID_TURNS (default 5) that take turns, with the archive and with an archive that keeps nothing.  And what the XML itself takes.
# HYBRID_INVOICES: how many at a time (default 1,000).  Prints: quantity, ours, limit, ratio (of plain rate; 0.75 wanted).
set -eu
n=${HYBRID_INVOICES:-1000}
turns=${HYBRID_TURNS:-5}
database=mailroom_bench_hybrid_$$
sql() { psql -XqAt -v ON_ERROR_STOP=1 -d "$database" "$@"; }
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }
trap 'dropdb --force --if-exists "$database"' EXIT
createdb "$database"
sql -c 'CREATE EXTENSION mailroom' 2>/dev/null
sql -v n="$n" >/dev/null <<'SQL'
CREATE TABLE bench (profile text, issuer_id bigint);
INSERT INTO bench SELECT profile, mailroom.create_issuer('Nordlys Kort AS ' || profile, 'NO', 'Europe/Oslo', 'NOK') FROM unnest(ARRAY['print', 'pdfa-3b', 'factur-x']) AS profile;
SELECT mailroom.set_document_profile(issuer_id, profile) FROM bench;
UPDATE mailroom.issuer SET street = 'Havnegata 14', postcode = '7010', city = 'Trondheim', registration_no = '987654325', vat_id = 'NO987654325MVA', payee_account = '86011117947';
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date, seller_name,
		seller_vat_id, buyer_name, buyer_no, buyer_street, buyer_postcode, buyer_city, buyer_country, buyer_reference, payment_reference, payee_account, payment_means, line_count, received_at, other_terms)
	SELECT b.issuer_id, 'file', 'accepted', 'S', '\x00', 'L-' || n, '2026-11-02', '380', 'NOK', '2026-11-23', 'Nordlys Kort AS', 'NO987654325MVA', 'Fjord Transport AS ' || n,
			'100482', 'Østre Rosten ' || n, '7075', 'Tiller', 'NO', 'ref ' || n, '100482000123457', '86011117947', '30', 4, now(),
			'{"bt_23": "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0", "bt_35": "Havnegata 14", "bt_37": "Trondheim", "bt_38": "7010", "bt_40": "NO", "bt_58": "post@fjord.example"}'
		FROM bench b, generate_series(1, :n) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, price, net_amount, tax_category, tax_rate, item_name, item_description)
	SELECT i.issuer_id, i.invoice_id, n, n, q.quantity, 'LTR', q.price, round(q.quantity * q.price, 2), 'S', 25, 'Diesel ' || n, 'Stasjon ' || n
		FROM mailroom.invoice i
			CROSS JOIN LATERAL generate_series(1, 4) AS n
			CROSS JOIN LATERAL (SELECT round(40 + (n + invoice_id) * 7.31 % 310, 2) AS quantity, round(13.9 + n % 7 * 0.31, 3) AS price) q;
UPDATE mailroom.invoice i SET line_total = s, net_total = s, tax_total = round(s * 0.25, 2), gross_total = s + round(s * 0.25, 2), payable_amount = s + round(s * 0.25, 2)
	FROM (SELECT issuer_id, invoice_id, sum(net_amount) AS s FROM mailroom.invoice_line GROUP BY 1, 2) t
	WHERE t.issuer_id = i.issuer_id AND t.invoice_id = i.invoice_id;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT issuer_id, invoice_id, 1, 'S', 25, net_total, tax_total FROM mailroom.invoice;
CREATE TABLE ids AS SELECT profile, issuer_id, array_agg(invoice_id ORDER BY invoice_id) AS ids FROM mailroom.invoice JOIN bench USING (issuer_id) GROUP BY 1, 2;
VACUUM ANALYZE;
CREATE TABLE taken (what text, us numeric);
CREATE VIEW clock AS SELECT split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::numeric / 1e3 AS us;
-- what is stored is taken back, so that every turn starts alike
CREATE PROCEDURE measure(turns integer, suffix text) LANGUAGE plpgsql AS $$
DECLARE
	was record;
	started numeric;
	done bigint;
	us numeric;
BEGIN
	FOR turn IN 0 .. turns LOOP
		FOR was IN SELECT * FROM ids ORDER BY profile LOOP
			BEGIN
				SELECT c.us INTO started FROM clock c;
				done := mailroom.render_documents(was.issuer_id, was.ids);
				SELECT (c.us - started) / done INTO us FROM clock c;
				RAISE EXCEPTION SQLSTATE 'XX999';
			EXCEPTION WHEN SQLSTATE 'XX999' THEN
				IF turn > 0 THEN
					INSERT INTO taken VALUES (was.profile || suffix, us);
				END IF;
			END;
		END LOOP;
		FOR checked IN 0 .. 1 LOOP
			SELECT c.us INTO started FROM clock c;
			SELECT count(w.content) INTO done FROM ids, mailroom.write_invoices(ids.issuer_id, ids.ids, 'cii', checked = 1) AS w WHERE ids.profile = 'factur-x';
			INSERT INTO taken SELECT CASE checked WHEN 1 THEN 'judged' ELSE 'written' END, (c.us - started) / done FROM clock c;
		END LOOP;
	END LOOP;
END $$;
SQL
sql -c "CALL measure($turns, '')"
sql -c "CREATE OR REPLACE FUNCTION mailroom.archive_store_hashed(issuer_id bigint, document_ids bigint[], contents bytea[], hashes bytea[]) RETURNS void LANGUAGE sql AS ''" -c "CALL measure($turns, ' without archive')"
best() { sql -c "SELECT round(min(us)) FROM taken WHERE what = '$1'"; }
for suffix in '' ' without archive'; do
    plain=$(best "print$suffix")
    for profile in pdfa-3b factur-x; do
        row "hybrid: documents/s as $profile$suffix, against print" "$((1000000 / $(best "$profile$suffix")))" "$((1000000 / plain))" "$(awk "BEGIN { printf \"%.2f\", $plain / $(best "$profile$suffix") }")"
    done
done
row "hybrid: us a document to write the XML ($(sql -c "SELECT length(content) FROM ids, mailroom.write_invoices(issuer_id, ids[1:1], 'cii') WHERE profile = 'factur-x'") bytes); and judge it" "$(best written)" "$(best judged)" -
