/* Limits as in base/limits.h. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limits.h"
#include "web/connection.h"

static struct connection
connection_in(enum phase phase, size_t body_bytes)
{
	struct connection connection = { .fd = -1 };

	atomic_store(&connection.phase, phase);
	atomic_store(&connection.since_us, 0);
	atomic_store(&connection.body_bytes, body_bytes);
	return connection;
}

static void
a_head_has_its_time_and_no_more(void **state)
{
	struct connection head = connection_in(PHASE_HEAD, 0);

	(void)state;
	assert_false(connection_is_late(&head, LIMIT_HEADER_MS * US_PER_MS));
	assert_true(connection_is_late(&head, (LIMIT_HEADER_MS + 1) * US_PER_MS));
}

static void
a_body_is_late_only_when_it_is_slow_after_the_grace(void **state)
{
	const int64_t later_us = 2 * LIMIT_BODY_GRACE_MS * US_PER_MS;
	const size_t enough = 2 * LIMIT_BODY_GRACE_MS / 1000 * LIMIT_BODY_BYTES_PER_S;
	struct connection none = connection_in(PHASE_BODY, 0);
	struct connection slow = connection_in(PHASE_BODY, enough - 1);
	struct connection fine = connection_in(PHASE_BODY, enough);

	(void)state;
	assert_false(connection_is_late(&none, LIMIT_BODY_GRACE_MS * US_PER_MS));
	assert_true(connection_is_late(&none, later_us));
	assert_true(connection_is_late(&slow, later_us));
	assert_false(connection_is_late(&fine, later_us));
}

static void
a_handler_is_never_cut_short(void **state)
{
	struct connection work = connection_in(PHASE_WORK, 0);

	(void)state;
	assert_false(connection_is_late(&work, US_PER_DAY));
}

static void
addresses_are_texts_and_mapped_ones_are_ipv4(void **state)
{
	struct connections *all = connections_new();
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };
	struct connection *connection;

	(void)state;
	mapped.sin6_addr = (struct in6_addr){ .s6_addr = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
		                                           0xff, 192, 0, 2, 1 } };
	connection = connection_add(all, -1, (const struct sockaddr *)&mapped);
	assert_string_equal(connection->address, "192.0.2.1");
	assert_int_equal(connections_busy(all), 0);
	connection_phase(connection, PHASE_WORK);
	assert_int_equal(connections_busy(all), 1);
	connection_remove(connection);
	connections_free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_has_its_time_and_no_more),
		cmocka_unit_test(a_body_is_late_only_when_it_is_slow_after_the_grace),
		cmocka_unit_test(a_handler_is_never_cut_short),
		cmocka_unit_test(addresses_are_texts_and_mapped_ones_are_ipv4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
