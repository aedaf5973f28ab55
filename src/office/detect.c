/*
 * See detect.h.  One table of actors under one lock, looked up by hash and found by
 * going through it: 1024 comparisons of an id are less than the entry cost that is
 * written for the same act.
 */
#include "office/detect.h"

#include <arpa/inet.h>

#include "crypto/digest.h"
#include "office/alert.h"
#include "office/inside.h"

#define SKETCH_BITS  2048 /* of one day's people: linear counting, Whang et al. 1990 */
#define SKETCH_BYTES (SKETCH_BITS / 8)
#define MINUTES      (DETECT_EXPORT_US / US_PER_MIN) /* a place for each */

struct network {
	uint64_t hash; /* 0: free */
	int64_t seen_us;
};

struct watched {
	int64_t tenant; /* 0: free */
	struct id id;
	int64_t seen_us;
	int64_t refusals[DETECT_REFUSALS], factors[DETECT_FACTORS]; /* rings of times */
	size_t refusal_at, factor_at;
	int64_t day; /* of the sketch */
	uint8_t sketch[SKETCH_BYTES];
	int32_t days[DETECT_DAYS]; /* people opened, the day before `day` first */
	bool is_day_told;
	bool is_canary;
	int64_t minute; /* of the newest place */
	int64_t exported[MINUTES];
	struct network networks[DETECT_NETWORKS];
};

struct detect {
	pthread_mutex_t lock;
	struct key key; /* of hashes; of this process */
	struct finding findings[DETECT_FINDINGS];
	size_t finding_count;
	struct watched actors[DETECT_ACTORS];
};

struct detect *
detect_new(void)
{
	struct detect *detect = calloc(1, sizeof(*detect));

	if (detect == NULL)
		abort();
	(void)pthread_mutex_init(&detect->lock, NULL);
	random_bytes(detect->key.bytes, sizeof(detect->key.bytes));
	return detect;
}

void
detect_free(struct detect *detect)
{
	if (detect == NULL)
		return;
	(void)pthread_mutex_destroy(&detect->lock);
	key_wipe(&detect->key);
	free(detect);
}

/* --- findings ------------------------------------------------------------------------- */

static void
found(struct detect *detect, const struct watched *watched, const char *what)
{
	if (watched->is_canary || detect->finding_count == DETECT_FINDINGS)
		return;
	detect->findings[detect->finding_count++] =
	    (struct finding){ watched->tenant, what, watched->id };
}

bool
detect_take(struct detect *detect, struct finding *finding)
{
	bool is_one;

	(void)pthread_mutex_lock(&detect->lock);
	is_one = detect->finding_count > 0;
	if (is_one)
		*finding = detect->findings[--detect->finding_count];
	(void)pthread_mutex_unlock(&detect->lock);
	return is_one;
}

/* --- who ---------------------------------------------------------------------------------- */

/* The actor's place; who is new takes that of whoever acted least lately. */
static struct watched *
watched_of(struct detect *detect, int64_t tenant, struct id id, int64_t now_us)
{
	struct watched *oldest = &detect->actors[0];

	for (size_t i = 0; i < DETECT_ACTORS; i++) {
		struct watched *one = &detect->actors[i];
		if (one->tenant == tenant && id_eq(one->id, id)) {
			one->seen_us = now_us;
			return one;
		}
		if (one->seen_us < oldest->seen_us)
			oldest = one;
	}
	*oldest = (struct watched){
		.tenant = tenant, .id = id, .seen_us = now_us, .day = now_us / US_PER_DAY
	};
	return oldest;
}

static uint64_t
hash_of(const struct detect *detect, struct str bytes)
{
	struct digest digest = hmac_sha256(&detect->key, bytes);
	uint64_t hash;

	memcpy(&hash, digest.bytes, sizeof(hash));
	return hash == 0 ? 1 : hash;
}

/* --- the rules -------------------------------------------------------------------------------
 */

/* Puts a time into a ring; true when all of the ring lie within the window, and then
 * the count begins anew. */
static bool
ring_add(int64_t *times, size_t size, size_t *at, int64_t now_us, int64_t window_us)
{
	int64_t oldest_us;

	times[*at] = now_us;
	*at = (*at + 1) % size;
	oldest_us = times[*at];
	if (oldest_us == 0 || now_us - oldest_us > window_us)
		return false;
	memset(times, 0, size * sizeof(*times));
	return true;
}

static bool
is_refused(const struct sighting *s)
{
	for (int i = REFUSAL_NONE + 1; i <= REFUSAL_MINOR; i++) {
		if (str_eq(s->outcome, str_from_c(refusal_word((enum refusal)i))))
			return true;
	}
	return str_eq(s->outcome, STR("refused"));
}

static void
refusals_rule(struct detect *detect, struct watched *watched, const struct sighting *s)
{
	if (s->actor->kind == ACTOR_SYSTEM || !is_refused(s))
		return;
	if (ring_add(watched->refusals, DETECT_REFUSALS, &watched->refusal_at, s->time_us,
	             DETECT_REFUSALS_US))
		found(detect, watched, "refusals");
}

/* Its entry is the system's, about the person. */
static void
factor_rule(struct detect *detect, struct watched *watched, const struct sighting *s)
{
	if (!str_eq(s->act, STR("factor")) || !str_eq(s->outcome, STR("refused")))
		return;
	if (ring_add(watched->factors, DETECT_FACTORS, &watched->factor_at, s->time_us,
	             DETECT_FACTORS_US))
		found(detect, watched, "factor");
}

/* Of n bits of which z are zero, about n ln(n/z) things were put in. */
static int32_t
sketch_count(const uint8_t *sketch)
{
	int zeros = 0;

	for (size_t i = 0; i < SKETCH_BYTES; i++)
		zeros += 8 - __builtin_popcount(sketch[i]);
	if (zeros == 0)
		return INT32_MAX;
	return (int32_t)(SKETCH_BITS * __builtin_log((double)SKETCH_BITS / zeros) + 0.5);
}

static void
day_turn(struct watched *watched, int64_t day)
{
	int64_t passed = day - watched->day;

	for (int64_t i = 0; i < passed && i <= DETECT_DAYS; i++) {
		memmove(watched->days + 1, watched->days,
		        (DETECT_DAYS - 1) * sizeof(*watched->days));
		watched->days[0] = i == 0 ? sketch_count(watched->sketch) : 0;
		memset(watched->sketch, 0, SKETCH_BYTES);
	}
	if (passed != 0)
		watched->is_day_told = false;
	watched->day = day;
}

static void
sketch_add(struct detect *detect, struct watched *watched, const struct id *subject)
{
	uint64_t bit = hash_of(detect, (struct str){ (const char *)subject->bytes,
	                                             sizeof(subject->bytes) }) %
	               SKETCH_BITS;

	watched->sketch[bit / 8] |= (uint8_t)(1U << (bit % 8));
}

static void
reading_rule(struct detect *detect, struct watched *watched, const struct sighting *s)
{
	int32_t most = DETECT_READING_PEOPLE / DETECT_READING_TIMES;

	if (!str_eq(s->outcome, STR("ok")) || s->is_own || s->count == 0 ||
	    s->actor->kind != ACTOR_PERSON || str_eq(s->act, STR("write")))
		return;
	day_turn(watched, s->time_us / US_PER_DAY);
	if (!id_is_zero(s->subject))
		sketch_add(detect, watched, &s->subject);
	for (size_t i = 0; i < s->subject_count; i++)
		sketch_add(detect, watched, &s->subjects[i]);
	for (size_t i = 0; i < DETECT_DAYS; i++)
		most = watched->days[i] > most ? watched->days[i] : most;
	if (watched->is_day_told ||
	    sketch_count(watched->sketch) <= (int64_t)most * DETECT_READING_TIMES)
		return;
	watched->is_day_told = true;
	found(detect, watched, "reading");
}

static void
minute_turn(struct watched *watched, int64_t minute)
{
	for (int64_t i = watched->minute + 1; i <= minute && i - watched->minute <= MINUTES;
	     i++)
		watched->exported[i % MINUTES] = 0;
	watched->minute = minute;
}

static bool
is_leaving(const struct sighting *s)
{
	return str_eq(s->act, STR("release")) || str_eq(s->act, STR("export")) ||
	       str_eq(s->act, STR("package"));
}

static void
export_rule(struct detect *detect, struct watched *watched, const struct sighting *s)
{
	int64_t sum = 0;

	if (!is_leaving(s) || !str_eq(s->outcome, STR("ok")))
		return;
	minute_turn(watched, s->time_us / US_PER_MIN);
	watched->exported[watched->minute % MINUTES] += s->count;
	for (size_t i = 0; i < MINUTES; i++)
		sum += watched->exported[i];
	if (sum <= DETECT_EXPORT_RECORDS)
		return;
	memset(watched->exported, 0, sizeof(watched->exported));
	found(detect, watched, "export");
}

typedef void rule_fn(struct detect *detect, struct watched *watched,
                     const struct sighting *sighting);
static rule_fn *const rules[] = { refusals_rule, factor_rule, reading_rule, export_rule };

void
detect_see(void *arg, const struct sighting *sighting)
{
	struct detect *detect = arg;
	const struct actor *actor = sighting->actor;
	bool is_factor = str_eq(sighting->act, STR("factor"));
	struct id who = is_factor ? sighting->subject : actor->id;
	struct watched *watched;

	/* The server's own work is not watched, nor whoever is nobody. */
	if ((actor->kind == ACTOR_SYSTEM && !is_factor) || id_is_zero(who))
		return;
	(void)pthread_mutex_lock(&detect->lock);
	watched = watched_of(detect, sighting->tenant->id, who, sighting->time_us);
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		rules[i](detect, watched, sighting);
	(void)pthread_mutex_unlock(&detect->lock);
}

/* --- networks -------------------------------------------------------------------------------
 */

static struct str
network_of(struct str address, uint8_t bytes[sizeof(struct in6_addr)])
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;

	(void)snprintf(text, sizeof(text), "%.*s", STR_ARGS(address));
	if (inet_pton(AF_INET, text, bytes) == 1)
		return (struct str){ (const char *)bytes, 2 };
	if (inet_pton(AF_INET6, text, &six) != 1)
		return STR_EMPTY;
	memcpy(bytes, six.s6_addr, sizeof(six.s6_addr));
	if (IN6_IS_ADDR_V4MAPPED(&six))
		return (struct str){ (const char *)bytes + 12, 2 };
	return (struct str){ (const char *)bytes, 4 };
}

/* Remembers the network; true when the person has used others lately and not this one. */
static bool
is_elsewhere(struct watched *watched, uint64_t hash, int64_t now_us)
{
	struct network *oldest = &watched->networks[0];
	bool has_any = false;

	for (size_t i = 0; i < DETECT_NETWORKS; i++) {
		struct network *one = &watched->networks[i];
		bool is_late = now_us - one->seen_us > DETECT_NETWORK_DAYS * US_PER_DAY;
		if (one->hash == hash && !is_late) {
			one->seen_us = now_us;
			return false;
		}
		has_any = has_any || (one->hash != 0 && !is_late);
		if (one->seen_us < oldest->seen_us)
			oldest = one;
	}
	*oldest = (struct network){ hash, now_us };
	return has_any;
}

void
detect_signed_in(struct detect *detect, const struct signing_in *in)
{
	uint8_t bytes[sizeof(struct in6_addr)];
	struct str network = network_of(in->address, bytes);
	struct watched *watched;

	if (network.len == 0)
		return;
	(void)pthread_mutex_lock(&detect->lock);
	watched = watched_of(detect, in->tenant, in->person, in->time_us);
	if (is_elsewhere(watched, hash_of(detect, network), in->time_us))
		found(detect, watched, "network");
	(void)pthread_mutex_unlock(&detect->lock);
}

void
detect_sign_in(struct office *office, const struct tenant *tenant, struct id person,
               struct str address)
{
	struct signing_in in = { tenant->id, person, address, office_now_us(office) };

	detect_signed_in(office->detect, &in);
}

void
detect_canary(struct office *office, const struct tenant *tenant, struct id canary)
{
	struct detect *detect = office->detect;

	(void)pthread_mutex_lock(&detect->lock);
	watched_of(detect, tenant->id, canary, office_now_us(office))->is_canary = true;
	(void)pthread_mutex_unlock(&detect->lock);
}

/* --- raising
 * ----------------------------------------------------------------------------------
 */

#define MSGID(text) text /* marks a text for tools/messages */

static const struct saying {
	const char *what, *severity, *title, *text;
} sayings[] = {
	{ "refusals", "medium", MSGID("Somebody was refused again and again"),
	  MSGID("20 refusals of one person or device within ten minutes.") },
	{ "factor", "high", MSGID("Wrong second factors"),
	  MSGID("Five wrong codes for one account within a quarter of an hour.") },
	{ "reading", "high", MSGID("Somebody opens unusually many people"),
	  MSGID("Over 200 in a day, and five times more than in the two weeks before.") },
	{ "export", "high", MSGID("Much data left at once"),
	  MSGID("More than 10,000 records within an hour, by one account.") },
	{ "network", "low", MSGID("A sign-in from a new network"),
	  MSGID("The account has not been used from there in 90 days.") },
};

static MUST_CHECK enum rc
finding_raise(struct office *office, const struct finding *finding, struct err *err)
{
	const struct tenant *tenant = vault_tenant_by_id(office->vault, finding->tenant);

	for (size_t i = 0; i < COUNT_OF(sayings) && tenant != NULL; i++) {
		const struct saying *saying = &sayings[i];
		struct alert alert = { saying->what, saying->severity,
			               str_from_c(saying->title), str_from_c(saying->text),
			               finding->about };
		if (strcmp(saying->what, finding->what) == 0)
			return alert_raise(office, tenant, &alert, err);
	}
	return RC_OK;
}

enum rc
detect_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
            struct err *err)
{
	struct finding finding;

	(void)tenant;
	while (clock_monotonic_us() < deadline_us && detect_take(office->detect, &finding))
		TRY(finding_raise(office, &finding, err));
	return RC_OK;
}
