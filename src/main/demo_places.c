/*
 * Backups of a demonstration: two folders in its own directory stand for places far
 * apart, and the recovery key lies beside them.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "main/context.h"
#include "main/demo.h"

static MUST_CHECK enum rc
place_make(const struct call *call, const char *name, struct err *err)
{
	struct str path = str_printf(call->arena, "%s/places/%s", vault_dir(call->vault), name);
	char *real;
	struct backup_place place = { .name = str_from_c(name), .region = STR(DEMO_REGION) };
	enum rc rc;

	if (mkdir(str_to_c(call->arena, path), 0700) != 0)
		return FAIL(err, RC_IO, "a folder for the demonstration's backups");
	real = realpath(str_to_c(call->arena, path), NULL);
	if (real == NULL)
		return FAIL(err, RC_IO, "a folder for the demonstration's backups");
	place.url = str_from_c(real);
	rc = backup_place_add(call->backup, &place, err);
	free(real);
	return rc;
}

static MUST_CHECK enum rc
drill_make(const struct call *call, struct str text, struct err *err)
{
	CLEANUP(backup_key_wipe) struct backup_key key = { 0 };
	struct backup_places places;
	struct backup_report report;
	struct backup_found found = { 0 };
	struct backup_from from = { .key = &key };

	TRY(backup_create(call->backup, NULL, &report, err));
	TRY(backup_key_parse(text, &key, err));
	TRY(backup_places(call->backup, call->arena, &places, err));
	from.places = places.items;
	from.count = places.count;
	return backup_drill(vault_dir(call->vault), &from, call->clock, &found, err);
}

enum rc
demo_places_make(const struct call *call, struct err *err)
{
	struct backup_places places;
	struct str folder = str_printf(call->arena, "%s/places", vault_dir(call->vault));
	struct str file = str_printf(call->arena, "%.*s/recovery.key", STR_ARGS(folder));
	struct str text;
	int fd;

	TRY(backup_places(call->backup, call->arena, &places, err));
	if (places.count != 0)
		return RC_OK;
	if (mkdir(str_to_c(call->arena, folder), 0700) != 0)
		return FAIL(err, RC_IO, "a folder for the demonstration's backups");
	TRY(backup_key_new(call->backup, call->arena, &text, err));
	fd = open(str_to_c(call->arena, file), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text.ptr, text.len) != (ssize_t)text.len || close(fd) != 0)
		return FAIL(err, RC_IO, "the demonstration's recovery key");
	TRY(place_make(call, "north", err));
	TRY(place_make(call, "south", err));
	return drill_make(call, text, err);
}
