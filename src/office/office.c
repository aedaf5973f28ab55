#include "office/office.h"

#include "office/detect.h"
#include "office/inside.h"
#include "office/onboarding.h"
#include "vault/retention.h"

/* --- opening ------------------------------------------------------------------------ */

static char *
kept(const char *text)
{
	return text == NULL ? NULL : strdup(text);
}

enum rc
office_open(struct office **office, const struct office_options *options, struct err *err)
{
	struct office *opened = calloc(1, sizeof(*opened));

	(void)err;
	if (opened == NULL)
		abort();
	*opened = (struct office){ .vault = options->vault,
		                   .people = options->people,
		                   .notice = options->notice,
		                   .clock = options->clock,
		                   .is_demo = options->is_demo,
		                   .webhook_url = kept(options->webhook_url),
		                   .webhook_key_file = kept(options->webhook_key_file),
		                   .heartbeat_url = kept(options->heartbeat_url),
		                   .ca_file = kept(options->ca_file) };
	memset(opened->has_unsent, 1, sizeof(opened->has_unsent)); /* perhaps, from before */
	(void)pthread_mutex_init(&opened->lock, NULL);
	for (size_t i = 0; i < OFFICE_TENANTS; i++)
		opened->open_alerts[i] = -1;
	opened->tallies = tallies_new();
	opened->visits = visits_new();
	opened->detect = detect_new();
	vault_watch(opened->vault, detect_see, opened->detect);
	*office = opened;
	return RC_OK;
}

void
office_close(struct office *office)
{
	if (office == NULL)
		return;
	vault_watch(office->vault, NULL, NULL);
	detect_free(office->detect);
	(void)pthread_mutex_destroy(&office->lock);
	tallies_free(office->tallies);
	visits_free(office->visits);
	free(office->webhook_url);
	free(office->webhook_key_file);
	free(office->heartbeat_url);
	free(office->ca_file);
	free(office->reached_at);
	onboarding_end(office);
	free(office->unread);
	free(office);
}

int64_t
office_now_us(const struct office *office)
{
	return clock_now_us(office->clock);
}

/* --- where it is found ------------------------------------------------------------------ */

void
office_reached_at(struct office *office, const char *url)
{
	(void)pthread_mutex_lock(&office->lock);
	free(office->reached_at);
	office->reached_at = kept(url);
	(void)pthread_mutex_unlock(&office->lock);
}

enum rc
office_url(struct office *office, const struct tenant *tenant, struct arena *arena,
           struct str *url, struct err *err)
{
	struct audit_log log = { 0 };
	struct str host;

	*url = STR_EMPTY;
	(void)pthread_mutex_lock(&office->lock);
	if (office->reached_at != NULL)
		*url = str_printf(arena, "%s/%.*s", office->reached_at, STR_ARGS(tenant->slug));
	(void)pthread_mutex_unlock(&office->lock);
	if (url->len != 0)
		return RC_OK;
	TRY(audit_identity(vault_audit(office->vault), tenant->id, &log, err));
	host = log.origin;
	if (str_ends_with(host, STR("/log")))
		host.len -= STR("/log").len;
	*url = str_printf(arena, "https://%.*s", STR_ARGS(host));
	return RC_OK;
}

/* --- what a policy must declare --------------------------------------------------------- */

static const struct needed_class {
	const char *name;
	const char *fields[20]; /* NULL-ended */
} needed[] = {
	{ "request",
	  { "kind", "text", "channel", "maker", "authority", "identity", "state", "opened",
	    "due", "extended", "assigned", "answer", "refusal", "passed_to", "closed",
	    "classes", "recipients", "extension_reason", NULL } },
	{ "consent",
	  { "purpose", "recipient", "person", "text", "version", "given", "how", "by", "until",
	    "withdrawn", NULL } },
	{ "agreement",
	  { "kind", "version", "hash", "text", "name", "at", "how", "until", "state",
	    "document", "by", NULL } },
	{ "message", { "kind", "channel", "subject", "text", "sent", "state", NULL } },
	{ "register",
	  { "kind",     "title",     "text",    "party",  "contact", "region", "basis",
	    "document", "reference", "classes", "at",     "due",     "until",  "state",
	    "severity", "notified",  "closed",  "people", "by",      NULL } },
};

static MUST_CHECK enum rc
class_check(const struct policy *policy, const struct needed_class *need, struct err *err)
{
	const struct policy_class *class = policy_class_find(policy, str_from_c(need->name));

	if (class == NULL)
		return FAIL(err, RC_INVALID, "the policy declares no class \"%s\"", need->name);
	for (size_t i = 0; need->fields[i] != NULL; i++) {
		if (!policy_field_is_declared(class, str_from_c(need->fields[i])))
			return FAIL(err, RC_INVALID, "the class \"%s\" has no field \"%s\"",
			            need->name, need->fields[i]);
	}
	return RC_OK;
}

enum rc
office_check(const struct policy *policy, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(needed); i++)
		TRY(class_check(policy, &needed[i], err));
	return RC_OK;
}

/* --- the office's own door --------------------------------------------------------------- */

static const struct actor office_actor = { .kind = ACTOR_SYSTEM };

struct door
office_door(const struct office *office, const struct tenant *tenant)
{
	bool has_law = policy_purpose_find(tenant->policy, STR("law")) != NULL;

	return (struct door){ .vault = office->vault,
		              .tenant = tenant,
		              .actor = &office_actor,
		              .purpose = has_law ? STR("law") : STR("security") };
}

/* --- settings -------------------------------------------------------------------------------
 */

struct setting {
	int64_t tenant;
	struct str name, value;
	struct arena *arena;
};

static enum rc
setting_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct setting *setting = arg;
	enum rc rc = store_setting_find(tx, setting->tenant, setting->name, setting->arena,
	                                &setting->value, err);

	if (rc != RC_NOT_FOUND)
		return rc;
	setting->value = STR_EMPTY;
	return RC_OK;
}

static enum rc
setting_put(struct store_tx *tx, void *arg, struct err *err)
{
	struct setting *setting = arg;

	return store_setting_put(tx, setting->tenant, setting->name, setting->value, err);
}

enum rc
office_setting(struct office *office, const struct tenant *tenant, const char *name,
               struct arena *arena, struct str *value, struct err *err)
{
	struct setting setting = { tenant->id, str_from_c(name), STR_EMPTY, arena };

	TRY(store_read(vault_store(office->vault), setting_find, &setting, err));
	*value = setting.value;
	return RC_OK;
}

enum rc
office_setting_put(struct office *office, const struct tenant *tenant, const char *name,
                   struct str value, struct err *err)
{
	struct setting setting = { tenant->id, str_from_c(name), value, NULL };

	return store_write(vault_store(office->vault), setting_put, &setting, err);
}

/* --- the organisation ------------------------------------------------------------------------
 */

struct founding {
	struct setting setting;
	bool is_mine;
};

/* Unless somebody has been faster. */
static enum rc
setting_found(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct founding *founding = arg;
	struct setting *setting = &founding->setting;
	struct str there;
	enum rc rc;

	arena_init(&arena, 16 * KIB);
	rc = store_setting_find(tx, setting->tenant, setting->name, &arena, &there, err);
	founding->is_mine = rc == RC_NOT_FOUND || (rc == RC_OK && there.len == 0);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	return founding->is_mine ? setting_put(tx, setting, err) : RC_OK;
}

/* Of two callers at once one makes it; what the other has made is erased again. */
static MUST_CHECK enum rc
organisation_make(const struct door *door, struct err *err)
{
	struct erasure_result result;
	struct founding founding = { .setting = { .tenant = door->tenant->id,
		                                  .name = STR("organisation") } };
	struct id subject;
	char text[ID_TEXT_LEN + 1];

	TRY(vault_subject_add(door, STR("organisation"), &subject, err));
	id_format(subject, text);
	founding.setting.value = str_from_c(text);
	TRY(store_write(vault_store(door->vault), setting_found, &founding, err));
	return founding.is_mine ? RC_OK : vault_subject_erase(door, subject, &result, err);
}

enum rc
office_organisation(struct office *office, const struct tenant *tenant, struct id *subject,
                    struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct str value;

	arena_init(&arena, 64 * KIB);
	TRY(office_setting(office, tenant, "organisation", &arena, &value, err));
	if (value.len == 0) {
		TRY(organisation_make(&door, err));
		TRY(office_setting(office, tenant, "organisation", &arena, &value, err));
	}
	return id_parse(value, subject, err);
}

/* --- housekeeping
 * ------------------------------------------------------------------------------ */

enum rc
office_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
            struct err *err)
{
	static office_step *const steps[] = { sweep_tick,  copies_tick, desk_tick,
		                              change_tick, tally_tick,  activity_tick,
		                              detect_tick, alert_tick };
	enum rc rc = RC_OK;
	struct err first = { 0 };

	/* One that fails does not keep the others from their work. */
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct err own;
		enum rc step = steps[i](office, tenant, deadline_us, &own);
		if (step != RC_OK && rc == RC_OK) {
			rc = step;
			first = own;
		}
	}
	if (rc == RC_OK)
		return beat_tick(office, err);
	(void)pthread_mutex_lock(&office->lock);
	office->failed_us = clock_monotonic_us();
	(void)pthread_mutex_unlock(&office->lock);
	*err = first;
	return rc;
}
