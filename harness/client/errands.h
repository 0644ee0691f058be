/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errands.h - commands that run on the client's machine: one a message, a retry, a stop.
 *
 * Each waits for its turn, and while they are held. The exit status of a message's command is its fate.
 */
#ifndef ERRANDS_H
#define ERRANDS_H

#include <event2/event.h>

#include "harness/client/driver.h"
#include "harness/client/fate.h"

struct errands;
struct words;

struct errands *errands_new(struct event_base *base, const struct machine *machine,
    const struct driver_options *options, const struct driver_calls *calls, struct fate_reader *fates);
void errands_free(struct errands *e);

/* The client's own send command, for one message. */
void errands_message(struct errands *e, const struct driver_errand *errand);
/* Another command about one message (a retry that names it). */
void errands_about(struct errands *e, const char *command, const struct driver_errand *errand);
/* A command about all messages; one that already waits serves this call as well. */
void errands_command(struct errands *e, const char *command);
/* The client's stop command: never held. */
void errands_stop(struct errands *e, const char *command);
/* Until the client that takes the messages is there: nothing is begun. */
void errands_hold(struct errands *e);
void errands_release(struct errands *e);
/* Forgets what waits. */
void errands_forget(struct errands *e);
/* What a command about this is told, in the region; its message is written to the machine. -1 and why. */
int errands_words(struct errands *e, const struct driver_errand *errand, struct region *r, struct words *ret,
    struct why *why);
/* Kills what runs for this leg, and forgets what waits: its step is over. */
void errands_abandon(struct errands *e, uint32_t leg);
void errands_close(struct errands *e);          /* begins nothing more */
bool errands_are_none(const struct errands *e); /* that run */
/* Has a command of ours this pid? */
bool errands_have(const struct errands *e, pid_t pid);
void errands_exit(struct errands *e, pid_t pid, int status, int signal);

#endif
