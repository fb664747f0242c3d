# PdfFiles: varied invoices, and programs that judge PDFs.
package PdfFiles;

use strict;
use warnings;
use utf8;
use FindBin;
use Exporter 'import';
use PostgreSQL::Test::Utils;
use Test::More ();
our @EXPORT = qw(pdf_invoices pdf_file pdf_bytes pdf_complaints pdfa_verdicts pdfa_faults judge_python installed);

my %known;
sub installed
{
	my ($program) = @_;
	return $known{$program} if defined $known{$program};
	my $found = grep { -x "$_/$program" } split /:/, $ENV{PATH};
	Test::More::diag("SKIPPED: $program is not installed") if !$found;
	return $known{$program} = $found ? 1 : 0;
}

sub pdf_file
{
	my ($name, $bytes) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/$name.pdf";
	open(my $out, '>:raw', $file) or die "could not write $file: $!";
	print $out $bytes;
	close($out);
	return $file;
}

sub pdf_bytes
{
	my ($file) = @_;
	open(my $in, '<:raw', $file) or die "could not read $file: $!";
	local $/;
	return scalar <$in>;
}

# what qpdf, poppler and mutool have to say, joined; empty when nothing
sub pdf_complaints
{
	my ($file) = @_;
	my $said = '';
	if (installed('qpdf'))
	{
		my $text = `qpdf --check '$file' 2>&1`;
		$said .= "qpdf: $text" if $? != 0;
	}
	$said .= `pdfinfo '$file' 2>&1 >/dev/null` if installed('pdfinfo');
	if (installed('pdffonts'))
	{
		my $text = `pdffonts '$file' 2>&1`;
		my @fonts = grep { $_ !~ /^(name|---)/ } split /\n/, $text;
		$said .= "pdffonts: $text" if $text =~ /Error|Warning/ || grep { !/^MAILRM\+\S+ +CID TrueType +Identity-H +yes yes yes/ } @fonts;
	}
	if (installed('mutool'))
	{
		my $text = `mutool draw -q -F trace -o /dev/null '$file' 2>&1`;
		$text =~ s/^warning: ICC support is not available\n//mg; # how Debian builds it
		$said .= "mutool: $text" if $text ne '';
	}
	return $said;
}

# verdicts of Preflight by file: 'valid', or what is wrong; undefined when it is not installed
sub pdfa_verdicts
{
	my ($files) = @_;
	my @jars = map { "/usr/share/java/$_.jar" } qw(preflight xmpbox pdfbox2 fontbox2 commons-logging javax.activation jaxb-api);
	my @missing = grep { !-r $_ } @jars;
	if (@missing || !installed('javac'))
	{
		Test::More::diag("SKIPPED: Apache PDFBox Preflight is not installed (@missing)");
		return undef;
	}
	my $list = "$PostgreSQL::Test::Utils::tmp_check/judged.txt";
	open(my $out, '>', $list) or die "could not write $list: $!";
	print $out "$_\n" for @$files;
	close($out);
	my $jars = join(':', @jars);
	my %verdict = map { /^(.*?)\t(.*)$/ ? ($1 => $2) : () } split /\n/, scalar `java -cp '$jars' '$FindBin::Bin/../judge/PdfaJudge.java' < '$list' 2>/dev/null`;
	die 'Preflight judged ' . scalar(keys %verdict) . ' of ' . scalar(@$files) . ' files' if keys %verdict != @$files;
	return \%verdict;
}

# a Python for the judge of test/judge: documents of ours need its standard library, others fontTools; undefined without
sub judge_python
{
	my ($more) = @_;
	for my $python (grep { -x } '/usr/bin/python3', map { "$_/python3" } split /:/, $ENV{PATH})
	{
		return $python if !$more || system("'$python' -c 'import $more' 2>/dev/null") == 0;
	}
	Test::More::diag('SKIPPED: no python3' . ($more ? " with $more" : ''));
	return undef;
}

# faults that our own judge finds in files, by file, those of valid files left out; undefined without Python
sub pdfa_faults
{
	my ($level, @files) = @_;
	my $python = judge_python() // return undef;
	my $list = "$PostgreSQL::Test::Utils::tmp_check/judged-$level.txt";
	open(my $out, '>', $list) or die "could not write $list: $!";
	print $out "$_\n" for @files;
	close($out);
	my $structure = $level =~ /a$/ ? '--structure' : '';
	my @said = split /\n/, `'$python' -B '$FindBin::Bin/../judge/pdfa_judge.py' --level $level $structure < '$list' 2>&1`;
	die "judge said: @said" if @said != @files || grep { !/\t/ } @said;
	return { map { my ($file, $verdict) = split /\t/, $_, 2; $verdict eq 'valid' ? () : ($file =~ s/.*\///r => $verdict) } @said };
}

# pdf_invoices(count): SQL for issuer 1 and its invoices P-001 ..: seven countries, all kinds, none to 60 lines, every
# character that a face may hold, and numbers that XML must escape
sub pdf_invoices
{
	my ($count) = @_;
	return <<"SQL";
SELECT mailroom.create_issuer('Nordkraft Kort & Kraft AS', 'NO', 'Europe/Oslo', 'NOK');
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', registration_no = '987654321',
	vat_id = 'NO987654325MVA', payee_account = '15030012345';
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		seller_name, seller_vat_id, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country, payment_means, payment_reference, payee_account,
		line_total, net_total, tax_total, gross_total, payable_amount, line_count, received_at, other_terms, note)
	SELECT 1, 'file', 'accepted', 'S', '\\x00', 'P-' || to_char(n, 'FM000') || CASE WHEN n % 11 = 0 THEN '<&"Å' ELSE '' END, date '2026-11-01' + n % 30,
		CASE n % 9 WHEN 4 THEN '381' ELSE '380' END,
		(ARRAY['NOK', 'SEK', 'EUR'])[n % 3 + 1], date '2026-12-01' + n % 30, 'Nordkraft Kort & Kraft AS', 'NO987654325MVA',
		CASE WHEN n % 5 = 0 THEN repeat('Ganske langt navn ', 6) || n ELSE (ARRAY['Åse Ærlig', 'Zażółć Gęślą', 'Țuțea și Șerban', 'Göran Öberg'])[n % 4 + 1] || ' ' || n END,
		'K-' || n, 'Vei ' || n, (ARRAY['ÅLESUND', 'ÄLMHULT', 'KRAKÓW', 'IAȘI'])[n % 4 + 1], to_char(1000 + n, 'FM0000'),
		(ARRAY['NO', 'SE', 'DK', 'FI', 'PL', 'RO', 'DE'])[n % 7 + 1], '30', 'RF18539007547034', 'NO9386011117947',
		100 * lines, 100 * lines, 25 * lines, 125 * lines, 125 * lines, lines, '2026-11-22', '{"bt_40": "NO"}',
		CASE WHEN n % 6 = 0 THEN 'Takk for at du er kunde. ' || repeat('Mer om forbruket finnes på nett. ', n % 13) END
	FROM generate_series(1, $count) AS n, LATERAL (SELECT n * 7 % 61 AS lines) AS k;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, line_id, quantity, unit_code, net_amount, price, tax_category, tax_rate, item_name, item_description)
	SELECT 1, i.invoice_id, l, l, 5, 'LTR', 100, 20, 'S', 25, 'Vare ' || l || ' '
		-- Latin-1 and Latin Extended-A, ten characters a line
		|| (SELECT string_agg(chr(c::int), '' ORDER BY c) FROM generate_series(161 + (l * 10 + i.invoice_id) % 210, 170 + (l * 10 + i.invoice_id) % 210) AS c WHERE c NOT IN (173, 0) AND c < 383),
		CASE WHEN l % 4 = 0 THEN repeat('Beskrivelse ', l::int % 9) END
	FROM mailroom.invoice i, generate_series(1, i.line_count) AS l;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT 1, invoice_id, 1, 'S', 25, net_total, tax_total FROM mailroom.invoice;
SQL
}

1;
