/*
 * From what the finders found to spans without overlap.
 *
 * Overlapping spans are united, never cut: cutting would leave part of what one
 * finder took for a name.  Values of 6 to 64 bytes are then looked for in the
 * whole text by a trie, 64 steps at most from each place, and what is found is
 * widened to whole words.
 */
#include "deid/find.h"

#define VALUE_MIN 6
#define VALUE_MAX 64

void
found_add(struct found *found, struct deid_span span)
{
	struct deid_span *items;
	size_t room = found->room == 0 ? 256 : found->room * 2;

	if (found->count == LIMIT_DEID_SPANS) {
		found->is_over = true;
		return;
	}
	if (found->count == found->room) {
		items = arena_alloc(found->arena, room * sizeof(*items),
		                    _Alignof(struct deid_span));
		if (found->count != 0)
			memcpy(items, found->items, found->count * sizeof(*items));
		found->items = items;
		found->room = room;
	}
	found->items[found->count++] = span;
}

/* By place; of two at one place the longer first. */
static int
span_compare(const void *a, const void *b)
{
	const struct deid_span *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->length != y->length)
		return x->length > y->length ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

/* The surer one names the kind; of equals the longer. */
static void
span_unite(struct deid_span *span, const struct deid_span *other, size_t *kind_length)
{
	size_t end = span->offset + span->length, other_end = other->offset + other->length;

	if (other->score > span->score ||
	    (other->score == span->score && other->length > *kind_length)) {
		span->kind = other->kind;
		span->score = other->score;
		*kind_length = other->length;
	}
	if (other_end > end)
		span->length = other_end - span->offset;
}

static void
spans_unite(struct found *found)
{
	size_t kept = 0, kind_length = 0;

	qsort(found->items, found->count, sizeof(*found->items), span_compare);
	for (size_t i = 0; i < found->count; i++) {
		struct deid_span *last = kept == 0 ? NULL : &found->items[kept - 1];
		if (last != NULL && found->items[i].offset < last->offset + last->length) {
			span_unite(last, &found->items[i], &kind_length);
			continue;
		}
		kind_length = found->items[i].length;
		found->items[kept++] = found->items[i];
	}
	found->count = kept;
}

/* Tags of ours stay as they are. */
static void
tagged_drop(struct found *found, const struct tokens *tokens)
{
	size_t kept = 0, at = 0;

	for (size_t i = 0; i < found->count; i++) {
		struct deid_span span = found->items[i];
		bool is_tagged = false;
		while (at < tokens->count &&
		       tokens->items[at].offset + tokens->items[at].length <= span.offset)
			at++;
		for (size_t j = at;
		     j < tokens->count && tokens->items[j].offset < span.offset + span.length;
		     j++)
			is_tagged |= tokens->items[j].is_tagged;
		if (!is_tagged)
			found->items[kept++] = span;
	}
	found->count = kept;
}

/* --- the same value elsewhere ------------------------------------------------------------- */

/* Children of a node are a list; node 0 is the root and no child. */
struct node {
	uint32_t child, sibling;
	uint32_t span; /* 1 + index of the span whose value ends here; 0: none */
	unsigned char byte;
};

struct trie {
	struct node *nodes;
	uint32_t count;
};

static uint32_t
node_find(const struct trie *trie, uint32_t node, unsigned char byte)
{
	uint32_t at = trie->nodes[node].child;

	while (at != 0 && trie->nodes[at].byte != byte)
		at = trie->nodes[at].sibling;
	return at;
}

static void
trie_add(struct trie *trie, struct str value, uint32_t span)
{
	uint32_t node = 0;

	for (size_t i = 0; i < value.len; i++) {
		unsigned char byte = (unsigned char)value.ptr[i];
		uint32_t child = node_find(trie, node, byte);
		if (child == 0) {
			child = trie->count++;
			trie->nodes[child] =
			    (struct node){ 0, trie->nodes[node].child, 0, byte };
			trie->nodes[node].child = child;
		}
		node = child;
	}
	if (trie->nodes[node].span == 0)
		trie->nodes[node].span = span + 1;
}

/* The longest value that begins at `at`: its length, or 0. */
static size_t
trie_match(const struct trie *trie, struct str text, size_t at, uint32_t *span)
{
	uint32_t node = 0;
	size_t longest = 0;

	for (size_t i = at; i < text.len; i++) {
		node = node_find(trie, node, (unsigned char)text.ptr[i]);
		if (node == 0)
			break;
		if (trie->nodes[node].span != 0) {
			longest = i + 1 - at;
			*span = trie->nodes[node].span - 1;
		}
	}
	return longest;
}

static bool
has_value(const struct deid_span *span)
{
	return span->length >= VALUE_MIN && span->length <= VALUE_MAX;
}

static struct trie
trie_of(const struct found *found)
{
	struct trie trie = { NULL, 1 };
	size_t bytes = 1;

	for (size_t i = 0; i < found->count; i++)
		bytes += has_value(&found->items[i]) ? found->items[i].length : 0;
	trie.nodes =
	    arena_alloc(found->arena, bytes * sizeof(struct node), _Alignof(struct node));
	for (size_t i = 0; i < found->count; i++) {
		const struct deid_span *span = &found->items[i];
		if (has_value(span))
			trie_add(&trie,
			         (struct str){ found->text.ptr + span->offset, span->length },
			         (uint32_t)i);
	}
	return trie;
}

/* Out to the ends of the words it begins and ends in, but not into a tag. */
static struct deid_span
span_widen(struct deid_span span, const struct tokens *tokens, size_t *at)
{
	size_t end = span.offset + span.length;

	while (*at < tokens->count &&
	       tokens->items[*at].offset + tokens->items[*at].length <= span.offset)
		(*at)++;
	for (size_t i = *at; i < tokens->count && tokens->items[i].offset < end; i++) {
		const struct token *token = &tokens->items[i];
		if (token->is_tagged)
			break;
		if (token->offset < span.offset) {
			span.length += span.offset - token->offset;
			span.offset = token->offset;
		}
		if (token->offset + token->length > end)
			span.length = token->offset + token->length - span.offset;
	}
	return span;
}

static void
values_again(struct found *found, const struct tokens *tokens)
{
	struct trie trie = trie_of(found);
	size_t firsts = found->count, known = 0, word = 0;

	for (size_t at = 0; at < found->text.len && firsts != 0; at++) {
		uint32_t from = 0;
		size_t length = trie_match(&trie, found->text, at, &from);
		while (known + 1 < firsts && found->items[known].offset < at)
			known++;
		if (length == 0 ||
		    (found->items[known].offset == at && found->items[known].length >= length))
			continue;
		struct deid_span span = found->items[from];
		span.offset = at;
		span.length = length;
		found_add(found, span_widen(span, tokens, &word));
	}
}

enum rc
spans_settle(struct found *found, const struct tokens *tokens, struct deid_spans *spans,
             struct arena *arena, struct err *err)
{
	struct deid_span *items;

	if (found->count != 0) {
		spans_unite(found);
		tagged_drop(found, tokens);
		values_again(found, tokens);
		spans_unite(found);
		tagged_drop(found, tokens);
	}
	if (found->is_over)
		return FAIL(err, RC_LIMIT, "over %d identifiers in one text", LIMIT_DEID_SPANS);
	items = arena_try_alloc(arena, (found->count + 1) * sizeof(*items),
	                        _Alignof(struct deid_span));
	if (items == NULL)
		return FAIL(err, RC_LIMIT, "no room for what was found");
	if (found->count != 0)
		memcpy(items, found->items, found->count * sizeof(*items));
	*spans = (struct deid_spans){ items, found->count };
	return RC_OK;
}
