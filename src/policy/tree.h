/*
 * A YAML file as a tree of maps, lists and texts, with positions.
 *
 * Only what a policy needs of YAML 1.2: one document, no anchors, aliases,
 * tags, directives' types or duplicate keys, no key but a plain text, at most
 * POLICY_LIST_MAX entries in a map or list, TREE_TEXTS_MAX in a list of texts.  Every scalar is
 * a text: what it means is decided by the key it stands under (policy/field.h), so `1.3`, `yes`
 * and `2026-01-01` cannot turn into something else on the way.
 *
 * The only user of libfyaml.
 */
#ifndef POLICY_TREE_H
#define POLICY_TREE_H

#include "policy/fault.h"

#define TREE_DEPTH_MAX 8
#define TREE_TEXTS_MAX 256
#define TREE_NODES_MAX 16384

enum node_kind { NODE_TEXT = 1, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	struct place at;
	struct str name; /* its key, when it stands in a map */
	struct place name_at;
	struct str text;
	bool is_number; /* read as a whole number: the canonical form writes it as one */
	bool is_bad;    /* has a fault already: readers pass over it */
	struct node *first, *last, *next;
	size_t count;
};

/* *root is NULL when the file is no YAML or uses more of it than a policy may;
 * the faults say why. */
void tree_read(struct arena *arena, struct str yaml, struct policy_diagnostics *faults,
               struct node **root);

struct node *tree_find(const struct node *map, struct str name); /* NULL: absent */
struct node *tree_at(const struct node *parent, size_t index);   /* NULL: past the end */
struct node *tree_add_text(struct arena *arena, struct node *map, const char *name,
                           const char *text);

/* JSON with members sorted by name and no white space: the form that
 * json_canonical() gives for the same tree.  Lists keep their order. */
void tree_canonical(const struct node *node, struct arena *arena, struct buf *out);

#endif
