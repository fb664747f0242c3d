# 511_inserter_marks: an inserter that reads the marks off the rasterised sheets of a print file fills every envelope,
# and notices a sheet that was removed, doubled or swapped.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use Test::More;

my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $node = mailroom_node('inserter', preload => 0);
my $letters = 24;

sub sql { return $node->safe_psql('postgres', $_[0]); }
sub refusal { my ($code, $out, $error) = $node->psql('postgres', $_[0]); return $error; }
sub installed
{
	my ($program) = @_;
	return 1 if grep { -x "$_/$program" } split /:/, $ENV{PATH};
	diag("SKIPPED: $program is not installed");
	return 0;
}

sql(q{
SELECT mailroom.create_issuer('Trykk AS', 'NO', 'Europe/Oslo', 'NOK');
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', payee_account = '15030012345';
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		buyer_name, buyer_street, buyer_city, buyer_postcode, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	SELECT 1, 'file', 'accepted', 'S', '\x00', 'M-' || n, '2026-11-01', '380', 'NOK', '2026-11-21', 'Kunde ' || n, 'Gate ' || n, 'OSLO', '0150', 'NO',
		lpad(n::text, 12, '0'), 100, 25, 125, 125, CASE WHEN n % 6 = 0 THEN 120 WHEN n % 4 = 0 THEN 50 ELSE 3 END, now()
	FROM generate_series(1, 72) AS n;
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name)
	SELECT issuer_id, invoice_id, l, 1, 'C62', 1, 1, 25, 'Vare ' || l FROM mailroom.invoice, generate_series(1, line_count) AS l;
SELECT mailroom.render_documents(1, (SELECT array_agg(invoice_id) FROM mailroom.invoice));
-- three mailings of like letters: with marks, with a window in the way, without marks
INSERT INTO mailroom.mailing (issuer_id, name, hand_in_date, origin_country, state, created_at)
	SELECT 1, 'Marks ' || n, '2026-11-23', 'NO', 'planned', now() FROM generate_series(1, 3) AS n;
INSERT INTO mailroom.letter (issuer_id, mailing_id, document_id, pages, sheets, recipient, postcode, country)
	SELECT 1, 1 + (row_number() OVER (ORDER BY document_id) - 1) / 24, document_id, pages, (pages + 1) / 2, 'x', '0150', 'NO' FROM mailroom.document ORDER BY document_id;
-- the second letter of each mailing travels in the envelope of the first
UPDATE mailroom.letter l SET cover_id = f.letter_id
	FROM (SELECT mailing_id, min(letter_id) AS letter_id FROM mailroom.letter GROUP BY mailing_id) f
	WHERE l.mailing_id = f.mailing_id AND l.letter_id = f.letter_id + 1;
INSERT INTO mailroom.letter_postage (issuer_id, mailing_id, letter_id, grams, format, zone, offer, list_micro, discount_micro, price_micro, bundle_no, sequence_no)
	SELECT 1, mailing_id, letter_id, 10, 'C5', 'NO', 'a', 1, 0, 1, 1, row_number() OVER (PARTITION BY mailing_id ORDER BY letter_id DESC)
	FROM mailroom.letter WHERE cover_id IS NULL;
INSERT INTO mailroom.inserter_profile (issuer_id, name, feeds) VALUES (1, 'line 1', 5);
INSERT INTO mailroom.inserter_zone (issuer_id, profile, name, x_mm, y_mm, width_mm, height_mm) VALUES (1, 'line 1', 'window', 20, 46, 90, 33);
});

# --- what cannot be right is refused ---
like(refusal(q{SELECT mailroom.use_inserter(1, 'line 2')}), qr/inserter profile "line 2" does not exist/, 'a profile that does not exist');
sql(q{INSERT INTO mailroom.inserter_profile (issuer_id, name, ladder_x_mm, ladder_y_mm, matrix_x_mm, matrix_y_mm) VALUES (1, 'wrong', 30, 40, 35, 60)});
sql(q{INSERT INTO mailroom.inserter_zone SELECT issuer_id, 'wrong', name, x_mm, y_mm, width_mm, height_mm FROM mailroom.inserter_zone});
like(refusal(q{SELECT mailroom.use_inserter(1, 'wrong')}), qr/Problems: ladder and matrix overlap; ladder stands in zone "window"; matrix stands in zone "window"\./, 'marks in a window and over one another');
sql(q{UPDATE mailroom.inserter_profile SET ladder_x_mm = 204, matrix_x_mm = 6, matrix_y_mm = 290 WHERE name = 'wrong'});
like(refusal(q{SELECT mailroom.use_inserter(1, 'wrong')}), qr/ladder leaves the page; matrix leaves the page/, 'marks outside of the page');

# --- a job with marks ---
sql(q{SELECT mailroom.use_inserter(1, 'line 1')});
my $id = sql('SELECT mailroom.print_mailing(1, 1)');
my $totals = sql(q{SELECT split_part(convert_from(mailroom.outgoing_file_content(1, outgoing_file_id), 'UTF8'), E'\ntotal,', 2)
	FROM mailroom.outgoing_file WHERE mailing_id = 1 AND kind = 'ticket'});
my (undef, undef, undef, undef, undef, undef, $pages, undef, $sheets) = split /,/, $totals;
is($pages, 2 * $sheets, 'the file is for a duplex printer');
my $envelopes = sql('SELECT count(*) FROM mailroom.letter_postage WHERE mailing_id = 1');
is($envelopes, $letters - 1, 'two letters share an envelope');
is(sql('SELECT count(*) FROM mailroom.document d WHERE d.content_sha256 <> sha256(mailroom.archive_document(1, d.document_id))'), 0, 'archived documents are as they were');

sub write_file
{
	my ($file, $outgoing) = @_;
	my $hex = sql("SELECT encode(mailroom.outgoing_file_content(1, $outgoing), 'hex')");
	open(my $out, '>', $file) or die "$!";
	binmode $out;
	print $out pack('H*', $hex);
	close $out;
}
write_file("$folder/marks.pdf", $id);

# mm(length): pixels at 300 dpi
sub mm { return int($_[0] * 300 / 25.4 + 0.5); }
# read_ladder(file): the bits of the ladder in a picture whose top is 85 mm down the page
sub read_ladder
{
	my ($file) = @_;
	open(my $in, '<:raw', $file) or die "$!";
	local $/;
	my $picture = <$in>;
	$picture =~ /^P5\s+(\d+)\s+(\d+)\s+255\s/ or die "no picture: $file";
	my ($width, $start) = ($1, $+[0]);
	my $bits = '';
	for my $place (0 .. 10)
	{
		my ($x, $y, $dark) = (mm(6 + 7.5 / 2), mm(110 - 85 + $place * 4.32 + 0.25), 0);
		for my $dy (-2 .. 2)
		{
			$dark++ if ord(substr($picture, $start + ($y + $dy) * $width + $x, 1)) < 100;
		}
		$bits .= $dark >= 3 ? '1' : '0';
	}
	return $bits;
}

# read_sheets(file): what an inserter sees on each side of the sheets
sub read_sheets
{
	my ($file) = @_;
	my @sides;
	unlink glob("$folder/side-*");
	system('pdftoppm', '-r', '300', '-gray', '-x', '0', '-y', mm(85), '-W', mm(20), '-H', mm(80), $file, "$folder/side") == 0 or die 'pdftoppm failed';
	for my $picture (sort glob("$folder/side-*.pgm"))
	{
		my $code = `dmtxread -N1 -m2000 $picture 2>/dev/null`;
		push @sides, { ladder => read_ladder($picture), code => $code };
	}
	return @sides;
}

sub luhn
{
	my ($sum, $double) = (0, 0);
	for my $digit (reverse split //, $_[0])
	{
		my $value = $double ? 2 * $digit : $digit;
		$sum += $value > 9 ? $value - 9 : $value;
		$double = !$double;
	}
	return $sum % 10 == 0;
}

# insert_ladder(sheets): an inserter with a line reader: its complaint, or the number of envelopes it filled
sub insert_ladder
{
	my ($filled, $expected) = (0, 0); # a job begins with sequence 0
	for my $sheet (@_)
	{
		my @bits = split //, $sheet->{ladder};
		return 'no start or stop' if !$bits[0] || !$bits[10];
		return 'parity' if (grep { $_ } @bits) % 2;
		my $sequence = $bits[2] + 2 * $bits[3] + 4 * $bits[4];
		return 'sequence' if $sequence != $expected;
		return 'feeds' if $bits[5] + 2 * $bits[6] + 4 * $bits[7] + 8 * $bits[8] != 5;
		$expected = ($sequence + 1) % 8;
		$filled++ if $bits[1];
	}
	return $filled;
}

# insert_codes(sheets): an inserter with a camera
sub insert_codes
{
	my ($filled, $envelope, $next, $of) = (0, undef, 1, undef);
	for my $sheet (@_)
	{
		return "no code: $sheet->{code}" if $sheet->{code} !~ /^(\d{8})(\d{7})(\d{3})(\d{3})(\d{3})([01])\d$/;
		my ($job, $in, $number, $count, $feeds, $end) = ($1 + 0, $2 + 0, $3 + 0, $4 + 0, $5 + 0, $6);
		return 'check digit' if !luhn($sheet->{code});
		return 'job' if $job != 1;
		return 'feeds' if $feeds != 5;
		return 'sheet' if $number != $next;
		return 'envelope' if $number == 1 && $in != $filled + 1 || $number > 1 && $in != $envelope;
		return 'sheets' if $number > 1 && $count != $of || $end != ($number == $count ? 1 : 0);
		($envelope, $of) = ($in, $count);
		$next = $end ? 1 : $number + 1;
		$filled++ if $end;
	}
	return $next == 1 ? $filled : 'envelope not complete';
}

SKIP:
{
	skip 'pdftoppm or dmtxread', 1 unless installed('pdftoppm') && installed('dmtxread');
	my @sides = read_sheets("$folder/marks.pdf");
	is(scalar @sides, $pages, 'all sides are read');
	my @fronts = @sides[ grep { $_ % 2 == 0 } 0 .. $#sides ];
	my @backs = @sides[ grep { $_ % 2 } 0 .. $#sides ];
	is(scalar(grep { $_->{code} ne '' || $_->{ladder} =~ /1/ } @backs), 0, 'no marks on backs');
	is(insert_ladder(@fronts), $envelopes, 'the line reader fills every envelope');
	is(insert_codes(@fronts), $envelopes, 'the camera fills every envelope');
	cmp_ok(scalar @fronts, '>', $letters, 'some envelopes have several sheets');

	my @unnoticed;
	for my $i (0 .. $#fronts)
	{
		my @removed = @fronts[ grep { $_ != $i } 0 .. $#fronts ];
		my @doubled = @fronts[ 0 .. $i, $i .. $#fronts ];
		my @swapped = @fronts;
		@swapped[ $i, $i + 1 ] = @swapped[ $i + 1, $i ] if $i < $#fronts;
		# the last sheet of the job is missed when the count is compared with the ticket
		push @unnoticed, "removed $i" if insert_ladder(@removed) eq $envelopes || $i < $#fronts && insert_ladder(@removed) =~ /^\d/;
		push @unnoticed, "removed $i (camera)" if insert_codes(@removed) eq $envelopes || $i < $#fronts && insert_codes(@removed) =~ /^\d/;
		push @unnoticed, "doubled $i" if insert_ladder(@doubled) =~ /^\d/ || insert_codes(@doubled) =~ /^\d/;
		push @unnoticed, "swapped $i" if $i < $#fronts && (insert_ladder(@swapped) =~ /^\d/ || insert_codes(@swapped) =~ /^\d/);
	}
	is(join(', ', @unnoticed), '', 'a sheet that is removed, doubled or swapped is noticed at every place');
}
SKIP:
{
	skip 'qpdf', 1 unless installed('qpdf');
	my $said = `qpdf --check $folder/marks.pdf 2>&1`;
	is($?, 0, 'qpdf finds no fault') or diag $said;
}

# --- a profile that was changed behind its check is not drawn; without one there are no marks ---
sql(q{UPDATE mailroom.inserter_profile SET matrix_x_mm = 60, matrix_y_mm = 50 WHERE name = 'line 1'});
like(refusal('SELECT mailroom.print_mailing(1, 2)'), qr/cannot draw the marks of inserter profile "line 1".*matrix stands in zone "window"/s, 'a mark in a window is not printed');
is(sql('SELECT state FROM mailroom.mailing WHERE mailing_id = 2'), 'planned', 'and nothing else of the mailing');
sql('SELECT mailroom.use_inserter(1, NULL)');
$id = sql('SELECT mailroom.print_mailing(1, 3)');
write_file("$folder/plain.pdf", $id);
cmp_ok(-s "$folder/plain.pdf", '<', -s "$folder/marks.pdf", 'without a profile there are no marks');
my $cost = ((-s "$folder/marks.pdf") - (-s "$folder/plain.pdf")) / $sheets;
cmp_ok($cost, '<', 900, sprintf('marks of a sheet take %d bytes', $cost));
$node->stop;
done_testing();
