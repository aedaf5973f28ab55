/* Entries: one form and no other. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "audit/entry.h"
#include "base/arena.h"
#include "base/json.h"

#define NONCE  "AAECAwQFBgcICQoLDA0ODw"
#define POLICY "EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8"
#define ENTRY                                                                                  \
	"{\"act\":\"read\",\"actor\":\"" NONCE "\",\"class\":\"glucose\",\"count\":3,"         \
	"\"nonce\":\"" NONCE "\",\"outcome\":\"ok\",\"policy\":\"" POLICY                      \
	"\",\"time_us\":1700000000000000}"

static struct audit_entry
entry_full(void)
{
	struct audit_entry entry = {
		.act = STR("read"),
		.class = STR("glucose"),
		.purpose = STR("care"),
		.outcome = STR("ok"),
		.detail = STR("list"),
		.role = STR("clinician"),
		.count = 50,
		.time_us = INT64_MAX,
	};

	for (uint8_t i = 0; i < 16; i++)
		entry.nonce[i] = i;
	for (uint8_t i = 0; i < 32; i++) {
		entry.policy.bytes[i] = (uint8_t)(16 + i);
		entry.hash.bytes[i] = (uint8_t)(i * 11);
	}
	for (uint8_t i = 0; i < COMMITMENT_BYTES; i++) {
		entry.actor.bytes[i] = (uint8_t)(255 - i);
		entry.subject.bytes[i] = (uint8_t)(i * 7);
		entry.record.bytes[i] = (uint8_t)(i ^ 0x5a);
	}
	return entry;
}

static enum rc
parse_code(struct str leaf)
{
	struct audit_entry entry;
	struct err err = { 0 };

	return entry_read(leaf, &entry, &err);
}

static void
what_is_formatted_is_parsed_again(void **state)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	CLEANUP(buf_free) struct buf again = { 0 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct audit_entry entry = entry_full(), back;
	struct err err = { 0 };
	struct str text;

	(void)state;
	arena_init(&arena, 1 << 16);
	buf_init(&leaf, ENTRY_LEAF_MAX);
	buf_init(&again, ENTRY_LEAF_MAX);
	audit_entry_format(&entry, &leaf);
	assert_int_equal(buf_finish(&leaf, &text, &err), RC_OK);
	assert_int_equal(audit_entry_parse(text, &back, &arena, &err), RC_OK);
	assert_true(str_eq(back.role, STR("clinician")));
	assert_true(back.time_us == INT64_MAX);
	assert_memory_equal(&back.record, &entry.record, sizeof(entry.record));
	audit_entry_format(&back, &again);
	assert_true(str_eq(text, (struct str){ again.text, again.len }));
}

static void
the_form_is_canonical_json(void **state)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	CLEANUP(buf_free) struct buf canonical = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct audit_entry entry = entry_full();
	struct err err = { 0 };
	struct str text;

	(void)state;
	entry.time_us = 1700000000000000; /* INT64_MAX is more than our JSON takes */
	buf_init(&leaf, ENTRY_LEAF_MAX);
	buf_init(&canonical, ENTRY_LEAF_MAX);
	audit_entry_format(&entry, &leaf);
	assert_int_equal(buf_finish(&leaf, &text, &err), RC_OK);
	assert_int_equal(json_parse(&json, text, &err), RC_OK);
	assert_int_equal(json_canonical(&canonical, json.root, &err), RC_OK);
	assert_true(str_eq(text, (struct str){ canonical.text, canonical.len }));
}

static void
what_is_empty_or_zero_is_left_out(void **state)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	struct audit_entry entry = { .act = STR("erase"), .outcome = STR("ok") };

	(void)state;
	buf_init(&leaf, ENTRY_LEAF_MAX);
	audit_entry_format(&entry, &leaf);
	assert_true(
	    str_eq((struct str){ leaf.text, leaf.len },
	           STR("{\"act\":\"erase\",\"count\":0,\"nonce\":"
	               "\"AAAAAAAAAAAAAAAAAAAAAA\",\"outcome\":\"ok\",\"time_us\":0}")));
	assert_int_equal(parse_code((struct str){ leaf.text, leaf.len }), RC_OK);
}

static void
every_deviation_from_the_form_is_refused(void **state)
{
	static const char *const broken[] = {
		"",
		"{}",
		ENTRY " ",
		ENTRY "}",
		" " ENTRY,
		/* order */
		"{\"count\":3,\"act\":\"read\",\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		/* a member is missing, twice, unknown */
		"{\"act\":\"read\",\"count\":3,\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"act\":\"read\",\"count\":3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"colour\":\"red\",\"count\":3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		/* white space */
		"{\"act\": \"read\",\"count\":3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"count\":3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1\n}",
		/* numbers */
		"{\"act\":\"read\",\"count\":3.0,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"count\":-3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"count\":03,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"count\":,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"count\":1e3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"count\":9223372036854775808,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		/* words: empty, escaped, a control character, not ASCII */
		"{\"act\":\"\",\"count\":3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"re\\u0061d\",\"count\":3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"re\tad\",\"count\":3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"r\xc3\xa9\",\"count\":3,\"nonce\":\"" NONCE
		"\",\"outcome\":\"ok\",\"time_us\":1}",
		/* bytes: spare bits set, padding, too short, the other alphabet, zeros */
		"{\"act\":\"read\",\"count\":3,\"nonce\":\"AAECAwQFBgcICQoLDA0ODx\","
		"\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"count\":3,\"nonce\":\"" NONCE
		"==\",\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"count\":3,\"nonce\":\"AAECAwQFBgcICQoLDA0O\","
		"\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"count\":3,\"nonce\":\"AAECAwQFBgcICQoLDA0O+w\","
		"\"outcome\":\"ok\",\"time_us\":1}",
		"{\"act\":\"read\",\"actor\":\"AAAAAAAAAAAAAAAAAAAAAA\","
		"\"count\":3,\"nonce\":\"" NONCE "\",\"outcome\":\"ok\",\"time_us\":1}",
	};

	(void)state;
	assert_int_equal(parse_code(STR(ENTRY)), RC_OK);
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		if (parse_code(str_from_c(broken[i])) != RC_INVALID)
			fail_msg("accepted: %s", broken[i]);
	}
	assert_int_equal(parse_code((struct str){ ENTRY "\0", sizeof(ENTRY) }), RC_INVALID);
}

static void
every_shorter_text_is_refused(void **state)
{
	struct str text = STR(ENTRY);

	(void)state;
	for (; text.len > 0; text.len--) {
		if (text.len < sizeof(ENTRY) - 1)
			assert_int_equal(parse_code(text), RC_INVALID);
	}
}

static void
no_changed_character_goes_unnoticed(void **state)
{
	char text[] = ENTRY;
	struct audit_entry whole, entry;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(entry_read(STR(ENTRY), &whole, &err), RC_OK);
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		CLEANUP(buf_free) struct buf again = { 0 };

		text[i] ^= 1;
		buf_init(&again, ENTRY_LEAF_MAX);
		if (entry_read((struct str){ text, sizeof(text) - 1 }, &entry, &err) == RC_OK) {
			audit_entry_format(&entry, &again);
			assert_true(str_eq((struct str){ again.text, again.len },
			                   (struct str){ text, sizeof(text) - 1 }));
		}
		text[i] ^= 1;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_formatted_is_parsed_again),
		cmocka_unit_test(the_form_is_canonical_json),
		cmocka_unit_test(what_is_empty_or_zero_is_left_out),
		cmocka_unit_test(every_deviation_from_the_form_is_refused),
		cmocka_unit_test(every_shorter_text_is_refused),
		cmocka_unit_test(no_changed_character_goes_unnoticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
