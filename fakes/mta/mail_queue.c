/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_queue.c - see mail_queue.h
 *
 * A file: a magic line, "from <…>", one "to P <…>" per recipient, an empty line, the content.
 * The P becomes a D in place when the recipient is done.
 */
#include "fakes/mta/mail_queue.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/mta/folder.h"
#include "harness/base/must.h"

#define MAGIC "mitmx-letter 1\n"
#define SUFFIX ".letter"
#define FILE_MAX (64 * 1024 * 1024)
#define NAME_SIZE (LETTER_ID_SIZE + 16)

struct mail_queue {
	char *directory;
	int fd;
	bool sync;
};

struct mail_queue *
mail_queue_new(const char *directory, bool sync, struct why *why)
{
	struct mail_queue *queue;
	int fd = folder_open(directory, why);

	if (fd < 0)
		return NULL;
	queue = must_alloc(sizeof(*queue));
	queue->directory = must_strdup(directory);
	queue->fd = fd;
	queue->sync = sync;
	return queue;
}

void
mail_queue_free(struct mail_queue *queue)
{
	if (queue == NULL)
		return;
	close(queue->fd);
	free(queue->directory);
	free(queue);
}

static void
name_of(const struct letter *letter, const char *suffix, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "%s%s", letter->id, suffix);
}

static int
write_letter(FILE *file, const struct letter *letter)
{
	fputs(MAGIC, file);
	fprintf(file, "from <%s>\n", letter->sender);
	for (size_t i = 0; i < letter->n; i++)
		fprintf(file, "to P <%s>\n", letter->recipients[i].address);
	fputc('\n', file);
	fwrite(letter->content, 1, letter->content_len, file);
	return ferror(file) || fflush(file) != 0 ? -1 : 0;
}

int
mail_queue_store(struct mail_queue *queue, const struct letter *letter, struct why *why)
{
	char draft[NAME_SIZE], name[NAME_SIZE];
	FILE *file;
	int fd, result;

	name_of(letter, ".new", draft);
	name_of(letter, SUFFIX, name);
	fd = openat(queue->fd, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return why_errno(why, "cannot write %s/%s", queue->directory, draft);
	file = fdopen(fd, "w");
	must(file != NULL);
	result = write_letter(file, letter);
	if (result == 0 && queue->sync)
		result = fsync(fd);
	if (fclose(file) != 0)
		result = -1;
	if (result == 0)
		result = renameat(queue->fd, draft, queue->fd, name);
	if (result == 0 && queue->sync)
		result = fsync(queue->fd);
	if (result == 0)
		return 0;
	why_errno(why, "cannot write %s/%s", queue->directory, draft);
	unlinkat(queue->fd, draft, 0);
	return -1;
}

/* Where the recipient's P stands. */
static off_t
offset_of_mark(const struct letter *letter, size_t recipient)
{
	size_t offset = strlen(MAGIC) + strlen("from <>\n") + strlen(letter->sender);

	for (size_t i = 0; i < recipient; i++)
		offset += strlen("to P <>\n") + strlen(letter->recipients[i].address);
	return (off_t)(offset + strlen("to "));
}

int
mail_queue_note_done(struct mail_queue *queue, const struct letter *letter, size_t recipient, struct why *why)
{
	char name[NAME_SIZE];
	int fd;
	bool done;

	name_of(letter, SUFFIX, name);
	fd = openat(queue->fd, name, O_WRONLY | O_CLOEXEC);
	done = fd >= 0 && pwrite(fd, "D", 1, offset_of_mark(letter, recipient)) == 1 &&
	       (!queue->sync || fsync(fd) == 0);
	if (!done)
		why_errno(why, "cannot write %s/%s", queue->directory, name);
	if (fd >= 0)
		close(fd);
	return done ? 0 : -1;
}

void
mail_queue_remove(struct mail_queue *queue, const struct letter *letter)
{
	char name[NAME_SIZE];

	name_of(letter, SUFFIX, name);
	unlinkat(queue->fd, name, 0);
}

/* --- reading ------------------------------------------------------------------------------- */

/* The whole file with a NUL behind it; owned. */
static char *
read_file(struct mail_queue *queue, const char *name, size_t *ret_len)
{
	int fd = openat(queue->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char *text = NULL;
	ssize_t n = 0;
	size_t len = 0;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX) {
		text = must_alloc((size_t)st.st_size + 1);
		while (len < (size_t)st.st_size && (n = read(fd, text + len, (size_t)st.st_size - len)) > 0)
			len += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	*ret_len = len;
	return text;
}

/* Takes one line without its end from the front; false at the end of the text. */
static bool
take_line(char **at, char **ret_line)
{
	char *end = strchr(*at, '\n');

	*ret_line = *at;
	if (end == NULL)
		return false;
	*end = '\0';
	*at = end + 1;
	return true;
}

/* "KEYWORD <ADDRESS>": the address, cut out in place, or NULL. */
static char *
address_behind(char *line, const char *keyword)
{
	size_t len = strlen(keyword), all = strlen(line);

	if (strncmp(line, keyword, len) != 0 || all < len + 2 || line[len] != '<' || line[all - 1] != '>')
		return NULL;
	line[all - 1] = '\0';
	return letter_is_address(line + len + 1) ? line + len + 1 : NULL;
}

/* The head of a file; `ret_content` points behind it. NULL when damaged. */
static struct letter *
parse(char *text, const char *id, char **ret_content)
{
	struct letter *letter = NULL;
	char *at = text, *line, *address;
	bool whole;

	if (!take_line(&at, &line) || strcmp(line, "mitmx-letter 1") != 0 || !take_line(&at, &line) ||
	    (address = address_behind(line, "from ")) == NULL)
		return NULL;
	letter = letter_new(id, address);
	while ((whole = take_line(&at, &line)) && line[0] != '\0' && letter->n < LETTER_RECIPIENTS_MAX) {
		bool done = strncmp(line, "to D ", 5) == 0;

		address = address_behind(line, done ? "to D " : "to P ");
		if (address == NULL)
			break;
		letter_add_recipient(letter, address);
		letter->recipients[letter->n - 1].fate = done ? LETTER_DELIVERED : LETTER_UNDECIDED;
	}
	*ret_content = at;
	if (whole && line[0] == '\0' && letter->n > 0)
		return letter;
	letter_free(letter);
	return NULL;
}

int
mail_queue_read_content(struct mail_queue *queue, struct letter *letter, struct why *why)
{
	char name[NAME_SIZE], *content, *text;
	struct letter *head = NULL;
	size_t len;

	name_of(letter, SUFFIX, name);
	text = read_file(queue, name, &len);
	if (text != NULL)
		head = parse(text, letter->id, &content);
	if (head != NULL) {
		free(letter->content);
		letter->content_len = len - (size_t)(content - text);
		letter->content = must_alloc(letter->content_len + 1);
		memcpy(letter->content, content, letter->content_len);
	}
	letter_free(head);
	free(text);
	return head != NULL ? 0 : why_set(why, "%s/%s cannot be read", queue->directory, name);
}

static void
load_file(struct mail_queue *queue, const char *name, void (*found)(void *ctx, struct letter *letter),
    void (*trouble)(void *ctx, const char *sentence), void *ctx)
{
	size_t len, id_len = strlen(name) - strlen(SUFFIX);
	char id[LETTER_ID_SIZE] = "", sentence[512], *content, *text;
	struct letter *letter = NULL;

	text = read_file(queue, name, &len);
	if (text != NULL && id_len > 0 && id_len < sizeof(id)) {
		memcpy(id, name, id_len);
		letter = parse(text, id, &content);
	}
	free(text);
	if (letter != NULL) {
		found(ctx, letter);
		return;
	}
	snprintf(sentence, sizeof(sentence), "%.200s/%.200s is damaged and stays as it is", queue->directory,
	    name);
	trouble(ctx, sentence);
}

static bool
is_letter_name(const char *name)
{
	size_t len = strlen(name), suffix = strlen(SUFFIX);

	return len > suffix && strcmp(name + len - suffix, SUFFIX) == 0;
}

int
mail_queue_load(struct mail_queue *queue, void (*found)(void *ctx, struct letter *letter),
    void (*trouble)(void *ctx, const char *sentence), void *ctx, struct why *why)
{
	DIR *dir = opendir(queue->directory);
	struct dirent *entry;

	if (dir == NULL)
		return why_errno(why, "cannot read the folder %s", queue->directory);
	while ((entry = readdir(dir)) != NULL)
		if (is_letter_name(entry->d_name))
			load_file(queue, entry->d_name, found, trouble, ctx);
	closedir(dir);
	return 0;
}
