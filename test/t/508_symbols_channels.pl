# 508_symbols_channels: bar codes outside of pages are read back: from a page of HTML as Chromium shows it, and from the pictures
# that an e-mail carries; what they say stands there as text too.
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

my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $node = mailroom_node('symbols', preload => 0);

sub sql { return decode_utf8($node->safe_psql('postgres', encode_utf8($_[0]))); }

sql(q{
SELECT mailroom.create_issuer('Oy Żółty Testi Ab', 'FI', 'Europe/Helsinki', 'EUR');
UPDATE mailroom.issuer SET payee_account = 'FI3715903000000776';
SELECT mailroom.set_mail_sender(1, 'faktura@testi.example');
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		buyer_name, buyer_country, payment_reference, net_total, tax_total, gross_total, payable_amount, line_count, received_at)
	VALUES (1, 'file', 'accepted', 'S', '\x00', 'FI-1', '2026-11-01', '380', 'EUR', '2026-11-30', 'Kunde', 'FI', 'RF9811112', 1234.5, 0, 1234.5, 1234.5, 30, now());
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, net_amount, price, item_name)
	SELECT 1, invoice_id, n, 1, n + 0.01, 1, 'Rivi ' || n FROM mailroom.invoice, generate_series(1, 30) AS n;
});

# channel(name, blocks): what the channel shows
sub channel
{
	my ($channel, $blocks) = @_;
	my $said = $node->safe_psql('postgres', encode_utf8("SELECT encode(content, 'base64') FROM mailroom.preview_channel(1, 1, '$channel', \$t\$<template name=\"t\"><flow>$blocks</flow></template>\$t\$, 'x\@y.example')"));
	return scalar `printf %s '$said' | base64 -d`;
}

sub write_file
{
	my ($name, $content) = @_;
	open(my $out, '>:raw', "$folder/$name") or die "could not write $name: $!";
	print $out $content;
	close($out);
	return "$folder/$name";
}

# what readers find in a picture: a line each, sorted
sub read_back
{
	my ($picture) = @_;
	my $said = decode_utf8(scalar `zbarimg -q --raw -Sbinary '$picture' 2>/dev/null`);
	my $matrix = $said eq '' ? `dmtxread -N1 -m20000 '$picture' 2>/dev/null` : '';
	return join("\n", sort split /\n/, "$said$matrix");
}

# payment codes
my $epc = sql(q{SELECT mailroom.make_epc_code('Oy Żółty Testi Ab', 'FI3715903000000776', 1234.5, reference => 'RF9811112')});
my $finnish = sql(q{SELECT mailroom.make_finnish_barcode('FI3715903000000776', 'RF9811112', 1234.5, '2026-11-30')});
my @symbols = (
	[ '<barcode value="{{payment_reference}}"/>', 'RF9811112', 'Code 128' ],
	[ '<barcode kind="fi"/>', $finnish, 'the Finnish bank bar code' ],
	[ '<barcode type="itf" value="0012345678"/>', '0012345678', 'Interleaved 2 of 5' ],
	[ '<qr value="https://pay.example/{{number}}?a=1&amp;b=2"/>', 'https://pay.example/FI-1?a=1&b=2', 'QR with an address' ],
	[ '<qr kind="epc" level="M"/>', $epc, 'QR of a European payment' ],
	[ '<barcode type="datamatrix" value="{{number}} Kunde 0123456789"/>', 'FI-1 Kunde 0123456789', 'DataMatrix' ],
	[ '<barcode type="datamatrix" shape="rectangle" value="{{number}} flat"/>', 'FI-1 flat', 'rectangular DataMatrix' ]);
my $all = join('', map { $_->[0] } @symbols);
my $page = channel('html', $all);

# ---------- pages ----------

for my $tool ([ 'xmllint', "xmllint --noout '\%s' 2>&1" ], [ 'tidy', "tidy -q -e -utf8 '\%s' 2>&1" ])
{
	SKIP:
	{
		skip "$tool->[0] is not installed", 1 if !installed($tool->[0]);
		my $command = sprintf($tool->[1], write_file('symbols.html', $page));
		is(scalar `$command`, '', "$tool->[0] finds no fault");
	}
}
is(() = $page =~ /<svg [^>]*role="img"><title>[^<]+<\/title>/g, 7, 'each is a picture with a title');
like($page, qr{<figcaption><span class="copy"><span>RF98</span><span>1111</span><span>2</span></span></figcaption>}, 'a reference is copied as one word');
like($page, qr{<figcaption><a href="https://pay\.example/FI-1\?a=1&amp;b=2">https://pay\.example/FI-1\?a=1&amp;b=2</a></figcaption>}, 'an address can be opened');
unlike($page, qr{<figcaption>BCD}, 'what is for machines alone is not shown as text');
SKIP:
{
	skip 'chromium, zbarimg or dmtxread is not installed', scalar @symbols if grep { !installed($_) } qw(chromium zbarimg dmtxread);
	for my $case (@symbols)
	{
		my ($block, $want, $name) = @$case;
		my $file = write_file('symbol.html', channel('html', $block));
		local $ENV{HOME} = $folder;
		for (1 .. 4) # a loaded machine may kill a browser's process
		{
			unlink "$folder/symbol.png";
			system("timeout 180 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir='$folder/chromium' --force-device-scale-factor=2 --window-size=600,500 --screenshot='$folder/symbol.png' 'file://$file' >/dev/null 2>&1");
			last if -s "$folder/symbol.png";
		}
		is(read_back("$folder/symbol.png"), join("\n", sort split /\n/, $want), "$name is read from the screen");
	}
}

# ---------- e-mail ----------

my $mail = write_file('symbols.eml', channel('email', $all));
SKIP:
{
	skip 'python3, zbarimg or dmtxread is not installed', 14 if grep { !installed($_) } qw(python3 zbarimg dmtxread);
	my $script = write_file('parts.py', <<'PYTHON');
import email, email.policy, re, sys
message = email.message_from_bytes(open(sys.argv[1], 'rb').read(), policy=email.policy.default)
parts = [p for p in message.walk()]
print(' '.join(p.get_content_type() for p in parts), [d for p in parts for d in p.defects])
html = [p for p in parts if p.get_content_type() == 'text/html'][0].get_content()
pictures = {p['Content-ID'][1:-1]: p for p in parts if p.get_content_type() == 'image/png'}
named = re.findall(r'src="cid:([^"]+)"', html)
print(len(named), sorted(named) == sorted(pictures), len(set(named)))
for number, name in enumerate(named):
    open('%s/mail-%d.png' % (sys.argv[2], number), 'wb').write(pictures[name].get_content())
print(' '.join(re.findall(r'</?span[^>]*>([^<]+)</span>', html)))
print('svg' in html)
PYTHON
	my @said = split /\n/, decode_utf8(scalar `python3 '$script' '$mail' '$folder' 2>&1`);
	is($said[0], 'multipart/mixed multipart/alternative text/plain multipart/related text/html ' . 'image/png ' x 7 . 'application/pdf []', 'pictures belong to the HTML');
	is($said[1], '7 True 7', 'each is named once, by a name of its own');
	like($said[2], qr/^RF98.1111.2 /, 'what bars say stands below as text') or diag(join("\n", @said));
	is($said[3], 'False', 'no SVG');
	for my $number (0 .. $#symbols)
	{
		is(read_back("$folder/mail-$number.png"), join("\n", sort split /\n/, $symbols[$number][1]), "$symbols[$number][2] is read from the e-mail");
	}
	is(channel('email', $all), channel('email', $all), 'the same bytes again');
	my $many = channel('email', join '', map { "<qr value=\"code $_\"/>" } 1 .. 11);
	is(() = $many =~ /^Content-ID:/mg, 8, 'an e-mail has eight pictures at most');
	is(() = $many =~ /code \d+<\/span>/g, 11, 'and all of the texts');
}
is(channel('text', $all), "https://pay.example/FI-1?a=1&b=2\n", 'a text has the address alone');

is(decode_utf8(channel('text', "<table in=\"lines\"><column><text>{{line.item_name}}</text></column><column head=\"a\x{202E}b\"><text>{{line.quantity}}</text></column></table>")) =~ /ab: 1/, 1, 'heads of columns are as clean as texts');

# ---------- carried sums ----------

my $table = '<table in="lines" %s><column head="A"><text>{{line.item_name}}</text></column><column head="B" align="right"><text>{{line.net_amount}}</text></column></table>';
my $sum = qr/V.lisumma: 210,20\s/; # 1.01 to 20.01
like(decode_utf8(channel('text', sprintf($table, 'carry="line.net_amount"'))), $sum, 'a list that is cut says what its rows come to');
unlike(decode_utf8(channel('text', sprintf($table, ''))), $sum, 'where its table carries a sum');
unlike(decode_utf8(channel('html', sprintf($table, 'carry="line.net_amount"'))), $sum, 'a page has all rows and no sum to carry');
$node->stop;
done_testing();
