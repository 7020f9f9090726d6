/* SPDX-License-Identifier: MIT */
#ifndef EXEC_MESSAGE_H
#define EXEC_MESSAGE_H

/*
 * Where an error becomes a sentence and an exit status.
 */

#define STATUS_CHECKPOINTED 75 /* ended, to be continued: EX_TEMPFAIL */
#define STATUS_OURS 125	       /* criu-ns failed or was misused */
#define STATUS_CANNOT_RUN 126  /* criu is there and can't be run */
#define STATUS_NOT_FOUND 127   /* there is no criu */
#define STATUS_SIGNAL 128      /* plus the signal that ended the program */

/**
 * message - one line on stderr, "criu-ns: " before it.
 */
__attribute__((format(printf, 1, 2))) void message(const char *fmt, ...);

/**
 * message_fail - message() for a failure of ours.
 * Returns STATUS_OURS, so that a command can return it.
 */
__attribute__((format(printf, 1, 2))) int message_fail(const char *fmt, ...);

/**
 * message_last - the text of the last message, without what stands before it;
 * "" if there was none.
 */
const char *message_last(void);

/**
 * message_flush - see that all that was printed to stdout is written.
 * Returns 0, or STATUS_OURS after saying that it is not.
 */
int message_flush(void);

/**
 * message_name - what stands before each message: "criu-ns: ".
 */
const char *message_name(void);

/**
 * message_copy - from now on this process speaks for a copy: "criu-ns: copy 3:
 * " stands before each message.
 */
void message_copy(unsigned int number);

/**
 * message_advice - what to do about an error of a namespace or mount call.
 * @err: negative errno
 * Returns a text to be put behind strerror(3): " (needs CAP_SYS_ADMIN; ...)",
 * or "".
 */
const char *message_advice(int err);

/**
 * message_signal - the name of a signal without SIG, as kill(1) takes it; the
 * number for the realtime signals.
 */
const char *message_signal(int sig);

/**
 * message_status - the exit status that stands for a wait status.
 * @status: from waitpid(2), of a process that has ended
 */
int message_status(int status);

#endif
