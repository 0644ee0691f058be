/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - see client.h */
#include "harness/client/client.h"

#include <string.h>

#include "harness/base/must.h"

void
client_free(struct client *client)
{
	if (client != NULL)
		region_free(client->region);
}

struct client *
client_of_command(const char *const *argv, size_t n)
{
	struct region *r = region_new();
	struct client *c = region_alloc(r, sizeof(*c));
	const char **copy = region_alloc(r, (n + 1) * sizeof(*copy)),
		   **claims = region_alloc(r, sizeof(*claims));
	const char *slash;

	must(n > 0);
	for (size_t i = 0; i < n; i++)
		copy[i] = region_strdup(r, argv[i]);
	claims[0] = "starttls";
	slash = strrchr(copy[0], '/');
	c->region = r;
	c->name = slash != NULL ? slash + 1 : copy[0];
	c->about = "a bare command line";
	c->claims = claims;
	c->n_claims = 1;
	c->send = SEND_COMMAND;
	c->argv = copy;
	return c;
}
