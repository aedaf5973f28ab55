/*
 * Places for backups: named objects in a folder, over SFTP, or in a bucket.
 *
 *   /abs/dir, file:///abs/dir
 *   sftp://user@host[:port]/abs/dir        key file, known host key
 *   s3+https://host[:port]/bucket[/prefix]?region=REGION   S3-compatible, SigV4
 *
 * A secret never stands in a URL.  An object's name is 1–200 of [a-z0-9._/-]:
 * parts that start with a letter or digit, joined by "/", at most
 * LIMIT_PLACE_DEPTH.  A put is whole or not there: readers and lists never see
 * half an object.  What a place holds should be sealed before it comes here.
 *
 * One thread at a time uses a place.  Errors: RC_NOT_FOUND: no such object;
 * RC_DENIED: refused by the far side, by its unknown host key, or a host that
 * is not declared; RC_FULL; RC_TIMEOUT; RC_IO: anything else of the network or
 * disk; RC_INVALID: a name, a URL, an option.
 */
#ifndef OUTBOUND_PLACE_H
#define OUTBOUND_PLACE_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/stream.h"
#include "outbound/outbound.h"

#define LIMIT_PLACE_NAME_BYTES 200
#define LIMIT_PLACE_DEPTH      6          /* parts of a name */
#define LIMIT_PLACE_OBJECTS    100000     /* looked at for one list */
#define LIMIT_PLACE_LIST_BYTES (16 * MIB) /* of one folder's, one page's list */
#define LIMIT_PLACE_PAGE       1000
/* A single PUT of S3 takes no more. */
#define LIMIT_PLACE_OBJECT_BYTES (5ULL << 30)

struct outbound_place;

struct outbound_place_options {
	struct str name;                    /* of the place, in errors and reports: [a-z0-9-] */
	struct str region;                  /* where it lies, as policies say it: "eu" */
	const struct outbound_hosts *hosts; /* sftp and S3; NULL refuses both */
	/* sftp: */
	const char *key_file; /* OpenSSH private key, Ed25519 or ECDSA, no passphrase */
	/* "SHA256:…" as ssh-keygen -l prints it, of the host's ECDSA key when it has
	 * one; or a file as ssh(1) keeps it.  One of the two is required. */
	const char *host_key_sha256;
	const char *known_hosts_file;
	/* S3: */
	const char *credentials_file; /* mode 0600; two lines: key id, secret key */
	const char *ca_file;          /* NULL: the system's roots */
};

/* Checks URL and options; connects to nobody.  A folder must exist. */
enum rc place_open(struct outbound_place **place, struct str url,
                   const struct outbound_place_options *options, struct err *err) MUST_CHECK;
void place_close(struct outbound_place **place); /* for CLEANUP; takes NULL */

struct str place_name(const struct outbound_place *place);
struct str place_region(const struct outbound_place *place);
bool place_name_is_valid(struct str object);

/* Replaces an object of that name.  `bytes` is exactly what the source gives:
 * more or less fails and leaves what was there.  On the disk, synced, when a
 * folder answers RC_OK; over SFTP the far side decides when it syncs, and while
 * one object replaces another a list may miss both (place_get() does not). */
enum rc place_put(struct outbound_place *place, struct str object, uint64_t bytes,
                  const struct source *source, struct err *err) MUST_CHECK;
enum rc place_put_str(struct outbound_place *place, struct str object, struct str text,
                      struct err *err) MUST_CHECK;

/* The sink has had a part of it when this fails. */
enum rc place_get(struct outbound_place *place, struct str object, const struct sink *sink,
                  struct err *err) MUST_CHECK;

struct place_object {
	struct str name;
	uint64_t bytes;
	int64_t changed_us; /* by the far side's clock; whole seconds but in a folder */
};

/* `object` borrows the name that was given. */
enum rc place_find(struct outbound_place *place, struct str name, struct place_object *object,
                   struct err *err) MUST_CHECK;

struct place_page {
	struct place_object *objects; /* by name, bytes ascending */
	size_t count;
	bool is_more; /* go on with `after` the last one's name */
};

/* Objects whose names start with `prefix` (may be empty) and come after `after`
 * (empty: from the first), at most `max` (1–LIMIT_PLACE_PAGE).  What else lies
 * there is left out.  RC_LIMIT: over LIMIT_PLACE_OBJECTS. */
struct place_range {
	struct str prefix;
	struct str after;
	size_t max;
};
enum rc place_list(struct outbound_place *place, const struct place_range *range,
                   struct place_page *page, struct arena *arena, struct err *err) MUST_CHECK;

/* RC_OK also when there is none.  A folder's object is overwritten with zeros
 * first; file systems that copy on write, and SSDs, keep what they keep. */
enum rc place_delete(struct outbound_place *place, struct str object, struct err *err)
    MUST_CHECK;

#endif
