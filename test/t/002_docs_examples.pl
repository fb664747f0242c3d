# 002_docs_examples: the SQL examples of README and of every page of docs run as pasted, page by page from top to bottom
# in one psql session, in a database that has worked off a small sample; no worker runs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MailroomCluster;
use MailroomSample;
use File::Temp qw(tempdir);
use PostgreSQL::Test::Utils;
use Test::More;

my $tree = "$FindBin::Bin/../..";

# the blocks of a page that are fenced as SQL, with the line at which each begins
sub sql_blocks
{
	my ($page) = @_;
	my ($inside, $line, @blocks) = (0, 0);
	for (split /\n/, slurp_file($page))
	{
		$line++;
		if (!$inside && /^```sql\s*$/) { $inside = 1; push @blocks, [ $line + 1, '' ]; }
		elsif ($inside && /^```/) { $inside = 0; }
		elsif ($inside) { $blocks[-1][1] .= "$_\n"; }
	}
	return @blocks;
}

my $node = mailroom_node('docs', preload => 0);
my ($fuel) = sample_issuer($node);
sample_import($node, $fuel, sample_file(40));
$node->safe_psql('postgres', 'CALL mailroom.run_jobs()');
is($node->safe_psql('postgres', "SELECT state FROM mailroom.flow_run"), 'closed', 'the sample is worked off');
$node->safe_psql('template1', 'CREATE DATABASE sample TEMPLATE postgres');

# examples name the repository's files as seen from its top
my $folder = tempdir(CLEANUP => 1);
symlink("$tree/$_", "$folder/$_") for qw(data sample tools);
chdir $folder or die "cannot go to $folder: $!";

my $run = 0;
for my $page (sort glob("$tree/README.md $tree/docs/*.md"))
{
	my @blocks = sql_blocks($page) or next;
	my ($name) = $page =~ m{([^/]+)$};
	my $script = join '', map { "\\echo '-- $name, line $_->[0]'\n$_->[1]" } @blocks;
	$node->safe_psql('template1', 'CREATE DATABASE page TEMPLATE sample');
	$node->safe_psql('page', 'SELECT mailroom.start_jobs()');
	my ($code, $out, $err) = $node->psql('page', $script, on_error_stop => 1);
	is($code, 0, "$name: its " . @blocks . " examples run") or diag(join("\n", (grep { /^-- \Q$name\E/ } split /\n/, $out)[-1] // '', $err));
	$node->safe_psql('template1', 'DROP DATABASE page');
	$run += @blocks;
}
cmp_ok($run, '>=', 30, 'the examples were found');
chdir $tree;
$node->stop;
done_testing();
