/* docker-init: the first process of a container that was created with --init, where the host has no docker-init.
 *
 *     docker-init -- PROGRAM [ARGUMENT]...
 *
 * Runs PROGRAM as its child in a process group of its own, in the foreground of the terminal if there is one; passes on
 * every signal that it gets; reaps whatever is orphaned; ends when PROGRAM does, with its exit code, or 128 and the
 * number of the signal that killed it. 127 and 126 when PROGRAM isn't there or can't be executed.
 *
 * It runs inside of any root file system and so needs none: no libc, no dynamic linker. Built by `build.sh`.
 */
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/errno.h>

#define BUFFER 4096
#define WNOHANG 1
#define SIGSET_BYTES 8

typedef unsigned long word;

static long call(long number, word a, word b, word c, word d)
{
#if defined(__x86_64__)
	long result;
	register word r10 __asm__("r10") = d;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register word x0 __asm__("x0") = a;
	register word x1 __asm__("x1") = b;
	register word x2 __asm__("x2") = c;
	register word x3 __asm__("x3") = d;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return (long)x0;
#else
#error "an architecture without system calls here"
#endif
}

static word length(const char *text)
{
	word count = 0;
	while (text[count])
		count++;
	return count;
}

static void say(const char *text)
{
	call(__NR_write, 2, (word)text, length(text), 0);
}

/* execvpe(3): a program without a slash is looked for along PATH. Returns only when it failed, with the error. */
static long execute(char **arguments, char **environment)
{
	const char *name = arguments[0], *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static char whole[BUFFER];
	word size = length(name), i;
	long worst = -ENOENT;

	for (i = 0; i < size; i++)
		if (name[i] == '/')
			return call(__NR_execve, (word)name, (word)arguments, (word)environment, 0);
	for (char **one = environment; *one; one++)
		if ((*one)[0] == 'P' && (*one)[1] == 'A' && (*one)[2] == 'T' && (*one)[3] == 'H' && (*one)[4] == '=')
			path = *one + 5;
	for (;;) {
		word used = 0;
		long error;
		while (path[used] && path[used] != ':')
			used++;
		if (size && used + size + 2 < BUFFER) {
			for (i = 0; i < used; i++)
				whole[i] = path[i];
			whole[i++] = used ? '/' : '.';
			if (!used)
				whole[i++] = '/';
			for (word j = 0; j <= size; j++)
				whole[i + j] = name[j];
			error = call(__NR_execve, (word)whole, (word)arguments, (word)environment, 0);
			if (error != -ENOENT && error != -ENOTDIR)
				worst = error;
		}
		if (!path[used])
			return worst;
		path += used + 1;
	}
}

static void ignore(int number, int ignored)
{
	/* struct sigaction as the kernel has it: handler, flags, restorer, mask. */
	word action[4] = { ignored ? (word)SIG_IGN : (word)SIG_DFL, 0, 0, 0 };
	call(__NR_rt_sigaction, number, (word)action, 0, SIGSET_BYTES);
}

static void run(char **arguments, char **environment, word *before)
{
	int group;
	long error;

	call(__NR_setpgid, 0, 0, 0, 0);
	group = call(__NR_getpid, 0, 0, 0, 0);
	ignore(SIGTTOU, 1); /* which a background group gets for what follows */
	call(__NR_ioctl, 0, TIOCSPGRP, (word)&group, 0);
	ignore(SIGTTOU, 0);
	call(__NR_rt_sigprocmask, SIG_SETMASK, (word)before, 0, SIGSET_BYTES);
	error = execute(arguments, environment);
	say("docker-init: ");
	say(arguments[0]);
	say(error == -ENOENT || error == -ENOTDIR ? ": No such file or directory\n" : ": cannot be executed\n");
	call(__NR_exit_group, error == -ENOENT || error == -ENOTDIR ? 127 : 126, 0, 0, 0);
}

void start(word *stack)
{
	word count = stack[0], everything = ~0UL, before = 0;
	char **arguments = (char **)(stack + 1), **environment = arguments + count + 1;
	int information[32]; /* siginfo_t: the number comes first */
	long child, number;

	if (count < 3 || arguments[1][0] != '-' || arguments[1][1] != '-' || arguments[1][2]) {
		say("docker-init: usage: docker-init -- PROGRAM [ARGUMENT]...\n");
		call(__NR_exit_group, 1, 0, 0, 0);
	}
	call(__NR_rt_sigprocmask, SIG_SETMASK, (word)&everything, (word)&before, SIGSET_BYTES);
	child = call(__NR_clone, SIGCHLD, 0, 0, 0);
	if (child < 0) {
		say("docker-init: fork failed\n");
		call(__NR_exit_group, 1, 0, 0, 0);
	}
	if (child == 0)
		run(arguments + 2, environment, &before);
	for (;;) {
		number = call(__NR_rt_sigtimedwait, (word)&everything, (word)information, 0, SIGSET_BYTES);
		if (number == SIGCHLD) {
			int status;
			long ended;
			while ((ended = call(__NR_wait4, -1, (word)&status, WNOHANG, 0)) > 0)
				if (ended == child) /* the others die with this pid namespace */
					call(__NR_exit_group, status & 127 ? 128 + (status & 127) : status >> 8 & 255, 0, 0, 0);
		} else if (number > 0 && number != SIGTTIN && number != SIGTTOU) {
			call(__NR_kill, child, number, 0, 0);
		}
	}
}

__asm__(
#if defined(__x86_64__)
	".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n"
#elif defined(__aarch64__)
	".globl _start\n_start:\n\tmov x29, 0\n\tmov x30, 0\n\tmov x0, sp\n\tbl start\n"
#endif
);
