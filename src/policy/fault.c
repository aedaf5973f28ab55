#include "policy/fault.h"

#include <stdarg.h>

#define FAULT_TEXT_MAX 400

void
fault_add(struct policy_diagnostics *faults, struct place at, const char *fmt, ...)
{
	struct policy_fault *fault;
	char text[FAULT_TEXT_MAX];
	va_list args;

	if (faults->count++ >= COUNT_OF(faults->items))
		return;
	fault = &faults->items[faults->count - 1];
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	*fault = (struct policy_fault){ .line = at.line, .column = at.column };
	fault->text = str_copy(faults->arena, str_from_c(text));
}

static bool
stands_before(const struct policy_fault *a, const struct policy_fault *b)
{
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* By insertion: at most POLICY_LIST_MAX, and equals keep their order. */
void
fault_sort(struct policy_diagnostics *faults)
{
	size_t kept =
	    faults->count < COUNT_OF(faults->items) ? faults->count : COUNT_OF(faults->items);

	for (size_t i = 1; i < kept; i++) {
		struct policy_fault fault = faults->items[i];
		size_t at = i;
		for (; at > 0 && stands_before(&fault, &faults->items[at - 1]); at--)
			faults->items[at] = faults->items[at - 1];
		faults->items[at] = fault;
	}
}
