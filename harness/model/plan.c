/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c - addresses of the test range, and look-ups in a plan; see plan.h */
#include "harness/model/plan.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/must.h"

static const uint8_t v6_prefix[12] = {0x20, 0x01, 0x0d, 0xb8};

size_t
plan_address_bytes(struct plan_address a, uint8_t out[16])
{
	uint32_t low = a.v6 ? a.number : PLAN_V4_BASE + a.number;
	size_t prefix = a.v6 ? sizeof(v6_prefix) : 0;

	must(a.number < PLAN_HOSTS_MAX);
	memcpy(out, v6_prefix, prefix);
	for (size_t i = 0; i < 4; i++)
		out[prefix + i] = (uint8_t)(low >> (24 - 8 * i));
	return prefix + 4;
}

bool
plan_address_from(struct plan_address *ret, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	uint32_t low = 0;

	if (len != 4 && len != 16)
		return false;
	for (size_t i = len - 4; i < len; i++)
		low = low << 8 | b[i];
	if (len == 16 && memcmp(b, v6_prefix, sizeof(v6_prefix)) != 0)
		return false;
	if (len == 4)
		low -= PLAN_V4_BASE; /* wraps to a large number below the range */
	if (low >= PLAN_HOSTS_MAX)
		return false;
	*ret = (struct plan_address){.v6 = len == 16, .number = low};
	return true;
}

void
plan_address_text(struct plan_address a, char out[64])
{
	uint32_t low = PLAN_V4_BASE + a.number;

	if (!a.v6)
		snprintf(out, 64, "%u.%u.%u.%u", low >> 24, low >> 16 & 255, low >> 8 & 255, low & 255);
	else if (a.number > 0xffff)
		snprintf(out, 64, "2001:db8::%x:%x", a.number >> 16, a.number & 0xffff);
	else
		snprintf(out, 64, "2001:db8::%x", a.number);
}

void
plan_free(struct plan *plan)
{
	if (plan != NULL)
		region_free(plan->region);
}

const struct plan_host *
plan_host_at(const struct plan_world *world, uint32_t number)
{
	for (size_t i = 0; i < world->n_hosts; i++)
		if (world->hosts[i].number == number)
			return &world->hosts[i];
	return NULL;
}
