/*
 * Reading the keys of a map by a table.
 *
 * A row of struct field says what one key is: its name, whether it must stand
 * there, what reads it, and where in the C struct the result goes.  shape_read()
 * walks the rows in the table's order (so what is referred to is read before
 * what refers to it), then names every key that no row knows.
 *
 * A reader that finds a fault notes it and leaves the target as it was: zero,
 * which the rules (policy/rules.h) take for "not known".
 */
#ifndef POLICY_FIELD_H
#define POLICY_FIELD_H

#include "policy/tree.h"

struct reader {
	struct policy *policy;
	struct arena *arena;
	struct policy_diagnostics *faults;
	struct node *root;
};

struct field {
	const char *name;
	void (*read)(struct reader *reader, struct node *node, const struct field *field,
	             void *target);
	size_t to;            /* offset of the result in the target */
	size_t count_to;      /* of a list: offset of its count */
	const void *how;      /* what `read` wants to know beside */
	const char *fallback; /* the text that stands for an absent key */
	bool is_optional;
};

struct shape {
	const char *what; /* for messages: "class" */
	const struct field *fields;
	size_t count;
	size_t size; /* of the struct; of items in tables and lists */
};

void shape_read(struct reader *reader, struct node *map, const struct shape *shape,
                void *target);

/* Texts: one to TEXT_MAX bytes without control characters. */
#define FIELD_TEXT_MAX 1000
void field_text(struct reader *reader, struct node *node, const struct field *field,
                void *target);
/* As field_text, and `how` is a struct form. */
struct form {
	bool (*fits)(struct str text);
	const char *says; /* "a date (YYYY-MM-DD)" */
};
extern const struct form form_name;     /* [a-z][a-z0-9_]{0,39} */
extern const struct form form_region;   /* [a-z][a-z0-9-]{0,39} */
extern const struct form form_date;     /* RFC 3339 full-date */
extern const struct form form_mail;     /* something@something.something */
extern const struct form form_file;     /* a file beside the policy: no folders */
extern const struct form form_cookie;   /* a cookie's name: RFC 6265, section 4.1.1 */
extern const struct form form_category; /* a Fideslang key: user.… or system.… */
void field_formed(struct reader *reader, struct node *node, const struct field *field,
                  void *target);
void field_formed_list(struct reader *reader, struct node *node, const struct field *field,
                       void *target);

struct bounds {
	int least, most;
};
void field_int(struct reader *reader, struct node *node, const struct field *field,
               void *target);

/* One word of a table to an int or enum, to a bool, or several to a set. */
struct word {
	const char *text;
	int value;
};
struct words {
	const struct word *items;
	size_t count;
};
#define WORDS(table)                                                                           \
	&(const struct words)                                                                  \
	{                                                                                      \
		(table), COUNT_OF(table)                                                       \
	}
void field_word(struct reader *reader, struct node *node, const struct field *field,
                void *target);
void field_flag(struct reader *reader, struct node *node, const struct field *field,
                void *target);
void field_word_set(struct reader *reader, struct node *node, const struct field *field,
                    void *target);
/* Words of a table kept as texts; several in order. */
void field_word_text(struct reader *reader, struct node *node, const struct field *field,
                     void *target);
void field_word_list(struct reader *reader, struct node *node, const struct field *field,
                     void *target);

/* `how` is a struct shape: a map into the same target, a map of named items
 * into an array, a list of maps into an array. */
void field_map(struct reader *reader, struct node *node, const struct field *field,
               void *target);
void field_table(struct reader *reader, struct node *node, const struct field *field,
                 void *target);
void field_rows(struct reader *reader, struct node *node, const struct field *field,
                void *target);

/* `how` is a struct reference: names of a table of the policy, to a policy_set. */
struct reference {
	const char *what; /* "purpose" */
	size_t items, count;
	size_t size;
};
void field_reference_set(struct reader *reader, struct node *node, const struct field *field,
                         void *target);

/* For readers of other files. */
bool field_is(struct reader *reader, const struct node *node, enum node_kind kind);
bool field_word_find(const struct words *words, struct str text, int *value);
bool field_fits(struct reader *reader, const struct node *node, const struct form *form);
void *field_place(const struct field *field, void *target);
void field_count_set(const struct field *field, void *target, size_t count);

#endif
