/*
 * queue_latency.c: microseconds from sending COMMIT to the moment the other side knows, median of
 * many.
 *
 *   queue_latency notify COUNT PAUSE_MS   a session that LISTENs
 *   queue_latency written COUNT PAUSE_MS  the same, of a transaction that also inserts a job's row
 *   queue_latency job COUNT PAUSE_MS      a handler that notes its start in public.noted (job_id,
 * at)
 *
 * Connects as libpq's environment says.  A bare NOTIFY writes nothing and so does not wait for the
 * disk; a file or job does.  "written" is the NOTIFY that compares with a job.
 */
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static long long
now_us(void)
{
	struct timeval t;

	gettimeofday(&t, NULL);
	return t.tv_sec * 1000000LL + t.tv_usec;
}

static PGconn *
connect_or_exit(void)
{
	PGconn *connection = PQconnectdb("");

	if (PQstatus(connection) != CONNECTION_OK)
	{
		fprintf(stderr, "%s", PQerrorMessage(connection));
		exit(1);
	}
	return connection;
}

static long long
run(PGconn *connection, const char *sql)
{
	PGresult *result = PQexec(connection, sql);
	long long answer = -1;

	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		answer = PQntuples(result) > 0 ? atoll(PQgetvalue(result, 0, 0)) : -1;
	else if (PQresultStatus(result) != PGRES_COMMAND_OK)
	{
		fprintf(stderr, "%s", PQerrorMessage(connection));
		exit(1);
	}
	PQclear(result);
	return answer;
}

static long long
one_notify(PGconn *sender, PGconn *listener, int writes)
{
	struct pollfd waiting = {PQsocket(listener), POLLIN, 0};
	PGnotify *notify = NULL;
	long long start;

	run(sender, "BEGIN");
	if (writes)
		run(sender, "INSERT INTO public.written (issuer_id, kind) VALUES (1, 'note')");
	run(sender, "NOTIFY bench_queue");
	start = now_us();
	PQsendQuery(sender, "COMMIT");
	while (notify == NULL)
	{
		poll(&waiting, 1, -1);
		PQconsumeInput(listener);
		notify = PQnotifies(listener);
	}
	start = now_us() - start;
	PQfreemem(notify);
	PQclear(PQgetResult(sender));
	PQclear(PQgetResult(sender));
	return start;
}

static long long
one_job(PGconn *sender, PGconn *reader)
{
	char query[200];
	long long start, seen = -1;
	long long job;

	run(sender, "BEGIN");
	job = run(sender, "SELECT mailroom.enqueue_job(1, 'note')");
	start = now_us();
	run(sender, "COMMIT");
	snprintf(
		query, sizeof(query),
		"SELECT (extract(epoch FROM at) * 1000000)::bigint FROM public.noted WHERE job_id = %lld",
		job);
	while (seen < 0)
	{
		usleep(2000);
		seen = run(reader, query);
	}
	return seen - start;
}

static int
compare(const void *a, const void *b)
{
	long long x = *(const long long *) a, y = *(const long long *) b;

	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	int count = atoi(argv[2]);
	long long *times = malloc(sizeof(long long) * count);
	PGconn *sender = connect_or_exit();
	PGconn *other = connect_or_exit();
	int writes = strcmp(argv[1], "written") == 0;
	int is_notify = writes || strcmp(argv[1], "notify") == 0;

	if (is_notify)
		run(other, "LISTEN bench_queue");
	for (int i = -1; i < count; i++) /* the first is not counted */
	{
		long long t = is_notify ? one_notify(sender, other, writes) : one_job(sender, other);

		if (i >= 0)
			times[i] = t;
		usleep(atoi(argv[3]) * 1000);
	}
	qsort(times, count, sizeof(long long), compare);
	printf("%lld\n", times[count / 2]);
	return 0;
}
