# 200_intake_corpus: the UBL and flat files of the independent corpus, the latter through the shipped layouts, into the
# tables, against their true content.  Needs MAILROOM_SHARED (default: the folder shared beside the repository).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($shared) = grep { defined && -d "$_/corpus/generated" } ($ENV{MAILROOM_SHARED}, "$FindBin::Bin/../../../shared");
plan skip_all => 'SKIPPED: no corpus; set MAILROOM_SHARED to the folder that contains corpus/' unless defined $shared;
my $corpus = "$shared/corpus/generated";
my $node = mailroom_node('intake_corpus', preload => 0);
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Corpus AS', 'NO', 'Europe/Oslo', 'NOK')");

# every column of the expected files as text, as it stands there
foreach my $name (qw(header line vat))
{
	open my $in, '<', "$corpus/expected_$name.csv" or die $!;
	my $head = <$in>;
	chomp $head;
	my $columns = join ', ', map { "$_ text NOT NULL" } split /,/, $head;
	$node->safe_psql('postgres', "CREATE TABLE expected_$name (row_no integer GENERATED ALWAYS AS IDENTITY, $columns);
		COPY expected_$name ($head) FROM '$corpus/expected_$name.csv' (FORMAT csv, HEADER, FORCE_NOT_NULL ($head))");
}
$node->safe_psql('postgres', "CREATE TABLE expected_file (file text, doc_ids text);
	COPY expected_file FROM '$corpus/files.csv' (FORMAT csv, HEADER)");

# what the tables say, term by term
$node->safe_psql('postgres', <<'SQL');
CREATE VIEW found_header AS
	SELECT f.file_name, i.document_no, i.invoice_id, t.term, coalesce(t.value, '') AS value
	FROM mailroom.invoice i JOIN mailroom.import_file f USING (issuer_id, file_id)
		CROSS JOIN LATERAL (VALUES ('bt_1', i.invoice_number), ('bt_2', i.issue_date::text), ('bt_3', i.type_code), ('bt_5', i.currency),
			('bt_9', i.due_date::text), ('bt_10', i.buyer_reference), ('bt_13', i.order_reference), ('bt_22', i.note),
			('bt_25', i.preceding_invoice), ('bt_27', i.seller_name), ('bt_30', i.seller_registration_no), ('bt_31', i.seller_vat_id),
			('bt_34', i.seller_endpoint), ('bt_34_1', i.other_terms ->> 'bt_34_1'), ('bt_35', i.other_terms ->> 'bt_35'),
			('bt_37', i.other_terms ->> 'bt_37'), ('bt_38', i.other_terms ->> 'bt_38'), ('bt_40', i.other_terms ->> 'bt_40'),
			('bt_44', i.buyer_name), ('bt_47', i.buyer_registration_no), ('bt_48', i.buyer_vat_id), ('bt_49', i.buyer_endpoint),
			('bt_49_1', i.buyer_endpoint_scheme), ('bt_50', i.buyer_street), ('bt_52', i.buyer_city), ('bt_53', i.buyer_postcode),
			('bt_55', i.buyer_country), ('bt_73', i.period_start::text), ('bt_74', i.period_end::text), ('bt_83', i.payment_reference),
			('bt_84', i.payee_account), ('bt_106', i.line_total::text), ('bt_108', i.charge_total::text), ('bt_109', i.net_total::text),
			('bt_110', i.tax_total::text), ('bt_112', i.gross_total::text), ('bt_114', i.rounding_amount::text),
			('bt_115', i.payable_amount::text), ('line_count', i.line_count::text)) AS t (term, value);
CREATE VIEW found_line AS
	SELECT l.invoice_id, l.line_no, t.term, coalesce(t.value, '') AS value
	FROM mailroom.invoice_line l
		LEFT JOIN mailroom.invoice_adjustment a ON a.issuer_id = l.issuer_id AND a.invoice_id = l.invoice_id AND a.line_no = l.line_no
		CROSS JOIN LATERAL (VALUES ('bt_126', l.line_id), ('bt_129', l.quantity::text), ('bt_130', l.unit_code), ('bt_131', l.net_amount::text),
			('bt_133', l.accounting_reference), ('bt_136', coalesce(a.amount, 0.00)::text), ('bt_146', l.price::text), ('bt_151', l.tax_category),
			('bt_152', l.tax_rate::text), ('bt_153', l.item_name), ('bt_155', l.item_id)) AS t (term, value);
CREATE VIEW found_vat AS
	SELECT x.invoice_id, x.tax_no, t.term, coalesce(t.value, '') AS value
	FROM mailroom.invoice_tax x
		CROSS JOIN LATERAL (VALUES ('bt_118', x.category), ('bt_119', x.rate::text), ('bt_116', x.taxable_amount::text),
			('bt_117', x.tax_amount::text)) AS t (term, value);
CREATE VIEW document AS
	SELECT split_part(e.file, '/', 1) AS format, h.*, d.doc_id
	FROM (SELECT DISTINCT file_name, document_no, invoice_id FROM found_header) AS h
		JOIN expected_file e ON e.file = h.file_name
		CROSS JOIN LATERAL unnest(string_to_array(e.doc_ids, ' ')) WITH ORDINALITY AS d (doc_id, document_no)
	WHERE d.document_no = h.document_no;
SQL

my %not_carried = (
	'csv-flat' => [qw(bt_34 bt_34_1 bt_35 bt_37 bt_38 bt_40 bt_73 bt_74 bt_133)],
	'csv-records' => [qw(bt_34 bt_34_1 bt_35 bt_37 bt_38 bt_40 bt_73 bt_74 bt_133)],
	'fixed-width' => [],
	'peppol-ubl' => [],
	'cius-ro-ubl' => []);
foreach my $format (sort keys %not_carried)
{
	my $carried = "t.term <> ALL ('{" . join(',', @{ $not_carried{$format} }) . "}')";
	# UBL leaves out what is zero, and its credit notes have no due date here
	$carried .= " AND NOT (t.value = '' AND t.want = '0.00') AND NOT (t.term = 'bt_9' AND t.doc_id LIKE '%c')" if $format =~ /ubl/;
	my @files = glob "$corpus/$format/*";
	foreach my $file (@files)
	{
		my ($name) = $file =~ m{([^/]+/[^/]+)$};
		$node->safe_psql('postgres', "INSERT INTO mailroom.import_file (issuer_id, file_name, content) VALUES ($issuer, '$name', pg_read_binary_file('$file'))");
	}
	$node->safe_psql('postgres', "SELECT mailroom.import_file_job($issuer, 0, jsonb_build_object('file_id', file_id)) FROM mailroom.import_file WHERE state = 'received'");
	is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.import_file WHERE file_name LIKE '$format/%' AND state = 'imported' AND fault_count = 0"),
		scalar @files, "$format: every file is recognised and imported without a fault");
	my ($documents, $terms, $wrong, $examples) = split /\|/, $node->safe_psql('postgres', <<SQL);
WITH compared AS (
	SELECT d.doc_id, f.term AS term, f.value, to_jsonb(h) ->> f.term AS want
	FROM document d JOIN found_header f USING (invoice_id) JOIN expected_header h USING (doc_id) WHERE d.format = '$format'
	UNION ALL
	SELECT d.doc_id || ' line ' || f.line_no, f.term, f.value, to_jsonb(l) ->> f.term
	FROM document d JOIN found_line f USING (invoice_id)
		JOIN (SELECT *, row_number() OVER (PARTITION BY doc_id ORDER BY row_no) AS line_no FROM expected_line) AS l ON l.doc_id = d.doc_id AND l.line_no = f.line_no
	WHERE d.format = '$format'
	UNION ALL
	SELECT d.doc_id || ' VAT ' || f.tax_no, f.term, f.value, to_jsonb(v) ->> f.term
	FROM document d JOIN found_vat f USING (invoice_id)
		JOIN (SELECT *, row_number() OVER (PARTITION BY doc_id ORDER BY row_no) AS tax_no FROM expected_vat) AS v ON v.doc_id = d.doc_id AND v.tax_no = f.tax_no
	WHERE d.format = '$format')
SELECT (SELECT count(*) FROM document WHERE format = '$format'), count(*) FILTER (WHERE $carried),
	count(*) FILTER (WHERE $carried AND value IS DISTINCT FROM want),
	coalesce(string_agg(format('%s %s: %s, want %s', doc_id, term, value, want), '; ') FILTER (WHERE $carried AND value IS DISTINCT FROM want), '')
FROM compared AS t
SQL
	is($wrong, 0, "$format: $documents invoices, $terms carried values, all as expected") or diag(substr $examples, 0, 1000);
	is($node->safe_psql('postgres', "SELECT sum(array_length(string_to_array(doc_ids, ' '), 1)) FROM expected_file WHERE file LIKE '$format/%'"),
		$documents, "$format: no invoice is missing");
	is($node->safe_psql('postgres', "SELECT count(*) FROM document d WHERE d.format = '$format' AND ((SELECT count(*) FROM mailroom.invoice_tax x WHERE x.invoice_id = d.invoice_id) <> (SELECT count(*) FROM expected_vat v WHERE v.doc_id = d.doc_id))"),
		0, "$format: as many VAT rows as expected");
	is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.reconciliation WHERE difference <> 0 OR difference_sum <> 0"), 0, "$format: balanced");
	# make room for the next format
	$node->safe_psql('postgres', "UPDATE mailroom.invoice SET state = 'rejected'");
	is($node->safe_psql('postgres', "SELECT count(*) FROM mailroom.check_integrity($issuer)"), 0, "$format: whole");
}
$node->stop;
done_testing();
