/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_USER_H
#define EXPLAIN_USER_H

#include <stddef.h>
#include <stdint.h>

/**
 * user_name - what a user is called here: by name, by number without one, "?"
 * for a negative number.
 * Returns @buf.
 */
const char *user_name(int64_t uid, char *buf, size_t size);

#endif
