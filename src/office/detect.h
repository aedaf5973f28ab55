/*
 * Detection: acts that a person should look at, noticed from the entries as they
 * are written (vault/watch.h) and raised as alerts by the housekeeper.
 *
 *   refusals  20 refusals of one actor within 10 minutes
 *   factor    5 wrong second factors of one person within 15 minutes
 *   reading   an actor opens more people in a day (UTC) than 200 and than five times
 *             its largest day of the last 14
 *   export    more than 10,000 records leave by one actor within an hour
 *   network   a sign-in from a network (IPv4 /16, IPv6 /32) that the person has not
 *             used in 90 days, and others it has
 *
 * What it counts is in memory alone and starts anew with the server; networks are
 * kept as hashes under a key of this process.  Nothing here knows countries.  The
 * watcher decides nothing and calls nothing that writes: findings wait for the tick.
 */
#ifndef OFFICE_DETECT_H
#define OFFICE_DETECT_H

#include "office/office.h"
#include "vault/watch.h"

#define DETECT_ACTORS         1024 /* whose counts are kept; who acted least lately goes */
#define DETECT_FINDINGS       64   /* that wait for the tick; more are dropped */
#define DETECT_NETWORKS       8    /* of one person */
#define DETECT_DAYS           14

#define DETECT_REFUSALS       20
#define DETECT_REFUSALS_US    (10 * US_PER_MIN)
#define DETECT_FACTORS        5
#define DETECT_FACTORS_US     (15 * US_PER_MIN)
#define DETECT_READING_PEOPLE 200 /* counted by hashing: within about 5 % there */
#define DETECT_READING_TIMES  5
#define DETECT_EXPORT_RECORDS 10000
#define DETECT_EXPORT_US      US_PER_HOUR
#define DETECT_NETWORK_DAYS   90

struct detect;

struct detect *detect_new(void);
void detect_free(struct detect *detect);

/* The watcher: arg is a struct detect.  From any thread. */
void detect_see(void *arg, const struct sighting *sighting);

/* A person has signed in from an address (IPv4 or IPv6, as text). */
void detect_sign_in(struct office *office, const struct tenant *tenant, struct id person,
                    struct str address);

/* A probe's own person, who is refused on purpose: no finding is made of it. */
void detect_canary(struct office *office, const struct tenant *tenant, struct id canary);

/* For the tick and for tests: takes one finding; false: there is none. */
struct finding {
	int64_t tenant;
	const char *what; /* "refusals" … */
	struct id about;
};
bool detect_take(struct detect *detect, struct finding *finding);
/* The same as detect_sign_in(), where there is no office. */
struct signing_in {
	int64_t tenant;
	struct id person;
	struct str address;
	int64_t time_us;
};
void detect_signed_in(struct detect *detect, const struct signing_in *in);

#endif
