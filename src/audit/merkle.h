/*
 * Merkle trees: RFC 6962, section 2 (RFC 9162 gives the verification steps).
 *
 * Pure functions over hashes; nothing here reads a store.
 */
#ifndef AUDIT_MERKLE_H
#define AUDIT_MERKLE_H

#include "crypto/digest.h"

#define MERKLE_PROOF_MAX 64

struct merkle_proof {
	struct digest hashes[MERKLE_PROOF_MAX];
	size_t count;
};

struct digest merkle_leaf(struct str leaf); /* H(0x00 ‖ leaf) */
struct digest merkle_node(const struct digest *left,
                          const struct digest *right); /* H(0x01 ‖ …) */

/* The hash of the complete subtree of 2^level leaves that starts at
 * index × 2^level. */
struct merkle_source {
	enum rc (*subtree)(void *arg, int level, uint64_t index, struct digest *hash,
	                   struct err *err);
	void *arg;
};

/* Root of the first `size` leaves; of an empty tree: SHA-256 of nothing. */
enum rc merkle_root(const struct merkle_source *source, uint64_t size, struct digest *root,
                    struct err *err) MUST_CHECK;
/* RC_INVALID unless index < size; 0 < old ≤ size. */
enum rc merkle_prove_inclusion(const struct merkle_source *source, uint64_t index,
                               uint64_t size, struct merkle_proof *proof, struct err *err)
    MUST_CHECK;
enum rc merkle_prove_consistency(const struct merkle_source *source, uint64_t old,
                                 uint64_t size, struct merkle_proof *proof, struct err *err)
    MUST_CHECK;

/* RC_CORRUPT when the proof does not show it. */
struct merkle_claim {
	uint64_t index; /* inclusion */
	uint64_t old;   /* consistency: the smaller size … */
	uint64_t size;
	struct digest leaf;     /* inclusion: hash of the leaf */
	struct digest old_root; /* consistency */
	struct digest root;
};
enum rc merkle_check_inclusion(const struct merkle_claim *claim,
                               const struct merkle_proof *proof, struct err *err) MUST_CHECK;
enum rc merkle_check_consistency(const struct merkle_claim *claim,
                                 const struct merkle_proof *proof, struct err *err) MUST_CHECK;

#endif
