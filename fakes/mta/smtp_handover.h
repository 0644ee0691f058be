/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smtp_handover.h - of a talk: the letter's sender, recipients and content, and what became of each.
 *
 * Private to smtp_talk.c, whose table calls these; on which channel is not asked here. Ref: RFC 5321 s3.3,
 * s4.5.2; RFC 1870; RFC 3461.
 */
#ifndef MTA_SMTP_HANDOVER_H
#define MTA_SMTP_HANDOVER_H

#include <event2/buffer.h>

#include "fakes/mta/letter.h"
#include "fakes/mta/smtp_talk.h"

void smtp_handover_send_mail(struct smtp_talk *t);
/* The next that is undecided gets its RCPT; then DATA, if anybody was accepted. */
void smtp_handover_send_rcpt(struct smtp_talk *t);
void smtp_handover_send_content(struct smtp_talk *t);

/* A reply is here; `in` is what came behind it. */
void smtp_handover_on_mail(struct smtp_talk *t, struct evbuffer *in);
void smtp_handover_on_rcpt(struct smtp_talk *t, struct evbuffer *in);
void smtp_handover_on_data(struct smtp_talk *t, struct evbuffer *in);
void smtp_handover_on_content(struct smtp_talk *t, struct evbuffer *in);

/* The host's answer is final for those recipients: all of the order, or those it has accepted. */
void smtp_handover_decide(struct smtp_talk *t, bool accepted_only, enum letter_fate fate, const char *reason);
/* All was sent, and the connection was lost before the answer. */
void smtp_handover_lost(struct smtp_talk *t, const char *how);

#endif
