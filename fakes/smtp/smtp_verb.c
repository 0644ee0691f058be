/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_verb.c - see smtp_verb.h. */
#include "fakes/smtp/smtp_verb.h"

#include <string.h>

static const char *const names[SMTP_VERBS] = {
    [SMTP_UNKNOWN] = "",
    [SMTP_EHLO] = "EHLO",
    [SMTP_HELO] = "HELO",
    [SMTP_STARTTLS] = "STARTTLS",
    [SMTP_AUTH] = "AUTH",
    [SMTP_MAIL] = "MAIL",
    [SMTP_RCPT] = "RCPT",
    [SMTP_DATA] = "DATA",
    [SMTP_BDAT] = "BDAT",
    [SMTP_RSET] = "RSET",
    [SMTP_NOOP] = "NOOP",
    [SMTP_VRFY] = "VRFY",
    [SMTP_EXPN] = "EXPN",
    [SMTP_HELP] = "HELP",
    [SMTP_QUIT] = "QUIT",
    [SMTP_GREETING] = "GREETING",
    [SMTP_CONTENT] = "CONTENT",
    [SMTP_RESPONSE] = "RESPONSE",
};

const char *
smtp_verb_name(enum smtp_verb verb)
{
	return names[verb];
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct bytes
smtp_word(struct bytes *rest)
{
	while (rest->len && is_blank(rest->data[0]))
		rest->data++, rest->len--;
	size_t n = 0;
	while (n < rest->len && !is_blank(rest->data[n]))
		n++;
	struct bytes word = {rest->data, n};
	rest->data += n;
	rest->len -= n;
	return word;
}

enum smtp_verb
smtp_verb_of(struct bytes line, struct bytes *ret_args)
{
	struct bytes rest = bytes_trim(line);
	struct bytes word = smtp_word(&rest);

	if (ret_args)
		*ret_args = bytes_trim(rest);
	for (enum smtp_verb v = SMTP_EHLO; v < SMTP_GREETING; v++)
		if (bytes_equal_nocase(word, bytes_of(names[v])))
			return v;
	return SMTP_UNKNOWN;
}

bool
smtp_path(struct bytes args, const char *keyword, struct bytes *ret_address, struct bytes *ret_parameters)
{
	if (!bytes_begin_nocase(args, keyword))
		return false;
	struct bytes rest = {args.data + strlen(keyword), args.len - strlen(keyword)};
	while (rest.len && is_blank(rest.data[0]))
		rest.data++, rest.len--;
	const char *close = rest.len && rest.data[0] == '<' ? memchr(rest.data, '>', rest.len) : NULL;
	if (!close) {
		*ret_address = smtp_word(&rest);
		*ret_parameters = bytes_trim(rest);
		return true;
	}
	struct bytes path = {rest.data + 1, (size_t)(close - rest.data) - 1};
	*ret_parameters = bytes_trim((struct bytes){close + 1, rest.len - path.len - 2});
	/* a source route, "@one,@two:", must be accepted and ignored (RFC 5321 s4.1.1.3) */
	const char *colon = path.len && path.data[0] == '@' ? memchr(path.data, ':', path.len) : NULL;
	if (colon)
		path = (struct bytes){colon + 1, path.len - (size_t)(colon - path.data) - 1};
	*ret_address = bytes_trim(path);
	return true;
}

bool
smtp_parameter(struct bytes parameters, const char *name, struct bytes *ret_value)
{
	size_t n = strlen(name);

	for (struct bytes word = smtp_word(&parameters); word.len; word = smtp_word(&parameters)) {
		if (!bytes_begin_nocase(word, name) || (word.len > n && word.data[n] != '='))
			continue;
		*ret_value = word.len > n ? (struct bytes){word.data + n + 1, word.len - n - 1}
					  : (struct bytes){word.data + n, 0};
		return true;
	}
	return false;
}
