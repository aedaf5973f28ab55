/*
 * The ledger of what was destroyed.  The chain is recomputed here by sha256sum(1)'s
 * rule from the file's bytes, not by the module.
 */
#include "vault_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "vault/ledger.h"

struct at {
	char dir[64], path[96];
	struct clock clock;
	struct ledger *ledger;
	struct err err;
	int shipped[16], ship_count, ship_fails;
};

static int
setup(void **state)
{
	struct at *at = calloc(1, sizeof(*at));

	(void)snprintf(at->dir, sizeof(at->dir), P_tmpdir "/troth-ledger-XXXXXX");
	assert_non_null(mkdtemp(at->dir));
	(void)snprintf(at->path, sizeof(at->path), "%s/ledger", at->dir);
	*state = at;
	return 0;
}

static int
teardown(void **state)
{
	struct at *at = *state;

	ledger_close(at->ledger);
	(void)nftw(at->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(at);
	return 0;
}

static enum rc
open_it(struct at *at)
{
	const struct ledger_options options = { at->path, &at->clock, false };

	ledger_close(at->ledger);
	at->ledger = NULL;
	return ledger_open(&at->ledger, &options, &at->err);
}

static void
append(struct at *at, int64_t month)
{
	struct ledger_line line = {
		.kind = LEDGER_MONTH, .tenant = 1, .class = 7, .month = month
	};

	RC_IS(at, ledger_append(at->ledger, &line, &at->err), RC_OK);
}

static enum rc
line_count(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	int64_t *last = arg;

	(void)text;
	if (line->month != 202600 + line->line)
		return FAIL(err, RC_INVALID, "another month");
	*last = line->line;
	return RC_OK;
}

static void
appended_lines_are_replayed_in_order_after_opening_again(void **state)
{
	struct at *at = *state;
	int64_t last = 0;

	RC_IS(at, open_it(at), RC_OK);
	for (int64_t i = 1; i <= 500; i++)
		append(at, 202600 + i);
	RC_IS(at, open_it(at), RC_OK);
	append(at, 202600 + 501);
	RC_IS(at, ledger_replay(at->path, line_count, &last, &at->err), RC_OK);
	assert_int_equal(last, 501);
}

static void
each_line_names_the_digest_of_the_line_before(void **state)
{
	struct at *at = *state;
	char command[512];

	RC_IS(at, open_it(at), RC_OK);
	append(at, 202601);
	append(at, 202602);
	(void)snprintf(command, sizeof(command),
	               "h=$(head -n 1 %s | sha256sum | cut -d' ' -f1); tail -n 1 %s | grep -q "
	               "\"\\\"before\\\":\\\"$h\\\"\"",
	               at->path, at->path);
	assert_int_equal(system(command), 0);
}

static void
a_line_cut_short_by_a_crash_is_cut_off_and_the_next_follows(void **state)
{
	struct at *at = *state;
	int64_t last = 0;
	int fd;

	RC_IS(at, open_it(at), RC_OK);
	append(at, 202601);
	fd = open(at->path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "{\"before\":\"00", 13), 13);
	(void)close(fd);
	RC_IS(at, open_it(at), RC_OK);
	append(at, 202602);
	RC_IS(at, ledger_replay(at->path, line_count, &last, &at->err), RC_OK);
	assert_int_equal(last, 2);
}

static void
a_changed_or_missing_line_is_found(void **state)
{
	struct at *at = *state;
	char command[512];
	int64_t last = 0;

	RC_IS(at, open_it(at), RC_OK);
	for (int64_t i = 1; i <= 3; i++)
		append(at, 202600 + i);
	(void)snprintf(command, sizeof(command), "sed 2d %s >%s.cut", at->path, at->path);
	assert_int_equal(system(command), 0);
	(void)snprintf(command, sizeof(command), "%s.cut", at->path);
	RC_IS(at, ledger_replay(command, line_count, &last, &at->err), RC_CORRUPT);
	(void)snprintf(command, sizeof(command), "sed -i 2s/202602/202609/ %s", at->path);
	assert_int_equal(system(command), 0);
	RC_IS(at, open_it(at), RC_CORRUPT);
}

static enum rc
ship(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	struct at *at = arg;

	if (at->ship_fails)
		return FAIL(err, RC_IO, "the place is away");
	assert_int_equal(text.ptr[text.len - 1], '\n');
	at->shipped[at->ship_count++] = (int)line->line;
	return RC_OK;
}

static void
a_line_is_shipped_before_the_append_returns(void **state)
{
	struct at *at = *state;
	const struct ledger_shipper shipper = { ship, at };
	struct ledger_figures figures;

	RC_IS(at, open_it(at), RC_OK);
	ledger_ship(at->ledger, &shipper);
	append(at, 202601);
	assert_int_equal(at->ship_count, 1);
	ledger_figures(at->ledger, &figures);
	assert_int_equal(figures.unshipped, 0);
}

static void
a_place_that_is_away_stops_no_erasure_and_gets_the_line_later(void **state)
{
	struct at *at = *state;
	const struct ledger_shipper shipper = { ship, at };
	struct ledger_figures figures;

	RC_IS(at, open_it(at), RC_OK);
	ledger_ship(at->ledger, &shipper);
	at->ship_fails = 1;
	append(at, 202601);
	append(at, 202602);
	ledger_figures(at->ledger, &figures);
	assert_int_equal(figures.unshipped, 2);
	assert_true(figures.unshipped_us > 0);
	/* Known after a restart too. */
	RC_IS(at, open_it(at), RC_OK);
	at->ship_fails = 0;
	ledger_ship(at->ledger, &shipper);
	RC_IS(at, ledger_ship_again(at->ledger, &at->err), RC_OK);
	assert_int_equal(at->ship_count, 2);
	assert_int_equal(at->shipped[1], 2);
	ledger_figures(at->ledger, &figures);
	assert_int_equal(figures.unshipped, 0);
	/* And a new place is told from the start. */
	RC_IS(at, ledger_ship_all(at->ledger, &at->err), RC_OK);
	assert_int_equal(at->ship_count, 4);
}

static void
a_ledger_opened_for_reading_takes_no_line(void **state)
{
	struct at *at = *state;
	const struct ledger_options options = { at->path, &at->clock, true };
	struct ledger_line line = { .kind = LEDGER_MONTH };

	RC_IS(at, ledger_open(&at->ledger, &options, &at->err), RC_OK);
	RC_IS(at, ledger_append(at->ledger, &line, &at->err), RC_DENIED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(appended_lines_are_replayed_in_order_after_opening_again),
		T(each_line_names_the_digest_of_the_line_before),
		T(a_line_cut_short_by_a_crash_is_cut_off_and_the_next_follows),
		T(a_changed_or_missing_line_is_found),
		T(a_line_is_shipped_before_the_append_returns),
		T(a_place_that_is_away_stops_no_erasure_and_gets_the_line_later),
		T(a_ledger_opened_for_reading_takes_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
