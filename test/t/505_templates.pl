# 505_templates: the templates of data/template set all samples of sample/template: every text is there, no row is lost, heads
# stand on each page of a table, nothing overlaps, and what must stay together does.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PdfFiles;
use Encode qw(decode_utf8 encode_utf8);
use PostgreSQL::Test::Utils;
use Test::More;

my ($poppler) = grep { -x "$_/pdftotext" } split /:/, $ENV{PATH};
if (!$poppler)
{
	diag('SKIPPED: pdftotext is not installed');
	plan skip_all => 'pdftotext is not installed';
}
my $top = "$FindBin::Bin/../..";
my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $node = mailroom_node('templates', preload => 0);
my %template = (fuel => 'fuel-card', utility => 'utility', statement => 'self-billing');

sub sql { return decode_utf8($node->safe_psql('postgres', encode_utf8($_[0]))); }

sub content_of
{
	my ($file) = @_;
	open(my $in, '<:raw', $file) or die "could not read $file: $!";
	local $/;
	return decode_utf8(<$in>);
}

# the tables are temporary: samples and what is asked about them are one session
my $script = content_of("$top/sample/template/sample.sql");
$script =~ s/^\\set here.*\n//m;
$script .= join('', map { "SELECT mailroom.publish_template(:$_, 'invoice', \$source\$" . content_of("$top/data/template/$template{$_}.xml") . "\$source\$);\n" } sort keys %template);
$script .= "CREATE TABLE sample AS SELECT * FROM sample_invoice;\n";
sql($script);

# words of each page with their boxes: [text, left, top, right, bottom]
sub pages_of
{
	my ($file) = @_;
	my @pages;
	for my $line (split /\n/, decode_utf8(scalar `pdftotext -bbox '$file' - 2>&1`))
	{
		push @pages, [] if $line =~ /<page /;
		push @{ $pages[-1] }, [$5, $1, $2, $3, $4] if $line =~ m{<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*)</word>};
	}
	return map { joined(@$_) } @pages;
}

# an amount with blanks between its thousands is one word for us
sub joined
{
	my @words;
	for my $word (@_)
	{
		my $last = $words[-1];
		if ($last && $word->[0] =~ /^\d{3}(?:,\d+)?$/ && $last->[0] =~ /^\x{2212}?\d{1,3}(?: \d{3})*$/ && abs($word->[2] - $last->[2]) < 0.1 && $word->[1] - $last->[3] < 4.5 && $word->[1] >= $last->[3])
		{
			$last->[0] .= " $word->[0]";
			@$last[3, 4] = @$word[3, 4];
			next;
		}
		push @words, [@$word];
	}
	return \@words;
}

# pairs of words whose boxes share more than a hair; boxes are as high as the font, so lines may touch
sub overlaps
{
	my @words = sort { $a->[2] <=> $b->[2] } @{ $_[0] };
	my @found;
	for my $i (0 .. $#words)
	{
		for my $j ($i + 1 .. $#words)
		{
			my ($one, $other) = @words[$i, $j];
			last if $other->[2] >= $one->[4] - 2.5;
			next if $other->[1] >= $one->[3] - 0.3 || $other->[3] <= $one->[1] + 0.3;
			push @found, "$one->[0] / $other->[0]";
		}
	}
	return @found;
}

sub render
{
	my ($issuer, $invoice, $name) = @_;
	my $file = "$folder/$name.pdf";
	open(my $out, '>:raw', $file) or die "could not write $file: $!";
	print $out pack('H*', sql("SELECT encode(mailroom.render_invoice($issuer, $invoice), 'hex')"));
	close($out);
	return $file;
}

# the samples as archived: PDF/A-3 without and with structure, and with the invoice inside, by our own judge.  An invoice
# without lines is none by EN 16931.
sub judge_samples
{
	my %files;
	for my $row (split /\n/, sql("SELECT concat_ws('|', kind, name, issuer_id, invoice_id) FROM sample WHERE lines < 1000 ORDER BY kind, name"))
	{
		my ($kind, $name, $issuer, $invoice) = split /\|/, $row;
		for my $profile ('pdfa-3b', 'pdfa-3a', 'factur-x', 'factur-x-tagged')
		{
			next if $profile =~ /^factur/ && $name eq 'none';
			push @{ $files{ $profile =~ /3a|tagged/ ? '3a' : '3b' } }, pdf_file("$kind-$name-$profile", pack('H*', sql("SELECT encode(mailroom.render_invoice($issuer, $invoice, '$profile'), 'hex')")));
		}
	}
	for my $level (sort keys %files)
	{
		my $faults = pdfa_faults($level, @{ $files{$level} });
		SKIP: { skip 'python3 is not installed', 1 if !defined $faults; is_deeply($faults, {}, 'our judge finds nothing in ' . @{ $files{$level} } . " samples of PDF/A-$level"); }
	}
	my ($code, $out, $said) = $node->psql('postgres', "SELECT mailroom.render_invoice(issuer_id, invoice_id, 'factur-x') FROM sample WHERE name = 'none'");
	like($said, qr/BG-25 \(invoice line\) is missing/, 'an invoice without lines is no hybrid');
}
judge_samples();

# a number as the page shows it, whatever the language
sub digits { my $text = $_[0]; $text =~ s/\D//g; return $text; }

for my $row (split /\n/, sql("SELECT concat_ws('|', kind, name, lines, issuer_id, invoice_id, type_code) FROM sample ORDER BY kind, name"))
{
	my ($kind, $name, $lines, $issuer, $invoice, $type) = split /\|/, $row;
	my $file = render($issuer, $invoice, "$kind-$name");
	my @pages = pages_of($file);
	my %seen;
	$seen{ digits($_->[0]) }++ for map { @$_ } @pages;
	my %wanted;
	$wanted{ digits($_) }++ for split /\n/, sql("SELECT to_char(net_amount, 'FM999999990.00') FROM mailroom.invoice_line WHERE issuer_id = $issuer AND invoice_id = $invoice");
	my @lost = grep { ($seen{$_} // 0) < $wanted{$_} } sort keys %wanted;
	is(join(' ', @lost > 5 ? (@lost[0 .. 4], '...') : @lost), '', "$kind $name: no row of $lines is lost on " . scalar(@pages) . ' pages');
	my @over = map { overlaps($_) } @pages;
	is(scalar(@over), 0, "$kind $name: nothing overlaps") or diag(join(', ', @over[0 .. ($#over > 5 ? 5 : $#over)]));
	my @outside = grep { $_->[1] < 28 || $_->[3] > 595 - 28 || $_->[2] < 14 || $_->[4] > 842 - 14 } map { @$_ } @pages;
	is(scalar(@outside), 0, "$kind $name: all stands on the page");
	# a page that has rows has a head above its first: the columns' right edge bears the currency
	my $currency = sql("SELECT currency FROM sample WHERE invoice_id = $invoice AND issuer_id = $issuer");
	my @headless = grep { my $page = $_; (grep { $_->[0] =~ /^\d+[.,]\d\d$|^\d[\d.,\x{A0} ]*[.,]\d\d$/ && $_->[3] > 560 } @$page) && !grep { $_->[0] eq $currency } @$page } @pages;
	is(scalar(@headless), 0, "$kind $name: heads stand on every page with rows");
	my ($payable, $number) = split /\|/, sql("SELECT to_char(payable_amount, 'FM999999990.00') || '|' || invoice_number FROM mailroom.invoice WHERE issuer_id = $issuer AND invoice_id = $invoice");
	ok(($seen{ digits($payable) } // 0) >= ($payable eq '0.00' ? 1 : 2), "$kind $name: the amount is on the panel and below the lines");
	my @unnamed = grep { my $page = $_; !grep { $_->[0] eq $number } @$page } @pages;
	is(scalar(@unnamed), 0, "$kind $name: each page says which document it is of");
	# the last page never bears totals alone
	my @amounts = grep { $wanted{ digits($_->[0]) } } @{ $pages[-1] };
	ok($lines == 0 || @amounts > 0, "$kind $name: the totals have a row above them");
	is(render($issuer, $invoice, "$kind-$name-again") && `cmp '$file' '$folder/$kind-$name-again.pdf' 2>&1`, '', "$kind $name: twice the same bytes");
}

# groups: each card is one run of rows with a sum of its own
my $cards = sql("SELECT count(DISTINCT l.accounting_reference) FROM mailroom.invoice_line l JOIN sample s USING (issuer_id, invoice_id) WHERE s.kind = 'fuel' AND s.name = 'many'");
my $text = decode_utf8(scalar `pdftotext -layout '$folder/fuel-many.pdf' -`);
is(scalar(() = $text =~ /Sum kort \d/g), $cards, 'each card has one sum');
my @sums;
for my $page (pages_of("$folder/fuel-many.pdf"))
{
	for my $sum (grep { $_->[0] eq 'Sum' } @$page)
	{
		my @line = sort { $a->[1] <=> $b->[1] } grep { abs($_->[2] - $sum->[2]) < 0.1 } @$page;
		push @sums, digits($line[-1][0]) if $line[1][0] eq 'kort';
	}
}
is(scalar(@sums), $cards, 'and its amount is read');
my $total = 0;
$total += $_ for @sums;
is($total, digits(sql("SELECT to_char(line_total, 'FM999999990.00') FROM mailroom.invoice JOIN sample USING (issuer_id, invoice_id) WHERE kind = 'fuel' AND name = 'many'")), 'the cards add up to the invoice');
# running sums: what is carried at the foot is what the next page begins with
my $carried = decode_utf8(scalar `pdftotext -layout '$folder/utility-many.pdf' -`);
my @foot = $carried =~ /Do przeniesienia\s+([\d\x{A0},]+)/g;
my @next = $carried =~ /Z przeniesienia\s+([\d\x{A0},]+)/g;
is("@foot", "@next", 'sums are carried over page breaks');
ok(@foot > 5, 'on all pages of a long list');
# names of registers are for numbers of their own country, whatever the language of the page
sub foot
{
	my ($name) = @_;
	my ($foot) = sql("SELECT convert_from((mailroom.render_channel(issuer_id, invoice_id, 'text')).content, 'UTF8') FROM sample WHERE kind = 'statement' AND name = '$name'") =~ /^(Tr\x{F8}ndermat SA \x{B7} .*)$/m;
	return $foot // 'no foot';
}
is(foot('monthly'), "Tr\x{F8}ndermat SA \x{B7} Org.nr. 974760673 \x{B7} Mva-nr. NO974760673MVA", 'a Norwegian number is called what it is');
is(foot('romanian'), "Tr\x{F8}ndermat SA \x{B7} Nr. reg. 974760673 \x{B7} Cod TVA NO974760673MVA", 'in Romanian it is no CUI');
sql("UPDATE mailroom.issuer SET country = 'RO' WHERE name LIKE 'Tr%ndermat SA'");
like(foot('romanian'), qr/Reg\. com\. .* CUI /, 'that of a Romanian issuer is');
# the chart: twelve months and its scale
my $chart = decode_utf8(scalar `pdftotext -layout -l 1 '$folder/utility-home.pdf' -`);
like($chart, qr/nov\s+des\s+jan\s+feb\s+mar\s+apr\s+mai\s+jun\s+jul\s+aug\s+sep\s+okt/, 'the chart names its months');
like($chart, qr/1.500.*1.000.*500.*0/s, 'and its scale');
done_testing();
