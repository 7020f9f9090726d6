/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_MATCH_H
#define EXPLAIN_MATCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Patterns on one line of text, and templates for what to say about it.
 *
 * A pattern is found anywhere in the text (what stands before it is a prefix
 * such as "tty: "), unless it starts with '^'; the text may go on behind it,
 * unless it ends with '$'.
 *
 *   {name:d}  a decimal number, with or without '-'
 *   {name:x}  a hexadecimal number, with or without 0x
 *   {name}    one character or more, as few as fit; at the end: all that is
 *             left
 *   {}        any text, or none; not kept
 *
 * In a template {name} stands for the value with that name, and what is
 * between "[[" and "]]" is left out when a value in it is not known.
 */

#define MATCH_MAX 8

struct match_value {
	const char *name, *text; /* into the pattern, into the text */
	size_t name_len, len;
};

struct match_values {
	struct match_value value[MATCH_MAX];
	size_t n;
};

/**
 * match_text - whether a pattern is found in a text.
 * @ret: the values it names; may be NULL
 */
bool match_text(const char *pattern, const char *text,
		struct match_values *ret);

/**
 * match_anchor - eight characters that every text has that the pattern is
 * found in, from its longest literal part.
 * Returns NULL when no such part is as long.
 */
const char *match_anchor(const char *pattern);
#define MATCH_ANCHOR 8

/**
 * match_lookup - how a template asks for a value.
 * Returns the text and sets @ret_len, or NULL: not known.
 */
typedef const char *match_lookup(const void *from, const char *name,
				 size_t name_len, size_t *ret_len);

/**
 * match_expand - a template with its values filled in.
 * Returns a string to be freed, or NULL: a value outside of "[[ ]]" is not
 * known, or no memory.
 */
char *match_expand(const char *template, match_lookup *lookup,
		   const void *from);

#endif
