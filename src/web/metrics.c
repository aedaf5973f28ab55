#include "web/metrics.h"

#include <pthread.h>

#include "base/limits.h"

#define SLOTS_MAX 2048 /* route and status pairs; a power of two */

/* Upper ends of the histogram's buckets: from a row read to a slow export. */
static const int64_t bucket_us[] = { 1000,   2500,   5000,    10000,   25000,
	                             100000, 250000, 1000000, 5000000, 30000000 };

struct slot {
	const struct route *route;
	int status; /* 0: the slot is free */
	uint64_t requests, took_us, sent_bytes;
	uint64_t buckets[COUNT_OF(bucket_us)];
};

struct metrics {
	pthread_mutex_t *lock;
	struct slot *slots;
	uint64_t lost; /* pairs past SLOTS_MAX */
	int64_t connections;
};

struct metrics *
metrics_new(void)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));
	pthread_mutex_t *lock = calloc(1, sizeof(*lock));
	struct slot *slots = calloc(SLOTS_MAX, sizeof(*slots));

	if (metrics == NULL || lock == NULL || slots == NULL)
		abort();
	(void)pthread_mutex_init(lock, NULL);
	metrics->lock = lock;
	metrics->slots = slots;
	return metrics;
}

void
metrics_free(struct metrics *metrics)
{
	if (metrics == NULL)
		return;
	(void)pthread_mutex_destroy(metrics->lock);
	free(metrics->lock);
	free(metrics->slots);
	free(metrics);
}

static struct slot *
slot_find(struct metrics *metrics, const struct route *route, int status)
{
	size_t start = ((uintptr_t)route / sizeof(*route) * 31 + (unsigned)status) % SLOTS_MAX;

	for (size_t i = 0; i < SLOTS_MAX; i++) {
		struct slot *slot = &metrics->slots[(start + i) % SLOTS_MAX];
		if (slot->status == 0) {
			slot->route = route;
			slot->status = status;
		}
		if (slot->route == route && slot->status == status)
			return slot;
	}
	return NULL;
}

void
metrics_request(struct metrics *metrics, const struct route *route, int status, int64_t took_us,
                size_t sent_bytes)
{
	struct slot *slot;

	(void)pthread_mutex_lock(metrics->lock);
	slot = slot_find(metrics, route, status);
	if (slot == NULL) {
		metrics->lost++;
	} else {
		slot->requests++;
		slot->took_us += took_us > 0 ? (uint64_t)took_us : 0;
		slot->sent_bytes += sent_bytes;
		for (size_t i = 0; i < COUNT_OF(bucket_us); i++)
			slot->buckets[i] += took_us <= bucket_us[i] ? 1 : 0;
	}
	(void)pthread_mutex_unlock(metrics->lock);
}

void
metrics_connections(struct metrics *metrics, int change)
{
	(void)pthread_mutex_lock(metrics->lock);
	metrics->connections += change;
	(void)pthread_mutex_unlock(metrics->lock);
}

static const char *
method_name(const struct route *route)
{
	static const char *const names[] = { "", "GET", "POST", "PUT", "DELETE" };

	return route == NULL ? "" : names[route->method];
}

/* Patterns of paths are literals of ours: no character that a label must escape. */
static void
labels_write(const struct slot *slot, struct buf *out)
{
	buf_addf(out, "{route=\"%s\",method=\"%s\",status=\"%d\"",
	         slot->route == NULL ? "" : slot->route->path, method_name(slot->route),
	         slot->status);
}

static void
times_write(const struct slot *slot, struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(bucket_us); i++) {
		buf_add(out, STR("troth_request_seconds_bucket"));
		labels_write(slot, out);
		buf_addf(out, ",le=\"%g\"} %llu\n", (double)bucket_us[i] / 1e6,
		         (unsigned long long)slot->buckets[i]);
	}
	buf_add(out, STR("troth_request_seconds_bucket"));
	labels_write(slot, out);
	buf_addf(out, ",le=\"+Inf\"} %llu\n", (unsigned long long)slot->requests);
	buf_add(out, STR("troth_request_seconds_sum"));
	labels_write(slot, out);
	buf_addf(out, "} %g\n", (double)slot->took_us / 1e6);
	buf_add(out, STR("troth_request_seconds_count"));
	labels_write(slot, out);
	buf_addf(out, "} %llu\n", (unsigned long long)slot->requests);
}

static void
sent_write(const struct slot *slot, struct buf *out)
{
	buf_add(out, STR("troth_sent_bytes_total"));
	labels_write(slot, out);
	buf_addf(out, "} %llu\n", (unsigned long long)slot->sent_bytes);
}

void
metrics_write(const struct metrics *metrics, struct buf *out)
{
	static const struct {
		const char *head;
		void (*write)(const struct slot *slot, struct buf *out);
	} families[] = {
		{ "# TYPE troth_request_seconds histogram\n", times_write },
		{ "# TYPE troth_sent_bytes_total counter\n", sent_write },
	};

	(void)pthread_mutex_lock(metrics->lock);
	buf_addf(out, "# TYPE troth_connections gauge\ntroth_connections %lld\n",
	         (long long)metrics->connections);
	buf_addf(out, "# TYPE troth_lost_series_total counter\ntroth_lost_series_total %llu\n",
	         (unsigned long long)metrics->lost);
	for (size_t f = 0; f < COUNT_OF(families); f++) {
		buf_add(out, str_from_c(families[f].head));
		for (size_t i = 0; i < SLOTS_MAX; i++) {
			if (metrics->slots[i].status != 0)
				families[f].write(&metrics->slots[i], out);
		}
	}
	(void)pthread_mutex_unlock(metrics->lock);
}
