# mailroom: PGXS build.  "make && make install && make installcheck" for those who know it;
# ./demo.sh and ./check.sh do everything on a bare machine.

EXTENSION = mailroom
MAILROOM_VERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" mailroom.control)
MODULE_big = mailroom

# Every .c file below src/ belongs to the library; rooms are folders.
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
CORE_SOURCES = $(sort $(wildcard src/core/*.c))

# SQL parts in load order, listed one by one (test/check_parts.sh compares with the folder).
SQL_TABLES = \
	sql/10_hall.tables.sql \
	sql/20_jobs.tables.sql \
	sql/30_invoice.tables.sql \
	sql/31_codes.tables.sql \
	sql/34_expected.tables.sql \
	sql/40_postage.tables.sql \
	sql/43_address.tables.sql \
	sql/44_cover.tables.sql \
	sql/45_document.tables.sql \
	sql/45_letter.tables.sql \
	sql/46_channel.tables.sql \
	sql/46_recipient_channel.tables.sql \
	sql/45_template_life.tables.sql \
	sql/46_postage_audit.tables.sql \
	sql/46_proof.tables.sql \
	sql/47_container.tables.sql \
	sql/48_booking.tables.sql \
	sql/48_postage_year.tables.sql \
	sql/50_print.tables.sql \
	sql/50_print_profile.tables.sql \
	sql/50_split.tables.sql \
	sql/51_withdraw.tables.sql \
	sql/52_release.tables.sql \
	sql/53_return.tables.sql \
	sql/55_archive.tables.sql \
	sql/56_archive_proof.tables.sql \
	sql/57_archive_export.tables.sql \
	sql/57_archive_seal.tables.sql \
	sql/58_retention.tables.sql \
	sql/59_archive_search.tables.sql \
	sql/59_clerk.tables.sql \
	sql/60_selfbill.tables.sql \
	sql/65_credit.tables.sql \
	sql/80_flow.tables.sql
SQL_CODE = \
	sql/10_hall.code.sql \
	sql/20_jobs.code.sql \
	sql/25_collect.code.sql \
	sql/30_invoice.code.sql \
	sql/31_codes.code.sql \
	sql/32_intake.code.sql \
	sql/33_layout.code.sql \
	sql/34_expected_name.code.sql \
	sql/34_expected.code.sql \
	sql/34_expected_band.code.sql \
	sql/34_expected_set.code.sql \
	sql/40_postage.code.sql \
	sql/41_tariff.code.sql \
	sql/41_tariff_load.code.sql \
	sql/42_plan.code.sql \
	sql/43_address.code.sql \
	sql/43_returned.code.sql \
	sql/44_cover.code.sql \
	sql/43_tariff_check.code.sql \
	sql/45_document.code.sql \
	sql/45_document_proof.code.sql \
	sql/45_template_life.code.sql \
	sql/45_letter.code.sql \
	sql/46_channel.code.sql \
	sql/46_recipient_channel.code.sql \
	sql/47_mailbox.code.sql \
	sql/46_postage_audit.code.sql \
	sql/46_postage_weight.code.sql \
	sql/46_postage_settle.code.sql \
	sql/47_container.code.sql \
	sql/47_postage_compare.code.sql \
	sql/48_hand_in_bill.code.sql \
	sql/48_booking.code.sql \
	sql/48_postage_share.code.sql \
	sql/49_postage_chart.code.sql \
	sql/48_postage_year.code.sql \
	sql/49_hand_in.code.sql \
	sql/49_hold.code.sql \
	sql/50_print.code.sql \
	sql/50_print_profile.code.sql \
	sql/50_split.code.sql \
	sql/51_withdraw.code.sql \
	sql/52_release.code.sql \
	sql/53_return.code.sql \
	sql/55_archive.code.sql \
	sql/56_archive_proof.code.sql \
	sql/57_archive_export.code.sql \
	sql/57_archive_seal.code.sql \
	sql/58_archive_rows.code.sql \
	sql/58_retention.code.sql \
	sql/59_archive_search.code.sql \
	sql/59_clerk.code.sql \
	sql/60_selfbill.code.sql \
	sql/65_credit.code.sql \
	sql/80_flow.code.sql \
	sql/90_report.code.sql \
	sql/91_expected_chart.code.sql \
	sql/91_fault_report.code.sql \
	sql/92_proof.code.sql
SQL_LAST = sql/98_access.sql sql/99_dump.sql
SQL_SCRIPT = sql/mailroom--$(MAILROOM_VERSION).sql

DATA_built = $(SQL_SCRIPT)
EXTRA_CLEAN = $(SQL_SCRIPT) src/*.bc src/*/*.bc test/unit/bin

# installcheck: regression (test/sql), isolation (test/specs), TAP (test/t)
REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --encoding=UTF8 --load-extension=pgtap --load-extension=mailroom
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=. --load-extension=mailroom
TAP_TESTS = 1
PROVE_TESTS = test/t/*.pl

XML2_CFLAGS := $(shell xml2-config --cflags 2>/dev/null || echo -I/usr/include/libxml2)
XML2_LIBS := $(shell xml2-config --libs 2>/dev/null || echo -lxml2)
PG_CPPFLAGS = -Isrc $(XML2_CFLAGS) -DMAILROOM_VERSION='"$(MAILROOM_VERSION)"'
PG_CFLAGS = -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-declaration-after-statement -fvisibility=hidden $(WERROR)
SHLIB_LINK = $(XML2_LIBS) -lz

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# the server's make rules know no headers: whatever is included may have changed
$(OBJS): $(wildcard src/*.h src/*/*.h src/*/*.def)

$(SQL_SCRIPT): mailroom.control sql/00_header.sql $(SQL_TABLES) $(SQL_CODE) $(SQL_LAST) $(wildcard data/codelist/*.csv)
	cat sql/00_header.sql $(SQL_TABLES) > $@.tmp
	cat $(SQL_CODE) | sed -e 's/^CREATE OR REPLACE /CREATE /' >> $@.tmp
	tools/make_code_lists.sh >> $@.tmp
	cat $(SQL_LAST) >> $@.tmp
	mv $@.tmp $@

# Objects depend on every header: the tree is small, a stale object is dearer than a rebuild.
$(OBJS): $(sort $(wildcard src/*.h src/*/*.h src/*/*.def)) mailroom.control

CLANG_FORMAT = clang-format
.PHONY: unit fuzz bench check-layers check-exports check-parts check-format docs
unit:
	$(MAKE) -s -C test/unit run
fuzz:
	$(MAKE) -s -C test/fuzz run

check-layers:
	test/check_layers.sh
check-exports: all
	test/check_exports.sh mailroom.so
check-parts:
	test/check_parts.sh "$(SQL_TABLES) $(SQL_CODE) $(SQL_LAST)"
check-format:
	$(CLANG_FORMAT) --dry-run -Werror $(wildcard src/*.[ch] src/*/*.[ch])
bench:
	./bench.sh $(BENCH)
docs:
	tools/make_docs.sh
