# 311_invoice_cii: Cross Industry Invoices of others: all are read, pairs of UBL and CII with the same content give the
# same invoice.  Needs MAILROOM_SHARED (default: the folder shared beside the repository).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Basename;
use MailroomCluster;
use Test::More;

my ($shared) = grep { defined && -d "$_/corpus" } ($ENV{MAILROOM_SHARED}, "$FindBin::Bin/../../../shared");
plan skip_all => 'SKIPPED: no corpus; set MAILROOM_SHARED to the folder that contains corpus/' unless defined $shared;
my $samples = "$shared/corpus/samples";
my $node = mailroom_node('invoice_cii', preload => 0);

# -- all documents whose root is the Cross Industry Invoice become an invoice --------------------------------------
my (@cii, @unread, @dates);
foreach my $file (sort glob "$samples/cii-*/*.xml")
{
	my $text = do { local $/; open my $in, '<', $file or die; <$in> };
	next unless $text =~ m{<(?:[\w.-]+:)?CrossIndustryInvoice[\s>]};
	push @cii, $file;
	my $row = $node->safe_psql('postgres', "SELECT count(*), count(j ->> 'bt_1'), count(j ->> 'bt_112'), count(*) FILTER (WHERE (j ->> 'bt_2') ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}\$') FROM mailroom.parse_invoices(pg_read_binary_file('$file')) AS j");
	push @unread, basename($file) . " $row" unless $row eq '1|1|1|1';
}
diag($_) foreach @unread;
is(scalar @unread, 0, @cii - @unread . '/' . @cii . ' sample documents read, with number, date and total');

# -- the same invoice in two syntaxes; the pairs differ where their authors wrote something else --------------------
my %own = (
	'01.09a' => [qw(bt_13)],
	'01.11a' => [qw(bt_13)],
	'01.20a' => [qw(bt_35 bt_37 bt_107 bt_108 bt_113)],
);
my $pairs = 0;
foreach my $cii (sort glob "$samples/cii-xrechnung/*_uncefact.xml")
{
	my ($name) = $cii =~ /--(.*?)-?INVOICE_uncefact/ or next;
	my $ubl = "$samples/ubl-xrechnung/itplr-kosit--$name-INVOICE_ubl.xml";
	next unless -f $ubl;
	my $skip = join ',', map { "'$_'" } 'format', 'extra', @{ $own{$name} // [] };
	my $differ = $node->safe_psql('postgres', "SELECT string_agg(key, ' ' ORDER BY key) FROM (SELECT * FROM jsonb_each(mailroom.parse_invoice(pg_read_binary_file('$ubl')))) AS u FULL JOIN jsonb_each(mailroom.parse_invoice(pg_read_binary_file('$cii'))) AS c USING (key) WHERE u.value IS DISTINCT FROM c.value AND key <> ALL (ARRAY[$skip])");
	is($differ, '', "$name: UBL and CII give the same invoice");
	$pairs++;
}
ok($pairs > 0, "$pairs pairs");
$node->stop;
done_testing();
