/*
 * The two files of an epoch, and how they change places (slots.h tells the
 * steps).  Included by slots.c alone.
 */
#ifndef VAULT_SLOTS_FILE_H
#define VAULT_SLOTS_FILE_H

#include "vault/slots.h"

#define SLOTS_PATH_BYTES 520

struct slots_paths {
	char folder[SLOTS_PATH_BYTES];
	char keys[SLOTS_PATH_BYTES], keys_new[SLOTS_PATH_BYTES], keys_old[SLOTS_PATH_BYTES];
	char epoch[SLOTS_PATH_BYTES], epoch_new[SLOTS_PATH_BYTES], epoch_old[SLOTS_PATH_BYTES];
};

struct slots_files {
	int fd; /* of keys.dat */
	int64_t epoch;
	struct key key;
};

enum rc slots_paths_fill(struct slots_paths *paths, const char *keys, struct err *err)
    MUST_CHECK;
enum rc slots_files_create(const struct slots_paths *paths, const struct key *master,
                           struct err *err) MUST_CHECK;
/* RC_CORRUPT: not ours, or of two epochs. */
enum rc slots_files_open(const struct slots_paths *paths, const struct key *master,
                         bool is_read_only, struct slots_files *files, struct err *err)
    MUST_CHECK;
/* Finishes or undoes a turn that was cut short. */
enum rc slots_files_mend(const struct slots_paths *paths, const struct key *master,
                         struct err *err) MUST_CHECK;
/* Steps 2 and 3; then 4 and 5. */
enum rc slots_files_swap(const struct slots_paths *paths, struct err *err) MUST_CHECK;
enum rc slots_files_finish(const struct slots_paths *paths, struct err *err) MUST_CHECK;

void slots_head_fill(uint8_t head[SLOT_BYTES], int64_t epoch);
/* A new file, 0600; what is left of an earlier try goes. */
enum rc slots_file_make(const char *path, int *fd, struct err *err) MUST_CHECK;
enum rc slots_epoch_write(const char *path, const struct key *master, int64_t epoch,
                          const struct key *key, struct err *err) MUST_CHECK;
enum rc slots_epoch_bytes(const struct slots_paths *paths, struct buf *out, struct err *err)
    MUST_CHECK;

#endif
