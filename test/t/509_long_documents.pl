# 508_long_documents: an invoice of 100,000 rows out of the tables, read back with pdftotext: every row once and in order with
# its amount, heads on every page, what is carried to the cent by a sum of our own; and the memory that it takes.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use Encode qw(decode_utf8 encode_utf8);
use PostgreSQL::Test::Utils;
use Test::More;

my $rows = 100_000;
if (!grep { -x "$_/pdftotext" } split /:/, $ENV{PATH})
{
	diag('SKIPPED: pdftotext is not installed');
	plan skip_all => 'pdftotext is not installed';
}
my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $node = mailroom_node('long', preload => 0);

sub sql { return decode_utf8($node->safe_psql('postgres', encode_utf8($_[0]))); }

my $template = <<'XML';
<template name="long" top="60" next-top="30" bottom="275" proof="number">
<zone pages="next" x="20" y="12" width="170"><text>{{title}} {{number}} so far {{carried?}}</text></zone>
<flow x="20" width="170"><text>{{number}}</text>
<table in="lines" carry="line.net_amount" keep-last="yes" plain="yes">
<column width="30" head="Row"><text>{{line.item_name}}</text></column>
<column width="70" head="What"><text>{{line.item_description?}}</text><each in="line_adjustments"><text>{{adjustment.reason}} {{adjustment.signed_amount}}</text></each></column>
<column align="right" head="Amount"><text>{{line.net_amount}}</text></column></table>
<total label="Grand total" value="{{sum:line.net_amount}}"/></flow>
<zone pages="every" x="20" y="283" width="170"><text>Page {{page}} of {{pages}}</text></zone>
</template>
XML
sql("SELECT mailroom.create_issuer('Nordlys Kort AS', 'NO', 'Europe/Oslo', 'NOK');
	SELECT mailroom.publish_template(1, 'invoice', \$t\$$template\$t\$);
	INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, seller_name,
			buyer_name, buyer_postcode, buyer_city, buyer_country, line_count, received_at)
		SELECT 1, 'file', 'accepted', 'S', '\\x00', 'L-' || n, '2026-11-02', '380', 'EUR', 'Nordlys Kort AS', 'Fjord Transport', '7075', 'Galway', 'IE', n, now() FROM unnest(ARRAY[10, $rows]) AS n;
	INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, item_name, item_description, net_amount)
		SELECT 1, invoice_id, n, 'R' || lpad(n::text, 6, '0'), CASE n % 5 WHEN 0 THEN 'Station ' || n % 997 END, (n * 7919 % 1000003 - CASE n % 17 WHEN 0 THEN 900000 ELSE 0 END) / 100.0
			FROM mailroom.invoice, generate_series(1, line_count) AS n;
	INSERT INTO mailroom.invoice_adjustment (issuer_id, invoice_id, adjustment_no, line_no, is_charge, amount, reason)
		SELECT 1, invoice_id, n, n * 10, n % 2 = 0, n / 100.0, 'Adjustment of ' || n * 10 FROM mailroom.invoice, generate_series(1, line_count / 10) AS n;
	UPDATE mailroom.invoice SET payable_amount = 1");
my ($small, $large) = split /\n/, sql('SELECT invoice_id FROM mailroom.invoice ORDER BY line_count');
my $file = "$folder/long.pdf";
my $memory = "(SELECT substring(s FROM 'VmHWM:\\s+(\\d+)')::bigint FROM pg_read_file('/proc/self/status') AS s)";
# in one backend: a small document first, so that what every session takes is there
my ($before, $after) = sql("SELECT mailroom.render_documents(1, ARRAY[$small]);
	SELECT 'memory ' || $memory;
	SELECT mailroom.render_documents(1, ARRAY[$large]);
	SELECT 'memory ' || $memory;
	COPY (SELECT encode(mailroom.archive_document(1, document_id), 'hex') FROM mailroom.document WHERE invoice_id = $large) TO '$file.hex'") =~ /memory (\d+)/g;
cmp_ok(($after - $before) / 1024, '<', 100, 'rendered and archived in less than 100 MB: ' . int(($after - $before) / 1024));
($before, $after) = sql("SELECT length(mailroom.render_invoice(1, $small)); SELECT 'memory ' || $memory; SELECT length(mailroom.render_invoice(1, $large)); SELECT 'memory ' || $memory") =~ /memory (\d+)/g;
cmp_ok(($after - $before) / 1024, '<', 100, 'rendered in less than 100 MB: ' . int(($after - $before) / 1024));
($before, $after) = sql("SELECT length(mailroom.render_invoice(1, $small)); SELECT 'memory ' || $memory; SELECT length(mailroom.render_invoice(1, $large, 'pdfa-3a')); SELECT 'memory ' || $memory") =~ /memory (\d+)/g;
cmp_ok(($after - $before) / 1024, '<', 100, 'with its structure in less than 100 MB: ' . int(($after - $before) / 1024));
is(sql("SELECT 1 FROM mailroom.document WHERE invoice_id = $large AND content_sha256 = sha256(mailroom.render_invoice(1, $large))"), '1', 'twice the same bytes');

open(my $hex, '<', "$file.hex") or die "could not read $file.hex: $!";
open(my $out, '>:raw', $file) or die "could not write $file: $!";
my $digits = <$hex>;
chomp $digits;
print $out pack('H*', $digits);
close($out);
my @pages = split /\f/, decode_utf8(scalar `pdftotext -layout '$file' -`);
is(scalar(@pages), sql("SELECT pages FROM mailroom.document WHERE invoice_id = $large"), scalar(@pages) . ' pages');

sub cents { my $text = $_[0]; my $sign = $text =~ /^[-\x{2212}]/ ? -1 : 1; $text =~ s/\D//g; return $sign * $text; }
my $amount = qr/[-\x{2212}]?[\d,]+\.\d\d/;
my ($next, $sum, $adjusted, @wrong) = (1, 0, 0);
for my $p (0 .. $#pages)
{
	my $text = $pages[$p];
	my ($first, $brought) = ($next, $sum);
	while ($text =~ /^\s*R(\d{6})\s(?:.*?\s)?($amount)\s*$/mg)
	{
		push @wrong, "row $1 instead of $next" if $1 != $next;
		my $wanted = $next * 7919 % 1000003 - ($next % 17 == 0 ? 900000 : 0);
		push @wrong, "amount $2 of row $1" if cents($2) != $wanted;
		$sum += $wanted;
		$next++;
	}
	$adjusted++ while $text =~ /Adjustment of \d+/g;
	my @heads = $text =~ /^\s*Row\s+What\s+Amount\s*$/mg;
	push @wrong, 'heads on page ' . ($p + 1) if $next > $first && @heads != 1;
	push @wrong, 'foot of page ' . ($p + 1) if $text !~ /Page ${\($p + 1)} of ${\scalar @pages}\b/;
	my ($at_head) = $text =~ /Brought forward\s+($amount)/;
	my ($at_foot) = $text =~ /Carried forward\s+($amount)/;
	push @wrong, 'brought to page ' . ($p + 1) if $p > 0 && $first <= $rows && (!defined $at_head || cents($at_head) != $brought);
	push @wrong, 'carried from page ' . ($p + 1) if $next <= $rows && (!defined $at_foot || cents($at_foot) != $sum);
}
is(join(', ', @wrong > 5 ? (@wrong[0 .. 4], '...') : @wrong), '', 'rows, heads, feet and sums of every page');
is($next - 1, $rows, 'no row is lost');
is($adjusted, $rows / 10, 'nor an adjustment of a row');
my ($total) = $pages[-1] =~ /Grand total\s+($amount)/;
is(cents($total // '0'), $sum, 'the total is the sum of the rows');
like($pages[-1], qr/R100000/, 'and has a row above it');
is(sql("SELECT (sum(net_amount) * 100)::bigint FROM mailroom.invoice_line WHERE invoice_id = $large"), $sum, 'as the tables have it');
done_testing();
