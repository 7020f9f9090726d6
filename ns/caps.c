/* SPDX-License-Identifier: MIT */
#include "ns/caps.h"

#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>

int ns_caps_admin(void)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t caps = cap_get_proc();
	int err = 0;

	if (!caps)
		return -errno;
	if (cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &value) < 0)
		err = -errno;
	cap_free(caps);
	return err ? err : value == CAP_SET;
}

int ns_caps_effective(uint64_t *ret)
{
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	if (capget(&head, set) < 0)
		return -errno;
	*ret = set[0].effective | (uint64_t)set[1].effective << 32;
	return 0;
}

int ns_caps_drop(void)
{
	cap_t none = cap_init();
	int err = 0;

	if (!none)
		return -errno;
	/* The kernel takes the ambient set away with the permitted one. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    cap_set_proc(none) < 0)
		err = -errno;
	cap_free(none);
	return err;
}
