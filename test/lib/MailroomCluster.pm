# MailroomCluster: a test node that loads the private install named by MAILROOM_INSTALL (or the system's).
package MailroomCluster;

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Exporter 'import';
our @EXPORT = qw(mailroom_node wait_for crash);

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

# wait_for(node, query, seconds, database): until the query says t; false when the time is up.  Three minutes at least: a long
# bound costs nothing where the outcome comes, and on a busy machine anything may take a minute.
sub wait_for
{
	my ($node, $query, $seconds, $database) = @_;
	$seconds = 180 if !defined $seconds || $seconds < 180;
	for (1 .. $seconds * 20)
	{
		my $got = eval { $node->safe_psql($database // 'postgres', $query) } // '';
		return 1 if $got eq 't';
		select(undef, undef, undef, 0.05);
	}
	return 0;
}

# crash(node, pid ...): kills these backends with -9 and returns when the server is back.  The postmaster must have seen the
# death first: until then it would still let a session in, only to end it a moment later.
sub crash
{
	my ($node, @pid) = @_;
	die 'nothing to kill' unless @pid;
	kill 'KILL', @pid;
	for (1 .. 3600)
	{
		last unless kill 0, @pid;
		select(undef, undef, undef, 0.05);
	}
	return wait_for($node, 'SELECT true');
}

1;
