/*
 * The package: every field of every class about a member is filled with a mark of
 * its own, through the vault and by the policy's own list; the zip, read back by
 * libarchive's reader, holds every mark of that member and none of another's.
 */
#include "desk_house.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/json.h"
#include "crypto/digest.h"
#include "office/package.h"

/* --- marks ------------------------------------------------------------------------------ */

static struct str
mark(struct arena *arena, const char *who, const struct policy_class *class, size_t field)
{
	return str_printf(arena, "CANARY-%s-%.*s-%.*s", who, STR_ARGS(class->name),
	                  STR_ARGS(class->fields[field]));
}

/* A time is a number: its mark is one that occurs nowhere else. */
static int64_t
time_mark(const char *who, const struct policy_class *class)
{
	return INT64_C(4102444800000000) + who[0] * INT64_C(1000000000) +
	       policy_number(class->name) % 100000;
}

static bool
is_time(const struct policy_class *class, size_t field)
{
	const struct policy_index *index = policy_index_find(class, class->fields[field]);

	return index != NULL && index->kind == INDEX_TIME;
}

static bool
is_filled(const struct house *house, const struct policy_class *class)
{
	return policy_class_is_about(house->tenant->policy, class,
	                             policy_number(STR("member"))) &&
	       !str_eq(class->about, STR("actor"));
}

static void
class_fill(struct house *house, const char *who, struct id subject,
           const struct policy_class *class)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct door door = { house->vault, house->tenant, &house_system, STR_EMPTY };
	struct vault_record record = { .class = class->name, .subject = subject };
	struct json_out out;

	door.purpose = house->tenant->policy->purposes[__builtin_ctzll(class->use)].name;
	for (size_t i = 0; i < house->tenant->policy->purpose_count; i++) {
		const struct policy_purpose *purpose = &house->tenant->policy->purposes[i];
		if ((class->use >> i & 1) != 0 && purpose->basis != BASIS_CONSENT)
			door.purpose = purpose->name;
	}
	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	for (size_t i = 0; i < class->field_count; i++) {
		json_name_str(&out, class->fields[i]);
		if (is_time(class, i))
			json_put_int(&out, time_mark(who, class));
		else
			json_put_text(&out, mark(&house->arena, who, class, i));
	}
	json_object_close(&out);
	RC_IS(house, buf_finish(&text, &record.body, &house->err), RC_OK);
	RC_IS(house, vault_put(&door, &record, &house->err), RC_OK);
}

/* --- the zip, read back ----------------------------------------------------------------------
 */

struct zip {
	struct str bytes;
	struct str all; /* of every file, one after the other */
	struct str names[200];
	struct str files[200];
	size_t count;
};

static struct str
read_entry(struct house *house, struct archive *archive)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	char piece[4096];
	la_ssize_t got;
	struct str finished;

	buf_init(&text, 64 * MIB);
	while ((got = archive_read_data(archive, piece, sizeof(piece))) > 0)
		buf_add(&text, (struct str){ piece, (size_t)got });
	assert_int_equal(got, 0);
	RC_IS(house, buf_finish(&text, &finished, &house->err), RC_OK);
	return str_copy(&house->arena, finished);
}

static void
zip_read(struct house *house, struct zip *zip)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	CLEANUP(buf_free) struct buf all = { 0 };

	buf_init(&all, 64 * MIB);
	assert_int_equal(archive_read_support_format_zip_seekable(archive), ARCHIVE_OK);
	assert_int_equal(archive_read_open_memory(archive, zip->bytes.ptr, zip->bytes.len),
	                 ARCHIVE_OK);
	zip->count = 0;
	while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		zip->names[zip->count] =
		    str_copy(&house->arena, str_from_c(archive_entry_pathname(entry)));
		zip->files[zip->count] = read_entry(house, archive);
		buf_add(&all, zip->files[zip->count]);
		zip->count++;
	}
	RC_IS(house, buf_finish(&all, &zip->all, &house->err), RC_OK);
	zip->all = str_copy(&house->arena, zip->all);
	(void)archive_read_free(archive);
}

static void
package_take(struct house *house, const struct somebody *who, struct zip *zip)
{
	struct package_options options = { .door = &who->door,
		                           .office = house->office,
		                           .subject = who->person.id,
		                           .language = STR("en") };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct package *package = NULL;
	bool more = true;

	buf_init(&out, 64 * MIB);
	RC_IS(house, package_open(&package, &options, &house->err), RC_OK);
	while (more) {
		size_t before = out.len;
		RC_IS(house, package_more(package, &out, &more, &house->err), RC_OK);
		assert_true(out.len - before < 4 * MIB);
	}
	package_close(package);
	RC_IS(house, buf_finish(&out, &zip->bytes, &house->err), RC_OK);
	zip->bytes = str_copy(&house->arena, zip->bytes);
	zip_read(house, zip);
}

static bool
holds(struct str text, struct str part)
{
	return memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

static struct str
file_of(const struct zip *zip, const char *name)
{
	for (size_t i = 0; i < zip->count; i++) {
		if (str_eq(zip->names[i], str_from_c(name)))
			return zip->files[i];
	}
	fail_msg("there is no file %s", name);
	return STR_EMPTY;
}

/* --- tests -------------------------------------------------------------------------------- */

static bool
is_secret(const struct policy_class *class, size_t field)
{
	return str_eq(class->name, STR("signin")) &&
	       (str_eq(class->fields[field], STR("totp")) ||
	        str_eq(class->fields[field], STR("offered")) ||
	        str_eq(class->fields[field], STR("recovery")));
}

static void
class_is_in(struct house *house, const struct zip *zip, const struct policy_class *class)
{
	struct str text;

	for (size_t i = 0; i < class->field_count; i++) {
		text = is_time(class, i) ? str_printf(&house->arena, "%lld",
		                                      (long long)time_mark("ana", class))
		                         : mark(&house->arena, "ana", class, i);
		if (holds(zip->all, text) == is_secret(class, i))
			fail_msg("%.*s of %.*s: %s", STR_ARGS(class->fields[i]),
			         STR_ARGS(class->name),
			         is_secret(class, i) ? "a secret is given" : "it is missing");
	}
	assert_false(holds(
	    zip->all, str_printf(&house->arena, "%lld", (long long)time_mark("ben", class))));
}

static void
it_holds_every_field_of_every_class_and_nothing_of_others(void **state)
{
	struct house *house = *state;
	const struct policy *policy = house->tenant->policy;
	struct somebody ana, ben;
	struct zip zip;
	size_t classes = 0;

	house_somebody(house, &ana, "ana@example.org", "member");
	house_somebody(house, &ben, "ben@example.org", "member");
	for (size_t i = 0; i < policy->class_count; i++) {
		if (!is_filled(house, &policy->classes[i]))
			continue;
		class_fill(house, "ana", ana.person.id, &policy->classes[i]);
		class_fill(house, "ben", ben.person.id, &policy->classes[i]);
		classes++;
	}
	assert_true(classes >= 12);
	package_take(house, &ana, &zip);
	for (size_t i = 0; i < policy->class_count; i++) {
		if (is_filled(house, &policy->classes[i]))
			class_is_in(house, &zip, &policy->classes[i]);
	}
	assert_false(holds(zip.all, STR("CANARY-ben")));
	assert_false(holds(zip.all, STR("ben@example.org")));
	assert_int_equal(house_entries(house, "package", "ok"), 1);
	/* As tables for people, too. */
	assert_true(holds(file_of(&zip, "README.html"), STR("CANARY-ana-health-name")));
	assert_true(holds(file_of(&zip, "health.csv"), STR("\"CANARY-ana-health-name\"")));
}

static void
earlier_versions_are_in_it_and_secrets_of_them_are_not(void **state)
{
	struct house *house = *state;
	struct somebody ana;
	struct door door;
	struct person person;
	struct zip zip;

	house_somebody(house, &ana, "ana@example.org", "member");
	door = (struct door){ house->vault, house->tenant, &house_system, STR("security") };
	RC_IS(house,
	      people_get(&door, house->people, ana.person.id, &house->arena, &person,
	                 &house->err),
	      RC_OK);
	person.name = STR("Anna Newname");
	RC_IS(house, people_change(&door, house->people, &person, &house->err), RC_OK);
	package_take(house, &ana, &zip);
	assert_true(holds(file_of(&zip, "account.json"), STR("Anna Newname")));
	assert_false(holds(file_of(&zip, "account.json"), STR("Ana Lima")));
	assert_true(holds(file_of(&zip, "account-history.json"), STR("Ana Lima")));
	assert_true(holds(file_of(&zip, "factor.json"), STR("\"enrolled\":false")));
	assert_true(holds(file_of(&zip, "looks.json"), STR("\"class\":\"account\"")));
}

static void
the_manifest_has_the_digest_of_every_other_file(void **state)
{
	struct house *house = *state;
	struct somebody ana;
	struct str manifest;
	struct zip zip;

	house_somebody(house, &ana, "ana@example.org", "member");
	package_take(house, &ana, &zip);
	manifest = file_of(&zip, "manifest.json");
	assert_true(zip.count > 20);
	for (size_t i = 0; i < zip.count; i++) {
		struct digest digest = sha256(zip.files[i]);
		char text[2 * DIGEST_BYTES + 1];
		for (size_t k = 0; k < DIGEST_BYTES; k++)
			(void)snprintf(text + 2 * k, 3, "%02x", digest.bytes[k]);
		if (!str_eq(zip.names[i], STR("manifest.json")))
			assert_true(holds(manifest, str_from_c(text)));
	}
}

static void
nobody_else_gets_it_and_that_is_on_record(void **state)
{
	struct house *house = *state;
	struct somebody ana, ben, support;
	struct package_options options = { .office = house->office, .language = STR("en") };
	struct package *package = NULL;

	house_somebody(house, &ana, "ana@example.org", "member");
	house_somebody(house, &ben, "ben@example.org", "member");
	house_somebody(house, &support, "sol@example.org", "support");
	options.subject = ana.person.id;
	options.door = &ben.door;
	RC_IS(house, package_open(&package, &options, &house->err), RC_DENIED);
	options.door = &support.door;
	RC_IS(house, package_open(&package, &options, &house->err), RC_DENIED);
	ana.actor.assurance = 1;
	options.door = &ana.door;
	RC_IS(house, package_open(&package, &options, &house->err), RC_DENIED);
	assert_null(package);
	assert_int_equal(house_entries(house, "package", "role"), 3);
	assert_int_equal(house_entries(house, "package", "ok"), 0);
}

static void
what_a_spreadsheet_would_run_is_made_harmless(void **state)
{
	struct house *house = *state;
	struct door door = { house->vault, house->tenant, &house_system, STR("care") };
	struct vault_record record = { .class = STR("health"),
		                       .body =
		                           STR("{\"name\":\"=1+1\",\"note\":\"<b>a\\\"b\"}") };
	struct somebody ana;
	struct zip zip;

	house_somebody(house, &ana, "ana@example.org", "member");
	record.subject = ana.person.id;
	RC_IS(house, vault_put(&door, &record, &house->err), RC_OK);
	package_take(house, &ana, &zip);
	assert_true(holds(file_of(&zip, "health.csv"), STR("\"'=1+1\"")));
	assert_true(holds(file_of(&zip, "health.csv"), STR("\"<b>a\"\"b\"")));
	assert_true(holds(file_of(&zip, "README.html"), STR("&lt;b&gt;a&quot;b")));
	assert_false(holds(file_of(&zip, "README.html"), STR("<b>a")));
}

/* More rows than a page: each once, and the table stops at its limit. */
static void
many_records_come_page_by_page(void **state)
{
	struct house *house = *state;
	struct door door = { house->vault, house->tenant, &house_system, STR("care") };
	struct somebody ana;
	size_t shown = 0;
	struct str text;
	struct zip zip;

	house_somebody(house, &ana, "ana@example.org", "member");
	for (int i = 0; i < 350; i++) {
		struct vault_record record = { .class = STR("health"),
			                       .subject = ana.person.id };
		record.body = str_printf(&house->arena, "{\"name\":\"thing-%04d.\"}", i);
		RC_IS(house, vault_put(&door, &record, &house->err), RC_OK);
	}
	package_take(house, &ana, &zip);
	for (int i = 0; i < 350; i++) {
		text = str_printf(&house->arena, "thing-%04d.", i);
		assert_true(holds(file_of(&zip, "health.json"), text));
		assert_true(holds(file_of(&zip, "health.csv"), text));
		shown += holds(file_of(&zip, "README.html"), text);
	}
	assert_int_equal(shown, 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(it_holds_every_field_of_every_class_and_nothing_of_others),
		HOUSE_TEST(earlier_versions_are_in_it_and_secrets_of_them_are_not),
		HOUSE_TEST(the_manifest_has_the_digest_of_every_other_file),
		HOUSE_TEST(nobody_else_gets_it_and_that_is_on_record),
		HOUSE_TEST(what_a_spreadsheet_would_run_is_made_harmless),
		HOUSE_TEST(many_records_come_page_by_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
