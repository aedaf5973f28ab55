/*
 * What the last tries left, in DIR/backup.state: kept beside the database, since a
 * commit would be the next backup's reason.
 */
#include <fcntl.h>
#include <unistd.h>

#include "backup/inside.h"
#include "base/json.h"

#define STATE_NAME    "backup.state"
#define STATE_MAX     (64 * KIB)
#define UNSHIPPED_MAX US_PER_HOUR

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* --- the file ---------------------------------------------------------------------- */

static void
note_read(struct notes *notes, const struct json_object *object)
{
	struct place_note note = { 0 };
	struct err err;
	struct str name;

	if (notes->count == LIMIT_PLACES ||
	    json_need_text(object, "name", &name, &err) != RC_OK ||
	    name.len >= sizeof(note.name) ||
	    json_need_int(object, "newest", &note.newest_us, &err) != RC_OK ||
	    json_need_int(object, "tried", &note.tried_us, &err) != RC_OK)
		return;
	memcpy(note.name, name.ptr, name.len);
	note.was_reached = note.newest_us == note.tried_us;
	notes->items[notes->count++] = note;
}

/* A file that cannot be read is as none: the next try writes it anew. */
void
notes_read(struct backup *backup)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(json_free) struct json json = { 0 };
	char path[BACKUP_PATH_BYTES];
	static const size_t most = STATE_MAX;
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct json_object *list = NULL;
	char *text;
	struct err err;
	ssize_t count;

	arena_init(&arena, 2 * STATE_MAX);
	text = arena_alloc(&arena, most, 1);
	if (backup_path(backup, STATE_NAME, path, &err) != RC_OK)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	count = fd < 0 ? -1 : read(fd, text, most);
	if (count <= 0 || json_parse(&json, (struct str){ text, (size_t)count }, &err) != RC_OK)
		return;
	if (!json_find(json.root, "places", &list) || json_kind(list) != JSON_ARRAY)
		return;
	for (size_t i = 0; i < json_count(list); i++)
		note_read(&backup->notes, json_at(list, i));
}

static void
notes_format(const struct notes *notes, struct buf *out)
{
	struct json_out json;

	json_out_init(&json, out);
	json_object_begin(&json);
	json_name(&json, "places");
	json_array_begin(&json);
	for (size_t i = 0; i < notes->count; i++) {
		json_object_begin(&json);
		json_text_at(&json, "name", str_from_c(notes->items[i].name));
		json_int_at(&json, "newest", notes->items[i].newest_us);
		json_int_at(&json, "tried", notes->items[i].tried_us);
		json_object_close(&json);
	}
	json_array_close(&json);
	json_object_close(&json);
}

/* Lost with a crash, it says too little: a backup is then older than it is told. */
static void
notes_write(const struct backup *backup)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(buf_free) struct buf out = { 0 };
	char path[BACKUP_PATH_BYTES];
	char fresh[BACKUP_PATH_BYTES];
	struct str text;
	struct err err;

	buf_init(&out, STATE_MAX - 1);
	notes_format(&backup->notes, &out);
	if (backup_path(backup, STATE_NAME, path, &err) != RC_OK ||
	    backup_path(backup, STATE_NAME ".new", fresh, &err) != RC_OK ||
	    buf_finish(&out, &text, &err) != RC_OK)
		return;
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len)
		(void)rename(fresh, path);
}

/* --- what happened ------------------------------------------------------------------- */

static struct place_note *
note_of(struct notes *notes, struct str place)
{
	for (size_t i = 0; i < notes->count; i++) {
		if (str_eq(str_from_c(notes->items[i].name), place))
			return &notes->items[i];
	}
	return NULL;
}

void
notes_tell(struct backup *backup, struct str place, int64_t newest_us, bool was_reached)
{
	struct place_note *note;

	(void)pthread_mutex_lock(&backup->notes_lock);
	note = note_of(&backup->notes, place);
	if (note == NULL && place.len < sizeof(note->name)) {
		/* Of places that were taken away, the first makes room. */
		size_t at = backup->notes.count < LIMIT_PLACES ? backup->notes.count++ : 0;
		note = &backup->notes.items[at];
		*note = (struct place_note){ 0 };
		memcpy(note->name, place.ptr, place.len);
	}
	if (note != NULL) {
		note->newest_us = newest_us != 0 ? newest_us : note->newest_us;
		note->tried_us =
		    newest_us != 0 ? newest_us : clock_now_us(vault_clock(backup->vault));
		note->was_reached = was_reached;
	}
	notes_write(backup);
	(void)pthread_mutex_unlock(&backup->notes_lock);
}

void
notes_copy(struct backup *backup, struct notes *notes)
{
	(void)pthread_mutex_lock(&backup->notes_lock);
	*notes = backup->notes;
	(void)pthread_mutex_unlock(&backup->notes_lock);
}

/* --- how it stands ----------------------------------------------------------------------- */

static bool
region_is_right_for(const struct policy *policy, struct str region)
{
	if (policy->region.len == 0 || str_eq(policy->region, region))
		return true;
	for (size_t i = 0; i < policy->transfer_count; i++) {
		if (str_eq(policy->transfers[i].to, region))
			return true;
	}
	return false;
}

static bool
region_is_right(struct vault *vault, struct str region)
{
	for (size_t i = 0; i < vault_tenant_count(vault); i++) {
		if (!region_is_right_for(vault_tenant_at(vault, i)->policy, region))
			return false;
	}
	return true;
}

static void
place_state_fill(struct backup *backup, struct notes *notes, const struct backup_place *place,
                 struct backup_place_state *state)
{
	const struct place_note *note = note_of(notes, place->name);
	int64_t now_us = clock_now_us(vault_clock(backup->vault));

	*state = (struct backup_place_state){ .name = place->name, .region = place->region };
	state->is_region_right = region_is_right(backup->vault, place->region);
	if (note == NULL)
		return;
	state->newest_us = note->newest_us;
	state->was_reached = note->was_reached;
	state->is_fresh = note->newest_us != 0 && now_us - note->newest_us < BACKUP_FRESH_US;
}

/* Written by the process that drilled. */
static int64_t
drilled_us(const struct backup *backup)
{
	CLEANUP(fd_close) int fd = -1;
	char path[BACKUP_PATH_BYTES];
	int64_t time_us = 0;
	struct err err;
	char text[24];
	ssize_t count;

	if (backup_path(backup, DRILL_MARK, path, &err) != RC_OK)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	count = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (count <= 0 ||
	    str_to_i64((struct str){ text, (size_t)count }, &time_us, &err) != RC_OK)
		return 0;
	return time_us;
}

enum rc
backup_state(struct backup *backup, struct arena *arena, struct backup_state *state,
             struct err *err)
{
	int64_t now_us = clock_now_us(vault_clock(backup->vault));
	struct ledger_figures ledger;
	struct backup_places places;
	struct notes notes;

	*state = (struct backup_state){ 0 };
	TRY(backup_places(backup, arena, &places, err));
	notes_copy(backup, &notes);
	ledger_figures(vault_ledger(backup->vault), &ledger);
	state->count = places.count;
	for (size_t i = 0; i < places.count; i++) {
		place_state_fill(backup, &notes, &places.items[i], &state->places[i]);
		state->fresh += state->places[i].is_fresh;
		state->is_abroad = state->is_abroad || !state->places[i].is_region_right;
	}
	state->has_recipient = places.recipient.len != 0;
	state->drilled_us = drilled_us(backup);
	state->unshipped = ledger.unshipped;
	state->unshipped_us = ledger.unshipped_us;
	state->is_few = state->fresh < MIN_PLACES;
	state->is_untried = now_us - state->drilled_us > BACKUP_DRILL_US;
	state->is_unshipped =
	    ledger.unshipped != 0 && now_us - ledger.unshipped_us > UNSHIPPED_MAX;
	return RC_OK;
}
