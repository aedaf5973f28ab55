/*
 * Merkle trees against three things that are not ours: the eight-leaf tree that
 * certificate-transparency publishes with its own tests, the proof vectors of
 * transparency-dev/merkle (when they lie in ../shared), and the recursive
 * definitions of RFC 6962, section 2.1, written down as they stand there.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/edge.h"
#include "audit/merkle.h"
#include "base/arena.h"
#include "base/json.h"

#define LEAVES_MAX 301

static struct digest leaves[LEAVES_MAX];

/* --- RFC 6962, section 2.1, word for word --------------------------------------- */

static size_t
largest_power_below(size_t n)
{
	size_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

static struct digest
mth(const struct digest *d, size_t n)
{
	struct digest left, right;
	size_t k;

	if (n == 0)
		return sha256(STR_EMPTY);
	if (n == 1)
		return d[0];
	k = largest_power_below(n);
	left = mth(d, k);
	right = mth(d + k, n - k);
	return merkle_node(&left, &right);
}

static void
path(size_t m, const struct digest *d, size_t n, struct merkle_proof *proof)
{
	size_t k;

	if (n == 1)
		return;
	k = largest_power_below(n);
	path(m < k ? m : m - k, m < k ? d : d + k, m < k ? k : n - k, proof);
	proof->hashes[proof->count++] = m < k ? mth(d + k, n - k) : mth(d, k);
}

static void
subproof(size_t m, const struct digest *d, size_t n, bool b, struct merkle_proof *proof)
{
	size_t k;

	if (m == n) {
		if (!b)
			proof->hashes[proof->count++] = mth(d, n);
		return;
	}
	k = largest_power_below(n);
	if (m <= k) {
		subproof(m, d, k, b, proof);
		proof->hashes[proof->count++] = mth(d + k, n - k);
		return;
	}
	subproof(m - k, d + k, n - k, false, proof);
	proof->hashes[proof->count++] = mth(d, k);
}

/* --- what is tested, over the same leaves ---------------------------------------- */

static enum rc
subtree(void *arg, int level, uint64_t index, struct digest *hash, struct err *err)
{
	size_t size = *(const size_t *)arg;
	size_t count = (size_t)1 << level;

	(void)err;
	assert_true((index + 1) * count <= size);
	*hash = mth(leaves + index * count, count);
	return RC_OK;
}

static void
leaves_fill(void)
{
	for (uint32_t i = 0; i < LEAVES_MAX; i++)
		leaves[i] = merkle_leaf((struct str){ (const char *)&i, sizeof(i) });
}

static void
assert_same_proof(const struct merkle_proof *a, const struct merkle_proof *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->hashes, b->hashes, a->count * sizeof(a->hashes[0]));
}

static void
the_published_eight_leaf_tree_has_its_published_roots(void **state)
{
	/* google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc. */
	static const struct str inputs[] = {
		STR(""),
		STR("\x00"),
		STR("\x10"),
		STR("\x20\x21"),
		STR("\x30\x31"),
		STR("\x40\x41\x42\x43"),
		STR("\x50\x51\x52\x53\x54\x55\x56\x57"),
		STR("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
	};
	static const char *const roots[] = {
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err = { 0 };

	(void)state;
	arena_init(&arena, 1 << 16);
	for (size_t i = 0; i < COUNT_OF(inputs); i++)
		leaves[i] = merkle_leaf(inputs[i]);
	for (size_t size = 0; size < COUNT_OF(roots); size++) {
		struct merkle_source source = { subtree, &size };
		struct digest root;

		assert_int_equal(merkle_root(&source, size, &root, &err), RC_OK);
		assert_true(str_eq(hex_format(&arena, root.bytes, DIGEST_BYTES),
		                   str_from_c(roots[size])));
	}
	leaves_fill();
}

static void
roots_equal_the_recursive_definition(void **state)
{
	struct err err = { 0 };

	(void)state;
	for (size_t size = 0; size < LEAVES_MAX; size++) {
		struct merkle_source source = { subtree, &size };
		struct digest expected = mth(leaves, size), root;

		assert_int_equal(merkle_root(&source, size, &root, &err), RC_OK);
		assert_memory_equal(&root, &expected, sizeof(root));
	}
}

static void
inclusion_proofs_equal_the_recursive_definition_and_check(void **state)
{
	struct err err = { 0 };

	(void)state;
	for (size_t size = 1; size < LEAVES_MAX; size += size < 70 ? 1 : 23) {
		struct merkle_source source = { subtree, &size };
		struct merkle_claim claim = { .size = size, .root = mth(leaves, size) };

		for (size_t index = 0; index < size; index++) {
			struct merkle_proof expected = { .count = 0 }, proof;

			path(index, leaves, size, &expected);
			assert_int_equal(
			    merkle_prove_inclusion(&source, index, size, &proof, &err), RC_OK);
			assert_same_proof(&proof, &expected);
			claim.index = index;
			claim.leaf = leaves[index];
			assert_int_equal(merkle_check_inclusion(&claim, &proof, &err), RC_OK);
			claim.leaf = leaves[index + 1];
			assert_int_equal(merkle_check_inclusion(&claim, &proof, &err),
			                 RC_CORRUPT);
		}
	}
}

static void
consistency_proofs_equal_the_recursive_definition_and_check(void **state)
{
	struct err err = { 0 };

	(void)state;
	for (size_t size = 1; size < LEAVES_MAX; size += size < 70 ? 1 : 23) {
		struct merkle_source source = { subtree, &size };
		struct merkle_claim claim = { .size = size, .root = mth(leaves, size) };

		for (size_t old = 1; old <= size; old++) {
			struct merkle_proof expected = { .count = 0 }, proof;

			subproof(old, leaves, size, true, &expected);
			assert_int_equal(
			    merkle_prove_consistency(&source, old, size, &proof, &err), RC_OK);
			assert_same_proof(&proof, &expected);
			claim.old = old;
			claim.old_root = mth(leaves, old);
			assert_int_equal(merkle_check_consistency(&claim, &proof, &err), RC_OK);
			claim.old_root = leaves[LEAVES_MAX - 1];
			assert_int_equal(merkle_check_consistency(&claim, &proof, &err),
			                 RC_CORRUPT);
		}
	}
}

static void
proofs_of_what_is_outside_the_tree_are_refused(void **state)
{
	size_t size = 5;
	struct merkle_source source = { subtree, &size };
	struct merkle_proof proof;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(merkle_prove_inclusion(&source, 5, 5, &proof, &err), RC_INVALID);
	assert_int_equal(merkle_prove_inclusion(&source, 0, 0, &proof, &err), RC_INVALID);
	assert_int_equal(merkle_prove_consistency(&source, 0, 5, &proof, &err), RC_INVALID);
	assert_int_equal(merkle_prove_consistency(&source, 6, 5, &proof, &err), RC_INVALID);
}

/* --- the edge ---------------------------------------------------------------------- */

struct seen {
	size_t tiles;
};

static enum rc
tile_seen(void *arg, const struct tile *tile, const struct digest *hashes, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	seen->tiles++;
	assert_int_equal(tile->width, TILE_HASHES);
	if (tile->level == 0)
		assert_memory_equal(hashes, leaves + tile->index * TILE_HASHES, TILE_BYTES);
	return RC_OK;
}

static void
an_edge_has_the_root_of_every_size_and_can_be_rebuilt_from_its_tiles(void **state)
{
	struct edge edge;
	struct seen seen = { 0 };
	const struct edge_sink sink = { tile_seen, &seen };
	struct err err = { 0 };

	(void)state;
	edge_init(&edge);
	for (size_t size = 1; size < LEAVES_MAX; size++) {
		CLEANUP(edge_free) struct edge again = { 0 };
		struct digest expected = mth(leaves, size), root;

		assert_int_equal(edge_add(&edge, &leaves[size - 1], &sink, &err), RC_OK);
		root = edge_root(&edge);
		assert_memory_equal(&root, &expected, sizeof(root));
		edge_init(&again);
		for (int level = 0; level < TILE_LEVELS; level++) {
			struct tile tile = edge_tile(size, level);
			if (tile.width != 0)
				edge_set(&again, size, level,
				         (struct str){ (const char *)edge.tiles[level],
				                       (size_t)tile.width * DIGEST_BYTES });
		}
		root = edge_root(&again);
		assert_memory_equal(&root, &expected, sizeof(root));
	}
	assert_int_equal(seen.tiles, 1);
	edge_free(&edge);
}

/* --- transparency-dev's vectors ------------------------------------------------------ */

/* False when it is no hash: such a vector is refused before any check. */
static bool
hash_at(const struct json_object *object, const char *name, struct digest *hash)
{
	struct json_object *value;
	size_t count = 0;
	struct err err;

	*hash = (struct digest){ { 0 } };
	if (!json_find(object, name, &value) || json_kind(value) != JSON_STRING)
		return false;
	/* "Don't care" roots are shorter than a hash: padded with zeros. */
	return base64_parse(json_text(value), hash, DIGEST_BYTES, &count, &err) == RC_OK &&
	       count != 0;
}

static bool
size_at(const struct json_object *object, const char *name, uint64_t *size)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct json_object *value;

	arena_init(&arena, 4096);
	assert_true(json_find(object, name, &value));
	*size = strtoull(str_to_c(&arena, json_number_text(&arena, value)), NULL, 10);
	return true;
}

static bool
proof_at(const struct json_object *object, struct merkle_proof *proof)
{
	struct json_object *value;
	struct err err;

	proof->count = 0;
	if (!json_find(object, "proof", &value) || value == NULL)
		return true;
	for (size_t i = 0; i < json_count(value); i++) {
		size_t count;

		if (i == MERKLE_PROOF_MAX ||
		    base64_parse(json_text(json_at(value, i)), &proof->hashes[i], DIGEST_BYTES,
		                 &count, &err) != RC_OK ||
		    count != DIGEST_BYTES)
			return false;
		proof->count++;
	}
	return true;
}

static enum rc
vector_run(const struct json_object *vector)
{
	struct merkle_claim claim = { 0 };
	struct merkle_proof proof;
	struct json_object *kind;
	struct err err = { 0 };

	if (!proof_at(vector, &proof))
		return RC_CORRUPT;
	if (json_find(vector, "leafIdx", &kind)) {
		if (!hash_at(vector, "root", &claim.root) ||
		    !hash_at(vector, "leafHash", &claim.leaf) ||
		    !size_at(vector, "leafIdx", &claim.index) ||
		    !size_at(vector, "treeSize", &claim.size))
			return RC_CORRUPT;
		return merkle_check_inclusion(&claim, &proof, &err);
	}
	if (!hash_at(vector, "root1", &claim.old_root) ||
	    !hash_at(vector, "root2", &claim.root) || !size_at(vector, "size1", &claim.old) ||
	    !size_at(vector, "size2", &claim.size))
		return RC_CORRUPT;
	return merkle_check_consistency(&claim, &proof, &err);
}

/* Some vectors hold 2^64 - 1, which our JSON does not: "-1", which strtoull()
 * reads as the same number. */
static void
minus_one_write(char *text, size_t len)
{
	static const char big[] = "18446744073709551615";
	char *at = memmem(text, len, big, sizeof(big) - 1);

	if (at == NULL)
		return;
	memset(at, ' ', sizeof(big) - 1);
	memcpy(at, "-1", 2);
}

static void
vector_file_run(const char *name, size_t *count)
{
	static char text[1 << 16];
	CLEANUP(json_free) struct json json = { NULL };
	FILE *file = fopen(name, "rb");
	struct json_object *refused;
	struct err err = { 0 };
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text), file);
	(void)fclose(file);
	minus_one_write(text, len);
	if (json_parse(&json, (struct str){ text, len }, &err) != RC_OK)
		fail_msg("%s: %s", name, err.text);
	assert_true(json_find(json.root, "wantErr", &refused));
	if ((vector_run(json.root) != RC_OK) != json_truth(refused))
		fail_msg("%s: refused should be %d", name, json_truth(refused));
	(*count)++;
}

static void
vectors_walk(const char *folder, size_t *count)
{
	DIR *dir = opendir(folder);
	struct dirent *item;

	assert_non_null(dir);
	while ((item = readdir(dir)) != NULL) {
		char name[1024];
		struct stat stat_of;

		if (item->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", folder, item->d_name);
		assert_int_equal(stat(name, &stat_of), 0);
		if (S_ISDIR(stat_of.st_mode))
			vectors_walk(name, count);
		else
			vector_file_run(name, count);
	}
	(void)closedir(dir);
}

static void
the_vectors_of_transparency_dev_come_out_as_they_say(void **state)
{
	size_t count = 0;

	(void)state;
	if (access("../shared/vectors/merkle", R_OK) != 0) {
		print_message("skipped: no ../shared/vectors/merkle\n");
		skip();
	}
	vectors_walk("../shared/vectors/merkle", &count);
	assert_true(count > 100);
	print_message("%zu vectors\n", count);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_eight_leaf_tree_has_its_published_roots),
		cmocka_unit_test(roots_equal_the_recursive_definition),
		cmocka_unit_test(inclusion_proofs_equal_the_recursive_definition_and_check),
		cmocka_unit_test(consistency_proofs_equal_the_recursive_definition_and_check),
		cmocka_unit_test(proofs_of_what_is_outside_the_tree_are_refused),
		cmocka_unit_test(
		    an_edge_has_the_root_of_every_size_and_can_be_rebuilt_from_its_tiles),
		cmocka_unit_test(the_vectors_of_transparency_dev_come_out_as_they_say),
	};

	leaves_fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
