/* SPDX-License-Identifier: MIT */
#ifndef NS_CAPS_H
#define NS_CAPS_H

#include <stdint.h>

/*
 * Capabilities: the one place that knows libcap.
 */

/**
 * ns_caps_admin - whether the caller may make and join namespaces: has
 * CAP_SYS_ADMIN in its effective set.  Returns 1, 0 or -errno.
 */
int ns_caps_admin(void);

/**
 * ns_caps_effective - the effective set, a bit for each capability.
 * Returns 0 or -errno.
 */
int ns_caps_effective(uint64_t *ret);

/**
 * ns_caps_drop - give up every capability for good.
 * Empties the permitted, effective, inheritable and ambient sets and sets
 * no_new_privs, so that not even an exec as user 0 brings one back.
 * Returns 0 or -errno; capabilities(7).
 */
int ns_caps_drop(void);

#endif
