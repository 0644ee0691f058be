/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - the front's side of the requests to init; see lab.h for what each does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/must.h"
#include "harness/lab/lab.h"
#include "harness/lab/request.h"
#include "harness/lab/state.h"

/* A message under construction. */
struct letter {
	unsigned char data[REQUEST_MAX];
	size_t len;
	bool full;
};

static void
add(struct letter *letter, const void *data, size_t len)
{
	if (len > sizeof(letter->data) - letter->len) {
		letter->full = true;
		return;
	}
	memcpy(letter->data + letter->len, data, len);
	letter->len += len;
}

static void
add_string(struct letter *letter, const char *text)
{
	add(letter, text, strlen(text) + 1);
}

static struct letter *
begin(const struct request *request)
{
	struct letter *letter = must_alloc(sizeof(*letter));

	add(letter, request, sizeof(*request));
	return letter;
}

/* Sends and frees the letter and waits for init's answer: its value, and a descriptor for `ret_fd` when it
 * sent one. */
static int
ask(struct lab *lab, struct letter *letter, const int *fds, size_t n_fds, int *ret_fd, struct why *why)
{
	struct reply reply;
	int received[REQUEST_FDS_MAX];
	size_t n_received = 0;
	bool full = letter->full;
	ssize_t n = -1;

	errno = 0;
	if (!full && request_send(lab->requests, letter->data, letter->len, fds, n_fds) == 0)
		n = request_receive(lab->requests, &reply, sizeof(reply), received, &n_received);
	free(letter);
	if (full)
		return why_set(why, "arguments and environment are longer than %d bytes", REQUEST_MAX);
	if (n != (ssize_t)sizeof(reply))
		return why_set(why, "the client's machine is gone");
	if (ret_fd != NULL)
		*ret_fd = n_received > 0 ? received[0] : -1;
	if (reply.value < 0 && why != NULL)
		*why = reply.why;
	return reply.value;
}

/* For the requests whose result is a descriptor. */
static int
ask_for_descriptor(struct lab *lab, struct letter *letter, struct why *why)
{
	int fd = -1;

	if (ask(lab, letter, NULL, 0, &fd, why) < 0)
		return -1;
	return fd >= 0 ? fd : why_set(why, "no descriptor is left for a file of the client's machine");
}

static uint32_t
count(const char *const *strings)
{
	uint32_t n = 0;

	while (strings[n] != NULL)
		n++;
	return n;
}

static void
add_own(struct letter *letter, const char *base, const char *const *own)
{
	add_string(letter, base != NULL ? base : "");
	for (; own != NULL && *own != NULL; own++)
		add_string(letter, *own);
}

pid_t
lab_spawn(struct lab *lab, const struct lab_spawn *spawn, struct why *why)
{
	struct request request = {
	    .kind = REQUEST_SPAWN, .n_argv = count(spawn->argv), .n_env = count(spawn->env)};
	const int std[3] = {spawn->stdin_fd, spawn->stdout_fd, spawn->stderr_fd};
	struct letter *letter;
	int fds[3];
	size_t n_fds = 0;

	if (request.n_argv == 0)
		return why_set(why, "there is no command to run");
	for (size_t i = 0; i < 3; i++) {
		request.std[i] = std[i] >= 0;
		if (std[i] >= 0)
			fds[n_fds++] = std[i];
	}
	request.n_own = spawn->own != NULL ? count(spawn->own) : 0;
	letter = begin(&request);
	add_string(letter, spawn->directory != NULL ? spawn->directory : "/");
	for (size_t i = 0; i < request.n_argv; i++)
		add_string(letter, spawn->argv[i]);
	for (size_t i = 0; i < request.n_env; i++)
		add_string(letter, spawn->env[i]);
	add_own(letter, spawn->base, spawn->own);
	return ask(lab, letter, fds, n_fds, NULL, why);
}

int
lab_make_own(struct lab *lab, const char *base, const char *const *own, struct why *why)
{
	struct request request = {.kind = REQUEST_OWN, .n_own = count(own)};
	struct letter *letter = begin(&request);

	add_own(letter, base, own);
	return ask(lab, letter, NULL, 0, NULL, why);
}

int
lab_kill(struct lab *lab, pid_t pid, int signal, struct why *why)
{
	struct request request = {.kind = REQUEST_KILL, .a = pid, .b = signal};

	return ask(lab, begin(&request), NULL, 0, NULL, why);
}

int
lab_open(struct lab *lab, const char *path, int flags, unsigned mode, struct why *why)
{
	struct request request = {.kind = REQUEST_OPEN, .a = flags, .b = (int32_t)mode};
	struct letter *letter = begin(&request);

	add_string(letter, path);
	return ask_for_descriptor(lab, letter, why);
}

int
lab_connect(struct lab *lab, const struct sockaddr *to, socklen_t len, struct why *why)
{
	struct request request = {.kind = REQUEST_CONNECT};
	struct letter *letter = begin(&request);

	must(len <= sizeof(struct sockaddr_storage));
	add(letter, to, len);
	return ask_for_descriptor(lab, letter, why);
}

int
lab_bind_log(struct lab *lab, const char *path, struct why *why)
{
	struct request request = {.kind = REQUEST_BIND_LOG};
	struct letter *letter = begin(&request);

	add_string(letter, path);
	return ask_for_descriptor(lab, letter, why);
}

int
lab_exit_fd(const struct lab *lab)
{
	return lab->exits;
}

int
lab_next_exit(struct lab *lab, struct lab_exit *ret)
{
	ssize_t n;

	do
		n = recv(lab->exits, ret, sizeof(*ret), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(*ret))
		return 1;
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : -1;
}
