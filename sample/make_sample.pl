#!/usr/bin/perl
# make_sample.pl: writes the month of a fuel-card issuer, for the demo, the tests and the benchmarks.
#
#   make_sample.pl [--customers N] [--seed N] [--format records|ubl] [--broken N] --out DIR
#
# DIR/fuelcard.txt   the billing system's record file (UTF-8, fields parted by ";", decimal comma, dd.mm.yyyy)
#     fuelcard.xml   with --format ubl: the same invoices as UBL 2.1 in one wrapper element
#     control.csv    currency,documents,gross: what the billing system says it sent
#     broken.csv     number,fault: invoices broken on purpose
#     batch_invoice.csv, batch_line.csv   a second issuer of the group, as rows for COPY
#
# The same arguments give the same bytes.  All money is integer minor units.  Companies, card customers and
# numbers are synthetic; post towns and the structure of their postcodes are real.
use strict;
use warnings;
no warnings 'portable';
use integer;
use utf8;
use Getopt::Long;

my %option = (customers => 10000, seed => 1, format => 'records', broken => 8);
GetOptions(\%option, 'customers=i', 'seed=i', 'format=s', 'broken=i', 'out=s') && $option{out}
	or die "usage: make_sample.pl [--customers N] [--seed N] [--format records|ubl] [--broken N] --out DIR\n";

# A generator of our own, so that every perl gives the same sample.
my $state = 88172645463325252 ^ ($option{seed} * 2654435761);
sub random_below
{
	my ($below) = @_;
	$state ^= $state << 13;
	$state ^= ($state >> 7) & 0x01FFFFFFFFFFFFFF;
	$state ^= $state << 17;
	return ($state & 0x7FFFFFFFFFFF) % $below;
}
sub pick { my ($list) = @_; return $list->[ random_below(scalar @$list) ]; }

# town, first and last postcode of its area, weight
my %towns = (
	NO => [
		[ 'Oslo', 150, 1290, 30 ], [ 'Bergen', 5003, 5268, 12 ], [ 'Trondheim', 7010, 7099, 9 ], [ 'Stavanger', 4005, 4036, 7 ],
		[ 'Drammen', 3003, 3048, 4 ], [ 'Fredrikstad', 1601, 1639, 4 ], [ 'Kristiansand', 4608, 4639, 4 ], [ 'Tromsø', 9006, 9024, 3 ],
		[ 'Ålesund', 6002, 6026, 3 ], [ 'Bodø', 8003, 8028, 2 ], [ 'Hamar', 2316, 2326, 2 ], [ 'Tønsberg', 3110, 3129, 2 ],
		[ 'Molde', 6410, 6425, 2 ], [ 'Haugesund', 5515, 5537, 2 ], [ 'Lillehammer', 2609, 2625, 1 ], [ 'Harstad', 9402, 9411, 1 ],
		[ 'Alta', 9510, 9518, 1 ], [ 'Kirkenes', 9900, 9915, 1 ], [ 'Florø', 6900, 6916, 1 ], [ 'Førde', 6800, 6818, 1 ],
	],
	SE => [
		[ 'Stockholm', 11120, 11860, 30 ], [ 'Göteborg', 41101, 41880, 14 ], [ 'Malmö', 21110, 21840, 10 ], [ 'Uppsala', 75220, 75760, 5 ],
		[ 'Västerås', 72210, 72480, 4 ], [ 'Örebro', 70210, 70380, 4 ], [ 'Linköping', 58210, 58960, 4 ], [ 'Helsingborg', 25220, 25730, 4 ],
		[ 'Jönköping', 55310, 55630, 3 ], [ 'Norrköping', 60210, 60390, 3 ], [ 'Lund', 22220, 22740, 3 ], [ 'Umeå', 90320, 90750, 2 ],
		[ 'Gävle', 80250, 80650, 2 ], [ 'Sundsvall', 85230, 85760, 2 ], [ 'Luleå', 97231, 97800, 1 ], [ 'Kiruna', 98130, 98143, 1 ],
		[ 'Visby', 62141, 62157, 1 ], [ 'Östersund', 83130, 83190, 1 ], [ 'Kalmar', 39230, 39365, 1 ], [ 'Karlstad', 65220, 65640, 2 ],
	],
	DK => [ [ 'København', 1050, 1799, 1 ], [ 'Esbjerg', 6700, 6715, 1 ] ],
	FI => [ [ 'Helsinki', 100, 990, 1 ], [ 'Vaasa', 65100, 65380, 1 ] ],
	DE => [ [ 'Hamburg', 20095, 22769, 1 ] ],
);
my %streets = (
	NO => [qw(Storgata Havnegata Kirkegata Industriveien Skogveien Fjordgata Stasjonsveien Bryggen)],
	SE => [qw(Storgatan Hamngatan Kyrkogatan Industrivägen Skogsvägen Järnvägsgatan Verkstadsgatan Kungsgatan)],
	DK => [qw(Havnegade Vestergade)], FI => [qw(Satamakatu Rantakatu)], DE => [qw(Hafenstraße Speicherweg)],
);
my @trades = qw(Transport Maskin Bygg Anlegg Verksted Logistikk Drift Budbil Taxi Skog);
my %form = (NO => 'AS', SE => 'AB', DK => 'A/S', FI => 'Oy', DE => 'GmbH');
my %vat_no = (NO => 'NO918273640MVA', SE => 'SE556677889101');

# item: id, name, unit, price in 1/10000, VAT rates by country
my @goods = (
	[ 'D01', 'Diesel', 'LTR', 156320, 25, 25, 60 ], [ 'B95', 'Bensin 95', 'LTR', 161080, 25, 25, 40 ],
	[ 'H10', 'HVO100', 'LTR', 198450, 25, 25, 10 ], [ 'E50', 'Lading hurtiglader', 'KWH', 43920, 25, 25, 15 ],
	[ 'A32', 'AdBlue', 'LTR', 63200, 25, 25, 8 ], [ 'V10', 'Bilvask', 'C62', 1192000, 25, 25, 6 ],
	[ 'K15', 'Kaffe og mat', 'C62', 516500, 15, 12, 8 ], [ 'S22', 'Spylervæske', 'C62', 639200, 25, 25, 3 ],
);

sub weighted
{
	my ($list, $at) = @_;
	my $total = 0;
	$total += $_->[$at] for @$list;
	my $draw = random_below($total);
	for (@$list) { return $_ if ($draw -= $_->[$at]) < 0; }
	return $list->[-1];
}

sub luhn_digit
{
	my ($digits) = @_;
	my ($sum, $double) = (0, 1);
	for my $digit (reverse split //, $digits)
	{
		my $value = $double ? $digit * 2 : $digit;
		$sum += $value > 9 ? $value - 9 : $value;
		$double = !$double;
	}
	return (10 - $sum % 10) % 10;
}

# NO: mod 11; SE: Luhn
sub registration_no
{
	my ($country) = @_;
	while (1)
	{
		if ($country eq 'SE')
		{
			my $stem = '55' . sprintf('%07d', 6000000 + random_below(3999999));
			return $stem . luhn_digit($stem);
		}
		my $stem = '9' . sprintf('%07d', random_below(9999999));
		my ($sum, $at) = (0, 0);
		$sum += $_ * (3, 2, 7, 6, 5, 4, 3, 2)[ $at++ ] for split //, $stem;
		my $check = (11 - $sum % 11) % 11;
		return $stem . $check if $check < 10;
	}
}

# half up, both not negative
sub divide_round { my ($amount, $by) = @_; return ($amount + $by / 2) / $by; }

sub money { my ($minor, $mark) = @_; my $sign = $minor < 0 ? '-' : ''; $minor = abs $minor; return sprintf('%s%d%s%02d', $sign, $minor / 100, $mark, $minor % 100); }
sub quantity { my ($hundredths, $mark) = @_; return $hundredths % 100 ? money($hundredths, $mark) : $hundredths / 100; }
sub price { my ($value, $mark) = @_; my $text = sprintf('%d%s%04d', $value / 10000, $mark, $value % 10000); $text =~ s/0{1,2}$//; return $text; }

sub make_customer
{
	my ($no) = @_;
	my %c = (no => sprintf('%07d', 1000000 + $no));
	my $draw = random_below(1000);
	$c{country} = $draw < 560 ? 'NO' : $draw < 985 ? 'SE' : pick([qw(DK FI DE)]);
	my $town = weighted($towns{ $c{country} }, 3);
	my $code = $town->[1] + random_below($town->[2] - $town->[1] + 1);
	$c{city} = $town->[0];
	$c{postcode} = $c{country} =~ /^(SE|FI|DE)$/ ? sprintf('%05d', $code) : sprintf('%04d', $code);
	$c{postcode} =~ s/^(...)(..)$/$1 $2/ if $c{country} eq 'SE';
	$c{street} = pick($streets{ $c{country} }) . ' ' . (1 + random_below(180));
	my $kind = random_below(100);
	$c{kind} = $c{country} !~ /^(NO|SE)$/ ? 'industrial' : $kind < 55 ? 'private' : $kind < 92 ? 'company' : $kind < 98 ? 'fleet' : 'marine';
	if ($c{kind} eq 'private')
	{
		$c{name} = ($c{country} eq 'NO' ? 'Kortkunde ' : 'Kortkund ') . $c{no};
	}
	else
	{
		$c{name} = "$c{city} " . ($c{kind} eq 'marine' ? 'Rederi' : pick(\@trades)) . ' ' . (1 + random_below(99)) . " $form{$c{country}}";
		if ($c{country} =~ /^(NO|SE)$/)
		{
			$c{registration_no} = registration_no($c{country});
			$c{vat_id} = $c{country} eq 'NO' ? "NO$c{registration_no}MVA" : "SE$c{registration_no}01";
		}
	}
	return \%c;
}

sub make_lines
{
	my ($c, $currency) = @_;
	my %count = (private => 1 + random_below(6), company => 3 + random_below(18), fleet => 30 + random_below(110),
		marine => 1 + random_below(4), industrial => 2 + random_below(8));
	my @lines;
	for my $no (1 .. $count{ $c->{kind} })
	{
		my ($item, $rate, $category) = (weighted(\@goods, 6), 25, 'S');
		$rate = $item->[ $c->{country} eq 'SE' ? 5 : 4 ];
		my $units = $item->[2] eq 'C62' ? 100 * (1 + random_below(3)) : 800 + random_below(9200);
		my $each = $item->[3] + random_below(12000) - 6000;
		my $name = sprintf '%s, %02d.10, stasjon %04d', $item->[1], 1 + ($no * 3 + random_below(3)) % 31, 1000 + random_below(900);
		if ($c->{kind} eq 'marine')
		{
			($units, $each, $rate, $category) = (100 * (2000 + random_below(60000)), 78000 + random_below(9000), 0, 'Z');
			$name = sprintf 'Marin gassolje, kai %d', 1 + random_below(40);
			$item = [ 'M10', '', 'LTR' ];
		}
		elsif ($c->{kind} eq 'industrial')
		{
			($units, $rate, $category) = ($units * 20, 0, 'G');
			$each = $each / 11;
		}
		push @lines, { no => $no, id => $item->[0], unit => $item->[2], name => $name, quantity => $units, price => $each,
			category => $category, rate => $rate, net => divide_round($units * $each, 10000) };
	}
	return \@lines;
}

sub make_invoice
{
	my ($c, $no) = @_;
	my $currency = $c->{kind} eq 'industrial' ? 'EUR' : $c->{country} eq 'SE' ? 'SEK' : 'NOK';
	my $home = $c->{country} eq 'SE' ? 'SE' : 'NO';
	my %i = (customer => $c, number => sprintf('26%07d', $no), type => 380, currency => $currency, issued => [ 2026, 10, 31 ],
		due => [ 2026, 11, $c->{kind} eq 'private' ? 14 : 30 ], seller_vat => $vat_no{$home}, home => $home,
		lines => make_lines($c, $currency), charge => 0, charge_rate => 25, charge_category => 'S');
	if ($c->{kind} =~ /company|fleet/) { $i{charge} = 4900; }
	total_up(\%i);
	$i{reference} = $c->{no} . $i{number};
	$i{reference} .= luhn_digit($i{reference});
	return \%i;
}

sub total_up
{
	my ($i) = @_;
	my (%base, %rate);
	$i->{line_total} = 0;
	for my $l (@{ $i->{lines} })
	{
		$i->{line_total} += $l->{net};
		$base{"$l->{category} $l->{rate}"} += $l->{net};
	}
	$base{"$i->{charge_category} $i->{charge_rate}"} += $i->{charge} if $i->{charge};
	$i->{taxes} = [ map { my ($category, $rate) = split / /; { category => $category, rate => $rate, base => $base{$_}, tax => divide_round($base{$_} * $rate, 100) } } sort keys %base ];
	$i->{net} = $i->{line_total} + $i->{charge};
	$i->{tax} = 0;
	$i->{tax} += $_->{tax} for @{ $i->{taxes} };
	$i->{gross} = $i->{net} + $i->{tax};
}

# The first line of an earlier invoice is taken back in full.
sub make_credit_note
{
	my ($of, $no) = @_;
	my %i = (%$of, number => sprintf('26%07d', $no), type => 381, due => undef, preceding => $of->{number}, charge => 0,
		lines => [ { %{ $of->{lines}[0] }, no => 1 } ]);
	total_up(\%i);
	return \%i;
}

my @faults = (
	[ 'a line is one øre off', sub { $_[0]{lines}[0]{net} += 1 } ],
	[ 'the sum of lines is one øre off', sub { $_[0]{line_total} -= 1 } ],
	[ 'the VAT total is not the sum of its rates', sub { $_[0]{tax} += 100 } ],
	[ 'the total with VAT is not net plus VAT', sub { $_[0]{gross} += 7 } ],
	[ 'the amount due is not the total', sub { $_[0]{payable_off} = 1000 } ],
	[ 'the charge total has no charge', sub { $_[0]{charge_off} = 500 } ],
	[ 'the number was used before in this file', sub { $_[0]{number} = '260000001'; $_[0]{seller_vat} = $vat_no{NO}; } ],
	[ 'an amount is not a number', sub { $_[0]{lines}[0]{net_text} = '12,3x' } ],
);

sub iso { my ($d) = @_; return $d ? sprintf('%04d-%02d-%02d', @$d) : ''; }
sub dotted { my ($d) = @_; return $d ? sprintf('%02d.%02d.%04d', reverse @$d) : ''; }

sub records_of
{
	my ($i) = @_;
	my $c = $i->{customer};
	my @rows = ([ 10, $i->{number}, $i->{type}, dotted($i->{issued}), dotted($i->{due}), $i->{currency}, 'Nordkort Drivstoff AS', '918273640',
		$i->{seller_vat}, $c->{no}, $c->{name}, $c->{registration_no} // '', $c->{vat_id} // '', $c->{street}, $c->{postcode}, $c->{city}, $c->{country},
		"Kort $c->{no}", $i->{type} == 381 ? '' : $i->{reference}, $i->{type} == 381 ? '' : $i->{home} eq 'NO' ? 'NO9386011117947' : 'SE4550000000058398257466',
		'01.10.2026', '31.10.2026', $i->{preceding} // '' ]);
	push @rows, [ 20, $_->{no}, $_->{id}, $_->{name}, quantity($_->{quantity}, ','), $_->{unit}, price($_->{price}, ','), $_->{net_text} // money($_->{net}, ','), $_->{category}, $_->{rate} ]
		for @{ $i->{lines} };
	push @rows, [ 30, money($i->{charge}, ','), 'Kortavgift', $i->{charge_category}, $i->{charge_rate} ] if $i->{charge};
	push @rows, [ 40, $_->{category}, $_->{rate}, money($_->{base}, ','), money($_->{tax}, ','), $_->{category} eq 'G' ? ('VATEX-EU-G', 'Eksport') : ('', '') ] for @{ $i->{taxes} };
	push @rows, [ 50, money($i->{line_total}, ','), money($i->{charge} + ($i->{charge_off} // 0), ','), money($i->{net}, ','), money($i->{tax}, ','), money($i->{gross}, ','), money($i->{gross} + ($i->{payable_off} // 0), ',') ];
	return join '', map { join(';', @$_) . "\n" } @rows;
}

sub xml { my ($text) = @_; $text =~ s/&/&amp;/g; $text =~ s/</&lt;/g; return $text; }

sub ubl_of
{
	my ($i) = @_;
	my $c = $i->{customer};
	my ($root, $line, $units) = $i->{type} == 381 ? qw(CreditNote CreditNoteLine CreditedQuantity) : qw(Invoice InvoiceLine InvoicedQuantity);
	my $amount = sub { my ($name, $minor) = @_; return sprintf '<cbc:%s currencyID="%s">%s</cbc:%s>', $name, $i->{currency}, money($minor, '.'), $name; };
	my $category = sub { my ($name, $t) = @_; return sprintf '<cac:%s><cbc:ID>%s</cbc:ID><cbc:Percent>%d</cbc:Percent>%s<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:%s>',
		$name, $t->{category}, $t->{rate}, $name eq 'TaxCategory' && $t->{category} eq 'G' ? '<cbc:TaxExemptionReasonCode>VATEX-EU-G</cbc:TaxExemptionReasonCode>' : '', $name; };
	my $party = sub {
		my ($name, $vat, $legal, $street, $city, $code, $country, $id) = @_;
		return '<cac:Party>' . ($id ? "<cac:PartyIdentification><cbc:ID>$id</cbc:ID></cac:PartyIdentification>" : '')
			. '<cac:PostalAddress><cbc:StreetName>' . xml($street) . '</cbc:StreetName><cbc:CityName>' . xml($city) . "</cbc:CityName><cbc:PostalZone>$code</cbc:PostalZone><cac:Country><cbc:IdentificationCode>$country</cbc:IdentificationCode></cac:Country></cac:PostalAddress>"
			. ($vat ? "<cac:PartyTaxScheme><cbc:CompanyID>$vat</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>" : '')
			. '<cac:PartyLegalEntity><cbc:RegistrationName>' . xml($name) . '</cbc:RegistrationName>' . ($legal ? "<cbc:CompanyID>$legal</cbc:CompanyID>" : '') . '</cac:PartyLegalEntity></cac:Party>';
	};
	my $x = qq(<$root xmlns="urn:oasis:names:specification:ubl:schema:xsd:$root-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">\n)
		. "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>\n<cbc:ID>$i->{number}</cbc:ID>\n<cbc:IssueDate>" . iso($i->{issued}) . "</cbc:IssueDate>\n"
		. ($i->{type} == 381 ? '' : '<cbc:DueDate>' . iso($i->{due}) . "</cbc:DueDate>\n")
		. "<cbc:${root}TypeCode>$i->{type}</cbc:${root}TypeCode>\n<cbc:DocumentCurrencyCode>$i->{currency}</cbc:DocumentCurrencyCode>\n<cbc:BuyerReference>Kort $c->{no}</cbc:BuyerReference>\n"
		. "<cac:InvoicePeriod><cbc:StartDate>2026-10-01</cbc:StartDate><cbc:EndDate>2026-10-31</cbc:EndDate></cac:InvoicePeriod>\n"
		. ($i->{preceding} ? "<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>$i->{preceding}</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>\n" : '')
		. '<cac:AccountingSupplierParty>' . $party->('Nordkort Drivstoff AS', $i->{seller_vat}, '918273640', 'Drivstoffveien 1', 'Oslo', '0668', 'NO', '') . "</cac:AccountingSupplierParty>\n"
		. '<cac:AccountingCustomerParty>' . $party->($c->{name}, $c->{vat_id}, $c->{registration_no}, $c->{street}, $c->{city}, $c->{postcode}, $c->{country}, $c->{no}) . "</cac:AccountingCustomerParty>\n"
		. ($i->{type} == 381 ? '' : "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentID>$i->{reference}</cbc:PaymentID><cac:PayeeFinancialAccount><cbc:ID>" . ($i->{home} eq 'NO' ? 'NO9386011117947' : 'SE4550000000058398257466') . "</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>\n")
		. ($i->{charge} ? '<cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:AllowanceChargeReason>Kortavgift</cbc:AllowanceChargeReason>' . $amount->('Amount', $i->{charge}) . $category->('TaxCategory', { category => $i->{charge_category}, rate => $i->{charge_rate} }) . "</cac:AllowanceCharge>\n" : '')
		. '<cac:TaxTotal>' . $amount->('TaxAmount', $i->{tax}) . join('', map { '<cac:TaxSubtotal>' . $amount->('TaxableAmount', $_->{base}) . $amount->('TaxAmount', $_->{tax}) . $category->('TaxCategory', $_) . '</cac:TaxSubtotal>' } @{ $i->{taxes} }) . "</cac:TaxTotal>\n"
		. '<cac:LegalMonetaryTotal>' . $amount->('LineExtensionAmount', $i->{line_total}) . $amount->('TaxExclusiveAmount', $i->{net}) . $amount->('TaxInclusiveAmount', $i->{gross})
		. ($i->{charge} || $i->{charge_off} ? $amount->('ChargeTotalAmount', $i->{charge} + ($i->{charge_off} // 0)) : '') . $amount->('PayableAmount', $i->{gross} + ($i->{payable_off} // 0)) . "</cac:LegalMonetaryTotal>\n";
	for my $l (@{ $i->{lines} })
	{
		$x .= "<cac:$line><cbc:ID>$l->{no}</cbc:ID><cbc:$units unitCode=\"$l->{unit}\">" . quantity($l->{quantity}, '.') . "</cbc:$units>"
			. ($l->{net_text} ? "<cbc:LineExtensionAmount currencyID=\"$i->{currency}\">$l->{net_text}</cbc:LineExtensionAmount>" : $amount->('LineExtensionAmount', $l->{net}))
			. '<cac:Item><cbc:Name>' . xml($l->{name}) . "</cbc:Name><cac:SellersItemIdentification><cbc:ID>$l->{id}</cbc:ID></cac:SellersItemIdentification>" . $category->('ClassifiedTaxCategory', $l)
			. "</cac:Item><cac:Price><cbc:PriceAmount currencyID=\"$i->{currency}\">" . price($l->{price}, '.') . "</cbc:PriceAmount></cac:Price></cac:$line>\n";
	}
	return "$x</$root>\n";
}

sub csv { return join(',', map { my $t = $_ // ''; $t =~ /[",\n]/ ? do { $t =~ s/"/""/g; "\"$t\"" } : $t } @_) . "\n"; }

sub open_out { my ($name) = @_; open(my $file, '>:encoding(UTF-8)', "$option{out}/$name") or die "could not open $option{out}/$name: $!\n"; return $file; }

mkdir $option{out} unless -d $option{out};
my $main = open_out($option{format} eq 'ubl' ? 'fuelcard.xml' : 'fuelcard.txt');
my $broken = open_out('broken.csv');
print $broken csv('number', 'fault');
my (%documents, %gross, $count, $sum);
($count, $sum) = (0, 0);
print $main $option{format} eq 'ubl' ? qq(<?xml version="1.0" encoding="UTF-8"?>\n<Invoices>\n) : "00;NORDKORT;01.11.2026;2026-10\n";
my $credit_notes = $option{customers};
# broken invoices stand evenly in the file, never at the very start
my $stride = $option{broken} ? $option{customers} / ($option{broken} + 1) : 0;
for my $no (1 .. $option{customers})
{
	my @documents = (make_invoice(make_customer($no), $no));
	push @documents, make_credit_note($documents[0], ++$credit_notes) if $no % 67 == 0;
	if ($stride && $no % $stride == 0 && $no / $stride <= $option{broken})
	{
		my $fault = $faults[ ($no / $stride - 1) % @faults ];
		my $number = $documents[0]{number};
		$fault->[1]($documents[0]);
		print $broken csv($number, $fault->[0]);
	}
	for my $document (@documents)
	{
		print $main $option{format} eq 'ubl' ? ubl_of($document) : records_of($document);
		$documents{ $document->{currency} }++;
		$gross{ $document->{currency} } += $document->{gross};
		$count++;
		$sum += $document->{gross};
	}
}
print $main $option{format} eq 'ubl' ? "</Invoices>\n" : sprintf("99;%d;%s\n", $count, money($sum, ','));
close $main;
close $broken;

my $control = open_out('control.csv');
print $control csv('currency', 'documents', 'gross');
print $control csv($_, $documents{$_}, money($gross{$_}, '.')) for sort keys %documents;
close $control;

# the second issuer: road assistance invoices of the same group, as rows
my $invoices = open_out('batch_invoice.csv');
my $lines = open_out('batch_line.csv');
my ($batch_count, $batch_sum) = (0, 0);
for my $no (1 .. 120)
{
	my $c = make_customer(500000 + $no);
	next if $c->{country} ne 'NO' || $c->{kind} eq 'marine';
	my $fee = 89000 + 1000 * random_below(90);
	my $tax = divide_round($fee * 25, 100);
	my $number = sprintf 'V26%05d', $no;
	print $invoices csv($number, $c->{no}, $c->{name}, $c->{registration_no}, $c->{vat_id}, $c->{street}, $c->{postcode}, $c->{city}, $c->{country}, money($fee, '.'), money($tax, '.'), money($fee + $tax, '.'), $c->{no} . luhn_digit($c->{no}));
	print $lines csv($number, 1, 'Veihjelp, berging til verksted', '1', 'C62', money($fee, '.'), money($fee, '.'), 'S', '25');
	$batch_count++;
	$batch_sum += $fee + $tax;
}
close $invoices;
close $lines;
my $batch = open_out('batch_control.csv');
print $batch csv('documents', 'gross'), csv($batch_count, money($batch_sum, '.'));
close $batch;
printf "%d documents in %s, %d rows in the batch\n", $count, $option{format} eq 'ubl' ? 'fuelcard.xml' : 'fuelcard.txt', $batch_count;
