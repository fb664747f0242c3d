# MailroomVectors: shared test vectors (CSV with a header line), loaded as tables of text.
package MailroomVectors;

use strict;
use warnings;
use FindBin;
use Test::More;
use Exporter 'import';
our @EXPORT = qw(vector_file load_vectors);

# vector_file(name): path of vectors/name.csv below MAILROOM_SHARED (default: the folder "shared" beside
# the repository), or undef when it is not there.
sub vector_file
{
	my ($name) = @_;
	my $shared = $ENV{MAILROOM_SHARED} // "$FindBin::Bin/../../../shared";
	my $file = "$shared/vectors/$name.csv";
	return -r $file ? $file : undef;
}

# load_vectors(node, name): creates the table vector_NAME (row_no and one text column a CSV column) in
# database postgres; the number of rows, or undef after a loud note when the vectors are missing.
sub load_vectors
{
	my ($node, $name) = @_;
	my $file = vector_file($name);
	if (!defined $file)
	{
		diag("SKIPPED: vectors/$name.csv is not there (set MAILROOM_SHARED)");
		return undef;
	}
	open(my $in, '<', $file) or die "could not open $file: $!";
	my $header = <$in>;
	close($in);
	chomp $header;
	my @columns = map { "c$_ text" } 1 .. scalar(split /,/, $header);
	my @names = map { my $n = $_; $n =~ s/\W+/_/g; $n =~ s/_$//; $n } split /,/, $header;
	my $columns = join(', ', map { "\"$_\" text" } @names);
	my $list = join(', ', map { "\"$_\"" } @names);
	# CSV quotes nothing that is empty: an empty cell arrives as null
	$node->safe_psql('postgres', "CREATE TABLE vector_$name (row_no bigint GENERATED ALWAYS AS IDENTITY, $columns);\n"
		. "\\copy vector_$name ($list) FROM '$file' WITH (FORMAT csv, HEADER)");
	return $node->safe_psql('postgres', "SELECT count(*) FROM vector_$name");
}

1;
