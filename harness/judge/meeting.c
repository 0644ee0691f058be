/* SPDX-License-Identifier: Apache-2.0 */
/* meeting.c - see meeting.h */
#include "harness/judge/meeting.h"

#include <string.h>

/* Layers whose moves happen on a connection to an MX. */
static const char *const session_layers[] = {"tcp", "smtp", "tls", "certificate"};

static bool
is_session_layer(struct bytes layer)
{
	for (size_t i = 0; i < sizeof(session_layers) / sizeof(session_layers[0]); i++)
		if (bytes_equal(layer, bytes_of(session_layers[i])))
			return true;
	return false;
}

/* Takes the next word off the list; false at its end. */
static bool
next_word(struct bytes *list, struct bytes *ret)
{
	const char *space;

	*list = bytes_trim(*list);
	if (list->len == 0)
		return false;
	space = memchr(list->data, ' ', list->len);
	*ret = (struct bytes){list->data, space != NULL ? (size_t)(space - list->data) : list->len};
	*list = (struct bytes){list->data + ret->len, list->len - ret->len};
	return true;
}

/* "layer:move" or "move". */
static void
split(struct bytes word, struct bytes *ret_layer, struct bytes *ret_move)
{
	const char *colon = word.len > 0 ? memchr(word.data, ':', word.len) : NULL;

	*ret_layer = (struct bytes){word.data, colon != NULL ? (size_t)(colon - word.data) : 0};
	*ret_move = colon != NULL ? (struct bytes){colon + 1, word.len - ret_layer->len - 1} : word;
}

/* Takes the next "layer:move" off the list, leaving out neutral forms ("layer:move~"); false at its end. */
static bool
next_armed(struct bytes *list, struct bytes *ret_layer, struct bytes *ret_move)
{
	struct bytes word;

	do
		if (!next_word(list, &word))
			return false;
	while (word.data[word.len - 1] == '~');
	split(word, ret_layer, ret_move);
	return true;
}

static struct bytes
armed_in(const struct leg_facts *facts, uint32_t step)
{
	const struct fact *begun = index_last(facts, step, FACT_STEP_BEGUN);

	return begun != NULL ? begun->step_begun.armed : (struct bytes){NULL, 0};
}

static bool
is_armed(const struct leg_facts *facts, uint32_t step, struct bytes layer, struct bytes move)
{
	struct bytes list = armed_in(facts, step), l, m;

	while (next_armed(&list, &l, &m))
		if (bytes_equal(l, layer) && bytes_equal(m, move))
			return true;
	return false;
}

static bool
has_session_move(const struct leg_facts *facts, uint32_t step)
{
	struct bytes list = armed_in(facts, step), layer, move;

	while (next_armed(&list, &layer, &move))
		if (is_session_layer(layer))
			return true;
	return false;
}

bool
meeting_is_armed(const struct leg_facts *facts, uint32_t step)
{
	struct bytes list = armed_in(facts, step), layer, move;

	return next_armed(&list, &layer, &move);
}

static bool
is_met(const struct fact *f, uint32_t step)
{
	return f->kind == FACT_MET && f->step == step && !f->met.neutral;
}

bool
meeting_of_move(const struct leg_facts *facts, uint32_t step, const char *name)
{
	struct bytes layer, move;

	split(bytes_of(name), &layer, &move);
	for (size_t i = 0; i < facts->n; i++) {
		const struct fact *f = facts->facts[i];

		if (is_met(f, step) && bytes_equal(f->met.move, move) &&
		    (layer.len == 0 || bytes_equal(f->met.layer, layer)))
			return true;
	}
	return false;
}

bool
meeting_of_any_move(const struct leg_facts *facts, uint32_t step)
{
	for (size_t i = 0; i < facts->n; i++)
		if (is_met(facts->facts[i], step))
			return true;
	return false;
}

/* Met in an earlier step, and armed in every step from there to this one. */
static bool
still_works(const struct leg_facts *facts, uint32_t step, const struct fact *met)
{
	if (met->kind != FACT_MET || met->met.neutral || met->step >= step)
		return false;
	for (uint32_t s = met->step; s <= step; s++)
		if (!is_armed(facts, s, met->met.layer, met->met.move))
			return false;
	return true;
}

bool
meeting_of_attack(const struct leg_facts *facts, uint32_t step)
{
	struct bytes list = armed_in(facts, step), layer, move;

	if (!next_armed(&list, &layer, &move) || meeting_of_any_move(facts, step))
		return true;
	if (has_session_move(facts, step))
		return false;
	for (size_t i = 0; i < facts->n; i++)
		if (still_works(facts, step, facts->facts[i]))
			return true;
	return false;
}

const struct fact *
meeting_of_no_session(const struct leg_facts *facts, uint32_t step)
{
	const struct fact *connected = NULL;

	if (!has_session_move(facts, step))
		return NULL;
	for (size_t i = 0; i < facts->n; i++) {
		const struct fact *f = facts->facts[i];

		if (is_met(f, step) && is_session_layer(f->met.layer))
			return NULL;
		if (connected == NULL && f->kind == FACT_ACCEPTED && f->step == step &&
		    bytes_equal(f->accepted.role, BYTES("mx")))
			connected = f;
	}
	return connected;
}
