/*
 * Roots and proofs are folds over ranges of leaves.  A range that starts at a
 * multiple of a power of two at least as large as itself splits into complete
 * subtrees exactly as its length splits into powers of two, so one function,
 * range_root(), serves RFC 6962's MTH, PATH and SUBPROOF alike.
 *
 * The checks follow RFC 9162, sections 2.1.3.2 and 2.1.4.2, step by step: they
 * share nothing with the code that makes the proofs.
 */
#include "audit/merkle.h"

struct digest
merkle_leaf(struct str leaf)
{
	return sha256_parts((struct str){ "\x00", 1 }, leaf, STR_EMPTY);
}

struct digest
merkle_node(const struct digest *left, const struct digest *right)
{
	return sha256_parts((struct str){ "\x01", 1 },
	                    (struct str){ (const char *)left->bytes, DIGEST_BYTES },
	                    (struct str){ (const char *)right->bytes, DIGEST_BYTES });
}

/* MTH(D[start : start + count]), count > 0, start a multiple of the smallest
 * power of two that is not below count. */
static enum rc
range_root(const struct merkle_source *source, uint64_t start, uint64_t count,
           struct digest *root, struct err *err)
{
	uint64_t at = start + count; /* end of the leaves not yet folded in */
	bool is_first = true;

	for (int level = 0; level < 64 && (count >> level) != 0; level++) {
		struct digest left;

		if (((count >> level) & 1) == 0)
			continue;
		at -= UINT64_C(1) << level;
		TRY(source->subtree(source->arg, level, at >> level, &left, err));
		*root = is_first ? left : merkle_node(&left, root);
		is_first = false;
	}
	return RC_OK;
}

enum rc
merkle_root(const struct merkle_source *source, uint64_t size, struct digest *root,
            struct err *err)
{
	struct digest found = { 0 };

	if (size == 0) {
		*root = sha256(STR_EMPTY);
		return RC_OK;
	}
	TRY(range_root(source, 0, size, &found, err));
	*root = found;
	return RC_OK;
}

/* The largest power of two smaller than n; n > 1. */
static uint64_t
split_of(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static void
proof_reverse(struct merkle_proof *proof)
{
	for (size_t i = 0; i < proof->count / 2; i++) {
		struct digest swap = proof->hashes[i];
		proof->hashes[i] = proof->hashes[proof->count - 1 - i];
		proof->hashes[proof->count - 1 - i] = swap;
	}
}

enum rc
merkle_prove_inclusion(const struct merkle_source *source, uint64_t index, uint64_t size,
                       struct merkle_proof *proof, struct err *err)
{
	struct merkle_proof found = { .count = 0 };
	uint64_t start = 0;

	if (index >= size)
		return FAIL(err, RC_INVALID, "the tree has no leaf at that index");
	while (size > 1) {
		uint64_t split = split_of(size);
		bool is_left = index < split;
		uint64_t sibling = is_left ? start + split : start;
		uint64_t count = is_left ? size - split : split;

		TRY(range_root(source, sibling, count, &found.hashes[found.count++], err));
		start += is_left ? 0 : split;
		index -= is_left ? 0 : split;
		size = is_left ? split : size - split;
	}
	proof_reverse(&found);
	*proof = found;
	return RC_OK;
}

enum rc
merkle_prove_consistency(const struct merkle_source *source, uint64_t old, uint64_t size,
                         struct merkle_proof *proof, struct err *err)
{
	struct merkle_proof found = { .count = 0 };
	uint64_t start = 0;

	if (old == 0 || old > size)
		return FAIL(err, RC_INVALID, "the old size is not between 1 and the size");
	while (old < size) {
		uint64_t split = split_of(size);
		bool is_left = old <= split;
		uint64_t sibling = is_left ? start + split : start;
		uint64_t count = is_left ? size - split : split;

		TRY(range_root(source, sibling, count, &found.hashes[found.count++], err));
		start += is_left ? 0 : split;
		old -= is_left ? 0 : split;
		size = is_left ? split : size - split;
	}
	/* The verifier knows the old root itself, so it is left out when it is
	 * the whole left edge (SUBPROOF's b = true). */
	if (start != 0)
		TRY(range_root(source, start, size, &found.hashes[found.count++], err));
	proof_reverse(&found);
	*proof = found;
	return RC_OK;
}

enum rc
merkle_check_inclusion(const struct merkle_claim *claim, const struct merkle_proof *proof,
                       struct err *err)
{
	uint64_t node = claim->index;
	uint64_t last = claim->size - 1;
	struct digest root = claim->leaf;

	if (claim->index >= claim->size || proof->count > MERKLE_PROOF_MAX)
		return FAIL(err, RC_CORRUPT, "the proof names a leaf outside its tree");
	for (size_t i = 0; i < proof->count; i++) {
		if (last == 0)
			return FAIL(err, RC_CORRUPT, "the inclusion proof is too long");
		if ((node & 1) == 0 && node != last) {
			root = merkle_node(&root, &proof->hashes[i]);
		} else {
			root = merkle_node(&proof->hashes[i], &root);
			for (; (node & 1) == 0 && node != 0; node >>= 1)
				last >>= 1;
		}
		node >>= 1;
		last >>= 1;
	}
	if (last != 0 || !digest_eq(&root, &claim->root))
		return FAIL(err, RC_CORRUPT, "the inclusion proof does not lead to the root");
	return RC_OK;
}

/* Folds a consistency proof into the two roots that it implies.  `path` starts
 * with the hash of the node that both trees share. */
static enum rc
consistency_fold(const struct merkle_claim *claim, const struct digest *path, size_t count,
                 struct digest roots[2], struct err *err)
{
	uint64_t node = claim->old - 1;
	uint64_t last = claim->size - 1;

	for (; (node & 1) != 0; node >>= 1)
		last >>= 1;
	roots[0] = roots[1] = path[0];
	for (size_t i = 1; i < count; i++) {
		if (last == 0)
			return FAIL(err, RC_CORRUPT, "the consistency proof is too long");
		if ((node & 1) != 0 || node == last) {
			roots[0] = merkle_node(&path[i], &roots[0]);
			roots[1] = merkle_node(&path[i], &roots[1]);
			for (; (node & 1) == 0 && node != 0; node >>= 1)
				last >>= 1;
		} else {
			roots[1] = merkle_node(&roots[1], &path[i]);
		}
		node >>= 1;
		last >>= 1;
	}
	return last == 0 ? RC_OK : FAIL(err, RC_CORRUPT, "the consistency proof is too short");
}

enum rc
merkle_check_consistency(const struct merkle_claim *claim, const struct merkle_proof *proof,
                         struct err *err)
{
	struct digest path[MERKLE_PROOF_MAX + 1];
	struct digest roots[2];
	size_t count = 0;

	if (claim->old == 0 || claim->old > claim->size || proof->count > MERKLE_PROOF_MAX)
		return FAIL(err, RC_CORRUPT, "the consistency proof names sizes out of order");
	if (claim->old == claim->size) {
		if (proof->count != 0 || !digest_eq(&claim->old_root, &claim->root))
			return FAIL(err, RC_CORRUPT, "one size has two roots, or a proof");
		return RC_OK;
	}
	if (proof->count == 0)
		return FAIL(err, RC_CORRUPT, "the consistency proof is empty");
	if ((claim->old & (claim->old - 1)) == 0)
		path[count++] = claim->old_root;
	memcpy(path + count, proof->hashes, proof->count * sizeof(path[0]));
	TRY(consistency_fold(claim, path, count + proof->count, roots, err));
	if (!digest_eq(&roots[0], &claim->old_root) || !digest_eq(&roots[1], &claim->root))
		return FAIL(err, RC_CORRUPT,
		            "the consistency proof does not lead to the roots");
	return RC_OK;
}
