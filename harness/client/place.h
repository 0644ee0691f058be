/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - where one of several instances of a client lives on their one machine.
 *
 * It looks like a machine: what is started there sees folders of its own (working directory, scratch, /run,
 * those that the description names, its own /dev/log), and paths mean what the instance sees. Processes and
 * network are shared, so each instance has a loopback address of its own.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdint.h>

#include "harness/client/client.h"
#include "harness/client/machine.h"

#define PLACE_SHARED_ADDRESS "127.0.0.1" /* of who has the whole machine */

struct place;

/* Makes it, with copies of the machine's folders as they are now; `number` counts from 1. NULL and why.
 * Owned. */
struct place *
place_new(const struct machine *machine, const struct client *client, uint32_t number, struct why *why);
void place_free(struct place *p);                           /* NULL is fine; the machine keeps its files */
const struct machine *place_machine(const struct place *p); /* borrowed */
const char *place_address(const struct place *p);           /* borrowed: "127.1.0.1" */

/* Is it in a folder that each instance has for itself? */
bool place_is_own(const struct client *client, const char *path);

#endif
