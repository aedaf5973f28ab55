/*
 * What the office's own files share.  Nothing outside src/office includes this.
 */
#ifndef OFFICE_INSIDE_H
#define OFFICE_INSIDE_H

#include <pthread.h>

#include "base/json.h"
#include "base/limits.h"
#include "office/office.h"

#define OFFICE_TENANTS     1024      /* places for what is kept by tenant in memory */
#define OFFICE_ARENA_BYTES (8 * MIB) /* of one call's own rows and bodies */

struct office {
	struct vault *vault;
	struct people *people;
	struct notice *notice;
	struct backup *backup;
	const struct clock *clock;
	bool is_demo;
	char *webhook_url, *webhook_key_file, *heartbeat_url, *ca_file; /* NULL: none */
	pthread_mutex_t lock;                                           /* of what follows */
	char *reached_at;                    /* office_reached_at(); NULL: by the log's name */
	bool has_unsent[OFFICE_TENANTS];     /* alerts that the webhook has not got */
	int64_t beaten_us;                   /* the heartbeat, of the monotonic clock */
	int64_t open_alerts[OFFICE_TENANTS]; /* -1: to be counted */
	int64_t looked_us[OFFICE_TENANTS];   /* at the clocks of incidents */
	int64_t failed_us; /* when a step of any tenant failed last; of the monotonic clock */
	int64_t copies_due_us;                /* of the monotonic clock */
	int64_t sweep_due_us[OFFICE_TENANTS]; /* of the monotonic clock */
	struct detect *detect;                /* detect.c's counts in memory */
	struct visits *visits;                /* activity.c's */
	struct tallies *tallies;              /* tally.c's */
	struct onboarded *onboarded;          /* onboarding.c's */
	struct unread *unread;                /* told.c's */
};

/* Steps of office_tick(), each bounded by deadline_us of the monotonic clock. */
typedef enum rc office_step(struct office *office, const struct tenant *tenant,
                            int64_t deadline_us, struct err *err);
office_step sweep_tick;    /* sweep.c: the hourly sweep, and its alarm */
office_step desk_tick;     /* desk.c: reminders of requests that are due soon or late */
office_step change_tick;   /* change.c: telling people of the next policy */
office_step copies_tick;   /* copies.c: alarms of the backups */
office_step activity_tick; /* activity.c: writes visits that are over */
office_step tally_tick;    /* tally.c: writes the counts, sweeps old ones */
office_step detect_tick;   /* detect.c: raises what was noticed */
office_step alert_tick;    /* alert.c: webhook, heartbeat, clocks of incidents */

struct visits *visits_new(void);
void visits_free(struct visits *visits);
struct tallies *tallies_new(void);
void tallies_free(struct tallies *tallies);

/* alert.c: raised unless it was within the window; for reminders. */
struct alert;
enum rc alert_raise_within(struct office *office, const struct tenant *tenant,
                           const struct alert *alert, int64_t window_us, struct err *err)
    MUST_CHECK;
/* lapse.c: attestations and training that end soon or have ended. */
enum rc lapse_check(struct office *office, const struct tenant *tenant, struct err *err)
    MUST_CHECK;

/* Where people find the tenant, for links in mail: "https://HOST/T". */
enum rc office_url(struct office *office, const struct tenant *tenant, struct arena *arena,
                   struct str *url, struct err *err) MUST_CHECK;

/* disclosure.c: who could not be told before. */
enum rc disclosure_tell_due(struct office *office, const struct tenant *tenant, struct err *err)
    MUST_CHECK;

/* told.c: something was told to the person, or opened. */
void unread_forget(struct office *office, struct id person);

enum rc beat_tick(struct office *office, struct err *err) MUST_CHECK; /* alert.c */

int64_t office_now_us(const struct office *office);

/* A setting of the tenant, not secret; empty when there is none. */
enum rc office_setting(struct office *office, const struct tenant *tenant, const char *name,
                       struct arena *arena, struct str *value, struct err *err) MUST_CHECK;
enum rc office_setting_put(struct office *office, const struct tenant *tenant, const char *name,
                           struct str value, struct err *err) MUST_CHECK;

#endif
