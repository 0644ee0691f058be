/* SPDX-License-Identifier: Apache-2.0 */
/* test_keeping.c - what is kept: policies in the cache, letters in the queue; and flaws by name. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "fakes/mta/flaw.h"
#include "fakes/mta/letter.h"
#include "fakes/mta/mail_queue.h"
#include "fakes/mta/sts_cache.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define POLICY "version: STSv1\nmode: enforce\nmx: mx1.d.example\nmax_age: 1000\n"

static char folder[64];

static int
make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/mitmx-test-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static int
remove_folder(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct sts_policy *
policy(void)
{
	struct sts_policy *p = sts_policy_parse(bytes_of(POLICY), (struct flaw_set){0}, NULL);

	assert_non_null(p);
	return p;
}

static void
write_file(const char *name, const char *text, size_t len)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

/* --- cache --------------------------------------------------------------------------------- */

static void
an_entry_lives_from_its_fetch_to_its_max_age(void **state)
{
	static const struct {
		time_t age;
		bool valid, stale;
	} rows[] = {{-1, false, false}, {0, true, false}, {499, true, false}, {500, true, true},
	    {999, true, true}, {1000, false, false}};
	struct sts_policy *p = policy();
	struct sts_entry entry = {.policy = p, .fetched = 5000};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		if (sts_entry_is_valid(&entry, 5000 + rows[i].age) != rows[i].valid ||
		    sts_entry_is_stale(&entry, 5000 + rows[i].age) != rows[i].stale)
			fail_msg("age %ld: got %d, %d", (long)rows[i].age, !rows[i].valid, !rows[i].stale);
	p->max_age_s = STS_POLICY_MAX_AGE;
	assert_false(sts_entry_is_stale(&entry, 5000 + STS_CACHE_REFRESH_S - 1));
	assert_true(sts_entry_is_stale(&entry, 5000 + STS_CACHE_REFRESH_S));
	p->max_age_s = 0;
	assert_false(sts_entry_is_valid(&entry, 5000));
	assert_false(sts_entry_is_valid(&(struct sts_entry){0}, 5000));
	sts_policy_unref(p);
}

static void
a_failed_fetch_is_not_repeated_at_once_but_another_id_is_fetched(void **state)
{
	struct sts_cache *cache = sts_cache_new(NULL, NULL);
	const struct sts_entry *entry = sts_cache_find(cache, "d.example");

	(void)state;
	assert_true(sts_entry_may_fetch(entry, "1", 1000));
	sts_cache_note_failure(cache, "d.example", "1", 1000);
	assert_false(sts_entry_may_fetch(entry, "1", 1000));
	assert_false(sts_entry_may_fetch(entry, "1", 1299));
	assert_true(sts_entry_may_fetch(entry, "1", 1300));
	assert_true(sts_entry_may_fetch(entry, "2", 1000));
	assert_true(
	    sts_entry_may_fetch(entry, "1", 900)); /* a clock that was set back does not block for ever */
	sts_cache_free(cache);
}

static void
a_policy_outlives_the_process(void **state)
{
	struct sts_cache *cache = sts_cache_new(folder, NULL);
	struct sts_policy *p = policy();
	const struct sts_entry *entry;

	(void)state;
	assert_non_null(cache);
	assert_null(sts_cache_find(cache, "d.example")->policy);
	assert_int_equal(sts_cache_store(cache, "d.example", "id7", p, 5000, NULL), 0);
	sts_policy_unref(p);
	sts_cache_free(cache);
	cache = sts_cache_new(folder, NULL);
	entry = sts_cache_find(cache, "d.example");
	assert_non_null(entry->policy);
	assert_string_equal(entry->id, "id7");
	assert_int_equal(entry->fetched, 5000);
	assert_int_equal(entry->policy->mode, STS_MODE_ENFORCE);
	assert_true(sts_policy_lists(entry->policy, "mx1.d.example", (struct flaw_set){0}));
	assert_null(sts_cache_find(cache, "x.d.example")->policy);
	sts_cache_forget(cache, "d.example");
	sts_cache_free(cache);
	cache = sts_cache_new(folder, NULL);
	assert_null(sts_cache_find(cache, "d.example")->policy);
	sts_cache_free(cache);
}

static void
a_newer_policy_takes_the_place_of_the_older(void **state)
{
	struct sts_cache *cache = sts_cache_new(folder, NULL);
	struct sts_policy *p = policy(),
			  *q = sts_policy_parse(bytes_of("version: STSv1\nmode: none\nmax_age: 7\n"), (struct flaw_set){0}, NULL);

	(void)state;
	sts_cache_note_failure(cache, "d.example", "2", 5);
	sts_cache_store(cache, "d.example", "1", p, 1, NULL);
	sts_cache_store(cache, "d.example", "2", q, 2, NULL);
	sts_policy_unref(p);
	sts_policy_unref(q);
	assert_int_equal(sts_cache_find(cache, "d.example")->policy->mode, STS_MODE_NONE);
	assert_true(sts_entry_may_fetch(sts_cache_find(cache, "d.example"), "2", 6));
	sts_cache_free(cache);
}

static void
a_folder_that_cannot_be_written_costs_no_policy(void **state)
{
	struct sts_cache *cache = sts_cache_new(folder, NULL);
	struct sts_policy *p = policy();
	struct why why = {""};

	(void)state;
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(sts_cache_store(cache, "d.example", "1", p, 1, &why), -1);
	assert_true(why.text[0] != '\0');
	assert_non_null(sts_cache_find(cache, "d.example")->policy);
	sts_policy_unref(p);
	sts_cache_free(cache);
	assert_int_equal(mkdir(folder, 0700), 0);
}

static void
a_damaged_file_counts_as_absent(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
#define ROW(text) {text, sizeof(text) - 1}
	    ROW(""),
	    ROW("x"),
	    ROW("mitmx-policy 1\n"),
	    ROW("mitmx-policy 1\nid 1\n"),
	    ROW("mitmx-policy 1\nid 1\nfetched 5"),
	    ROW("mitmx-policy 1\nid 1\nfetched 5\n"),
	    ROW("mitmx-policy 1\nid 1\nfetched x\n" POLICY),
	    ROW("mitmx-policy 1\nid \nfetched 5\n" POLICY),
	    ROW("mitmx-policy 1\nid a-b\nfetched 5\n" POLICY),
	    ROW("mitmx-policy 1\nid 1234567890123456789012345678901234\nfetched 5\n" POLICY),
	    ROW("mitmx-policy 2\nid 1\nfetched 5\n" POLICY),
	    ROW("mitmx-policy 1\nid 1\nfetched 5\nversion: STSv1\n"),
	    ROW("\0\0\0\0"),
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct sts_cache *cache = sts_cache_new(folder, NULL);

		write_file("d.example", rows[i].text, rows[i].len);
		if (sts_cache_find(cache, "d.example")->policy != NULL)
			fail_msg("row %zu was believed", i);
		sts_cache_free(cache);
	}
}

/* --- queue --------------------------------------------------------------------------------- */

struct found {
	struct letter *letter;
	unsigned letters, troubles;
};

static void
on_found(void *ctx, struct letter *letter)
{
	struct found *found = ctx;

	letter_free(found->letter);
	found->letter = letter;
	found->letters++;
}

static void
on_trouble(void *ctx, const char *sentence)
{
	assert_true(sentence[0] != '\0');
	((struct found *)ctx)->troubles++;
}

static struct letter *
letter(const char *sender)
{
	struct letter *l = letter_new("ID1", sender);

	letter_add_recipient(l, "a@d.example");
	letter_add_recipient(l, "b@d.example");
	letter_add_recipient(l, "c@d.example");
	l->content = strdup("Subject: x\r\n\r\nto P <no@d.example>\r\n\r\nmitmx-letter 1\r\n");
	l->content_len = strlen(l->content);
	return l;
}

static void
a_letter_comes_back_with_what_is_left_of_it(void **state)
{
	struct mail_queue *queue = mail_queue_new(folder, true, NULL);
	struct letter *l = letter("me@c.example");
	struct found found = {0};

	(void)state;
	assert_int_equal(mail_queue_store(queue, l, NULL), 0);
	assert_int_equal(mail_queue_note_done(queue, l, 1, NULL), 0);
	mail_queue_free(queue);
	queue = mail_queue_new(folder, false, NULL);
	assert_int_equal(mail_queue_load(queue, on_found, on_trouble, &found, NULL), 0);
	assert_int_equal(found.letters, 1);
	assert_int_equal(found.troubles, 0);
	assert_string_equal(found.letter->id, "ID1");
	assert_string_equal(found.letter->sender, "me@c.example");
	assert_int_equal(found.letter->n, 3);
	assert_int_equal(found.letter->recipients[0].fate, LETTER_UNDECIDED);
	assert_int_equal(found.letter->recipients[1].fate, LETTER_DELIVERED);
	assert_int_equal(found.letter->recipients[2].fate, LETTER_UNDECIDED);
	assert_string_equal(found.letter->recipients[2].address, "c@d.example");
	assert_null(found.letter->content);
	assert_int_equal(mail_queue_read_content(queue, found.letter, NULL), 0);
	assert_int_equal(found.letter->content_len, l->content_len);
	assert_memory_equal(found.letter->content, l->content, l->content_len);
	mail_queue_remove(queue, l);
	assert_int_equal(mail_queue_load(queue, on_found, on_trouble, &found, NULL), 0);
	assert_int_equal(found.letters, 1);
	letter_free(found.letter);
	letter_free(l);
	mail_queue_free(queue);
}

static void
the_null_sender_and_bytes_of_any_kind_are_kept(void **state)
{
	struct mail_queue *queue = mail_queue_new(folder, false, NULL);
	struct letter *l = letter("");
	struct found found = {0};

	(void)state;
	memcpy(l->content, "\0\xff\n\r", 4);
	assert_int_equal(mail_queue_store(queue, l, NULL), 0);
	assert_int_equal(mail_queue_load(queue, on_found, on_trouble, &found, NULL), 0);
	assert_int_equal(found.letters, 1);
	assert_string_equal(found.letter->sender, "");
	assert_int_equal(mail_queue_read_content(queue, found.letter, NULL), 0);
	assert_int_equal(found.letter->content_len, l->content_len);
	assert_memory_equal(found.letter->content, l->content, l->content_len);
	letter_free(found.letter);
	letter_free(l);
	mail_queue_free(queue);
}

static void
damaged_files_are_told_and_left_alone(void **state)
{
	static const char *const rows[] = {"", "x", "mitmx-letter 1\n", "mitmx-letter 1\nfrom <a>\n",
	    "mitmx-letter 1\nfrom <a>\n\n", "mitmx-letter 1\nfrom <a>\nto P <b>\n",
	    "mitmx-letter 1\nfrom <a>\nto P b\n\n", "mitmx-letter 1\nfrom <a>\nto X <b>\n\n",
	    "mitmx-letter 1\nfrom <a\r>\nto P <b>\n\n", "mitmx-letter 1\nfrom a\nto P <b>\n\n",
	    "mitmx-letter 2\nfrom <a>\nto P <b>\n\n"};
	struct mail_queue *queue = mail_queue_new(folder, false, NULL);

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct found found = {0};

		write_file("X.letter", rows[i], strlen(rows[i]));
		write_file("X.new", "a draft", 7);
		assert_int_equal(mail_queue_load(queue, on_found, on_trouble, &found, NULL), 0);
		if (found.letters != 0 || found.troubles != 1)
			fail_msg("row %zu: %u letters, %u troubles", i, found.letters, found.troubles);
	}
	mail_queue_free(queue);
}

/* --- letters and flaws --------------------------------------------------------------------- */

static void
addresses_cannot_smuggle_commands(void **state)
{
	static const struct {
		const char *address, *domain;
		bool good;
	} rows[] = {{"a@b", "b", true}, {"", "", true}, {"\"a@x\"@b.example", "b.example", true},
	    {"a b@c", "c", false}, {"a@b>", "b>", false}, {"<a@b", "b", false},
	    {"a@b\r\nDATA", "b\r\nDATA", false}, {"\xe9@b", "b", false}};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_string_equal(letter_domain(rows[i].address), rows[i].domain);
		if (letter_is_address(rows[i].address) != rows[i].good)
			fail_msg("'%s': got %d", rows[i].address, !rows[i].good);
	}
}

static void
reasons_are_printable_whatever_the_peer_said(void **state)
{
	struct letter_recipient recipient = {0};
	char foul[2000];

	(void)state;
	memset(foul, 0x1b, sizeof(foul) - 1);
	foul[sizeof(foul) - 1] = '\0';
	letter_decide(&recipient, LETTER_DEFERRED, foul);
	assert_true(strlen(recipient.reason) < sizeof(recipient.reason));
	for (const char *c = recipient.reason; *c != '\0'; c++)
		assert_true(*c >= ' ' && *c <= '~');
	letter_decide(&recipient, LETTER_DEFERRED, "a\nID: to=<x>, status=delivered (x)");
	assert_null(strchr(recipient.reason, '\n'));
}

static int
count_flaws(struct flaw_set set)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(set.bits) / sizeof(set.bits[0]); i++)
		n += __builtin_popcountll(set.bits[i]);
	return n;
}

static void
flaws_are_found_by_name(void **state)
{
	struct flaw_set set = {0};
	const char *bad;
	int len;

	(void)state;
	assert_int_equal(flaw_add_list(&set, "", &bad, &len), 0);
	assert_int_equal(count_flaws(set), 0);
	assert_int_equal(flaw_add_list(&set, "ignores-policy,,crashes-on-garbage,", &bad, &len), 0);
	assert_true(flaw_in(set, FLAW_IGNORES_POLICY) && flaw_in(set, FLAW_CRASHES));
	assert_int_equal(count_flaws(set), 2);
	assert_int_equal(flaw_add_list(&set, "ignores-policy,what", &bad, &len), -1);
	assert_string_equal(bad, "what");
	assert_int_equal(len, 4);
	for (int i = 0; i < FLAWS; i++) {
		set = (struct flaw_set){0};
		assert_int_equal(flaw_add_list(&set, flaw_name((enum flaw)i), &bad, &len), 0);
		assert_true(flaw_in(set, (enum flaw)i) && count_flaws(set) == 1 && flaw_meaning((enum flaw)i)[0] != '\0');
	}
}

int
main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_entry_lives_from_its_fetch_to_its_max_age),
	    cmocka_unit_test(a_failed_fetch_is_not_repeated_at_once_but_another_id_is_fetched),
	    IN_FOLDER(a_policy_outlives_the_process),
	    IN_FOLDER(a_newer_policy_takes_the_place_of_the_older),
	    IN_FOLDER(a_folder_that_cannot_be_written_costs_no_policy),
	    IN_FOLDER(a_damaged_file_counts_as_absent),
	    IN_FOLDER(a_letter_comes_back_with_what_is_left_of_it),
	    IN_FOLDER(the_null_sender_and_bytes_of_any_kind_are_kept),
	    IN_FOLDER(damaged_files_are_told_and_left_alone),
	    cmocka_unit_test(addresses_cannot_smuggle_commands),
	    cmocka_unit_test(reasons_are_printable_whatever_the_peer_said),
	    cmocka_unit_test(flaws_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
