# CorpusContent: compares what mailroom.parse_invoices reads from the generated invoices of the corpus with their true
# content, column by column.
package CorpusContent;

use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(corpus_folder content_differences);

# The corpus: MAILROOM_SHARED, or the folder shared beside the repository; undef without it
sub corpus_folder
{
	my ($repository) = @_;
	my ($shared) = grep { defined && -d "$_/corpus" } ($ENV{MAILROOM_SHARED}, "$repository/../shared");
	return defined $shared ? "$shared/corpus" : undef;
}

# read_table(file): rows as hashes; quotes doubled inside quotes
sub read_table
{
	my ($file) = @_;
	my (@rows, @names);
	open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n";
	while (my $line = <$in>)
	{
		my @fields;
		$line =~ s/\r?\n$//;
		while ($line =~ /\G(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/g)
		{
			my ($quoted, $plain, $end) = ($1, $2, $3);
			$quoted =~ s/""/"/g if defined $quoted;
			push @fields, $quoted // $plain;
			last if $end eq '';
		}
		if (!@names) { @names = @fields; next }
		my %row;
		@row{@names} = @fields;
		push @rows, \%row;
	}
	return @rows;
}

my %numeric = map { $_ => 1 } qw(bt_106 bt_108 bt_109 bt_110 bt_112 bt_114 bt_115 bt_129 bt_131 bt_136 bt_146 bt_152 bt_116 bt_117 bt_119);

# compare(where, want, got, columns, differences): amounts by value, an amount of 0 may be left out; returns the columns
sub compare
{
	my ($where, $want, $got, $columns, $differences) = @_;
	foreach my $column (@$columns)
	{
		my ($w, $g) = ($want->{$column} // '', $got->{$column} // '');
		my $same = $w eq $g;
		$same = ($w eq '' ? 0 : $w) == ($g =~ /^-?[\d.]+$/ ? $g : 0) && ($w eq '' || $g ne '' || $w == 0) if !$same && $numeric{$column};
		push @$differences, "$where $column: got \"$g\", want \"$w\"" unless $same;
	}
	return scalar @$columns;
}

# content_differences(node, corpus, format, not carried => [columns], expect => sub { changes a want row })
#   → { invoices, columns, differences => [...] }
# expect gets the kind of row (header, line, vat), the document's name and the row.
sub content_differences
{
	my ($node, $corpus, $format, %option) = @_;
	my %left_out = map { $_ => 1 } @{ $option{not_carried} // [] };
	my %header = map { $_->{doc_id} => $_ } read_table("$corpus/generated/expected_header.csv");
	my %result = (invoices => 0, columns => 0, differences => []);
	my (%part, %names);
	foreach my $kind (qw(line vat))
	{
		push @{ $part{$kind}{ $_->{doc_id} } }, $_ foreach read_table("$corpus/generated/expected_$kind.csv");
		$names{$kind} = [ grep { /^bt_/ && !$left_out{$_} } sort keys %{ (values %{ $part{$kind} })[0][0] } ];
	}
	$names{header} = [ grep { /^bt_/ && !$left_out{$_} } sort keys %{ (values %header)[0] } ];
	foreach my $file (grep { $_->{file} =~ m{^\Q$format\E/} && -f "$corpus/generated/$_->{file}" } read_table("$corpus/generated/files.csv"))
	{
		my $list = sub { my ($from, $kind) = @_; return join ', ', map { "$from ->> '$_'" } @{ $names{$kind} } };
		my $path = "$corpus/generated/$file->{file}";
		$path =~ s/'/''/g;
		my ($out, $error) = ('', '');
		# one row for the header, then its lines and its breakdown
		$node->psql('postgres', <<"SQL", stdout => \$out, stderr => \$error, extra_params => [ '-qAt', '-F', "\t" ]);
SELECT r.* FROM (SELECT * FROM mailroom.parse_invoices(pg_read_binary_file('$path')) WITH ORDINALITY) AS d (j, no),
	LATERAL (SELECT no, 0, 0::bigint, 'header', array_to_string(ARRAY[${\ $list->('j', 'header')}, j ->> 'self_billed', j ->> 'line_count'], E'\\t', '')
		UNION ALL SELECT no, 1, n, 'line', array_to_string(ARRAY[${\ $list->('l', 'line')}], E'\\t', '') FROM jsonb_array_elements(j -> 'bg_25') WITH ORDINALITY AS e (l, n)
		UNION ALL SELECT no, 2, n, 'vat', array_to_string(ARRAY[${\ $list->('v', 'vat')}], E'\\t', '') FROM jsonb_array_elements(j -> 'bg_23') WITH ORDINALITY AS e (v, n)) AS r
ORDER BY 1, 2, 3;
SQL
		push @{ $result{differences} }, "$file->{file}: $error" if $error ne '';
		utf8::decode($out);
		my (%rows, %seen);
		foreach my $line (split /\n/, $out)
		{
			my ($no, undef, undef, $kind, @fields) = split /\t/, $line, -1;
			push @{ $rows{$no}{$kind} }, \@fields;
			$seen{$no} = 1;
		}
		my @documents = split / /, $file->{doc_ids};
		push @{ $result{differences} }, "$file->{file}: " . keys(%seen) . ' invoices, expected ' . @documents if keys %seen != @documents;
		foreach my $i (0 .. $#documents)
		{
			my ($name, $got) = ($documents[$i], $rows{ $i + 1 });
			my %want = %{ $header{$name} };
			my (%have, @differences);
			@have{ @{ $names{header} }, 'self_billed', 'line_count' } = @{ $got->{header}[0] // [] };
			$result{invoices}++;
			$option{expect}->('header', $name, \%want) if $option{expect};
			$result{columns} += compare($name, \%want, \%have, $names{header}, \@differences);
			push @differences, "$name self_billed" if ($have{self_billed} // '') ne ($want{self_billed} eq 't' ? 'true' : 'false');
			push @differences, "$name line_count" if ($have{line_count} // '') ne $want{line_count};
			foreach my $kind (qw(line vat))
			{
				my @wanted = @{ $part{$kind}{$name} // [] };
				push @differences, "$name: number of $kind rows" if @wanted != @{ $got->{$kind} // [] };
				foreach my $n (0 .. $#wanted)
				{
					my %row = %{ $wanted[$n] };
					my %found;
					@found{ @{ $names{$kind} } } = @{ $got->{$kind}[$n] // [] };
					$option{expect}->($kind, $name, \%row) if $option{expect};
					$result{columns} += compare("$name $kind " . ($n + 1), \%row, \%found, $names{$kind}, \@differences);
				}
			}
			push @{ $result{differences} }, @differences;
		}
	}
	return \%result;
}

1;
