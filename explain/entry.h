/* SPDX-License-Identifier: MIT */
#ifndef EXPLAIN_ENTRY_H
#define EXPLAIN_ENTRY_H

#include "image/contents.h"

/*
 * An open file of an image, in words.
 */

/**
 * entry_type - "file", "directory", "tcp", "unix", "eventfd" ...
 */
const char *entry_type(const struct image_file *f);

/**
 * entry_is_socket - whether it is a socket, of any kind.
 */
bool entry_is_socket(const struct image_file *f);

/**
 * entry_name - its path, or the addresses and the state of a socket.
 */
void entry_name(const struct image_contents *c, const struct image_file *f,
		char *buf, size_t size);

/**
 * entry_address - "127.0.0.1:80" or "[::1]:80".
 */
void entry_address(const struct image_file *f, bool of_peer, char *buf,
		   size_t size);

/**
 * entry_is_connection - whether it is a TCP connection, that restore has to
 * take up again.
 */
bool entry_is_connection(const struct image_file *f);

#endif
