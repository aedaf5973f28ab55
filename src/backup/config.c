/*
 * DIR/backup.json: where backups go and for whom they are sealed.  No secret
 * stands in it: credentials are files of their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/inside.h"
#include "base/json.h"

#define CONFIG_NAME "backup.json"
#define CONFIG_MAX  (64 * KIB)
#define NAME_MAX_   40

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static void
unlock(pthread_mutex_t **mutex)
{
	(void)pthread_mutex_unlock(*mutex);
}

enum rc
backup_path_in(const char *dir, const char *name, char path[BACKUP_PATH_BYTES], struct err *err)
{
	if (snprintf(path, BACKUP_PATH_BYTES, "%s/%s", dir, name) >= BACKUP_PATH_BYTES)
		return FAIL(err, RC_INVALID, "the data directory's name is too long");
	return RC_OK;
}

enum rc
backup_path(const struct backup *backup, const char *name, char path[BACKUP_PATH_BYTES],
            struct err *err)
{
	return backup_path_in(backup->dir, name, path, err);
}

/* --- reading ------------------------------------------------------------------- */

static struct str
text_of(const struct json_object *object, const char *name, struct arena *arena)
{
	struct json_object *value;

	if (!json_find(object, name, &value) || json_kind(value) != JSON_STRING)
		return STR_EMPTY;
	return str_copy(arena, json_text(value));
}

static struct backup_place
place_read(const struct json_object *object, struct arena *arena)
{
	return (struct backup_place){
		.name = text_of(object, "name", arena),
		.url = text_of(object, "url", arena),
		.region = text_of(object, "region", arena),
		.credentials = text_of(object, "credentials", arena),
		.key_file = text_of(object, "key_file", arena),
		.known_hosts = text_of(object, "known_hosts", arena),
		.ca_file = text_of(object, "ca_file", arena),
		.host_key = text_of(object, "host_key", arena),
	};
}

static MUST_CHECK enum rc
config_parse(struct str text, struct arena *arena, struct backup_places *places,
             struct err *err)
{
	CLEANUP(json_free) struct json json = { 0 };
	struct json_object *list = NULL;

	TRY(json_parse(&json, text, err));
	places->recipient = text_of(json.root, "recipient", arena);
	if (!json_find(json.root, "places", &list) || json_kind(list) != JSON_ARRAY ||
	    json_count(list) > LIMIT_PLACES)
		return FAIL(err, RC_INVALID, "backup.json: at most %d places", LIMIT_PLACES);
	for (size_t i = 0; i < json_count(list); i++)
		places->items[places->count++] = place_read(json_at(list, i), arena);
	return RC_OK;
}

enum rc
backup_places(struct backup *backup, struct arena *arena, struct backup_places *places,
              struct err *err)
{
	return backup_places_in(backup->dir, arena, places, err);
}

enum rc
backup_places_in(const char *dir, struct arena *arena, struct backup_places *places,
                 struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char path[BACKUP_PATH_BYTES];
	char *text = arena_alloc(arena, CONFIG_MAX, 1);
	ssize_t count;

	*places = (struct backup_places){ 0 };
	TRY(backup_path_in(dir, CONFIG_NAME, path, err));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return RC_OK;
	count = fd < 0 ? -1 : read(fd, text, CONFIG_MAX);
	if (count < 0 || count == CONFIG_MAX)
		return FAIL(err, RC_IO, "backup.json cannot be read");
	if (config_parse((struct str){ text, (size_t)count }, arena, places, err) != RC_OK)
		return FAIL(err, RC_INVALID, "backup.json is not as this program writes it");
	return RC_OK;
}

/* --- writing ---------------------------------------------------------------------- */

static void
place_write(struct json_out *json, const struct backup_place *place)
{
	const struct {
		const char *name;
		struct str value;
	} members[] = {
		{ "name", place->name },         { "url", place->url },
		{ "region", place->region },     { "credentials", place->credentials },
		{ "key_file", place->key_file }, { "known_hosts", place->known_hosts },
		{ "ca_file", place->ca_file },   { "host_key", place->host_key },
	};

	json_object_begin(json);
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		if (members[i].value.len != 0)
			json_text_at(json, members[i].name, members[i].value);
	}
	json_object_close(json);
}

static MUST_CHECK enum rc
file_replace(const struct backup *backup, struct str text, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(fd_close) int folder = -1;
	char path[BACKUP_PATH_BYTES];
	char fresh[BACKUP_PATH_BYTES];

	TRY(backup_path(backup, CONFIG_NAME, path, err));
	TRY(backup_path(backup, CONFIG_NAME ".new", fresh, err));
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	folder = open(backup->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || folder < 0 || write(fd, text.ptr, text.len) != (ssize_t)text.len ||
	    fsync(fd) != 0 || rename(fresh, path) != 0 || fsync(folder) != 0)
		return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO,
		            "backup.json cannot be written");
	return RC_OK;
}

static MUST_CHECK enum rc
config_write(const struct backup *backup, const struct backup_places *places, struct err *err)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct json_out json;
	struct str text;

	buf_init(&out, CONFIG_MAX - 1);
	json_out_init(&json, &out);
	json.is_pretty = true;
	json_object_begin(&json);
	json_text_at(&json, "recipient", places->recipient);
	json_name(&json, "places");
	json_array_begin(&json);
	for (size_t i = 0; i < places->count; i++)
		place_write(&json, &places->items[i]);
	json_array_close(&json);
	json_object_close(&json);
	buf_add(&out, STR("\n"));
	TRY(buf_finish(&out, &text, err));
	return file_replace(backup, text, err);
}

/* --- places ------------------------------------------------------------------------- */

/* "sftp://user@host:port/dir" → "host:port". */
static struct str
host_of(struct str url)
{
	size_t at = 0;

	while (at + 3 <= url.len && memcmp(url.ptr + at, "://", 3) != 0)
		at++;
	if (at + 3 > url.len)
		return STR_EMPTY;
	url = (struct str){ url.ptr + at + 3, url.len - at - 3 };
	(void)str_cut(url, '/', &url);
	for (at = url.len; at > 0 && url.ptr[at - 1] != '@'; at--)
		;
	return (struct str){ url.ptr + at, url.len - at };
}

static const char *
path_or_null(struct arena *arena, struct str text)
{
	return text.len == 0 ? NULL : str_to_c(arena, text);
}

enum rc
place_open_row(struct outbound_place **place, const struct backup_place *row, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str host = host_of(row->url);
	const struct outbound_hosts hosts = { &host, host.len == 0 ? 0 : 1 };
	struct outbound_place_options options = { .name = row->name,
		                                  .region = row->region,
		                                  .hosts = &hosts };

	arena_init(&arena, 64 * KIB);
	options.key_file = path_or_null(&arena, row->key_file);
	options.host_key_sha256 = path_or_null(&arena, row->host_key);
	options.known_hosts_file = path_or_null(&arena, row->known_hosts);
	options.credentials_file = path_or_null(&arena, row->credentials);
	options.ca_file = path_or_null(&arena, row->ca_file);
	return place_open(place, row->url, &options, err);
}

/* An object comes and goes: name, access and the far side's answer are right. */
static MUST_CHECK enum rc
place_try(const struct backup_place *row, struct err *err)
{
	CLEANUP(place_close) struct outbound_place *place = NULL;

	TRY(place_open_row(&place, row, err));
	TRY(place_put_str(place, STR("try"), STR("troth\n"), err));
	return place_delete(place, STR("try"), err);
}

static bool
name_is_valid(struct str name)
{
	if (name.len == 0 || name.len > NAME_MAX_)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool is_good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
		if (!is_good)
			return false;
	}
	return true;
}

enum rc
backup_place_add(struct backup *backup, const struct backup_place *place, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(unlock) pthread_mutex_t *held = &backup->lock;
	struct backup_places places;

	(void)pthread_mutex_lock(held);
	arena_init(&arena, 256 * KIB);
	if (!name_is_valid(place->name) || !name_is_valid(place->region))
		return FAIL(err, RC_INVALID, "name and region are a-z, 0-9 and hyphens");
	TRY(backup_places(backup, &arena, &places, err));
	for (size_t i = 0; i < places.count; i++) {
		if (str_eq(places.items[i].name, place->name))
			return FAIL(err, RC_CONFLICT, "there is a place of that name");
	}
	if (places.count == LIMIT_PLACES)
		return FAIL(err, RC_LIMIT, "there are %d places already", LIMIT_PLACES);
	TRY(place_try(place, err));
	places.items[places.count++] = *place;
	TRY(config_write(backup, &places, err));
	return backup_ledger_begin(backup, true, err);
}

enum rc
backup_place_remove(struct backup *backup, struct str name, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(unlock) pthread_mutex_t *held = &backup->lock;
	struct backup_places places;
	size_t kept = 0;

	(void)pthread_mutex_lock(held);
	arena_init(&arena, 256 * KIB);
	TRY(backup_places(backup, &arena, &places, err));
	for (size_t i = 0; i < places.count; i++) {
		if (!str_eq(places.items[i].name, name))
			places.items[kept++] = places.items[i];
	}
	if (kept == places.count)
		return FAIL(err, RC_NOT_FOUND, "there is no place of that name");
	places.count = kept;
	TRY(config_write(backup, &places, err));
	return backup_ledger_begin(backup, false, err);
}

/* --- the recipient --------------------------------------------------------------------- */

enum rc
backup_recipient_set(struct backup *backup, struct str recipient, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(unlock) pthread_mutex_t *held = &backup->lock;
	struct age_recipient parsed;
	struct backup_places places;

	(void)pthread_mutex_lock(held);
	arena_init(&arena, 256 * KIB);
	TRY(age_recipient_parse(recipient, &parsed, err));
	TRY(backup_places(backup, &arena, &places, err));
	places.recipient = recipient;
	TRY(config_write(backup, &places, err));
	return backup_ledger_begin(backup, true, err);
}

enum rc
backup_key_new(struct backup *backup, struct arena *arena, struct str *text, struct err *err)
{
	CLEANUP(age_identity_wipe) struct age_identity identity = { { { 0 } } };
	struct age_recipient recipient;
	char secret[AGE_IDENTITY_TEXT_MAX];
	char public[AGE_RECIPIENT_TEXT_MAX];
	struct str master;

	age_identity_new(&identity);
	recipient = age_recipient_of(&identity);
	age_identity_format(&identity, secret);
	age_recipient_format(&recipient, public);
	TRY(vault_master_text(backup->vault, arena, &master, err));
	TRY(backup_recipient_set(backup, str_from_c(public), err));
	*text = str_printf(arena,
	                   "# Troth recovery key. Keep it offline, in two places: who has it\n"
	                   "# and a backup has all the data; without it no backup opens.\n"
	                   "# public key: %s\n# master key: %.*s\n%s\n",
	                   public, STR_ARGS(master), secret);
	secret_wipe(secret, sizeof(secret));
	return RC_OK;
}
