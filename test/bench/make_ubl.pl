#!/usr/bin/perl
# make_ubl.pl: UBL invoices without faults, as many as asked for, written as they are made.
#
#   --count N       invoices (default 1)
#   --first N       number of the first (default 1); each has its own number
#   --prefix TEXT   before the number (default F)
#   --lines N       lines each (default 10, about 10 KB)
#   --attach BYTES  an attached document (BT-125) of that many bytes in base64 (default none)
#   --wide          lines say more: a note and a description (about 740 bytes each)
#   --mean-lines    lines vary from 1 to 2 * N - 1
#   --faulty N      the amount due of each Nth is wrong by one crown (BR-CO-16); the sum is that of BT-112 all the same
#   --bytes N       stops after the invoice with which N bytes are reached, whatever --count says
#   --form NAME     wrapped: one file with all of them in one element (default); copy: a row
#                   "number<TAB>\\x..." each, as COPY reads it; plain: one after the other
# Prints to standard output; the sum of BT-112 goes to standard error as "count sum bytes".
use strict;
use warnings;
use Getopt::Long;

my %o = (count => 1, faulty => 0, bytes => 0, first => 1, prefix => 'F', lines => 10, attach => 0, form => 'wrapped');
GetOptions(\%o, 'count=i', 'first=i', 'prefix=s', 'lines=i', 'attach=i', 'form=s', 'mean-lines', 'faulty=i', 'bytes=i', 'wide')
	or die "see the head of $0\n";
binmode STDOUT;

my $spaces = 'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"'
	. ' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
	. ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"';
my $category = "<cbc:ID>S</cbc:ID>\n<cbc:Percent>25</cbc:Percent>\n<cac:TaxScheme>\n<cbc:ID>VAT</cbc:ID>\n</cac:TaxScheme>\n";
my @products = ('Diesel', 'Petrol 95', 'AdBlue', 'Car wash', 'Bridge toll', 'Truck parking', 'HVO100', 'Screen wash');
my $chunk = attachment();
my ($count, $sum, $bytes) = (0, 0, 0);

put(qq{<?xml version="1.0" encoding="UTF-8"?>\n}) if $o{form} ne 'copy';
put("<invoices>\n") if $o{form} eq 'wrapped';
for my $n ($o{first} .. $o{first} + ($o{bytes} > 0 ? 1e9 : $o{count}) - 1)
{
	my $xml = invoice($n);
	if ($o{form} eq 'copy') { put("$n\t\\\\x" . unpack('H*', qq{<?xml version="1.0" encoding="UTF-8"?>\n$xml}) . "\n"); }
	else { put($xml); }
	$count++;
	last if $o{bytes} > 0 && $bytes >= $o{bytes};
}
put("</invoices>\n") if $o{form} eq 'wrapped';
close(STDOUT) or die "could not write: $!\n";
printf STDERR "%d %.2f %d\n", $count, $sum / 100, $bytes;

sub put { my ($text) = @_; $bytes += length $text; print $text or die "could not write: $!\n"; }

sub money { return sprintf '%d.%02d', int($_[0] / 100), $_[0] % 100; }

sub amount { my ($name, $minor) = @_; return qq{<cbc:$name currencyID="NOK">} . money($minor) . "</cbc:$name>\n"; }

sub party
{
	my ($role, $name, $org, $street) = @_;
	return "<cac:$role>\n<cac:Party>\n<cbc:EndpointID schemeID=\"0192\">$org</cbc:EndpointID>\n<cac:PartyName>\n<cbc:Name>$name</cbc:Name>\n</cac:PartyName>\n"
		. "<cac:PostalAddress>\n<cbc:StreetName>$street</cbc:StreetName>\n<cbc:CityName>Oslo</cbc:CityName>\n<cbc:PostalZone>0150</cbc:PostalZone>\n<cac:Country>\n<cbc:IdentificationCode>NO</cbc:IdentificationCode>\n</cac:Country>\n</cac:PostalAddress>\n"
		. "<cac:PartyTaxScheme>\n<cbc:CompanyID>NO${org}MVA</cbc:CompanyID>\n<cac:TaxScheme>\n<cbc:ID>VAT</cbc:ID>\n</cac:TaxScheme>\n</cac:PartyTaxScheme>\n"
		. "<cac:PartyLegalEntity>\n<cbc:RegistrationName>$name</cbc:RegistrationName>\n<cbc:CompanyID schemeID=\"0192\">$org</cbc:CompanyID>\n</cac:PartyLegalEntity>\n</cac:Party>\n</cac:$role>\n";
}

# All numbers follow from the invoice's own, so that the same call writes the same bytes.  Net amounts are whole
# crowns times four, so that 25 % of every sum is exact.
sub invoice
{
	my ($n) = @_;
	my $lines = $o{'mean-lines'} ? 1 + ($n * 7919) % (2 * $o{lines} - 1) : $o{lines};
	my ($net, $body) = (0, '');
	for my $l (1 .. $lines)
	{
		my $quantity = 1 + ($n * 31 + $l * 17) % 60;
		my $price = 400 * (1 + ($n + $l * 13) % 30);
		$net += $quantity * $price;
		my ($note, $description) = ('', '');
		if ($o{wide})
		{
			$note = "<cbc:Note>Card 7083 20 0" . (1000 + $l % 9000) . "</cbc:Note>\n";
			$description = "<cbc:Description>Taken at pump " . (1 + $l % 12) . ", odometer " . (10000 + $l) . " km</cbc:Description>\n";
		}
		$body .= "<cac:InvoiceLine>\n<cbc:ID>$l</cbc:ID>\n$note<cbc:InvoicedQuantity unitCode=\"LTR\">$quantity.000</cbc:InvoicedQuantity>\n"
			. amount('LineExtensionAmount', $quantity * $price)
			. "<cbc:AccountingCost>3211</cbc:AccountingCost>\n<cac:Item>\n$description<cbc:Name>$products[($n + $l) % @products], station "
			. (100 + ($n * 3 + $l) % 900)
			. "</cbc:Name>\n<cac:SellersItemIdentification>\n<cbc:ID>A" . (4000 + $l % 700)
			. "</cbc:ID>\n</cac:SellersItemIdentification>\n<cac:ClassifiedTaxCategory>\n$category</cac:ClassifiedTaxCategory>\n</cac:Item>\n<cac:Price>\n"
			. amount('PriceAmount', $price) . "</cac:Price>\n</cac:InvoiceLine>\n";
	}
	my ($tax, $gross) = ($net / 4, $net + $net / 4);
	$sum += $gross;
	my $attached = $o{attach} == 0 ? ''
		: "<cac:AdditionalDocumentReference>\n<cbc:ID>receipts</cbc:ID>\n<cac:Attachment>\n<cbc:EmbeddedDocumentBinaryObject mimeCode=\"application/pdf\" filename=\"receipts.pdf\">"
		. substr($chunk, 0, int($o{attach} / 4) * 4)
		. "</cbc:EmbeddedDocumentBinaryObject>\n</cac:Attachment>\n</cac:AdditionalDocumentReference>\n";
	return "<Invoice $spaces>\n<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>\n<cbc:ID>$o{prefix}-$n</cbc:ID>\n<cbc:IssueDate>2026-10-31</cbc:IssueDate>\n<cbc:DueDate>2026-11-14</cbc:DueDate>\n"
		. "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>\n<cbc:Note>Cards of October</cbc:Note>\n<cbc:DocumentCurrencyCode>NOK</cbc:DocumentCurrencyCode>\n<cbc:BuyerReference>4100/" . ($n % 1000) . "</cbc:BuyerReference>\n"
		. "<cac:InvoicePeriod>\n<cbc:StartDate>2026-10-01</cbc:StartDate>\n<cbc:EndDate>2026-10-31</cbc:EndDate>\n</cac:InvoicePeriod>\n<cac:OrderReference>\n<cbc:ID>PO-" . (70000 + $n % 9000) . "</cbc:ID>\n</cac:OrderReference>\n"
		. $attached
		. party('AccountingSupplierParty', 'Nordkort AS', '954822095', 'Havnegata 1')
		. party('AccountingCustomerParty', 'Fjellbygg ' . ($n % 10000) . ' AS', sprintf('9%08d', $n * 7 % 100000000), 'Bryggen ' . (1 + $n % 200))
		. "<cac:PaymentMeans>\n<cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>\n<cbc:PaymentID>" . (6669240000 + $n) . "</cbc:PaymentID>\n<cac:PayeeFinancialAccount>\n<cbc:ID>NO2415945354405</cbc:ID>\n</cac:PayeeFinancialAccount>\n</cac:PaymentMeans>\n"
		. "<cac:PaymentTerms>\n<cbc:Note>14 days net</cbc:Note>\n</cac:PaymentTerms>\n"
		. "<cac:TaxTotal>\n" . amount('TaxAmount', $tax) . "<cac:TaxSubtotal>\n" . amount('TaxableAmount', $net) . amount('TaxAmount', $tax)
		. "<cac:TaxCategory>\n$category</cac:TaxCategory>\n</cac:TaxSubtotal>\n</cac:TaxTotal>\n<cac:LegalMonetaryTotal>\n"
		. amount('LineExtensionAmount', $net) . amount('TaxExclusiveAmount', $net) . amount('TaxInclusiveAmount', $gross) . amount('PayableAmount', $gross + ($o{faulty} && $n % $o{faulty} == 0 ? 100 : 0))
		. "</cac:LegalMonetaryTotal>\n$body</Invoice>\n";
}

# base64 of bytes that no codec shortens much, from a small generator of our own: every run writes the same
sub attachment
{
	return '' if $o{attach} == 0;
	my @letters = ('A' .. 'Z', 'a' .. 'z', '0' .. '9', '+', '/');
	my ($state, $text) = (20261031, '');
	while (length $text < $o{attach})
	{
		$state = ($state * 1103515245 + 12345) % 2147483648;
		$text .= $letters[ ($state >> 8) % 64 ] . $letters[ ($state >> 16) % 64 ];
	}
	return $text;
}
