/*
 * Every ceiling in the server, in one place, and how they relate.
 *
 * A limit that another one depends on is checked here, at compile time, so
 * raising one number cannot quietly break a second.  A limit that belongs to
 * one module alone may stand in that module's header; it has a name there.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <assert.h>

#define KIB 1024UL
#define MIB (1024UL * 1024UL)

/* One request. */
#define LIMIT_HEADERS_BYTES    (16 * KIB)
#define LIMIT_PATH_BYTES       (2 * KIB)
#define LIMIT_BODY_BYTES       (16 * MIB) /* the most any route may declare */
#define LIMIT_FORM_BYTES       (64 * KIB)
#define LIMIT_ARENA_BYTES      (192 * MIB) /* parsed body, rows and page of one request */
#define LIMIT_PAGE_BYTES       (8 * MIB)
#define LIMIT_FIELDS           256 /* headers, query arguments, form fields: each */
#define LIMIT_HEADER_MS        10000
#define LIMIT_BODY_GRACE_MS    10000
#define LIMIT_BODY_BYTES_PER_S 1024 /* slower than this after the grace: ended */
#define LIMIT_IDLE_S           60

/* All requests together. */
#define LIMIT_CONNECTIONS             1024
#define LIMIT_CONNECTIONS_PER_ADDRESS 256
#define LIMIT_BODIES_IN_FLIGHT_BYTES  (256 * MIB)

/* JSON. */
#define LIMIT_JSON_DEPTH     32
#define LIMIT_JSON_VALUES    (1024 * 1024) /* of one text; one takes about 70 bytes */
#define LIMIT_JSON_OBJECTS   (256 * 1024)  /* of one text; one takes about 750 bytes */
#define LIMIT_JSON_OUT_DEPTH 24            /* of what we write ourselves */

/* The store. */
#define LIMIT_STORE_WAIT_MS 8000
#define LIMIT_STORE_QUEUE   4096 /* writes waiting for the writer thread */
#define LIMIT_STORE_BATCH   512  /* writes in one group commit */
#define LIMIT_RECORD_BYTES  (1 * MIB)
#define LIMIT_PAGE_ROWS     1000 /* rows of one page of a list */

/* The vault. */
#define LIMIT_KEYS_CACHED 65536
#define LIMIT_KEY_USES    (1UL << 28) /* a key is renewed long before 2^32 */

static_assert(LIMIT_FORM_BYTES <= LIMIT_BODY_BYTES, "a form is a body");
static_assert(4 * LIMIT_BODY_BYTES + LIMIT_PAGE_BYTES + LIMIT_HEADERS_BYTES < LIMIT_ARENA_BYTES,
              "the largest request, parsed, must fit its arena");
static_assert(LIMIT_BODIES_IN_FLIGHT_BYTES >= 2 * LIMIT_BODY_BYTES,
              "two of the largest bodies must fit the budget");
static_assert(LIMIT_STORE_WAIT_MS < LIMIT_IDLE_S * 1000,
              "a busy store must be reported before the connection is given up");

#endif
