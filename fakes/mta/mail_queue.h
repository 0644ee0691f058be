/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_queue.h - letters in files, one each, until every recipient is done.
 *
 * A file is there whole or not at all. Decides nothing about retries.
 */
#ifndef MTA_MAIL_QUEUE_H
#define MTA_MAIL_QUEUE_H

#include "fakes/mta/letter.h"
#include "harness/base/why.h"

struct mail_queue;

/* Makes the folder when missing. `sync`: a letter is on the disk, not only in the kernel, when it is stored.
 * Owned. */
struct mail_queue *mail_queue_new(const char *directory, bool sync, struct why *why);
void mail_queue_free(struct mail_queue *queue);

/* The content may be dropped from memory afterwards. -1 and why: the letter is not in the queue. */
int mail_queue_store(struct mail_queue *queue, const struct letter *letter, struct why *why);
/* Notes that a recipient is done: delivered or bounced. */
int mail_queue_note_done(
    struct mail_queue *queue, const struct letter *letter, size_t recipient, struct why *why);
void mail_queue_remove(struct mail_queue *queue, const struct letter *letter);
/* Fills the content from the file; -1 and why. */
int mail_queue_read_content(struct mail_queue *queue, struct letter *letter, struct why *why);

/*
 * Calls back with each letter, taken, without content; who is done has the fate LETTER_DELIVERED. Files that
 * are none of ours, or damaged, are told as trouble and stay where they are.
 */
int mail_queue_load(struct mail_queue *queue, void (*found)(void *ctx, struct letter *letter),
    void (*trouble)(void *ctx, const char *sentence), void *ctx, struct why *why);

#endif
