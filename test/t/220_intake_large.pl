# 220_intake_large: files too large for one value, through the chunked upload: memory stays flat, everything is in balance,
# and one element that is too large is refused with its place.  MAILROOM_LARGE_MB gives another size (default 120).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::SHA;
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'no /proc' unless -r '/proc/self/status';
my $node = mailroom_node('intake_large', preload => 0, conf => "max_wal_size = 2GB\nshared_buffers = 64MB\n");
my $issuer = $node->safe_psql('postgres', "SELECT mailroom.create_issuer('Large AS', 'NO', 'Europe/Oslo', 'NOK')");
my $folder = PostgreSQL::Test::Utils::tempdir;
my $part_bytes = 16 * 1024 * 1024;

# upload(name, source): sends what source() gives piece by piece in parts of 16 MB; returns file_id and size
sub upload
{
	my ($name, $source) = @_;
	my $file = $node->safe_psql('postgres', "SELECT mailroom.open_upload($issuer, '$name')");
	my ($part, $number, $size, $sha) = ('', 0, 0, Digest::SHA->new(256));
	my $send = sub {
		$number++;
		$size += length $_[0];
		$sha->add($_[0]);
		open my $out, '>:raw', "$folder/part" or die $!;
		print $out $_[0];
		close $out or die $!;
		$node->safe_psql('postgres', "SELECT mailroom.upload_part($issuer, $file, $number, pg_read_binary_file('$folder/part'))");
	};
	while (defined(my $piece = $source->()))
	{
		$part .= $piece;
		$send->(substr($part, 0, $part_bytes, '')) while length $part >= $part_bytes;
	}
	$send->($part) if length $part;
	is($node->safe_psql('postgres', "SELECT mailroom.close_upload($issuer, $file, $size, '\\x" . $sha->hexdigest . "')"), 'received', "$name: $size bytes arrived as sent");
	return ($file, $size);
}

# generated(options): a source of invoices, and where its "count sum bytes" will stand
sub generated
{
	my ($options) = @_;
	open my $in, '-|:raw', "$^X $FindBin::Bin/../bench/make_ubl.pl $options 2>$folder/said" or die $!;
	return sub { my $n = read $in, my $piece, 1024 * 1024; return $n ? $piece : undef };
}
sub said { open my $in, '<', "$folder/said" or die $!; return split ' ', <$in> }

# peak(file): kilobytes of private memory that its import adds to the session at its peak
sub peak
{
	my ($file) = @_;
	my $session = $node->background_psql('postgres');
	my $pid = $session->query_safe('SELECT pg_backend_pid()');
	my $private = sub { local $/; open my $in, '<', "/proc/$pid/status" or return 0; my ($kb) = <$in> =~ /^RssAnon:\s+(\d+)/m; return $kb // 0 };
	my $before = $private->();
	# a busy machine may leave no moment to look: what any import takes counts as seen
	my $highest = $before + 8 * 1024;
	my $until = time + 1200;
	$session->query_until(qr/started/, "\\echo started\nSELECT mailroom.import_file_job($issuer, 0, '{\"file_id\": $file}');\n\\echo ended\n");
	while ($node->safe_psql('postgres', "SELECT state FROM mailroom.import_file WHERE file_id = $file") eq 'received')
	{
		die 'the import does not end' if time > $until;
		my $now = $private->();
		$highest = $now if $now > $highest;
		select(undef, undef, undef, 0.02);
	}
	$session->quit;
	return $highest - $before;
}
my $balance = "SELECT count(*) FILTER (WHERE difference <> 0 OR difference_sum <> 0) FROM mailroom.reconciliation";

# -- a small one, to compare with
my ($file) = upload('small', generated('--bytes 8000000 --prefix S'));
my $small = peak($file);

# -- many invoices
my $megabytes = $ENV{MAILROOM_LARGE_MB} // 120;
($file) = upload('large', generated('--bytes ' . $megabytes * 1000000 . ' --prefix L --faulty 1000'));
my ($count, $sum) = said();
my $aside = int($count / 1000);
my $large = peak($file);
is($node->safe_psql('postgres', "SELECT state, document_count, set_aside_count, (totals -> 'NOK' ->> 'sum')::numeric = $sum FROM mailroom.import_file WHERE file_id = $file"),
	"imported|$count|$aside|t", "$count invoices of $megabytes MB are imported");
is($node->safe_psql('postgres', "SELECT received, set_aside, in_work, received_sum = $sum, difference, difference_sum = 0 FROM mailroom.reconciliation WHERE file_id = $file"),
	"$count|$aside|" . ($count - $aside) . '|t|0|t', 'and balanced');
is($node->safe_psql('postgres', "SELECT count(*), count(DISTINCT invoice_id), sum(quantity * price) = (SELECT sum(line_total) FROM mailroom.invoice WHERE file_id = $file)
	FROM mailroom.invoice_line JOIN mailroom.invoice USING (issuer_id, invoice_id) WHERE file_id = $file"), 10 * $count . "|$count|t", 'line by line');
cmp_ok($large, '<', $small + 24 * 1024, "memory does not grow with the number of invoices ($small kB at 8 MB, $large kB at $megabytes MB)");

# -- large attachments: legal content, one at a time in memory
($file) = upload('attached', generated('--count 12 --prefix A --attach 4000000'));
my $attached = peak($file);
is($node->safe_psql('postgres', "SELECT state, accepted_count FROM mailroom.import_file WHERE file_id = $file"), 'imported|12', 'invoices with attached documents of 4 MB');
cmp_ok($attached, '<', $small + 40 * 1024, "memory holds one of them ($attached kB)");

# -- one element of 64 MB
my $piece = 0;
($file) = upload('one element', sub {
	return undef if $piece > 64;
	return '<invoices><Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">' . "\n<cbc:ID>E-1</cbc:ID>\n<cbc:Note>"
		if $piece++ == 0;
	return 'all work and no play ' x 49932 . ($piece > 64 ? '</cbc:Note></Invoice></invoices>' : '');
});
my $element = peak($file);
is($node->safe_psql('postgres', "SELECT f.state, f.document_count, d.rule, d.location FROM mailroom.import_file f JOIN mailroom.finding d USING (issuer_id, file_id) WHERE file_id = $file"),
	'refused|0|XML-LIMIT|line 3', 'one element of 64 MB is refused, with its place');
cmp_ok($element, '<', $small + 24 * 1024, "and never in memory ($element kB)");
is($node->safe_psql('postgres', "SELECT count(*), sum(octet_length(content)) = (SELECT content_bytes FROM mailroom.import_file WHERE file_id = $file) FROM mailroom.import_file_part WHERE file_id = $file"), '4|t', 'nothing of it is lost');
is($node->safe_psql('postgres', $balance), 0, 'all in balance');
$node->stop;
done_testing();
