/*
 * Alerts: raised once, told to staff at once, sent to the webhook by the
 * housekeeper, open until a person acknowledges them.
 */
#include "office/alert.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "office/inside.h"
#include "office/register.h"
#include "office/tell.h"
#include "outbound/outbound.h"

#define SAME_WITHIN_US  US_PER_HOUR
#define LATE_WITHIN_US  US_PER_DAY /* of an incident's clock: one alert a day */
#define SOON_US         (24 * US_PER_HOUR)
#define BEAT_EVERY_US   US_PER_MIN
#define WEBHOOK_BYTES   (64 * KIB)
#define WEBHOOK_KEY_MIN 16

static size_t
place_of(const struct tenant *tenant)
{
	return (size_t)tenant->id % OFFICE_TENANTS;
}

static void
open_alerts_set(struct office *office, const struct tenant *tenant, int64_t count)
{
	(void)pthread_mutex_lock(&office->lock);
	office->open_alerts[place_of(tenant)] = count;
	(void)pthread_mutex_unlock(&office->lock);
}

/* --- raising ------------------------------------------------------------------------- */

/* Is this the first of its kind in the window? */
static MUST_CHECK enum rc
is_first(struct office *office, const struct tenant *tenant, const struct alert *alert,
         int64_t window_us, bool *is_it, struct err *err)
{
	struct rate rate = { "alert", 1, window_us };
	struct err limited;
	char about[ID_TEXT_LEN + 1];
	char key[ID_TEXT_LEN + 64];
	enum rc rc;

	id_format(alert->about, about);
	(void)snprintf(key, sizeof(key), "%s/%s", alert->what, about);
	rc = people_rate(office->people, tenant, &rate, str_from_c(key), &limited);
	*is_it = rc == RC_OK;
	if (rc == RC_OK || rc == RC_RATE)
		return RC_OK;
	*err = limited;
	return rc;
}

static MUST_CHECK enum rc
alert_put(struct office *office, const struct tenant *tenant, const struct alert *alert,
          struct err *err)
{
	struct door door = office_door(office, tenant);
	struct telling telling = { .kind = "alert",
		                   .subject = alert->title,
		                   .text = alert->text,
		                   .by_mail = true,
		                   .by_page = true };
	struct register_entry entry = { .kind = STR("alert"),
		                        .title = alert->title,
		                        .text = alert->text,
		                        .reference = str_from_c(alert->what),
		                        .severity = str_from_c(alert->severity) };
	char about[ID_TEXT_LEN + 1];

	id_format(alert->about, about);
	if (!id_is_zero(alert->about))
		entry.contact = str_from_c(about);
	LOG(LEVEL_WARN, "alert", F_NUM("tenant", tenant->id));
	TRY(register_put(&door, office, &entry, err));
	(void)pthread_mutex_lock(&office->lock);
	office->has_unsent[place_of(tenant)] = true;
	office->open_alerts[place_of(tenant)] = -1;
	(void)pthread_mutex_unlock(&office->lock);
	return office_tell_staff(office, tenant, "notices", &telling, err);
}

enum rc
alert_raise_within(struct office *office, const struct tenant *tenant,
                   const struct alert *alert, int64_t window_us, struct err *err)
{
	bool is_it = false;

	TRY(is_first(office, tenant, alert, window_us, &is_it, err));
	return is_it ? alert_put(office, tenant, alert, err) : RC_OK;
}

enum rc
alert_raise(struct office *office, const struct tenant *tenant, const struct alert *alert,
            struct err *err)
{
	return alert_raise_within(office, tenant, alert, SAME_WITHIN_US, err);
}

enum rc
alert_acknowledge(const struct door *door, struct office *office, struct id alert,
                  struct str note, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct register_entry entry;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	if (note.len == 0)
		return FAIL(err, RC_INVALID, "note: say what was found");
	TRY(register_get(door, office, alert, &arena, &entry, err));
	if (!str_eq(entry.kind, STR("alert")))
		return FAIL(err, RC_NOT_FOUND, "there is no such alert");
	if (!str_eq(entry.state, STR("open")))
		return FAIL(err, RC_CONFLICT, "somebody has acknowledged it already");
	entry.state = STR("acknowledged");
	entry.closed_us = office_now_us(office);
	entry.text = str_printf(&arena, "%.*s\n\n%.*s", STR_ARGS(entry.text), STR_ARGS(note));
	TRY(register_put(door, office, &entry, err));
	open_alerts_set(office, door->tenant, -1);
	return RC_OK;
}

static int64_t
open_alerts_of(struct office *office, const struct tenant *tenant)
{
	int64_t count;

	(void)pthread_mutex_lock(&office->lock);
	count = office->open_alerts[place_of(tenant)];
	(void)pthread_mutex_unlock(&office->lock);
	return count;
}

/* One that is raised while they are counted has them counted again. */
enum rc
alert_open_count(struct office *office, const struct tenant *tenant, int64_t *count,
                 struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct register_query query = { .kind = STR("alert"),
		                        .state = STR("open"),
		                        .limit = LIMIT_PAGE_ROWS };
	struct register_entries alerts;
	enum rc rc;

	*count = open_alerts_of(office, tenant);
	if (*count >= 0 || policy_class_find(tenant->policy, STR("register")) == NULL)
		return RC_OK;
	arena_init(&arena, OFFICE_ARENA_BYTES);
	open_alerts_set(office, tenant, 0);
	rc = register_list(&door, office, &query, &arena, &alerts, err);
	if (rc != RC_OK) {
		open_alerts_set(office, tenant, -1);
		return rc;
	}
	*count = (int64_t)alerts.count;
	if (open_alerts_of(office, tenant) == 0)
		open_alerts_set(office, tenant, *count);
	return RC_OK;
}

/* --- to the outside ---------------------------------------------------------------------- */

static enum rc
nothing_add(void *arg, struct str bytes, struct err *err)
{
	(void)arg;
	(void)bytes;
	(void)err;
	return RC_OK;
}

/* The host of an operator's own URL is declared by being configured. */
static struct str
host_of(struct str url)
{
	struct str mark = STR("://");
	const char *at = memmem(url.ptr, url.len, mark.ptr, mark.len);
	struct str host = STR_EMPTY;

	if (at == NULL)
		return host;
	host.ptr = at + mark.len;
	while (host.ptr + host.len < url.ptr + url.len && host.ptr[host.len] != '/' &&
	       host.ptr[host.len] != '?')
		host.len++;
	return host;
}

static MUST_CHECK enum rc
key_read(const char *path, struct key *key, struct err *err)
{
	char text[512];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count = fd < 0 ? -1 : read(fd, text, sizeof(text));
	struct digest digest;

	if (fd >= 0)
		(void)close(fd);
	if (count < WEBHOOK_KEY_MIN)
		return FAIL(err, RC_INVALID, "the webhook's key has at least %d bytes",
		            WEBHOOK_KEY_MIN);
	digest = sha256(str_trim((struct str){ text, (size_t)count }));
	memcpy(key->bytes, digest.bytes, KEY_BYTES);
	secret_wipe(text, sizeof(text));
	return RC_OK;
}

static MUST_CHECK enum rc
webhook_body(const struct tenant *tenant, const struct register_entry *entry, struct buf *buf,
             struct str *body, struct err *err)
{
	struct json_out out;
	char id[ID_TEXT_LEN + 1];

	id_format(entry->id, id);
	json_out_init(&out, buf);
	json_object_begin(&out);
	json_text_at(&out, "id", str_from_c(id));
	json_text_at(&out, "tenant", tenant->slug);
	json_text_at(&out, "what", entry->reference);
	json_text_at(&out, "severity", entry->severity);
	json_text_at(&out, "title", entry->title);
	json_time_at(&out, "at", entry->at_us);
	json_object_close(&out);
	return buf_finish(buf, body, err);
}

static MUST_CHECK enum rc
webhook_send(struct office *office, const struct tenant *tenant,
             const struct register_entry *entry, struct arena *arena, struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	CLEANUP(key_wipe) struct key key = { { 0 } };
	struct str url = str_from_c(office->webhook_url);
	struct str host = host_of(url);
	struct outbound_hosts hosts = { &host, 1 };
	struct outbound_header headers[2] = { { STR("Content-Type"),
		                                STR("application/json") } };
	struct outbound_request request = { .method = STR("POST"),
		                            .url = url,
		                            .hosts = &hosts,
		                            .headers = headers,
		                            .header_count = 1,
		                            .ca_file = office->ca_file };
	struct sink sink = { .add = nothing_add };
	long status = 0;

	buf_init(&buf, WEBHOOK_BYTES);
	TRY(webhook_body(tenant, entry, &buf, &request.body, err));
	if (office->webhook_key_file != NULL) {
		TRY(key_read(office->webhook_key_file, &key, err));
		headers[1] =
		    (struct outbound_header){ STR(OUTBOUND_SIGNATURE_HEADER),
			                      outbound_signature(&key, office_now_us(office),
			                                         request.body, arena) };
		request.header_count = 2;
	}
	TRY(outbound_send(&request, &sink, &status, err));
	if (status < 200 || status > 299)
		return FAIL(err, RC_IO, "the webhook answered %ld", status);
	return RC_OK;
}

/* What could not be sent is tried again with the next tick. */
static MUST_CHECK enum rc
unsent_send(struct office *office, const struct tenant *tenant, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct register_query query = { .kind = STR("alert"),
		                        .state = STR("open"),
		                        .limit = LIMIT_PAGE_ROWS };
	struct register_entries alerts;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(register_list(&door, office, &query, &arena, &alerts, err));
	for (size_t i = 0; i < alerts.count; i++) {
		struct register_entry *entry = &alerts.items[i];
		if (entry->notified_us != 0)
			continue;
		TRY(webhook_send(office, tenant, entry, &arena, err));
		entry->notified_us = office_now_us(office);
		TRY(register_put(&door, office, entry, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
beat(struct office *office, struct err *err)
{
	struct str url = str_from_c(office->heartbeat_url);
	struct str host = host_of(url);
	struct outbound_hosts hosts = { &host, 1 };
	struct outbound_request request = {
		.method = STR("GET"), .url = url, .hosts = &hosts, .ca_file = office->ca_file
	};
	struct sink sink = { .add = nothing_add };
	long status = 0;

	TRY(outbound_send(&request, &sink, &status, err));
	if (status < 200 || status > 299)
		return FAIL(err, RC_IO, "the heartbeat was answered with %ld", status);
	return RC_OK;
}

static bool
is_beat_due(struct office *office)
{
	int64_t now_us = clock_monotonic_us();
	bool is_due;

	if (office->heartbeat_url == NULL)
		return false;
	(void)pthread_mutex_lock(&office->lock);
	is_due = (office->beaten_us == 0 || now_us - office->beaten_us > BEAT_EVERY_US) &&
	         (office->failed_us == 0 || now_us - office->failed_us > BEAT_EVERY_US);
	if (is_due)
		office->beaten_us = now_us;
	(void)pthread_mutex_unlock(&office->lock);
	return is_due;
}

/* --- the clocks of incidents -----------------------------------------------------------------
 */

static MUST_CHECK enum rc
incident_check(struct office *office, const struct tenant *tenant,
               const struct register_entry *entry, struct err *err)
{
	int64_t left_us = entry->due_us - office_now_us(office);
	struct alert alert = { .what = "incident",
		               .severity = "high",
		               .title = left_us < 0
		                            ? STR("The 72 hours of an incident are over")
		                            : STR("The 72 hours of an incident end soon"),
		               .text =
		                   STR("The authority has to be told (GDPR Art. 33); see the "
		                       "register of incidents."),
		               .about = entry->id };
	bool is_it = false;

	if (entry->notified_us != 0 || entry->due_us == 0 || left_us > SOON_US)
		return RC_OK;
	TRY(is_first(office, tenant, &alert, LATE_WITHIN_US, &is_it, err));
	return is_it ? alert_put(office, tenant, &alert, err) : RC_OK;
}

static MUST_CHECK enum rc
incidents_check(struct office *office, const struct tenant *tenant, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct register_query query = { .kind = STR("incident"),
		                        .state = STR("open"),
		                        .limit = LIMIT_PAGE_ROWS };
	struct register_entries incidents;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(register_list(&door, office, &query, &arena, &incidents, err));
	for (size_t i = 0; i < incidents.count; i++)
		TRY(incident_check(office, tenant, &incidents.items[i], err));
	return RC_OK;
}

/* Reading the register leaves an entry each time: not with every tick. */
static bool
is_look_due(struct office *office, const struct tenant *tenant)
{
	int64_t now_us = clock_monotonic_us();
	size_t place = place_of(tenant);
	bool is_due;

	(void)pthread_mutex_lock(&office->lock);
	is_due =
	    office->looked_us[place] == 0 || now_us - office->looked_us[place] > US_PER_HOUR;
	if (is_due)
		office->looked_us[place] = now_us;
	(void)pthread_mutex_unlock(&office->lock);
	return is_due;
}

static MUST_CHECK enum rc
look(struct office *office, const struct tenant *tenant, struct err *err)
{
	TRY(incidents_check(office, tenant, err));
	TRY(lapse_check(office, tenant, err));
	return disclosure_tell_due(office, tenant, err);
}

/* One that is raised meanwhile is unsent again. */
static MUST_CHECK enum rc
webhook_tick(struct office *office, const struct tenant *tenant, struct err *err)
{
	bool has_unsent;
	enum rc rc;

	if (office->webhook_url == NULL)
		return RC_OK;
	(void)pthread_mutex_lock(&office->lock);
	has_unsent = office->has_unsent[place_of(tenant)];
	office->has_unsent[place_of(tenant)] = false;
	(void)pthread_mutex_unlock(&office->lock);
	if (!has_unsent)
		return RC_OK;
	rc = unsent_send(office, tenant, err);
	if (rc == RC_OK)
		return RC_OK;
	(void)pthread_mutex_lock(&office->lock);
	office->has_unsent[place_of(tenant)] = true;
	(void)pthread_mutex_unlock(&office->lock);
	return rc;
}

/* Clocks do not wait for a webhook that does not answer; the heartbeat does. */
enum rc
alert_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
           struct err *err)
{
	(void)deadline_us;
	if (policy_class_find(tenant->policy, STR("register")) == NULL)
		return RC_OK;
	if (is_look_due(office, tenant))
		TRY(look(office, tenant, err));
	return webhook_tick(office, tenant, err);
}

/* Only where no step of any tenant has failed for a minute: silence is the alarm. */
enum rc
beat_tick(struct office *office, struct err *err)
{
	return is_beat_due(office) ? beat(office, err) : RC_OK;
}
