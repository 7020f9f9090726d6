/* SPDX-License-Identifier: MIT */
#ifndef EXEC_EXECUTE_H
#define EXEC_EXECUTE_H

/**
 * execute_command - execvp(3) as glibc has it: a script without "#!" is run by
 * the shell, which musl's does not do.
 * @cmd: the command and its arguments, ends with NULL
 * Returns only when it fails, with errno set.
 */
void execute_command(char **cmd);

#endif
