/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.c - see words.h.
 *
 * In a template {field} stands for the field, {field?yes|no} for one of two words by a flag, and
 * [a part in brackets] is left out when a field in it is an empty text or a number below zero.
 */
#include "harness/report/words.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/must.h"

#define FIELD_MAX 100 /* characters of one field that are shown */

static const char *const templates[FACT_KINDS] = {
    [FACT_STEP_BEGUN] = "the world shows the next step[, armed: {armed}]",
    [FACT_FLUSHED] = "order {order} to flush was answered",
    [FACT_LAB_FAULT] = "the lab failed: {part}: {what}",
    [FACT_STARVED] = "the world got no turn for {ms} ms",
    [FACT_DNS_ASKED] = "the client asked for {name} {type}[ over {transport}]",
    [FACT_DNS_ANSWERED] = ("{name} {type} was answered: {rcode}, {answers} records{authentic?, "
			   "authentic|}{truncated?, truncated|}"),
    [FACT_MET] = "the attack's {layer} move {move}{neutral? (in its neutral form)|} was made[ on {host}]",
    [FACT_ACCEPTED] = "a connection to {host} ({address}:{port}) was accepted",
    [FACT_CLOSED] = "the connection was closed[ by the {by}][ ({how})]",
    [FACT_REPLY] = "to the client, {channel}: {line}{changed? (changed on the way)|}[, where the MX host had "
		   "said {was}]",
    [FACT_WITHHELD] = "the MX host said, and the client did not get: {line}",
    [FACT_COMMAND] = "from the client, {channel}: {line}",
    [FACT_REWRITTEN] = "in the place of {was} went on to the MX host: {line}",
    [FACT_MAIL] = "the client named the sender <{sender}> {channel}",
    [FACT_RCPT] = "the client named the recipient <{recipient}> {channel}",
    [FACT_CONTENT] = "the client sent {whole?the whole|a part of a} message[ from <{sender}>] {channel}",
    [FACT_CREDENTIALS] = "the client gave credentials[ by {mechanism}] {channel}",
    [FACT_ARRIVED] = "{host} ({genuine?genuine|the attacker's}) accepted the message for <{recipient}>",
    [FACT_TLS_HELLO] = "a ClientHello came[ for {host}][, server name {sni}][, versions {versions}]",
    [FACT_CERTIFICATE_SHOWN] =
	"the client was shown a certificate[ for {names}][, fault: {fault}][, on {host}]",
    [FACT_TLS_UP] =
	"TLS is up[ with {host}]: {version}, {cipher}[, server name {sni}]; what follows is {channel}",
    [FACT_TLS_FAILED] = "TLS failed[ with {host}][: {reason}][, the client's alert was {alert}]",
    [FACT_TLS_SECRET] = "a line of the key log was kept",
    [FACT_HTTP_REQUEST] = "the client asked {host} for {method} {target}[, Host: {host_header}]",
    [FACT_POLICY_SERVED] =
	"the {genuine?genuine|forged} policy host answered {status}, {bytes} bytes{whole?|, not whole}",
    [FACT_CROSSED] = "the witness saw {token} cross the wire ({encoding}), {address}:{port}",
    [FACT_CAPTURED] = "the witness has read {packets} packets, {dropped} were dropped",
    [FACT_STREAM_GAP] = "the witness missed {bytes} bytes of a stream with {address}:{port}",
    [FACT_SENT] = "message {message} from <{sender}> was handed to the client for {recipients}",
    [FACT_RETRIED] = "the client was asked to try again{attack?, still under attack|}",
    [FACT_FATE] = "the client said of message {message} to <{recipient}>: {fate}[, \"{reason}\"]",
    [FACT_NO_ATTEMPT] = "the client said that it did not try <{recipient}>[: \"{reason}\"]",
    [FACT_EXITED] = "the client's process {command} ended[, status {status}]{crash?, it crashed|}",
    [FACT_STEP_ENDED] = "the step was over[ by {by}]",
    [FACT_CLOCK_SET] = "the client's clock was set {offset} seconds ahead",
};

static const bool is_dull[FACT_KINDS] = {
    [FACT_FLUSHED] = true,
    [FACT_TLS_SECRET] = true,
    [FACT_CAPTURED] = true,
};

static const struct {
	const char *channel, *words;
} channels[] = {
    {"clear", "in clear"},
    {"intercepted", "inside TLS that the interposer ended"},
    {"attacker", "inside TLS that the attacker's host ended"},
    {"genuine", "inside TLS that a genuine host ended"},
};

const char *
fact_template(enum fact_kind kind)
{
	return templates[kind];
}

bool
fact_is_telling(const struct fact *f)
{
	return !is_dull[f->kind];
}

const char *
channel_in_words(const char *channel)
{
	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
		if (text_equal(channels[i].channel, channel))
			return channels[i].words;
	return channel;
}

/* Text that grows to a limit. */
struct text {
	char *at;
	size_t left; /* with room for the NUL */
};

static void
add(struct text *t, const char *data, size_t len)
{
	if (len >= t->left)
		len = t->left - 1;
	if (len > 0) /* what was left out has no bytes */
		memcpy(t->at, data, len);
	t->at += len;
	t->left -= len;
	*t->at = '\0';
}

static void
add_text(struct text *t, struct bytes value)
{
	char shown[FIELD_MAX + 1];
	size_t whole = text_escape(shown, sizeof(shown), value);

	add(t, shown, strlen(shown));
	if (whole > FIELD_MAX)
		add(t, "...", 3);
}

static void
add_field(struct text *t, const struct fact *f, const struct fact_field *field)
{
	char number[24];

	if (field->type != FACT_text) {
		add(t, number,
		    (size_t)snprintf(number, sizeof(number), "%lld", (long long)fact_number(f, field)));
		return;
	}
	if (text_equal(field->name, "channel")) {
		struct bytes value = fact_text(f, field);

		for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
			if (bytes_equal(value, bytes_of(channels[i].channel))) {
				add(t, channels[i].words, strlen(channels[i].words));
				return;
			}
	}
	add_text(t, fact_text(f, field));
}

static bool
is_empty(const struct fact *f, const struct fact_field *field)
{
	return field->type == FACT_text ? fact_text(f, field).len == 0 : fact_number(f, field) < 0;
}

/* At '{': renders it; returns what follows the '}'. `*ret_empty` is set when the field has nothing to say. */
static const char *
add_braced(struct text *t, const struct fact *f, const char *at, bool *ret_empty)
{
	size_t name_len = strcspn(++at, "?}");
	const struct fact_field *field = fact_field_of(f->kind, (struct bytes){at, name_len});
	const char *bar, *end = strchr(at, '}');

	must(field != NULL && end != NULL);
	if (at[name_len] == '}') {
		*ret_empty = *ret_empty || is_empty(f, field);
		add_field(t, f, field);
		return end + 1;
	}
	bar = strchr(at, '|');
	must(bar != NULL && bar < end && field->type == FACT_flag);
	if (fact_number(f, field) != 0)
		add(t, at + name_len + 1, (size_t)(bar - at) - name_len - 1);
	else
		add(t, bar + 1, (size_t)(end - bar) - 1);
	return end + 1;
}

char *
fact_in_words(const struct fact *f, char *out, size_t size)
{
	struct text t = {out, size}, before = t;
	const char *at = templates[f->kind];
	bool empty = false;

	must(size > 0 && at != NULL);
	*out = '\0';
	while (*at != '\0') {
		if (*at == '{') {
			at = add_braced(&t, f, at, &empty);
		} else if (*at == '[') {
			before = t;
			empty = false;
			at++;
		} else if (*at == ']') {
			if (empty) {
				t = before;
				*t.at = '\0';
			}
			at++;
		} else {
			size_t len = strcspn(at, "{[]");

			add(&t, at, len);
			at += len;
		}
	}
	return out;
}
