#include "office/activity.h"

#include "office/inside.h"

#define BROWSER_BYTES 100

struct activity_page {
	const char *method, *page;
	int count;
};

struct visit {
	int64_t tenant; /* 0: free */
	struct id person;
	int64_t started_us, seen_us;
	struct activity_page pages[ACTIVITY_PAGES];
	size_t page_count;
	char browser[BROWSER_BYTES + 1];
};

struct visits {
	pthread_mutex_t lock;
	struct visit items[ACTIVITY_PEOPLE];
};

struct visits *
visits_new(void)
{
	struct visits *visits = calloc(1, sizeof(*visits));

	if (visits == NULL)
		abort();
	(void)pthread_mutex_init(&visits->lock, NULL);
	return visits;
}

void
visits_free(struct visits *visits)
{
	if (visits == NULL)
		return;
	(void)pthread_mutex_destroy(&visits->lock);
	free(visits);
}

/* --- counting -------------------------------------------------------------------------- */

static struct visit *
visit_of(struct visits *visits, int64_t tenant, struct id person)
{
	struct visit *free_one = NULL;

	for (size_t i = 0; i < ACTIVITY_PEOPLE; i++) {
		struct visit *visit = &visits->items[i];
		if (visit->tenant == tenant && id_eq(visit->person, person))
			return visit;
		if (visit->tenant == 0 && free_one == NULL)
			free_one = visit;
	}
	return free_one;
}

static void
page_count(struct visit *visit, const struct activity *activity)
{
	for (size_t i = 0; i < visit->page_count; i++) {
		struct activity_page *page = &visit->pages[i];
		if (page->page == activity->page && page->method == activity->method) {
			page->count++;
			return;
		}
	}
	if (visit->page_count < ACTIVITY_PAGES)
		visit->pages[visit->page_count++] =
		    (struct activity_page){ activity->method, activity->page, 1 };
}

/* Whole characters only: a cut one would not be text. */
static void
browser_keep(struct visit *visit, struct str browser)
{
	size_t length = browser.len < BROWSER_BYTES ? browser.len : BROWSER_BYTES;

	while (length > 0 && !str_is_utf8((struct str){ browser.ptr, length }))
		length--;
	if (length != 0)
		memcpy(visit->browser, browser.ptr, length);
	visit->browser[length] = '\0';
}

void
activity_count(struct office *office, const struct tenant *tenant,
               const struct activity *activity)
{
	struct visits *visits = office->visits;
	int64_t now_us = office_now_us(office);
	struct visit *visit;

	if (policy_class_find(tenant->policy, STR("activity")) == NULL)
		return;
	(void)pthread_mutex_lock(&visits->lock);
	visit = visit_of(visits, tenant->id, activity->person);
	if (visit != NULL && visit->tenant == 0) {
		*visit = (struct visit){ .tenant = tenant->id,
			                 .person = activity->person,
			                 .started_us = now_us };
		browser_keep(visit, activity->browser);
	}
	if (visit != NULL) {
		visit->seen_us = now_us;
		page_count(visit, activity);
	}
	(void)pthread_mutex_unlock(&visits->lock);
}

/* --- writing ---------------------------------------------------------------------------- */

static void
pages_write(struct json_out *out, const struct visit *visit, struct arena *arena)
{
	struct str text = STR_EMPTY;

	for (size_t i = 0; i < visit->page_count; i++)
		text = str_printf(arena, "%.*s%s%s %s (%d)", STR_ARGS(text),
		                  text.len == 0 ? "" : ", ", visit->pages[i].method,
		                  visit->pages[i].page, visit->pages[i].count);
	json_text_at(out, "page", text);
}

static MUST_CHECK enum rc
visit_format(const struct policy_class *class, const struct visit *visit, struct arena *arena,
             struct str *body, struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;
	struct str text;

	buf_init(&buf, LIMIT_RECORD_BYTES);
	json_out_init(&out, &buf);
	json_object_begin(&out);
	if (policy_field_is_declared(class, STR("page")))
		pages_write(&out, visit, arena);
	if (policy_field_is_declared(class, STR("seconds")))
		json_int_at(&out, "seconds", (visit->seen_us - visit->started_us) / US_PER_S);
	if (policy_field_is_declared(class, STR("browser")))
		json_text_at(&out, "browser", str_from_c(visit->browser));
	if (policy_field_is_declared(class, STR("started")))
		json_int_at(&out, "started", visit->started_us);
	json_object_close(&out);
	TRY(buf_finish(&buf, &text, err));
	*body = str_copy(arena, text);
	return RC_OK;
}

/* One that can be objected to before `security`, which cannot. */
static struct str
purpose_of(const struct policy *policy, const struct policy_class *class)
{
	struct str found = STR("security");

	for (size_t i = 0; i < policy->purpose_count; i++) {
		if ((class->use >> i & 1) != 0 &&
		    !str_eq(policy->purposes[i].name, STR("security")))
			found = policy->purposes[i].name;
	}
	return found;
}

/* Of a kind that the class is not about, erased meanwhile, or against an objection:
 * there is none, and that is no failure. */
static MUST_CHECK enum rc
visit_put(struct office *office, const struct tenant *tenant, const struct visit *visit,
          struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct policy_class *class = policy_class_find(tenant->policy, STR("activity"));
	struct subject_row subject = { .tenant = tenant->id, .id = visit->person };
	struct door door = office_door(office, tenant);
	struct vault_record record = { .class = STR("activity"), .subject = visit->person };
	struct err refused;
	enum rc rc;

	if (class == NULL || vault_subject_find(office->vault, &subject, &refused) != RC_OK ||
	    !policy_class_is_about(tenant->policy, class, subject.kind))
		return RC_OK;
	arena_init(&arena, OFFICE_ARENA_BYTES);
	door.purpose = purpose_of(tenant->policy, class);
	TRY(visit_format(class, visit, &arena, &record.body, err));
	rc = vault_put(&door, &record, &refused);
	if (rc == RC_OK || rc == RC_DENIED || rc == RC_GONE || rc == RC_NOT_FOUND)
		return RC_OK;
	*err = refused;
	return rc;
}

/* One that is over, out of the table; false: none. */
static bool
visit_take(struct office *office, const struct tenant *tenant, struct visit *taken)
{
	struct visits *visits = office->visits;
	int64_t now_us = office_now_us(office);
	bool is_taken = false;

	(void)pthread_mutex_lock(&visits->lock);
	for (size_t i = 0; i < ACTIVITY_PEOPLE && !is_taken; i++) {
		struct visit *visit = &visits->items[i];
		is_taken = visit->tenant == tenant->id &&
		           (now_us - visit->seen_us > ACTIVITY_PAUSE_US ||
		            now_us - visit->started_us > ACTIVITY_LONG_US);
		if (is_taken) {
			*taken = *visit;
			visit->tenant = 0;
		}
	}
	(void)pthread_mutex_unlock(&visits->lock);
	return is_taken;
}

enum rc
activity_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
              struct err *err)
{
	struct visit visit;

	while (clock_monotonic_us() < deadline_us && visit_take(office, tenant, &visit))
		TRY(visit_put(office, tenant, &visit, err));
	return RC_OK;
}
