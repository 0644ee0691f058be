/* SPDX-License-Identifier: Apache-2.0 */
/* test_description.c - client.yaml, right and wrong. Each row: keys, and what is complained of (or nothing).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/client/description.h"

#define FATES "fate: {delivered: [a], deferred: [b]}\n"
#define RUNS "start: x\nlog: [stdout]\n" FATES

static char folder[] = "/tmp/mitmx-description-XXXXXX";

static struct client *
read_text(const char *text, struct complaints *complaints)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/client.yaml", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "client: c\nclaims: [starttls]\n%s", text);
	fclose(f);
	return description_read(folder, complaints);
}

static const struct row {
	const char *name, *text, *complaint;
} rows[] = {
    {"a command line is enough", "send: x\n", ""},
    {"a recipe names a suite", "send: x\nroot: {debian: bookworm, packages: [a, b-c+, d=1:2~3]}\n", ""},
    {"a recipe without a suite", "send: x\nroot: {packages: [a]}\n", "debian"},
    {"a suite is a word", "send: x\nroot: {debian: ../x}\n", "no name of a Debian suite"},
    {"a package is no option", "send: x\nroot: {debian: sid, packages: [--x]}\n", "no name of a package"},
    {"one text is a list of packages", "send: x\nroot: {debian: sid, packages: a}\n", ""},
    {"a set-up script must be there", "send: x\nroot: {debian: sid, setup: none.sh}\n", "none.sh"},
    {"a tar is a root", "send: x\nroot: my.tar.zst\n", ""},
    {"anything else is no root", "send: x\nroot: hots\n", "'root' is host, a tar file"},
    {"logs are named", "send: smtp://127.0.0.1:25\n" RUNS, ""},
    {"a log may be a file", "send: x\nlog: [/var/log/x, syslog, stdout]\n", ""},
    {"another log is not known", "send: x\nlog: [sylog]\n", "did you mean 'syslog'"},
    {"submission has a login", "send: submission://u@d:p:q@127.0.0.1:587\n" RUNS, ""},
    {"submission without a login", "send: submission://127.0.0.1:587\n" RUNS,
	"not of the form submission://"},
    {"submission to a name", "send: submission://u:p@host:587\n" RUNS, "not of the form submission://"},
    {"SMTP to a port that is none", "send: smtp://127.0.0.1:0\n" RUNS, "not of the form smtp://"},
    {"who takes SMTP is started", "send: smtp://127.0.0.1:25\n" FATES, "'start' is missing"},
    {"patience is a time", "send: x\npatience: ten\n", "must be a duration"},
    {"for ever is no patience", "send: x\npatience: 2d\n", "must be between 1 and"},
    {"an instance may serve a leg",
	"send: smtp://{listen}:25\nserves: leg\nready: {tcp: '{listen}:26'}\n" RUNS, ""},
    {"an instance may serve a message", "send: x\nserves: message\nready: {line: x}\n" RUNS, ""},
    {"whom it serves is a word", "send: x\nserves: legs\nready: {line: x}\n" RUNS,
	"'legs'; did you mean 'leg'?"},
    {"nobody is served by what is not started", "send: x\nserves: leg\n",
	"a client without 'start' is run once a message"},
    {"one address cannot be everybody's", "send: smtp://127.0.0.1:25\nserves: leg\n" RUNS, "say {listen}"},
    {"nor the one that is waited for", "send: x\nserves: leg\nready: {tcp: 127.0.0.1:25}\n" RUNS,
	"say {listen}"},
    {"folders may be each instance's own",
	"send: x\nserves: leg\nown: [/var/spool/a, /etc/b]\nready: {line: x}\n" RUNS, ""},
    {"what is all its own needs no word", "send: x\nown: /var/spool/a\n", "'own' goes with 'serves: leg'"},
    {"the whole machine is no folder", "send: x\nserves: leg\nown: /\nready: {line: x}\n" RUNS,
	"'/' is not the path of a folder below /"},
    {"its path begins at the root", "send: x\nserves: leg\nown: spool\nready: {line: x}\n" RUNS,
	"'spool' is not the path"},
    {"a folder is named once", "send: x\nserves: leg\nown: [/a, /b, /a]\nready: {line: x}\n" RUNS,
	"'/a' is named twice"},
    {"a log of one's own may be followed",
	"send: x\nserves: leg\nown: /var/a\nready: {line: x}\nstart: x\nlog: [/var/a/log, /tmp/log, "
	"syslog]\n" FATES,
	""},
    {"a log of all instances may not",
	"send: x\nserves: leg\nown: /var/a\nready: {line: x}\nstart: x\nlog: /var/ab/log\n" FATES,
	"all instances would write to /var/ab/log"},
    {"a wrong pattern", "send: x\nfate: {deferred: ['(']}\n", "the pattern is wrong"},
};

static void
run_row(void **state)
{
	const struct row *row = *state;
	struct complaints *complaints = complaints_new();
	struct client *c = read_text(row->text, complaints);
	const char *got = complaints_count(complaints) > 0 ? complaints_at(complaints, 0)->sentence : "";

	if (row->complaint[0] == '\0' ? got[0] != '\0' : strstr(got, row->complaint) == NULL)
		fail_msg("%s\n got: %s\nwant: %s", row->text, got, row->complaint);
	assert_true((c != NULL) == (row->complaint[0] == '\0'));
	client_free(c);
	complaints_free(complaints);
}

static void
what_is_read_is_what_stands_there(void **state)
{
	struct complaints *complaints = complaints_new();
	struct client *c = read_text("send: submission://u@d:p:q@127.0.0.2:5870\nroot: x.tar\n"
				     "log: [/a, syslog, /b]\nstart: x\npatience: 10m\n" FATES,
	    complaints);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->send_user, "u@d");
	assert_string_equal(c->send_password, "p:q");
	assert_string_equal(c->send_host, "127.0.0.2");
	assert_int_equal(c->send_port, 5870);
	assert_int_equal(c->recipe.kind, RECIPE_TAR);
	assert_non_null(strstr(c->recipe.tar, folder)); /* it lies beside the description */
	assert_int_equal(c->patience_s, 600);
	assert_true(c->log_syslog);
	assert_int_equal(c->n_log_files, 2);
	assert_string_equal(c->log_files[1], "/b");
	client_free(c);
	complaints_free(complaints);
}

int
main(void)
{
	struct CMUnitTest tests[sizeof(rows) / sizeof(rows[0]) + 1];
	char path[64];
	size_t n = 0;
	int failed;

	if (mkdtemp(folder) == NULL)
		return 1;
	for (; n < sizeof(rows) / sizeof(rows[0]); n++)
		tests[n] =
		    (struct CMUnitTest){rows[n].name, run_row, NULL, NULL, (void *)(uintptr_t)&rows[n]};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(what_is_read_is_what_stands_there);
	failed = _cmocka_run_group_tests("description", tests, n, NULL, NULL);
	snprintf(path, sizeof(path), "%s/client.yaml", folder);
	unlink(path);
	rmdir(folder);
	return failed;
}
