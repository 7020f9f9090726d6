/* SPDX-License-Identifier: MIT */
#ifndef EXEC_ARGV_H
#define EXEC_ARGV_H

#include "exec/option.h"

/*
 * A command line as CRIU would understand it: the options in the order in
 * which they count, the action, and what follows it.
 */

struct argv_option {
	const struct option_row *row;
	bool negated;
	char *value; /* NULL without one; owned by the argv */
	int word;    /* where it was typed; 0: it was not */
	int n_words; /* 0: among other letters in one word */
};

struct argv {
	struct argv_option *option;
	size_t n_options;
	size_t n_configured; /* so many, the first ones, were not typed */
	char *action;	     /* first operand, or NULL; owned */
	char **operand;	     /* what follows it, NULL-terminated; owned */
	size_t n_operands;
	char *const *typed; /* all words, as main() got them */
	int n_typed;
	int end_word; /* where "--" is among them, 0 without */
};

#define ARGV_WHY 512

/**
 * argv_parse - take a command line apart by getopt_long(3)'s rules.
 * @ret: filled; argv_free() it, also after a failure
 * @argc, @argv: as main() got them; argv[0] is skipped
 * @why: ARGV_WHY bytes; on failure a sentence without prefix or full stop, such
 *       as "option '--tr' is ambiguous: ..." or "option '-D' needs a value"
 *
 * Options and operands may be mixed (with POSIXLY_CORRECT in the environment
 * the first operand ends the options), "--" ends the options; "-D x", "-Dx",
 * "-dDx", "--images-dir x", "--images-dir=x" and "--images=x" mean the same.
 * A word that is the value of the option before it is a value, whatever it
 * looks like.  An optional value is only taken from the same word ("-v4",
 * "--cpu-cap=fpu"), and is all the rest of it: "-vvv" is -v with "vv", "-vd" is
 * -v with "d" and detaches nothing.
 *
 * Returns 0, -EINVAL (see @why) or -ENOMEM.
 */
int argv_parse(struct argv *ret, int argc, char *const *argv, char *why);

/**
 * argv_append - add an option at the end, where it wins over what came before.
 * @name: full long name from the table; @value: copied, or NULL
 * Returns 0, -ENOENT (no such option) or -ENOMEM.
 */
int argv_append(struct argv *a, const char *name, bool negated,
		const char *value);

/**
 * argv_insert - put options between those that were not typed and those that
 * were, which win over them.
 * @from: has none afterwards
 * Returns 0 or -ENOMEM, with nothing changed.
 */
int argv_insert(struct argv *a, struct argv *from);

/**
 * argv_find - the option with this id that was given last, or NULL.
 */
const struct argv_option *argv_find(const struct argv *a, enum option_id id);

/**
 * argv_last - the value given last for an option that takes one, or NULL.
 * The string belongs to the argv.
 */
const char *argv_last(const struct argv *a, enum option_id id);

/**
 * argv_flag - whether an option was given; for one with a --no- form, whether
 * the last word on it was yes.
 */
bool argv_flag(const struct argv *a, enum option_id id);

/**
 * argv_drop - remove every option with this id.
 */
void argv_drop(struct argv *a, enum option_id id);

/**
 * argv_set_value - give an option another value.
 * @o: an option of an argv; @value: copied
 * Returns 0 or -ENOMEM, with the old value still in place.
 */
int argv_set_value(struct argv_option *o, const char *value);

/**
 * argv_build - the command line for CRIU.
 * @a: options that are ours are left out
 * @program: becomes argv[0]; copied
 *
 * "PROGRAM ACTION --name=value ... [-- OPERAND ...]": long spellings that
 * every CRIU from 3.17 on takes, one word for each option, in their order.
 *
 * Two things the caller must see to.  POSIXLY_CORRECT in CRIU's environment
 * would make operands of the options.  And CRIU looks at *every* word before it
 * parses, also behind "--": an operand "-h" or "--help" makes it print its
 * help, one that is "--config" or holds "--config=" makes it read that file.
 *
 * Returns a NULL-terminated vector that argv_build_free() frees, or NULL.
 */
char **argv_build(const struct argv *a, const char *program);
void argv_build_free(char **v);

/**
 * argv_free - free what the argv owns and make it empty; NULL is fine.
 */
void argv_free(struct argv *a);

#endif
