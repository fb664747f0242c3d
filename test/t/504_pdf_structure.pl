# 504_pdf_structure: tagged documents: poppler reads the structure back in reading order, and it says what was meant,
# each thing once; what only repeats itself is not in it.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PdfFiles;
use Encode qw(decode_utf8 encode_utf8);
use Test::More;

my $node = mailroom_node('pdf_structure', preload => 0);
sub sql { return decode_utf8($node->safe_psql('postgres', encode_utf8($_[0]))); }
sub render
{
	my ($number, $profile) = @_;
	my $hex = sql("SELECT encode(mailroom.render_invoice(issuer_id, invoice_id, '$profile'), 'hex') FROM mailroom.invoice WHERE invoice_number = '$number'");
	return pdf_file("structure-$number-$profile", pack('H*', $hex));
}
# the structure as lines: "role: text", depth first
sub structure
{
	my ($file) = @_;
	my ($role, @lines) = ('');
	for (split /\n/, decode_utf8(scalar `pdfinfo -struct-text '$file'`))
	{
		if (/^\s*"(.*)"$/) { $lines[-1] .= " $1"; }
		elsif (/^\s*([A-Z][A-Za-z0-9]*)/) { push @lines, "$1:"; }
	}
	s/[\s\x{A0}]+/ /g, s/ $// for @lines;
	return @lines;
}

sql(pdf_invoices(30));
sql("UPDATE mailroom.invoice_line SET item_description = 'Tankstasjon sør for byen med et ganske langt navn og mer til' WHERE line_no = 2");
sub check
{
	my ($what, $number, $lines, $columns, $taxes, @profiles) = @_;
	for my $profile (@profiles)
	{
		my $file = render($number, $profile);
		is(pdf_complaints($file), '', "$what, $profile: nobody complains");
		next if !installed('pdfinfo');
		my @said = structure($file);
		my $all = join("\n", @said);
		is($said[0], 'Document:', "$what, $profile: a document");
		is(scalar(grep { /^H1: / } @said), 1, 'with one heading');
		is(scalar(grep { /^Table:/ } @said), 1 + $taxes, 'a table of lines' . ($taxes ? ' and one of taxes' : ''));
		is(scalar(grep { /^TR:/ } @said), $lines + 1 + 2 * $taxes, "$lines rows and a head, on however many pages");
		is(scalar(grep { /^TH: / } @said), 5 + 3 * $taxes, 'heads of columns');
		is(scalar(grep { /^TD:/ } @said), $columns * $lines + 3 * $taxes, "each row has $columns cells");
		my @rows = map { /^TD: Vare (\d+) / ? $1 : () } @said;
		is_deeply(\@rows, [ 1 .. $lines ], 'rows stand in their order');
		like($all, qr/^TD: Vare 2 .* Tankstasjon sør for byen med et ganske langt navn og mer til\nTD: 5.*\n(?:TD: l\n)?TD: 20.00\nTD: 25\nTD: 100.00$/m, 'a cell of several lines is one cell, before its neighbours');
		my @order = map { my $what = $_; grep { $said[$_] =~ $what } 0 .. $#said } qr/^H1: /, qr/^P: Number|^P: .*P-0/, qr/^Table:/, qr/^TD: Vare 1 /, qr/^P: .*NOK|^P: .*(SEK|EUR)/, qr/^Figure:/;
		is_deeply(\@order, [ sort { $a <=> $b } @order ], 'heading, facts, table, sum, bar code, in this order') if !$taxes;
		is(scalar(grep { /Nordkraft Kort & Kraft AS · Havnegata/ } @said) <= 1, 1, 'feet of pages are not in it');
	}
}
check('one page', 'P-018', 18 * 7 % 61, 5, 0, 'pdfa-1a', 'pdfa-3a');
check('several pages', 'P-005', 35, 5, 0, 'pdfa-3a');
open(my $in, '<:encoding(UTF-8)', "$FindBin::Bin/../../data/template/invoice.xml") or die 'no template';
my $source = do { local $/; <$in> };
close($in);
sql("SELECT mailroom.publish_template(1, 'invoice', \$t\$$source\$t\$)");
check('template, one page', 'P-018', 18 * 7 % 61, 6, 1, 'pdfa-1a');
check('template, several pages', 'P-005', 35, 6, 1, 'pdfa-3a');

# what a bar code says, for those who cannot see it, and the language of the whole
SKIP:
{
	skip 'qpdf is not installed', 2 if !installed('qpdf');
	my $plain = `qpdf --qdf --object-streams=disable '@{[ render('P-018', 'pdfa-3a') ]}' -`;
	like($plain, qr{/Alt \(RF18 ?5390|/Alt <feff0052004600310038}, 'a bar code is a figure with its reference in words');
	like($plain, qr{/Lang \([a-z]{2}\)}, 'the document has a language');
	like($plain, qr{/MarkInfo <<\s*/Marked true}, 'and says that it is tagged');
	my ($marks, $ends) = (scalar(() = $plain =~ /(?:BDC|BMC)$/mg), scalar(() = $plain =~ /^EMC$/mg));
	is($marks, $ends, 'marks are closed');
	cmp_ok($marks, '>', 50, 'and there are many');
}

# extraction in the order of the page: the words of the plain and of the tagged document are the same
SKIP:
{
	skip 'pdftotext is not installed', 1 if !installed('pdftotext');
	my @text = map { my $text = decode_utf8(scalar `pdftotext -layout '$_' -`); $text =~ s/\s+/ /g; $text } render('P-005', 'print'), render('P-005', 'pdfa-3a');
	is($text[1], $text[0], 'the tagged document has the same words at the same places');
}
SKIP:
{
	my @files = map { render(sprintf('P-%03d', $_), 'pdfa-1a') } 12 .. 21;
	my $verdicts = pdfa_verdicts(\@files);
	skip 'Preflight is not installed', 1 if !defined $verdicts;
	is_deeply([ grep { $_ ne 'valid' } values %$verdicts ], [], 'Preflight calls tagged documents of part 1 valid');
}

SKIP:
{
	my $faults = pdfa_faults('3a', map { render($_, 'pdfa-3a') } 'P-005', 'P-018');
	skip 'python3 is not installed', 1 if !defined $faults;
	is_deeply($faults, {}, 'our judge finds nothing outside of the tree, and nothing in it that is not there');
}

# a document of more pages than are kept: its elements are written page by page, and packed where the version knows how to
SKIP:
{
	skip 'qpdf is not installed', 1 if !installed('qpdf');
	my $rows = 600;
	sql('SELECT mailroom.publish_template(1, \'invoice\', $t$<template name="short" top="60" next-top="30" bottom="80"><flow x="20" width="170"><text>{{title}} {{number}}</text>'
		. '<table in="lines"><column width="80" head="What"><text>{{line.item_name}}</text><text>{{line.item_description?}}</text></column><column align="right" head="Amount"><text>{{line.net_amount}}</text></column></table></flow></template>$t$)');
	sql("DELETE FROM mailroom.invoice_line l USING mailroom.invoice i WHERE i.invoice_number = 'P-006' AND l.issuer_id = i.issuer_id AND l.invoice_id = i.invoice_id");
	sql("INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, item_name, item_description, net_amount)
		SELECT issuer_id, invoice_id, n, 'Vare ' || n, CASE n % 7 WHEN 0 THEN repeat('Tankstasjon sør for byen ', n % 3 * 9 + 1) END, n FROM mailroom.invoice, generate_series(1, $rows) AS n WHERE invoice_number = 'P-006'");
	for my $profile ('pdfa-1a', 'pdfa-3a')
	{
		my $file = render('P-006', $profile);
		is(pdf_complaints($file), '', "long, $profile: nobody complains");
		my ($pages) = `qpdf --show-npages '$file'` =~ /(\d+)/;
		cmp_ok($pages, '>', 128, "$pages pages");
		is(pdf_bytes($file) =~ m{/Type/ObjStm} ? 1 : 0, $profile eq 'pdfa-3a' ? 1 : 0, 'packed, if PDF 1.7');
		my $plain = `qpdf --qdf --object-streams=disable '$file' -`;
		my %count;
		$count{$1}++ while $plain =~ m{^  /S /(\w+)$}mg;
		is_deeply([ @count{qw(Document H1 P Table TR TH TD)} ], [ 1, 1, undef, 1, $rows + 1, 2, 2 * $rows ], 'each row and cell once');
		my ($marks, $ends) = (scalar(() = $plain =~ /(?:BDC|BMC)$/mg), scalar(() = $plain =~ /^EMC$/mg));
		is($marks, $ends, 'marks are closed');
		is(sql("SELECT sha256(mailroom.render_invoice(issuer_id, invoice_id, '$profile')) = sha256(mailroom.render_invoice(issuer_id, invoice_id, '$profile')) FROM mailroom.invoice WHERE invoice_number = 'P-006'"), 't', 'twice the same bytes');
		my $faults = $profile eq 'pdfa-3a' ? pdfa_faults('3a', $file) : undef;
		is_deeply($faults, {}, 'our judge: what is drawn is in the tree, and the other way round') if defined $faults;
		my $verdicts = $profile eq 'pdfa-1a' ? pdfa_verdicts([$file]) : undef;
		is_deeply([ values %$verdicts ], ['valid'], 'Preflight calls it valid') if defined $verdicts;
	}
}

$node->stop;
done_testing();
