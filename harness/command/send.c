/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send.c - `mitmx send`: the built-in client, for one message or as a daemon with a queue.
 *
 * Only options and printing; the client itself is fakes/mta.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "fakes/mta/mta.h"
#include "harness/base/must.h"
#include "harness/command/command.h"
#include "harness/command/version.h"

#define MESSAGE_MAX (10 * 1024 * 1024)
#define TIMEOUT_S_MAX 3600

static const struct command_option options[] = {
    {0, "from", "ADDRESS", "the sender; '' is the null sender", false},
    {0, "to", "ADDRESS", "a recipient; may be given more than once", true},
    {0, "server", "HOST[:PORT]", "a smart host, instead of the domain's MX hosts", false},
    {0, "resolver", "ADDRESS", "the name server, instead of those of /etc/resolv.conf", false},
    {0, "ca", "FILE", "trust anchors, instead of the system's", false},
    {0, "cache", "DIR", "keeps MTA-STS policies there", false},
    {0, "helo", "NAME", "its own name, instead of the host's", false},
    {0, "require", "tls|verified", "demands TLS, or TLS with proof, where no policy speaks", false},
    {0, "timeout", "SECONDS", "patience with each single answer (30)", false},
    {0, "daemon", NULL, "takes mail by SMTP, queues it, delivers it", false},
    {0, "listen", "HOST[:PORT]", "where the daemon takes mail (127.0.0.1:25)", false},
    {0, "queue", "DIR", "where the daemon keeps mail (queue)", false},
    {0, "sync", NULL, "mail is on the disk before it is acknowledged", false},
    {0, "flaw", "FLAW", "a mistake to make, or several with commas; also from MITMX_FLAW", true},
    {0, "list-flaws", NULL, "says which mistakes there are", false},
    {0, "version", NULL, "says which version this is", false},
    {0},
};

static void
print_line(void *ctx, const char *line)
{
	(void)ctx;
	puts(line);
}

static int
list_flaws(void)
{
	for (int i = 0; i < FLAWS; i++)
		printf("%-40s %s\n", flaw_name((enum flaw)i), flaw_meaning((enum flaw)i));
	return EXIT_OK;
}

static int
add_flaws(struct flaw_set *set, const char *list)
{
	const char *names[FLAWS], *bad;
	char word[64];
	int len;

	if (flaw_add_list(set, list, &bad, &len) == 0)
		return 0;
	for (int i = 0; i < FLAWS; i++)
		names[i] = flaw_name((enum flaw)i);
	snprintf(word, sizeof(word), "%.*s", len, bad);
	return command_unknown("flaw", word, names, FLAWS);
}

/* From the options, and from the environment: for one whose command line is fixed. */
static int
read_flaws(const struct command *self, const struct command_line *line, struct flaw_set *ret)
{
	const char *more = getenv("MITMX_FLAW");
	int status = 0;
	size_t i = 0;

	while (!text_equal(options[i].name, "flaw"))
		i++;
	for (unsigned n = 0; status == 0 && n < command_count(self, line, "flaw"); n++)
		status = add_flaws(ret, line->values[i][n]);
	return status == 0 && more != NULL ? add_flaws(ret, more) : status;
}

static int
read_timeout(const char *text, unsigned *ret_ms)
{
	char *end;
	double seconds = text != NULL ? strtod(text, &end) : 30;

	if (text != NULL && (*end != '\0' || end == text))
		seconds = -1;
	if (!(seconds >= 0.01 && seconds <= TIMEOUT_S_MAX))
		return command_fail(
		    EXIT_USAGE, "'%s' is not a number of seconds up to %d", text, TIMEOUT_S_MAX);
	*ret_ms = (unsigned)(seconds * 1000);
	return 0;
}

static int
read_demand(const char *text, enum tls_demand *ret)
{
	static const char *const known[] = {"tls", "verified"};

	*ret = text == NULL                 ? TLS_DEMAND_ANY
	       : text_equal(text, known[0]) ? TLS_DEMAND_ENCRYPTED
					    : TLS_DEMAND_PROVED;
	if (text == NULL || text_equal(text, known[0]) || text_equal(text, known[1]))
		return 0;
	return command_unknown("demand", text, known, 2);
}

static int
read_message(char **ret, size_t *ret_len)
{
	char *text = must_alloc(MESSAGE_MAX + 1);

	*ret = text;
	*ret_len = fread(text, 1, MESSAGE_MAX + 1, stdin);
	if (ferror(stdin))
		return command_fail(EX_IOERR, "cannot read the message: %s", strerror(errno));
	if (*ret_len > MESSAGE_MAX)
		return command_fail(EX_DATAERR, "the message is longer than %d bytes", MESSAGE_MAX);
	return 0;
}

static int
check_address(const char *what, const char *address)
{
	if (letter_is_address(address))
		return 0;
	return command_fail(EXIT_USAGE, "%s '%s' is not an address", what, address);
}

static int
send_one(const struct command *self, const struct command_line *line, const struct mta_options *mta)
{
	static const int status_of[] = {[LETTER_UNDECIDED] = EX_SOFTWARE,
	    [LETTER_DELIVERED] = EXIT_OK,
	    [LETTER_DEFERRED] = EX_TEMPFAIL,
	    [LETTER_BOUNCED] = EX_UNAVAILABLE};
	const char *const *recipients = line->values[1];
	unsigned n = command_count(self, line, "to");
	const char *sender = command_value(self, line, "from");
	char *message = NULL;
	size_t len = 0;
	struct why why;
	int status, fate;

	must(text_equal(options[1].name, "to"));
	if (n == 0 || sender == NULL)
		return command_fail(EXIT_USAGE, "'mitmx send' needs --from and --to, or --daemon");
	status = check_address("--from", sender);
	for (unsigned i = 0; status == 0 && i < n; i++)
		status = check_address("--to", recipients[i]);
	if (status == 0)
		status = read_message(&message, &len);
	if (status == 0) {
		fate = mta_send(mta, sender, recipients, n, (struct bytes){message, len}, &why);
		status = fate >= 0 ? status_of[fate] : command_fail(EX_CONFIG, "%s", why.text);
	}
	free(message);
	return status;
}

static int
run(const struct command *self, const struct command_line *line)
{
	struct mta_options mta = {
	    .helo = command_value(self, line, "helo"),
	    .server = command_value(self, line, "server"),
	    .resolver = command_value(self, line, "resolver"),
	    .ca_file = command_value(self, line, "ca"),
	    .cache = command_value(self, line, "cache"),
	    .queue = command_value(self, line, "queue"),
	    .listen = command_value(self, line, "listen"),
	    .sync = command_count(self, line, "sync") > 0,
	    .log = print_line,
	};
	struct why why;
	int status;

	if (command_count(self, line, "list-flaws") > 0)
		return list_flaws();
	if (command_count(self, line, "version") > 0) {
		puts(MITMX_VERSION);
		return EXIT_OK;
	}
	if (line->n_words > 0)
		return command_fail(
		    EXIT_USAGE, "'mitmx send' does not know what to do with '%s'", line->words[0]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	status = read_flaws(self, line, &mta.flaws);
	if (status == 0)
		status = read_timeout(command_value(self, line, "timeout"), &mta.timeout_ms);
	if (status == 0)
		status = read_demand(command_value(self, line, "require"), &mta.demand);
	if (status != 0)
		return status;
	if (command_count(self, line, "daemon") == 0)
		return send_one(self, line, &mta);
	mta.queue = mta.queue != NULL ? mta.queue : "queue";
	mta.listen = mta.listen != NULL ? mta.listen : "127.0.0.1:25";
	return mta_serve(&mta, &why) == 0 ? EXIT_OK : command_fail(EX_CONFIG, "%s", why.text);
}

const struct command command_send = {
    .name = "send",
    .arguments = "--from ADDRESS --to ADDRESS < MESSAGE | --daemon",
    .summary = "the built-in client: delivers a message, or queues and delivers as a daemon",
    .options = options,
    .run = run,
};
