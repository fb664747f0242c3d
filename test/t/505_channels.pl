# 505_channels: pages are measured in a browser and judged by checkers of HTML, e-mails are read by Python.  Each program
# that is not installed is named and its checks are skipped.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use Encode qw(decode_utf8 encode_utf8);
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

sub installed
{
	my ($program) = @_;
	for my $folder (split /:/, $ENV{PATH})
	{
		return 1 if -x "$folder/$program";
	}
	diag("SKIPPED: $program is not installed");
	return 0;
}
my %have = map { $_ => installed($_) } qw(tidy xmllint chromium python3);
my $folder = $PostgreSQL::Test::Utils::tmp_check;
my $lib = "$FindBin::Bin/../lib";
my $node = mailroom_node('channels', preload => 0);

sub sql { return $node->safe_psql('postgres', encode_utf8($_[0])); }

sub write_file
{
	my ($name, $content) = @_;
	open(my $out, '>:raw', "$folder/$name") or die "could not write $name: $!";
	print $out $content;
	close($out);
	return "$folder/$name";
}

sub read_file
{
	my ($name) = @_;
	open(my $in, '<:raw', $name) or die "could not read $name: $!";
	local $/;
	return scalar <$in>;
}

sql(q{
SELECT mailroom.create_issuer('Nordkraft Kort AS', 'NO', 'Europe/Oslo', 'NOK');
UPDATE mailroom.issuer SET street = 'Havnegata 1', postcode = '0150', city = 'OSLO', registration_no = '987654321',
	vat_id = 'NO987654321MVA', payee_account = '15030012345';
SELECT mailroom.set_mail_sender(1, 'faktura@nordkraft.example');
INSERT INTO mailroom.invoice (issuer_id, origin, state, seller_key, content_sha256, invoice_number, issue_date, type_code, currency, due_date,
		seller_name, buyer_name, buyer_no, buyer_street, buyer_city, buyer_postcode, buyer_country, payment_reference,
		line_total, net_total, tax_total, gross_total, payable_amount, line_count, payee_account, received_at)
	SELECT 1, 'file', 'accepted', 'S', '\x00', v.number, '2026-11-01', v.type, v.currency, '2026-11-21', 'Nordkraft Kort AS', v.buyer, 'K-77',
		v.street, v.city, v.postcode, v.country, v.reference, v.amount, v.amount, 0, v.amount, v.amount, v.lines, v.account, now()
	FROM (VALUES
		('NO-1', '380', 'NOK', 'Åse Ærlig Østgård', 'Ørneveien 1', 'ÅLESUND', '6002', 'NO', '000000000012344', 3, NULL, 1543.13),
		('SE-1', '380', 'SEK', 'Göran Öberg Åkeri AB', 'Älvgatan 2', 'ÄLMHULT', '34330', 'SE', '1234567897', 3, '123-4566', 1543.13),
		('PL-1', '380', 'EUR', 'Zażółć Gęślą Jaźń Sp. z o.o.', 'ul. Łódzka 5', 'KRAKÓW', '30-002', 'PL', 'RF18539007547034', 3, 'NO9386011117947', 9876543210.99),
		('RO-1', '380', 'EUR', 'Țuțea și Șerban Transport SRL', 'Str. Mărășești 7', 'IAȘI', '700001', 'RO', 'RF18539007547034', 3, 'NO9386011117947', 1543.13),
		('FI-1', '380', 'EUR', 'Pääkaupunkiseudun Lämpö Oy', 'Hämeentie 1', 'HELSINKI', '00500', 'FI', 'RF18539007547034', 3, 'NO9386011117947', 1543.13),
		('CN-1', '381', 'NOK', 'Kreditkunde AS', 'Gata 1', 'OSLO', '0150', 'NO', '000000000012344', 2, NULL, 1543.13),
		('LONG-1', '380', 'NOK', 'Langlinjer AS', 'Gata 1', 'OSLO', '0150', 'NO', '000000000012344', 4000, NULL, 1543.13),
		('NAME-1', '380', 'NOK', 'Aksjeselskapet for internasjonal befrakting, skipsmegling og havneservice i Nordsjøen og Norskehavet avdeling Nord',
			'En ganske lang gateadresse med oppgang og etasje og dørnummer 1234 B', 'TRONDHEIM', '7012', 'NO', repeat('1234567890', 3), 4, NULL, 12345678901.23),
		('ZERO-1', '380', 'NOK', 'Tom AS', 'Gata 1', 'OSLO', '0150', 'NO', NULL, 0, NULL, 1543.13)
		) AS v (number, type, currency, buyer, street, city, postcode, country, reference, lines, account, amount);
INSERT INTO mailroom.invoice_line (issuer_id, invoice_id, line_no, quantity, unit_code, net_amount, price, tax_rate, item_name, item_description)
	SELECT 1, invoice_id, l, 92.35, 'LTR', CASE invoice_number WHEN 'NAME-1' THEN 12345678901.23 ELSE 1843.26 END, 19.959, 25,
		CASE WHEN invoice_number = 'NAME-1' THEN repeat('Kombinasjonsprodukt ', 12) || repeat('x', 120) ELSE 'Vare nummer ' || l END,
		CASE WHEN l = 2 THEN 'Stasjon Sørlandsparken' END
	FROM mailroom.invoice, generate_series(1, line_count) AS l;
INSERT INTO mailroom.invoice_tax (issuer_id, invoice_id, tax_no, category, rate, taxable_amount, tax_amount)
	SELECT 1, invoice_id, 1, 'S', 25, net_total, tax_total FROM mailroom.invoice;
INSERT INTO mailroom.document_data (issuer_id, invoice_id, template, data)
	SELECT 1, invoice_id, 'invoice', (SELECT jsonb_build_object('use', jsonb_agg(jsonb_build_object('month', m, 'kwh', k, 'before', k + 80 - n * 15) ORDER BY n))
			FROM unnest(ARRAY['jan', 'feb', 'mar', 'apr', 'mai', 'jun', 'jul', 'aug', 'sep', 'okt', 'nov', 'des'], ARRAY[1210, 1100, 980, 700, 420, -60, 180, 210, 380, 690, 940, 1180]) WITH ORDINALITY AS x (m, k, n))
		FROM mailroom.invoice WHERE invoice_number = 'NO-1';
});
my $chart = <<'E2';
<template name="use"><palette><colour name="brand" rgb="#0b6e4f" gray="30"/><colour name="pale" rgb="#ffee88" gray="90"/></palette>
<zone pages="first" width="170"><text size="16" bold="yes">{{title}} {{number}}</text></zone>
<flow><text size="12" bold="yes">Forbruk</text>
<chart in="data.use" as="u" kind="bar" value="{{u.kwh}}" second="{{u.before?}}" label="{{u.month}}" title="Forbruk" unit="kWh" legend="2026" second-legend="2025" colour="brand"/>
<chart in="data.use" as="u" kind="line" value="{{u.kwh}}" label="{{u.month}}" title="Saldo" unit="NOK"/>
<table in="lines"><column><text>{{line.item_name?}}</text></column><column align="right" head="{{label:amount}}"><text>{{line.net_amount}}</text></column></table>
<total shaded="yes" label="{{label:payable}}" value="{{payable_amount}}"/></flow></template>
E2

# ---------- pages ----------

my @pages;
for my $number (split /\n/, sql('SELECT invoice_number FROM mailroom.invoice ORDER BY invoice_id'))
{
	push @pages, [ $number, decode_utf8(pack('H*', sql("SELECT encode((mailroom.render_channel(1, invoice_id, 'html')).content, 'hex') FROM mailroom.invoice WHERE invoice_number = '$number'"))) ];
}
push @pages, [ 'chart', decode_utf8(pack('H*', sql("SELECT encode((mailroom.preview_channel(1, invoice_id, 'html', \$t\$$chart\$t\$)).content, 'hex') FROM mailroom.invoice WHERE invoice_number = 'NO-1'"))) ];
# by the template that ships: the same walk over a template made for paper
my $shipped = decode_utf8(read_file("$FindBin::Bin/../../data/template/invoice.xml"));
push @pages, [ 'shipped', decode_utf8(pack('H*', sql("SELECT encode((mailroom.preview_channel(1, invoice_id, 'html', \$t\$$shipped\$t\$)).content, 'hex') FROM mailroom.invoice WHERE invoice_number = 'NAME-1'"))) ];

# the samples by the templates that ship for them
my %template = (fuel => 'fuel-card', utility => 'utility', statement => 'self-billing');
my $script = decode_utf8(read_file("$FindBin::Bin/../../sample/template/sample.sql")) =~ s/^\\set here.*\n//mr;
$script .= join('', map { "SELECT mailroom.publish_template(:$_, 'invoice', \$source\$" . decode_utf8(read_file("$FindBin::Bin/../../data/template/$template{$_}.xml")) . "\$source\$);\n" } sort keys %template);
sql($script . "CREATE TABLE sample AS SELECT * FROM sample_invoice;\n");
my $first_sample = @pages;
for my $row (split /\n/, sql("SELECT concat_ws('|', kind, name, issuer_id, invoice_id) FROM sample WHERE lines < 1000 ORDER BY kind, name"))
{
	my ($kind, $name, $issuer, $invoice) = split /\|/, $row;
	push @pages, [ "$kind-$name", decode_utf8(pack('H*', sql("SELECT encode((mailroom.render_channel($issuer, $invoice, 'html')).content, 'hex')"))) ];
}
push @pages, [ 'shipped-long', decode_utf8(pack('H*', sql("SELECT encode((mailroom.preview_channel(issuer_id, invoice_id, 'html', \$t\$$shipped\$t\$)).content, 'hex') FROM sample WHERE name = 'long'"))) ];
is(scalar(grep { $_->[1] =~ m{<div class="zone wide panel">\n<div class="columns">} && $_->[1] =~ m{<h1>[^<]+</h1>} } @pages[$first_sample .. $#pages]), 12, 'samples: what matters stands in a panel below the title');
my ($forty) = map { $_->[1] } grep { $_->[0] eq 'fuel-forty' } @pages;
like($forty, qr{<section class="pay".*<main>}s, 'samples: then how to pay, then the lines');
is(() = $forty =~ m{<th scope="col" colspan="3">Kort 7033 }g, 3, 'samples: the head of a card runs over its columns');
is(() = $forty =~ m{<div class="sumline">}g, 3, 'samples: each card ends with a line of sums');
like($forty, qr{<dt class="sum">Å betale NOK</dt><dd class="sum">140}, 'samples: the total stands out');
my ($utility) = map { $_->[1] } grep { $_->[0] eq 'utility-home' } @pages;
like($utility, qr{<section class="pay"}, 'samples: a payment part of the first page is one too');

for my $page (@pages)
{
	my ($name, $html) = @$page;
	my $file = write_file("$name.html", encode_utf8($html));
	if ($have{tidy})
	{
		my $said = `tidy -q -e -utf8 '$file' 2>&1`;
		is($said, '', "$name: tidy has nothing to say");
	}
	if ($have{xmllint})
	{
		my $said = `xmllint --noout --nonet '$file' 2>&1`;
		is($said, '', "$name: well-formed XML");
	}
}
SKIP:
{
	skip 'tidy is not installed', 1 if !$have{tidy};
	my $said = `tidy -q -e -utf8 '@{[write_file('broken.html', encode_utf8($pages[0][1] =~ s{</h1>}{}r))]}' 2>&1`;
	isnt($said, '', 'tidy finds a broken page');
}
is(() = $pages[6][1] =~ /<th scope="row">Vare nummer \d+/g, 4000, 'no line of 4,000 is lost') if $pages[6][0] eq 'LONG-1';

SKIP:
{
	skip 'chromium is not installed', 1 if !$have{chromium};
	my @measured = (@pages, [ 'control', '<body><p style="color:#ccc">pale</p><div style="width:2000px">wide</div><p style="width:2em;line-height:1.2;overflow-wrap:anywhere">03.10.2026</p>' . '<p>text</p>' x 12 ]);
	my $json = JSON::PP->new->ascii->encode(\@measured) =~ s{/}{\\/}gr;
	my $file = write_file('measure.html', "<!DOCTYPE html><meta charset=\"utf-8\"><pre id=\"said\"></pre><script>const pages = $json;\n" . read_file("$lib/channel_measure.js") . '</script>');
	local $ENV{HOME} = $folder;
	my $dom = '';
	for (1 .. 4) # a loaded machine may kill a browser's process
	{
		$dom = decode_utf8(scalar `timeout 180 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir='$folder/chromium' --virtual-time-budget=60000 --dump-dom 'file://$file' 2>/dev/null`);
		last if $dom =~ /\nend</;
	}
	my ($said) = $dom =~ m{<pre id="said">(.*?)\nend</pre>}s;
	ok(defined $said, 'the browser measured') or last SKIP;
	my @said = split /\n/, $said;
	for my $page (@pages)
	{
		my @about = grep { index($_, "$page->[0] at ") == 0 } @said;
		is(join("\n", map { encode_utf8($_) } @about), join("\n", map { "$page->[0] at $_: measured" } 360, 768, 1280), "$page->[0]: nothing sticks out, all can be read, references are copied whole");
	}
	my $control = join("\n", grep { /^control at 360/ } @said);
	like($control, qr/is 20\d\d wide/, 'the measure finds what sticks out');
	like($control, qr/has contrast/, 'and what cannot be read');
	like($control, qr/"03.10.2026" is broken/, 'and a date that is broken');
}

# ---------- e-mail ----------

sub judge
{
	my ($name, $count, $cases) = @_;
	my $file = write_file('mails.json', encode_utf8($cases));
	my $said = decode_utf8(scalar `python3 '$lib/channel_judge.py' < '$file' 2>&1`);
	is(encode_utf8($said), "$count read\n", $name);
}

SKIP:
{
	skip 'python3 is not installed', 2 if !$have{python3};
	my $pieces = q{ARRAY['a', 'Faktura', ' ', 'x y', 'æøå', 'Ł', '日本', '😀', '=', '=?UTF-8?Q?x?=', '_', '?', '"', '\\', ',', '<b>', ';', '.', '(c)', '@', ':', '100', '1 543,13', 'From', E'\u00A0', repeat('lang', 20), 'é', '%', '''', '&']};
	# words(n, bound): as many pieces as chance wants
	my $words = sub { "trim((SELECT coalesce(string_agg(p.pieces[1 + (random() * 29)::int + 0 * g], CASE WHEN random() < 0.5 THEN ' ' ELSE '' END), '') FROM generate_series(1, 1 + (random() * $_[0])::int + n * 0) AS g))" };
	my $body = "(SELECT string_agg(CASE WHEN random() < 0.1 THEN E'\\n' WHEN random() < 0.05 THEN E'\\t' ELSE p.pieces[1 + (random() * 29)::int + 0 * g] END, CASE WHEN random() < 0.3 THEN ' ' WHEN random() < 0.1 THEN E'\\n' ELSE '' END) FROM generate_series(1, 2 + (random() * 80)::int + n * 0) AS g)";
	my $cases = decode_utf8(sql(qq{
		DO 'BEGIN PERFORM setseed(0.25); END';
		SELECT json_build_object('sender_name', c.sender_name, 'sender', c.sender, 'recipient_name', c.recipient_name, 'recipient', c.recipient, 'subject', c.subject, 'plain', c.plain, 'html', c.html,
				'file_name', c.file_name, 'media_type', 'application/pdf', 'attachment', encode(c.attachment, 'base64'),
				'mail', replace(encode(mailroom.write_mail(c.sender_name, c.sender, c.recipient_name, c.recipient, c.subject, c.plain, c.html, c.file_name, 'application/pdf', c.attachment), 'base64'), E'\\n', ''))
			FROM (SELECT nullif(@{[$words->(6)]}, '') AS sender_name, 'a.b+' || n || '\@sender.example' AS sender, @{[$words->(8)]} AS recipient_name, 'x' || n || '\@recipient.example' AS recipient,
					'S' || @{[$words->(25)]} AS subject, $body || '' AS plain, CASE WHEN n % 3 > 0 THEN $body || '' END AS html,
					'f' || @{[$words->(12)]} || n || '.pdf' AS file_name,
					CASE WHEN n % 2 = 0 THEN decode(repeat(md5(n::text), n % 40), 'hex') END AS attachment
				FROM generate_series(1, 500) AS n, (SELECT $pieces AS pieces) AS p OFFSET 0) AS c
	}));
	judge('500 random e-mails read back equal', 500, $cases);
	judge('an invoice as an e-mail reads back equal', 9, decode_utf8(sql(q{
		SELECT json_build_object('sender_name', 'Nordkraft Kort AS', 'sender', 'faktura@nordkraft.example', 'recipient_name', i.buyer_name, 'recipient', 'x@y.example',
				'subject', 'Nordkraft Kort AS: ' || (regexp_match(convert_from((mailroom.render_channel(1, i.invoice_id, 'html')).content, 'UTF8'), '<title>(.*)</title>'))[1],
				'plain', convert_from((mailroom.render_channel(1, i.invoice_id, 'text')).content, 'UTF8'), 'html', '*',
				'file_name', (regexp_match(convert_from((mailroom.render_channel(1, i.invoice_id, 'html')).content, 'UTF8'), '<title>(.*)</title>'))[1] || '.pdf', 'media_type', 'application/pdf',
				'attachment', encode((mailroom.render_channel(1, i.invoice_id, 'print')).content, 'base64'), 'mail', replace(encode(m.content, 'base64'), E'\n', ''))
			FROM mailroom.invoice i, LATERAL mailroom.render_channel(1, i.invoice_id, 'email', 'x@y.example') AS m
			WHERE i.issuer_id = 1
			ORDER BY i.invoice_id})));
	my $broken = $cases =~ s/"subject" : "S/"subject" : "T/r;
	isnt(`python3 '$lib/channel_judge.py' < '@{[write_file('broken.json', encode_utf8($broken))]}'`, "500 read\n", 'the judge finds a difference');
}

$node->stop;
done_testing();
