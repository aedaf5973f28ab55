#include "vault/watch.h"

#include "vault/inside.h"

void
vault_watch(struct vault *vault, void (*fn)(void *arg, const struct sighting *sighting),
            void *arg)
{
	vault->watch = fn;
	vault->watch_arg = arg;
}
