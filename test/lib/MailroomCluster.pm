# MailroomCluster: a test node that loads the private install named by MAILROOM_INSTALL (or the system's).
package MailroomCluster;

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Exporter 'import';
our @EXPORT = qw(mailroom_node wait_for);

# mailroom_node(name, preload => 0|1, conf => "lines"): an initialised, started node with the extension
# created in database postgres.  preload defaults to 1.
sub mailroom_node
{
	my ($name, %option) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	my $install = $ENV{MAILROOM_INSTALL};
	my $library = 'mailroom';
	$node->init(extra => [ '--locale=C', '--encoding=UTF8' ], %{ $option{init} // {} });
	if (defined $install)
	{
		my $lib = `pg_config --pkglibdir`;
		$lib = `$ENV{PG_CONFIG} --pkglibdir` if $ENV{PG_CONFIG};
		chomp $lib;
		$library = "$install$lib/mailroom";
		$node->append_conf('postgresql.conf', "extension_destdir = '$install'\ndynamic_library_path = '$install$lib:\$libdir'\n");
	}
	$node->append_conf('postgresql.conf', "shared_preload_libraries = '$library'\n") if $option{preload} // 1;
	$node->append_conf('postgresql.conf', "max_worker_processes = 16\n");
	$node->append_conf('postgresql.conf', $option{conf}) if defined $option{conf};
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION mailroom');
	return $node;
}

# wait_for(node, query, seconds): until the query says t; false when the time is up.
sub wait_for
{
	my ($node, $query, $seconds) = @_;
	for (1 .. ($seconds // 60) * 20)
	{
		my $got = eval { $node->safe_psql('postgres', $query) } // '';
		return 1 if $got eq 't';
		select(undef, undef, undef, 0.05);
	}
	return 0;
}

1;
