/* SPDX-License-Identifier: Apache-2.0 */
/* pages.c - see pages.h */
#include "harness/command/pages.h"

#include <string.h>

#include "harness/client/description.h"
#include "harness/client/words.h"
#include "harness/command/argument.h"
#include "harness/command/version.h"
#include "harness/model/judgment.h"
#include "harness/scenario/suite.h"

const char *const page_names[] = {"mitmx", "mitmx-scenario", "mitmx-client", NULL};

struct row {
	const char *term, *meaning;
};

static void
put_rows(struct manual *m, const struct row *rows)
{
	manual_begin(m);
	for (; rows->term != NULL; rows++)
		manual_entry(m, rows->term, "%s", rows->meaning);
	manual_end(m);
}

/* --- mitmx(1) ---------------------------------------------------------------------------------------- */

static void
put_options(struct manual *m, const struct command *command)
{
	manual_begin(m);
	for (const struct command_option *o = command->options; o->name != NULL; o++) {
		char term[96], letter[] = {'-', o->letter, ',', ' ', '\0'};

		if (o->meaning == NULL)
			continue;
		snprintf(term, sizeof(term), "%s--%s%s%s", o->letter != 0 ? letter : "", o->name,
		    o->argument != NULL ? " " : "", o->argument != NULL ? o->argument : "");
		manual_entry(m, term, "%s", o->meaning);
	}
	manual_end(m);
}

static void
put_command(struct manual *m, const struct command *command)
{
	char title[160];

	snprintf(title, sizeof(title), "%s %s", command->name, command->arguments);
	manual_part(m, title);
	manual_text(m, "%s.", command->summary);
	if (command->options->name != NULL)
		put_options(m, command);
}

static void
put_values(struct manual *m)
{
	manual_section(m, "VALUES");
	manual_begin(m);
	for (const struct argument_info *a = argument_infos; a->name != NULL; a++)
		manual_entry(m, a->name, "%s%s%s", a->meaning, a->words[0] != '\0' ? ": " : "", a->words);
	manual_end(m);
}

static void
put_verdicts(struct manual *m)
{
	manual_section(m, "VERDICTS");
	manual_begin(m);
	for (unsigned i = 0; i < VERDICTS; i++)
		manual_entry(m, verdict_name((enum verdict)i), "%s", verdict_meaning((enum verdict)i));
	manual_end(m);
	manual_text(m, "They rest on what became of each message:");
	manual_begin(m);
	for (unsigned i = 0; i < OUTCOMES; i++)
		manual_entry(m, outcome_name((enum outcome)i), "%s", outcome_meaning((enum outcome)i));
	manual_end(m);
}

static const struct row environment[] = {
    {"MITMX_DATA",
	"the folder that holds scenarios and clients, in place of those found beside the program's "
	"build folder or in its prefix"},
    {"MITMX_FLAW", "flaws of the built-in client, with commas, besides those of --flaw"},
    {"NO_COLOR", "no colors, when it is set"},
    {"XDG_CACHE_HOME", "file systems of clients are kept in mitmx/roots below it (~/.cache)"},
    {0},
};

static const struct row files[] = {
    {"result.json", "all verdicts, for programs; share/mitmx/result.schema.json says what it holds"},
    {"junit.xml", "the same as test cases, for CI"},
    {"facts.jsonl", "what was expected, and every fact; mitmx judge judges it again"},
    {"wire/*.pcapng", "the packets of each scenario that was not honored, with the secrets of TLS inside"},
    {"client.log", "what the client wrote"},
    {0},
};

static const struct row exits[] = {
    {"0", "at least one scenario was honored, none violated or unclear at or above --level beyond what "
	  "--baseline "
	  "lists"},
    {"1", "something was violated beyond the baseline, or the baseline was taken with other claims"},
    {"2", "wrong usage, or a broken scenario or client file: nothing was run"},
    {"3", "the lab or the client could not run, nothing was judged, or something is unclear"},
    {"130", "interrupted; what was judged so far is written"},
    {0},
};

static void
put_mitmx(struct manual *m)
{
	manual_page(m, page_names[0], 1, "plays the man in the middle against a mail client", MITMX_DATE);
	manual_section(m, "SYNOPSIS");
	manual_example(m, "mitmx COMMAND [OPTIONS]\n"
			  "mitmx run [OPTIONS] [CLIENT | -- COMMAND ...]\n");
	manual_section(m, "DESCRIPTION");
	manual_text(m,
	    "mitmx sets an unmodified SMTP client or MTA loose in a small private internet on this machine, "
	    "plays downgrade attacks on the path, and says for each whether the client kept to the policy "
	    "that it "
	    "was given: STARTTLS, MTA-STS, and what goes with them. Nothing leaves the machine.");
	manual_section(m, "COMMANDS");
	for (size_t i = 0; commands[i] != NULL; i++)
		if (commands[i]->summary != NULL)
			put_command(m, commands[i]);
	put_values(m);
	put_verdicts(m);
	manual_section(m, "ENVIRONMENT");
	put_rows(m, environment);
	manual_section(m, "FILES");
	manual_text(m, "A run leaves in its folder:");
	put_rows(m, files);
	manual_section(m, "EXIT STATUS");
	put_rows(m, exits);
	manual_section(m, "EXAMPLES");
	manual_text(m, "The built-in client, which does everything right, then with one flaw:");
	manual_example(m, "mitmx run\nmitmx run --flaw ignores-certificate\n");
	manual_text(m, "A real MTA, and any command line:");
	manual_example(m, "mitmx run postfix\n"
			  "mitmx run -- swaks --to {recipient} --server {host} --tls --data @{message}\n");
	manual_section(m, "SEE ALSO");
	manual_reference(m, page_names[2], 5, ",");
	manual_reference(m, page_names[1], 5, "");
	manual_section(m, "STANDARDS");
	manual_text(m,
	    "RFC 3207 (STARTTLS), RFC 8461 (MTA-STS), RFC 7672 (DANE), RFC 8460 (TLS reports), RFC 8689 "
	    "(REQUIRETLS).");
}

/* --- mitmx-scenario(5) ------------------------------------------------------------------------------------
 */

static void
put_scenario(struct manual *m)
{
	manual_page(m, page_names[1], 5, "a scenario of mitmx", MITMX_DATE);
	manual_section(m, "DESCRIPTION");
	manual_text(m,
	    "A scenario is one YAML file below the folder of scenarios: one world, one attack, a timeline of "
	    "steps, and what is expected. Its name is its path without the suffix. Defaults are the honest, "
	    "boring world, so that a file says only what is special. mitmx check tells every mistake with "
	    "file, line and column; mitmx explain tells a scenario in plain words.");
	suite_manual(m);
	manual_section(m, "EXAMPLES");
	manual_example(m, "title: STARTTLS is stripped although the domain's policy is enforce\n"
			  "covers: [STS-5-b]\n"
			  "needs: [mta-sts]\n"
			  "world:\n"
			  "  policy: {mode: enforce}\n"
			  "steps:\n"
			  "  - send\n"
			  "  - attack: {smtp: strip-starttls}\n"
			  "    expect: held\n");
	manual_section(m, "SEE ALSO");
	manual_reference(m, page_names[0], 1, ",");
	manual_reference(m, page_names[2], 5, "");
}

/* --- mitmx-client(5) ---------------------------------------------------------------------------------------
 */

static const struct row statuses[] = {
    {"0", "delivered; or only accepted, when the probe finds that a deferral also ends so"},
    {"75", "deferred"},
    {"89", "the client cannot do that: the scenario is skipped"},
    {"other", "refused; its caller still has the message"},
    {0},
};

static void
put_client(struct manual *m)
{
	struct keys_shown shown = {0};

	manual_page(m, page_names[2], 5, "a client that mitmx plays against", MITMX_DATE);
	manual_section(m, "DESCRIPTION");
	manual_text(m,
	    "A client is described by a folder with a file client.yaml and what it needs. The folder is "
	    "copied "
	    "to the client's machine, where it is the working directory of its commands. mitmx run takes the "
	    "name of a client that comes with mitmx, or the path of a folder.");
	manual_section(m, "KEYS OF CLIENT.YAML");
	keys_manual(m, description_keys, &shown);
	manual_section(m, "INSTANCES");
	manual_text(m,
	    "With serves: leg or serves: message, several instances run on one machine. Each sees its "
	    "working "
	    "folder, /tmp, /run, what own names and its log socket as a copy of its own, as it was when the "
	    "machine began; all else is shared. Each has an address of its own to listen at, in "
	    "MITMX_LISTEN. "
	    "It is started with the first message that it is for, restarted by a step of its leg alone, and "
	    "runs until the machine is gone: what it tries later counts. An instance that ends on its own is "
	    "started again when it is sent something or asked to try again; a crash is a violation of its "
	    "scenario. The option --jobs of mitmx run limits how many start at once, at-once the scenarios "
	    "of "
	    "one machine.");
	manual_section(m, "WORDS OF COMMANDS");
	manual_text(m,
	    "In commands these are filled in, where they are known; the variable says the same in the "
	    "environment.");
	manual_begin(m);
	for (size_t i = 0; i < words_count(); i++)
		manual_entry(m, words_placeholder(i), "%s: %s", words_variable(i), words_meaning(i));
	manual_end(m);
	manual_section(m, "EXIT STATUS");
	manual_text(
	    m, "A client without start is run once a message, and tells its fate by its exit status:");
	put_rows(m, statuses);
	manual_section(m, "EXAMPLES");
	manual_example(m,
	    "client: mine\n"
	    "claims: [starttls]\n"
	    "send: swaks --to {recipient} --from {sender} --server {host} --tls --data @{message}\n");
	manual_text(m, "One that has a smart host, so an instance for each leg:");
	manual_example(m,
	    "client: relay\n"
	    "claims: [starttls]\n"
	    "serves: leg\n"
	    "own: [/etc/relay, /var/spool/relay]\n"
	    "start: echo \"$MITMX_HOST\" > /etc/relay/smarthost; exec relay --listen $MITMX_LISTEN:25\n"
	    "send: smtp://{listen}:25\n"
	    "log: [syslog]\n"
	    "fate:\n"
	    "  delivered: ['to=<(?<recipient>[^>]+)> sent']\n"
	    "  deferred: ['to=<(?<recipient>[^>]+)> deferred: (?<reason>.*)']\n");
	manual_section(m, "SEE ALSO");
	manual_reference(m, page_names[0], 1, ",");
	manual_reference(m, page_names[1], 5, "");
}

int
page_print(const char *name, FILE *to)
{
	static void (*const pages[])(struct manual *) = {put_mitmx, put_scenario, put_client};
	struct manual *m;

	for (size_t i = 0; page_names[i] != NULL; i++) {
		if (!text_equal(name, page_names[i]))
			continue;
		m = manual_new(to, MANUAL_MDOC);
		pages[i](m);
		manual_free(m);
		return 0;
	}
	return -1;
}
