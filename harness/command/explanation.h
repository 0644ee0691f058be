/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explanation.h - a scenario in plain words, made from its file and the .def lists: world, attack, timeline,
 * right behavior, rules. A heading stands at the margin, what belongs to it is indented.
 */
#ifndef EXPLANATION_H
#define EXPLANATION_H

#include <stdio.h>

#include "harness/scenario/suite.h"

/* `suite` NULL: without the requirements, which the caller shows elsewhere. */
void explanation_put(const struct scenario *s, const struct suite *suite, FILE *out);

#endif
