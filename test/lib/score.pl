# score.pl [-v] [-r] CORPUS SCRATCH [SUITE ...]: the score table of the corpus; called by score.sh with a running server.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use CorpusScore qw(score_corpus);

my %option;
while (@ARGV && $ARGV[0] =~ /^-([vr])$/) { $option{$1} = 1; shift }
my ($corpus, $scratch, @names) = @ARGV;
my $result = score_corpus($corpus, $scratch, \@names, 'psql');
my @differences = @{ $result->{difference} };
my %by_rule;
print STDERR "raised: @$_\n" foreach @{ $result->{raised} };

sub of { my ($got, $all) = @_; return $all ? "$got / $all" : '' }
my $format = "| %-30s | %9s | %11s | %11s | %11s | %11s | %11s | %11s |\n";
printf $format, 'suite', 'documents', 'passed', 'verdict', 'fatal set', 'counts', 'aborts', 'advisory';
printf $format, '---', map { '--:' } 1 .. 7;
foreach my $suite (@{ $result->{suite} })
{
	my ($name, $kind, $all, $verdict, $set, $counts, $aborts, $answered, $advisory) = @$suite;
	printf $format, $name, $all + $aborts,
		$kind eq 'test' ? (of($counts, $all), ('') x 5)
		: $kind eq 'label' ? ('', of($verdict, $all), of($set, $all), of($counts, $all), of($answered, $aborts), of($advisory, $all))
		: ('', of($verdict, $all), ('') x 4);
}
if ($option{v})
{
	print "\n";
	printf "%s %s: %s, expected %s, found %s\n", @$_[0, 1], $_->[2] || '-', $_->[3] eq $_->[4] || $_->[4] eq '' ? $_->[3] : "$_->[3]-$_->[4]", $_->[5] foreach @differences;
}
if ($option{r})
{
	foreach (grep { $_->[5] =~ /^\d+$/ } @differences)
	{
		my $sum = $by_rule{"$_->[0] $_->[2]"} //= [ 0, 0, 0, $_->[1] ];
		$sum->[ $_->[5] == 0 ? 0 : $_->[3] == 0 ? 1 : 2 ]++;
	}
	printf "\n%-60s %8s %8s %8s  %s\n", 'suite and rule', 'missing', 'surplus', 'number', 'first document';
	printf "%-60s %8d %8d %8d  %s\n", $_, @{ $by_rule{$_} } foreach sort keys %by_rule;
}
