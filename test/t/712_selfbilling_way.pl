# 712_selfbilling_way: a partner's settlement from inserted orders to an archived, mailed and reconciled invoice, all by
# jobs: orders are checked, a proposal is accepted on its deadline and issued, and the document goes to the partner.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = mailroom_node('selfbill_way', preload => 0);
my $tariff = slurp_file("$FindBin::Bin/../../data/tariff/demo-no-se.txt");
$node->safe_psql('postgres', "SELECT mailroom.load_tariff(\$tariff\$$tariff\$tariff\$)");
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Roadside AS', 'NO', 'Europe/Oslo', 'NOK')");
$node->safe_psql('postgres', qq{
UPDATE mailroom.issuer SET registration_no = '965920358', vat_id = 'NO965920358MVA', street = 'Storgata 1', postcode = '0155', city = 'Oslo' WHERE issuer_id = $issuer;
INSERT INTO mailroom.party (issuer_id, customer_no, name, registration_no, vat_id, street, postcode, city, country, payee_account)
	SELECT $issuer, 'TOW-' || n, 'Berging ' || n || ' AS', '980430596', 'NO980430596MVA', 'Havnegata ' || n, '9008', 'Tromsø', 'NO', '86011117947' FROM generate_series(1, 3) AS n;
SELECT mailroom.create_agreement($issuer, 'TOW-' || n, '2026-01-01', '2026-12-31', 5, issue_on_acceptance => true) FROM generate_series(1, 3) AS n;
INSERT INTO mailroom.service_order (issuer_id, order_key, supplier_no, performed_on, net_amount, vat_rate)
	SELECT $issuer, 'J' || n, 'TOW-' || n % 3 + 1, '2026-03-02', n * 100, 25 FROM generate_series(1, 30) AS n;
});
# every session tells the time; jobs of the next day wait for it
my $at = sub { my ($time, $sql) = @_; return $node->safe_psql('postgres', "SET mailroom.clock = '$time'; $sql") };
$at->('2026-03-31T10:00:00Z', 'CALL mailroom.run_jobs()');
is($node->safe_psql('postgres', "SELECT state, count(*) FROM mailroom.settlement_order WHERE issuer_id = $issuer GROUP BY 1"), 'new|30', 'orders are taken in by a job');
$at->('2026-03-31T10:00:00Z', "SELECT mailroom.propose_open_orders($issuer, 'TOW-' || n, '2026-03-31') FROM generate_series(1, 3) AS n");
$at->('2026-04-05T21:59:00Z', 'CALL mailroom.run_jobs()');
is($node->safe_psql('postgres', "SELECT state, count(*) FROM mailroom.proposal GROUP BY 1"), 'sent|3', 'on the last day nothing happens');
$at->('2026-04-05T22:01:00Z', 'CALL mailroom.run_jobs()');
is($node->safe_psql('postgres', "SELECT state, accepted_on, accepted_by, count(*) FROM mailroom.proposal GROUP BY 1, 2, 3"), 'invoiced|2026-04-06|deadline|3', 'the day after, by the issuer\'s clock, they are accepted and issued');
is($node->safe_psql('postgres', "SELECT state, count(*), string_agg(invoice_number, ',' ORDER BY invoice_number) FROM mailroom.invoice GROUP BY 1"),
	'archived|3|TOW-1/2026/00001,TOW-2/2026/00001,TOW-3/2026/00001', 'and go the way of every invoice, to the archive');
is($node->safe_psql('postgres', "SELECT name, state, currency, received, archived, difference, received_sum, archived_sum, difference_sum FROM mailroom.reconciliation WHERE issuer_id = $issuer"),
	'self-billed|issued|NOK|3|3|0|58125.00|58125.00|0.00', 'reconciled');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.letter l JOIN mailroom.document d USING (issuer_id, document_id) JOIN mailroom.invoice i USING (issuer_id, invoice_id)"
	. " JOIN mailroom.party p ON p.issuer_id = i.issuer_id AND p.party_id = i.recipient_party_id WHERE l.recipient = p.name AND l.postcode = '9008'"), '3', 'the letters go to the partners');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.check_integrity($issuer)"), '0', 'nothing is lost');
is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.verify_archive($issuer)"), '0', 'the archive is whole');
# a lost invoice shows
$node->safe_psql('postgres', "DELETE FROM mailroom.invoice WHERE invoice_number = 'TOW-2/2026/00001'");
is($node->safe_psql('postgres', "SELECT received, archived, difference FROM mailroom.reconciliation WHERE issuer_id = $issuer"), '3|2|1', 'a lost invoice is missed');
$node->stop;
done_testing();
