/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result.h - what a run came to, as JSON values: for result.json and for the page that shows it.
 *
 * Values are owned by the caller, or by the object that they were put into. Running out of memory ends the
 * program.
 */
#ifndef RESULT_H
#define RESULT_H

#include <jansson.h>

#include "harness/report/report.h"

/* As UTF-8; bytes that are none come out escaped (\xNN). */
json_t *result_text_new(struct bytes text);
json_t *result_list_new(const char *const *texts, size_t n);
void result_put(json_t *object, const char *key, json_t *value);         /* takes the value */
void result_put_text(json_t *object, const char *key, const char *text); /* NULL is left out */

/* All of result.json but its scenarios: tool, client, lab, times, summary. */
json_t *result_head_new(const struct report *r);
/* Verdict, level, why, duration and steps. */
void result_put_judgment(json_t *object, const struct judgment *j);

#endif
