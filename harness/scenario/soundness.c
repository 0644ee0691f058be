/* SPDX-License-Identifier: Apache-2.0 */
/* soundness.c - see soundness.h */
#include "harness/scenario/soundness.h"

static const struct expectation *
expectation_of(const struct scenario *s, size_t step)
{
	return &s->expectations->steps[step].by_floor[FLOOR_MAY];
}

static size_t
count_list(const char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

/* The item of a text or list node, for its place in the file. */
static const struct node *
item_of(const struct node *node, size_t i)
{
	return node->kind == NODE_LIST && i < node->n ? node->items[i] : node;
}

static void
check_words(const struct node *node, const char *what, const char *const *words, size_t n,
    const char *const *known, size_t n_known)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < n_known && !text_equal(words[i], known[k]))
			k++;
		if (k < n_known)
			continue;
		const char *near = text_nearest(words[i], known, n_known);

		node_complain(item_of(node, i), "unknown %s '%s'%s%s%s", what, words[i],
		    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
}

static void
check_covers(const struct reading *reading, const struct scenario *s, const struct node *root)
{
	if (reading->n_requirements == 0)
		return;
	if (s->n_covers == 0)
		node_complain(root, "'covers' is missing: which requirements does this try?");
	else
		check_words(node_get(root, "covers"), "requirement", s->covers, s->n_covers,
		    reading->requirements, reading->n_requirements);
}

static bool
is_only_recorded(const struct scenario *s)
{
	for (size_t i = 0; i < s->n_steps; i++)
		if (expectation_of(s, i)->given && !expectation_of(s, i)->record)
			return false;
	return true;
}

static void
check_catches(const struct reading *reading, const struct scenario *s, const struct node *root)
{
	/* An honest world is there to be lived in, not to catch anybody. */
	if (s->n_catches == 0 && s->has_control && !is_only_recorded(s))
		node_complain(root,
		    "'catches' is missing: a scenario names a flaw of the built-in client that it finds");
	else if (s->n_catches > 0 && reading->flaws != NULL)
		check_words(node_get(root, "catches"), "flaw", s->catches, s->n_catches, reading->flaws,
		    count_list(reading->flaws));
}

static void
check_steps(const struct scenario *s, const struct node *root)
{
	const struct node *steps = node_get(root, "steps");
	bool expects = false;

	for (size_t i = 0; i < s->n_steps; i++) {
		bool delivered = expect_is_within(expectation_of(s, i), OUTCOMES_DELIVERED);

		expects = expects || expectation_of(s, i)->given;
		if (expectation_of(s, i)->given && !expectation_of(s, i)->record && !s->has_control &&
		    !delivered) {
			node_complain(item_of(steps, i), "nothing differs from the control: without an "
							 "attack, only a delivery can be expected");
			return;
		}
		if (s->opposite_control && expect_is_within(expectation_of(s, i), OUTCOMES_REFUSED)) {
			node_complain(item_of(steps, i),
			    "an opposite control ('attack: same') belongs to a delivery, not to a refusal");
			return;
		}
	}
	if (!expects)
		node_complain(steps, "no step expects anything");
}

static bool
needs_mta_sts(const struct scenario *s)
{
	for (size_t i = 0; i < s->n_needs; i++)
		if (text_equal(s->needs[i], "mta-sts"))
			return true;
	return false;
}

static bool
touches_mail(const struct scenario_attack *attack)
{
	for (size_t i = 0; i < attack->n_moves; i++) {
		enum plan_layer layer = move_info(attack->moves[i].move)->layer;

		if (layer != LAYER_DNS && layer != LAYER_POLICY_HOST)
			return true;
	}
	return false;
}

/* A warm-up; or mail that must arrive untouched, where finding the policy is itself on trial. */
static bool
begins_in_peace(const struct scenario *s)
{
	const struct scenario_step *first = &s->steps[0];

	return first->warm_up || (first->action == ACTION_SEND && !touches_mail(first->attack) &&
				     expect_is_within(expectation_of(s, 0), OUTCOMES_DELIVERED));
}

/*
 * First contact cannot be failed under MTA-STS (RFC 8461 s5.1: the policy may be fetched in the
 * background), so a refusal that must be is judged on a later message.
 */
static void
check_warm_up(const struct scenario *s, const struct node *root)
{
	if (!needs_mta_sts(s) || !s->world->policy.given || begins_in_peace(s))
		return;
	for (size_t i = 0; i < s->n_steps; i++)
		if (expectation_of(s, i)->at[LEVEL_MUST].n > 0 &&
		    expect_is_within(expectation_of(s, i), OUTCOMES_REFUSED)) {
			node_complain(node_get(root, "steps"),
			    "a refusal under a policy needs a warm-up before it: "
			    "begin with '- send', without an attack");
			return;
		}
}

void
soundness_check(const struct reading *reading, const struct scenario *scenario, const struct node *root)
{
	if (scenario->n_steps == 0)
		return;
	check_steps(scenario, root);
	check_warm_up(scenario, root);
	check_covers(reading, scenario, root);
	check_catches(reading, scenario, root);
}
