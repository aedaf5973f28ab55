/*
 * The tables and how an older file becomes a newer one.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/sqlite.h"

/* Brings the file up to this program's version, each step in a transaction of
 * its own.  RC_PRECONDITION: the file is of a newer program, or not ours. */
enum rc schema_migrate(struct connection *connection, struct err *err) MUST_CHECK;

/* The same without changing anything: RC_PRECONDITION unless the versions agree. */
enum rc schema_check(struct connection *connection, struct err *err) MUST_CHECK;

#endif
