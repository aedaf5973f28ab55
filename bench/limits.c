/*
 * What this machine and its libraries can do at most, and the same done here:
 * AES-256-GCM with a fresh key, nonce and associated data beside a record that is
 * sealed (its key looked up in the cache of 1,000 subjects' keys); a page written
 * and fdatasync(); and the figures of a 90-day profile of 25,920 readings.  Turns
 * alternate and the best of each counts, so that a neighbour's load hurts both alike.
 * Prints one line of JSON.
 *
 *	limits FOLDER		FOLDER must not exist
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "base/limits.h"
#include "service/measure/metrics.h"
#include "vault/inside.h"

enum { TURNS = 7, SEALS = 20000, SUBJECTS = 1000, RECORD_BYTES = 1024, PAGE_BYTES = 4096 };
enum { AGP_DAYS = 90, AGP_READINGS = AGP_DAYS * 288, CLASS = 7, MONTH = 202603 };
#define ASSOCIATED_BYTES 168 /* as many as a record's columns take (vault/row.c) */
#define SYNC_US          US_PER_S

static char text[RECORD_BYTES];

static void
must(enum rc rc, const struct err *err)
{
	if (rc == RC_OK)
		return;
	(void)fprintf(stderr, "%s:%d: %s\n", err->file, err->line, err->text);
	exit(1);
}

static double
per_second(int64_t count, int64_t begun_us)
{
	return (double)count / ((double)(clock_monotonic_us() - begun_us) / 1e6);
}

static double
better(double a, double b)
{
	return a > b ? a : b;
}

/* --- sealing -------------------------------------------------------------------------- */

static void
raw_seal(EVP_CIPHER_CTX *context, uint64_t number)
{
	static unsigned char out[RECORD_BYTES];
	unsigned char key[32] = { 0 };
	unsigned char nonce[12] = { 0 };
	unsigned char tag[16];
	unsigned char associated[ASSOCIATED_BYTES] = { 0 };
	int done = 0;

	memcpy(key, &number, sizeof(number));
	memcpy(nonce, &number, sizeof(number));
	memcpy(associated, &number, sizeof(number));
	if (EVP_EncryptInit_ex2(context, NULL, key, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(context, NULL, &done, associated, ASSOCIATED_BYTES) != 1 ||
	    EVP_EncryptUpdate(context, out, &done, (const unsigned char *)text, RECORD_BYTES) !=
	        1 ||
	    EVP_EncryptFinal_ex(context, tag, &done) != 1 ||
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, sizeof(tag), tag) != 1)
		exit(1);
}

static double
raw_seal_rate(void)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int64_t begun_us;
	double rate;

	if (EVP_EncryptInit_ex2(context, cipher, NULL, NULL, NULL) != 1)
		exit(1);
	begun_us = clock_monotonic_us();
	for (uint64_t i = 0; i < SEALS; i++)
		raw_seal(context, i);
	rate = per_second(SEALS, begun_us);
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return rate;
}

static void
record_seal(struct vault *vault, struct id subject, struct arena *arena)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	struct record_key_name name = { 1, subject, CLASS, MONTH };
	struct record_row row = {
		.tenant = 1, .subject = subject, .class = CLASS, .version = 1, .month = MONTH
	};
	struct err err = { 0 };

	must(keys_record(vault->keys, &name, false, &key, &err), &err);
	must(row_seal(&key, &row, (struct str){ text, RECORD_BYTES }, arena, &err), &err);
}

static double
record_seal_rate(struct vault *vault, const struct id subjects[SUBJECTS])
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	int64_t begun_us = clock_monotonic_us();

	arena_init(&arena, 64 * MIB);
	for (size_t i = 0; i < SEALS; i++) {
		record_seal(vault, subjects[i % SUBJECTS], &arena);
		if (i % 16 == 15)
			arena_free(&arena);
	}
	return per_second(SEALS, begun_us);
}

static void
keys_make(struct vault *vault, struct id subjects[SUBJECTS])
{
	struct err err = { 0 };

	for (size_t i = 0; i < SUBJECTS; i++) {
		CLEANUP(key_wipe) struct key key = { { 0 } };
		struct key_name node = { .tenant = 1 };
		subjects[i] = id_new((int64_t)i);
		node.owner = subjects[i];
		must(keys_need(vault->keys, &node, &key, &err), &err);
		struct record_key_name name = { 1, subjects[i], CLASS, MONTH };
		must(keys_record(vault->keys, &name, true, &key, &err), &err);
	}
}

/* --- the disk --------------------------------------------------------------------------- */

static double
sync_rate(const char *folder)
{
	char path[512];
	char page[PAGE_BYTES] = { 1 };
	int64_t begun_us = clock_monotonic_us();
	int64_t count = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/page", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (; clock_monotonic_us() - begun_us < SYNC_US; count++) {
		if (pwrite(fd, page, sizeof(page), count * PAGE_BYTES) != PAGE_BYTES ||
		    fdatasync(fd) != 0)
			exit(1);
	}
	(void)close(fd);
	return per_second(count, begun_us);
}

/* --- the profile ------------------------------------------------------------------------- */

/* Shapes do not matter to the time it takes; the order and spread of values do. */
static void
points_make(struct point points[AGP_READINGS])
{
	uint64_t chance = 88172645463325252;

	for (size_t i = 0; i < AGP_READINGS; i++) {
		chance ^= chance << 13;
		chance ^= chance >> 7;
		chance ^= chance << 17;
		points[i].taken_us = 1767225600 * US_PER_S + (int64_t)i * 300 * US_PER_S;
		points[i].mg_dl = 60 + (double)(chance % 200);
	}
}

static double
profile_ms(const struct point points[AGP_READINGS])
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics_input input = { .points = points, .count = AGP_READINGS };
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct metrics metrics;
	struct err err = { 0 };
	int64_t begun_us;

	must(zone_open(&zone, STR("Europe/Paris"), &err), &err);
	input.zone = zone;
	arena_init(&arena, 64 * MIB);
	begun_us = clock_monotonic_us();
	metrics_compute(&input, &metrics, &arena);
	return (double)(clock_monotonic_us() - begun_us) / 1e3;
}

int
main(int argc, char **argv)
{
	static struct id subjects[SUBJECTS];
	static struct point points[AGP_READINGS];
	struct clock clock = { 0 };
	struct vault_options options = { .clock = &clock, .origin_host = "localhost" };
	struct vault *vault = NULL;
	struct err err = { 0 };
	double sealed = 0;
	double raw = 0;
	double agp_ms = 1e9;
	bool is_locked;

	if (argc != 2)
		return 2;
	options.dir = argv[1];
	must(secret_init(16 * MIB, &is_locked, &err), &err);
	must(vault_create(&options, &err), &err);
	must(vault_open(&vault, &options, &err), &err);
	keys_make(vault, subjects);
	points_make(points);
	for (int i = 0; i < TURNS; i++) {
		double ms = profile_ms(points);
		raw = better(raw, raw_seal_rate());
		sealed = better(sealed, record_seal_rate(vault, subjects));
		agp_ms = ms < agp_ms ? ms : agp_ms;
	}
	printf("{\"sealed_per_s\":%.0f,\"gcm_per_s\":%.0f,\"fdatasync_per_s\":%.0f,"
	       "\"profile_ms\":%.2f}\n",
	       sealed, raw, sync_rate(argv[1]), agp_ms);
	vault_close(vault);
	return 0;
}
