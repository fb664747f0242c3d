# 710_selfbilling: the self-billing and VAT vectors hold, through the commands an application calls.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomVectors;
use Test::More;

my $node = mailroom_node('selfbilling', preload => 0);

# The vectors' commands as text: a refusal is ERR and its reason code, in the vectors' words.
$node->safe_psql('postgres', q{
CREATE FUNCTION try_command(issuer bigint, command text, arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	a text[] := string_to_array(arguments, '|');
	made mailroom.self_billed_invoice;
	reason text;
BEGIN
	CASE command
	WHEN 'agreement' THEN
		INSERT INTO mailroom.party (issuer_id, customer_no, name) VALUES (issuer, a[1], 'Supplier ' || a[1]) ON CONFLICT DO NOTHING;
		PERFORM mailroom.create_agreement(issuer, a[1], a[2]::date, a[3]::date, a[4]::integer);
	WHEN 'job' THEN
		INSERT INTO mailroom.party (issuer_id, customer_no, name) VALUES (issuer, a[2], 'Supplier ' || a[2]) ON CONFLICT DO NOTHING;
		PERFORM mailroom.add_service_order(issuer, a[1], a[2], a[5]::date, a[3]::numeric, a[4]::numeric);
	WHEN 'propose' THEN
		INSERT INTO mailroom.party (issuer_id, customer_no, name) VALUES (issuer, a[2], 'Supplier ' || a[2]) ON CONFLICT DO NOTHING;
		PERFORM mailroom.propose_settlement(issuer, a[1], a[2], string_to_array(a[3], ','), a[4]::date);
	WHEN 'dispute' THEN
		PERFORM mailroom.dispute_order(issuer, a[1], a[2], a[3]::date);
	WHEN 'reprice' THEN
		PERFORM mailroom.reprice_order(issuer, a[1], a[2]::numeric);
	WHEN 'accept' THEN
		PERFORM mailroom.accept_proposal(issuer, a[1], a[2]::date);
	WHEN 'tick' THEN
		RETURN 'OK:' || mailroom.tick_selfbilling(issuer, a[1]::date);
	WHEN 'issue' THEN
		made := mailroom.issue_self_billed(issuer, a[1], a[2]::date);
		RETURN format('OK:%s:%s:%s:%s', made.invoice_number, made.net_total, made.tax_total, made.due_on);
	WHEN 'credit' THEN
		made := mailroom.credit_self_billed(issuer, a[1], a[2]::date);
		RETURN format('OK:%s:%s:%s', made.invoice_number, -made.net_total, -made.tax_total);
	WHEN 'pay' THEN
		PERFORM mailroom.pay_self_billed(issuer, a[1]);
	END CASE;
	RETURN 'OK';
EXCEPTION WHEN SQLSTATE 'MR004' THEN
	GET STACKED DIAGNOSTICS reason = CONSTRAINT_NAME;
	RETURN 'ERR:' || replace(reason, 'ORDER_', 'JOB_');
END;
$$;
CREATE FUNCTION in_vector_words(result text) RETURNS text LANGUAGE sql
	RETURN CASE result WHEN 'ERR:NO_ORDER' THEN 'ERR:NO_JOB' ELSE result END;
-- the vectors write 2.5 and 2.50 as they come
CREATE FUNCTION trimmed(result text) RETURNS text LANGUAGE sql
	RETURN regexp_replace(regexp_replace(result, '(\.\d*?)0+(?=:|$)', '\1', 'g'), '\.(?=:|$)', '', 'g');
});

SKIP:
{
	my $rows = load_vectors($node, 'selfbilling_events');
	skip 'vectors/selfbilling_events.csv', 5 unless defined $rows;
	my $got = $node->safe_psql('postgres', q{
CREATE TABLE replay (row_no bigint, issuer_id bigint, got text);
DO $$
DECLARE
	r record;
	issuer bigint;
	last_scenario text;
BEGIN
	FOR r IN SELECT * FROM vector_selfbilling_events ORDER BY row_no LOOP
		IF last_scenario IS DISTINCT FROM r.scenario THEN
			issuer := mailroom.create_issuer('Scenario ' || r.scenario, 'PL', 'Europe/Warsaw', 'PLN');
			last_scenario := r.scenario;
		END IF;
		INSERT INTO replay VALUES (r.row_no, issuer, in_vector_words(try_command(issuer, r.command, r.arguments)));
	END LOOP;
END;
$$;
SELECT v.scenario, v.step, v.command, v.arguments, v.result, p.got
FROM vector_selfbilling_events v LEFT JOIN replay p USING (row_no)
WHERE trimmed(v.result) IS DISTINCT FROM trimmed(p.got)
ORDER BY row_no LIMIT 20;
});
	is($got, '', "all $rows commands of selfbilling_events give their result");
	is($node->safe_psql('postgres', q{
SELECT s.issuer_id, s.invoice_number FROM mailroom.self_billed_invoice s
	LEFT JOIN mailroom.invoice i USING (issuer_id, invoice_id)
	LEFT JOIN LATERAL (SELECT sum(l.net_amount) AS net, count(*) AS lines FROM mailroom.invoice_line l
		WHERE l.issuer_id = s.issuer_id AND l.invoice_id = s.invoice_id) l ON true
	LEFT JOIN LATERAL (SELECT sum(t.tax_amount) AS tax, sum(t.taxable_amount) AS taxable FROM mailroom.invoice_tax t
		WHERE t.issuer_id = s.issuer_id AND t.invoice_id = s.invoice_id) t ON true
WHERE (i.invoice_number, i.net_total, i.tax_total, i.gross_total, i.payable_minor, i.line_count, i.origin, i.state)
	IS DISTINCT FROM (s.invoice_number, l.net, t.tax, l.net + t.tax, ((l.net + t.tax) * 100)::bigint, l.lines, 'self_billed', 'accepted')
	OR t.taxable <> l.net LIMIT 5
}), '', 'every self-billed document is an invoice whose totals are the sums of its parts');
	is($node->safe_psql('postgres', q{
SELECT issuer_id, party_id, series_year FROM mailroom.self_billed_invoice
GROUP BY 1, 2, 3 HAVING max(series_number) <> count(*) OR min(series_number) <> 1 LIMIT 5
}), '', 'no series has a gap or a repeat');
	is($node->safe_psql('postgres', q{
SELECT o.issuer_id, o.order_key FROM mailroom.settlement_order o
	LEFT JOIN mailroom.self_billed_invoice s USING (issuer_id, invoice_id)
WHERE (o.state = 'invoiced') <> coalesce(s.state IN ('issued', 'paid'), false) LIMIT 5
}), '', 'an order is invoiced exactly when a live invoice carries it');
	is($node->safe_psql('postgres', q{
SELECT c.invoice_number FROM mailroom.self_billed_invoice c JOIN mailroom.self_billed_invoice o
	ON o.issuer_id = c.issuer_id AND o.invoice_id = c.credits_invoice_id
WHERE (c.net_total, c.tax_total, 'credited') IS DISTINCT FROM (o.net_total, o.tax_total, o.state) LIMIT 5
}), '', 'credit and original add up to zero');
}

SKIP:
{
	my $rows = load_vectors($node, 'vat_rounding');
	skip 'vectors/vat_rounding.csv', 1 unless defined $rows;
	is($node->safe_psql('postgres', q{
CREATE FUNCTION settle_lines(issuer bigint, key bigint, lines text) RETURNS mailroom.self_billed_invoice LANGUAGE plpgsql AS $$
DECLARE
	keys text[];
	part text[];
BEGIN
	FOR part IN SELECT regexp_match(l, '^(.*)\*(.*)@(.*)$') || n::text FROM regexp_split_to_table(lines, ';') WITH ORDINALITY AS x (l, n) LOOP
		PERFORM mailroom.add_service_order(issuer, key || '-' || part[4], 'S', '2026-05-01', NULL, part[3]::numeric,
			quantity => part[1]::numeric, unit_price => part[2]::numeric);
		keys := keys || (key || '-' || part[4]);
	END LOOP;
	PERFORM mailroom.propose_settlement(issuer, key::text, 'S', keys, '2026-05-31');
	PERFORM mailroom.accept_proposal(issuer, key::text, '2026-05-31');
	RETURN mailroom.issue_self_billed(issuer, key::text, '2026-05-31');
END;
$$;
SELECT mailroom.create_issuer('Rounding', 'PL', 'Europe/Warsaw', 'PLN') AS issuer \gset
INSERT INTO mailroom.party (issuer_id, customer_no, name) VALUES (:issuer, 'S', 'S');
SELECT mailroom.create_agreement(:issuer, 'S', '2026-01-01', '2026-12-31', 0) AS agreement \gset
CREATE TABLE settled AS SELECT v.row_no, (s).* FROM vector_vat_rounding v, LATERAL settle_lines(:issuer, v.row_no, v.lines_qty_price_rate) AS s
	WHERE v.lines_qty_price_rate LIKE '%*%' ORDER BY v.row_no;
SELECT v.row_no, s.net_total, v.net, s.tax_total, v.vat, r.rates, v.by_rate_rate_net_vat, n.nets, v.line_nets
FROM vector_vat_rounding v LEFT JOIN settled s USING (row_no)
	LEFT JOIN LATERAL (SELECT string_agg(format('%s:%s:%s', t.rate, t.taxable_amount, t.tax_amount), ';' ORDER BY t.rate::text COLLATE "C") AS rates
		FROM mailroom.invoice_tax t WHERE t.issuer_id = s.issuer_id AND t.invoice_id = s.invoice_id) r ON true
	LEFT JOIN LATERAL (SELECT string_agg(l.net_amount::text, ';' ORDER BY l.line_no) AS nets
		FROM mailroom.invoice_line l WHERE l.issuer_id = s.issuer_id AND l.invoice_id = s.invoice_id) n ON true
	LEFT JOIN LATERAL (SELECT string_agg(x, ';' ORDER BY split_part(x, ':', 1) COLLATE "C") AS wanted FROM regexp_split_to_table(v.by_rate_rate_net_vat, ';') AS x) w ON true
WHERE CASE WHEN v.lines_qty_price_rate LIKE '%*%' THEN (s.net_total::text, s.tax_total::text, r.rates, n.nets, (s.net_total + s.tax_total)::text)
	IS DISTINCT FROM (v.net, v.vat, w.wanted, v.line_nets, v.gross)
	-- round2(x): the rounding alone
	ELSE mailroom.line_net(1, substring(v.lines_qty_price_rate FROM '\((.*)\)')::numeric)::text IS DISTINCT FROM v.line_nets END
ORDER BY v.row_no LIMIT 10
}), '', "all $rows vectors of vat_rounding hold through issued invoices");
}
$node->stop;
done_testing();
