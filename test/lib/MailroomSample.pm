# MailroomSample: the fuel-card issuer of the sample, set up on a test node as the demo does.
package MailroomSample;

use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Utils;
use MailroomCluster;
use Exporter 'import';
our @EXPORT = qw(sample_issuer sample_file sample_import wait_for_runs balance_problem);

my $top = "$FindBin::Bin/../..";

# sample_issuer(node): runs sample/setup.sql; the issuer ids of the fuel-card issuer and its sister
sub sample_issuer
{
	my ($node) = @_;
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', "sample=$top/sample", '-v', "data=$top/data", '-f', "$top/sample/setup.sql", $node->connstr('postgres') ], 'the sample issuers are set up');
	return map { $node->safe_psql('postgres', "SELECT issuer_id FROM mailroom.issuer WHERE name = '$_'") } 'Nordkort Drivstoff AS', 'Nordkort Veihjelp AS';
}

# sample_file(customers, options...): folder with the generated files
sub sample_file
{
	my ($customers, @option) = @_;
	my $folder = PostgreSQL::Test::Utils::tempdir();
	system($^X, "$top/sample/make_sample.pl", '--customers', $customers, @option, '--out', $folder) == 0 or die "no sample";
	return $folder;
}

# sample_import(node, issuer, folder): inserts the record file; returns file_id
sub sample_import
{
	my ($node, $issuer, $folder, $name) = @_;
	$name //= 'fuelcard.txt';
	my $layout = $name =~ /txt$/ ? "'nordkort'" : 'NULL';
	return $node->safe_psql('postgres', "INSERT INTO mailroom.import_file (issuer_id, file_name, content, layout)
		VALUES ($issuer, '$name', pg_read_binary_file('$folder/$name'), $layout) RETURNING file_id");
}

# wait_for_runs(node, runs, seconds): until that many runs are closed and no job is left
sub wait_for_runs
{
	my ($node, $runs, $seconds) = @_;
	return wait_for($node, "SELECT count(*) = $runs AND bool_and(state = 'closed') FROM mailroom.flow_run", $seconds);
}

# balance_problem(node): rows of the reconciliation whose difference is not zero, as text; empty when all is well
sub balance_problem
{
	my ($node) = @_;
	return $node->safe_psql('postgres', 'SELECT * FROM mailroom.reconciliation WHERE difference <> 0 OR difference_sum <> 0');
}

1;
