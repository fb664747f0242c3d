# 300_invoice_corpus: the corpus of independent cases: true content of generated invoices
# (301_invoice_score has the verdicts).  Needs MAILROOM_SHARED (default: the folder
# shared beside the repository); without it the test is skipped and says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($shared) = grep { defined && -d "$_/corpus" } ($ENV{MAILROOM_SHARED}, "$FindBin::Bin/../../../shared");
plan skip_all => 'SKIPPED: no corpus; set MAILROOM_SHARED to the folder that contains corpus/' unless defined $shared;
my $corpus = "$shared/corpus";
my $node = mailroom_node('invoice_corpus', preload => 0);

# read_table(file, separator): rows as hashes; quotes doubled inside quotes
sub read_table
{
	my ($file, $separator) = @_;
	my (@rows, @names);
	open my $in, '<:encoding(UTF-8)', $file or die "$file: $!";
	while (my $line = <$in>)
	{
		my @fields;
		$line =~ s/\r?\n$//;
		if ($separator eq "\t") { @fields = split /\t/, $line, -1 }
		else
		{
			while ($line =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/g)
			{
				my ($quoted, $plain, $end) = ($1, $2, $3);
				$quoted =~ s/""/"/g if defined $quoted;
				push @fields, $quoted // $plain;
				last if $end eq '';
			}
		}
		if (!@names) { @names = @fields; next }
		my %row;
		@row{@names} = @fields;
		push @rows, \%row;
	}
	return @rows;
}

sub quote { my ($text) = @_; $text =~ s/'/''/g; return "'$text'" }

# run_files(query, files): the query's rows for each file; %s is the content
sub run_files
{
	my ($query, @files) = @_;
	my %result;
	my $script = "\\pset format unaligned\n\\pset tuples_only on\n\\pset fieldsep '\\t'\nSET client_min_messages = error;\n";
	$script .= "\\echo \@$_\n" . sprintf("$query;\n", 'pg_read_binary_file(' . quote($_) . ')') foreach @files;
	my ($out, $err);
	$node->psql('postgres', $script, stdout => \$out, stderr => \$err, on_error_stop => 0);
	my $at;
	foreach my $line (split /\n/, $out)
	{
		if ($line =~ /^\@(\/.*)/) { $at = $1; $result{$at} = [] }
		else { push @{ $result{$at} }, [ split /\t/, $line, -1 ] }
	}
	return \%result;
}

# -- content: every expected column of three formats ---------------------------------------------------------------
my %header = map { $_->{doc_id} => $_ } read_table("$corpus/generated/expected_header.csv", ',');
my (%lines, %vat);
push @{ $lines{ $_->{doc_id} } }, $_ foreach read_table("$corpus/generated/expected_line.csv", ',');
push @{ $vat{ $_->{doc_id} } }, $_ foreach read_table("$corpus/generated/expected_vat.csv", ',');
my %numeric = map { $_ => 1 } qw(bt_106 bt_108 bt_109 bt_110 bt_112 bt_114 bt_115 bt_129 bt_131 bt_136 bt_146 bt_152 bt_116 bt_117 bt_119);

# compare(where, want, got, differences): counts the columns; amounts by value, an amount of 0 may be left out
sub compare
{
	my ($where, $want, $got, $differences) = @_;
	my $count = 0;
	foreach my $column (grep { /^bt_/ } sort keys %$want)
	{
		my ($w, $g) = ($want->{$column}, $got->{$column} // '');
		my $same = $w eq $g;
		$same = ($w eq '' ? 0 : $w) == ($g eq '' ? 0 : $g) && ($w eq '' || $g ne '' || $w == 0) if !$same && $numeric{$column};
		$count++;
		push @$differences, "$where $column: got \"$g\", want \"$w\"" unless $same;
	}
	return $count;
}

# once: columns are taken away below, and whichever row is the first would no longer have them
my @header_names = grep { /^bt_|^self|^line/ } sort keys %{ (values %header)[0] };
my %column_lists = (header => join(', ', map { "j ->> " . quote($_) } @header_names));
foreach my $format (qw(peppol-ubl cius-ro-ubl peppol-selfbilling-ubl cii-en16931))
{
	my @files = grep { $_->{file} =~ m{^\Q$format\E/} && -f "$corpus/generated/$_->{file}" } read_table("$corpus/generated/files.csv", ',');
	my @paths = map { "$corpus/generated/$_->{file}" } @files;
	my @names = @header_names;
	my @line_names = grep { /^bt_/ } sort keys %{ $lines{ (keys %lines)[0] }[0] };
	my @vat_names = grep { /^bt_/ } sort keys %{ $vat{ (keys %vat)[0] }[0] };
	my $headers = run_files("SELECT $column_lists{header} FROM mailroom.parse_invoices(%s) AS j", @paths);
	my $line_rows = run_files('SELECT ' . join(', ', map { "l ->> '$_'" } @line_names)
			. " FROM mailroom.parse_invoices(%s) AS j, jsonb_array_elements(j -> 'bg_25') WITH ORDINALITY AS e (l, n) ORDER BY n", @paths);
	my $vat_rows = run_files('SELECT ' . join(', ', map { "v ->> '$_'" } @vat_names)
			. " FROM mailroom.parse_invoices(%s) AS j, jsonb_array_elements(j -> 'bg_23') WITH ORDINALITY AS e (v, n) ORDER BY n", @paths);
	my (@differences, $columns);
	foreach my $file (@files)
	{
		my ($doc, $path) = ($file->{doc_ids}, "$corpus/generated/$file->{file}");
		my (%got, @rows);
		@got{@names} = @{ $headers->{$path}[0] // [] };
		# the credit notes of the set carry no due date
		delete $header{$doc}{bt_9} if $doc =~ /c$/;
		utf8::decode($_) foreach grep { defined } values %got;
		$columns += compare($doc, $header{$doc}, \%got, \@differences);
		push @differences, "$doc self_billed" if ($got{self_billed} // '') ne ($format =~ /selfbilling/ ? 'true' : $header{$doc}{self_billed} eq 't' ? 'true' : 'false');
		push @differences, "$doc line_count" if ($got{line_count} // -1) != $header{$doc}{line_count};
		foreach my $part ([ $lines{$doc}, $line_rows, \@line_names, 'line' ], [ $vat{$doc}, $vat_rows, \@vat_names, 'VAT' ])
		{
			my ($want, $rows, $part_names, $label) = @$part;
			push @differences, "$doc number of $label rows" if @$want != @{ $rows->{$path} // [] };
			foreach my $i (0 .. $#$want)
			{
				my %row;
				@row{@$part_names} = @{ $rows->{$path}[$i] // [] };
				utf8::decode($_) foreach grep { defined } values %row;
				$columns += compare("$doc $label " . ($i + 1), $want->[$i], \%row, \@differences);
			}
		}
	}
	diag("$_") foreach @differences[0 .. ($#differences > 9 ? 9 : $#differences)];
	is(scalar @differences, 0, "$format: " . @files . " invoices, $columns columns, all as expected");
	my $findings = run_files('SELECT rule FROM mailroom.validate_invoice(%s)', @paths);
	is((scalar grep { @$_ } values %$findings), 0, "$format: no findings");
}

$node->stop;
done_testing();
