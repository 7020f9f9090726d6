/* SPDX-License-Identifier: MIT */
#ifndef NS_LOOPBACK_H
#define NS_LOOPBACK_H

/**
 * loopback_up - switch on the loopback interface of the calling process's
 * network namespace, whose addresses 127.0.0.1 and ::1 come with it.
 * Returns 0 or -errno; netdevice(7).
 */
int loopback_up(void);

#endif
