/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_RULES_PARTS_H
#define EXPLAIN_RULES_PARTS_H

#include "explain/rules.h"

/* The parts of the table, in the order in which they are asked. */
extern const struct rule_part rules_process, rules_namespace, rules_mount,
	rules_file, rules_socket, rules_terminal, rules_image, rules_system,
	rules_fallout;

#endif
