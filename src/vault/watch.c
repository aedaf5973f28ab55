#include "vault/watch.h"

#include "vault/inside.h"

void
vault_watch(struct vault *vault, void (*fn)(void *arg, const struct sighting *sighting),
            void *arg)
{
	vault->watch = fn;
	vault->watch_arg = arg;
}

static size_t
subjects_take(const struct touch *touch, struct id subjects[WATCH_SUBJECTS])
{
	size_t count = 0;

	for (size_t i = 0; i < touch->seen_count && count < WATCH_SUBJECTS; i++) {
		if (touch->seen[i].count != 0)
			subjects[count++] = touch->seen[i].subject;
	}
	return count;
}

void
touch_watch(const struct touch *touch)
{
	const struct door *door = touch->door;
	struct id subjects[WATCH_SUBJECTS];
	struct sighting sighting = { .tenant = door->tenant,
		                     .actor = door->actor,
		                     .act = touch->entry.act,
		                     .class = touch->entry.class,
		                     .outcome = touch->entry.outcome,
		                     .count = touch->entry.count,
		                     .subject = touch->ask.subject,
		                     .subjects = subjects,
		                     .time_us = touch->entry.time_us };

	if (door->vault->watch == NULL)
		return;
	sighting.subject_count = touch_is_refused(touch) ? 0 : subjects_take(touch, subjects);
	sighting.is_own = touch->has_subject && id_eq(touch->ask.subject, door->actor->subject);
	door->vault->watch(door->vault->watch_arg, &sighting);
}
