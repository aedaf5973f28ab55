/*
 * Figures for an operator: Prometheus text format 0.0.4 at /-/metrics.
 * Counts and histograms by route and status; no ids, no addresses.
 */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "base/buf.h"
#include "web/route.h"

struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

void metrics_request(struct metrics *metrics, const struct route *route, int status,
                     int64_t took_us, size_t sent_bytes); /* route NULL: none matched */
void metrics_connections(struct metrics *metrics, int change);
void metrics_write(const struct metrics *metrics, struct buf *out);

#endif
