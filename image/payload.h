/* SPDX-License-Identifier: MIT */
#ifndef IMAGE_PAYLOAD_H
#define IMAGE_PAYLOAD_H

struct file;

/*
 * Images whose records are followed by bytes that are not records.  Each walks
 * over one record and its bytes: 1; 0 at the end of the file; -errno.
 */
int image_payload_pipe(struct file *file);
int image_payload_packet(struct file *file);
int image_payload_stream(struct file *file);
int image_payload_segment(struct file *file);
int image_payload_semaphores(struct file *file);
int image_payload_queue(struct file *file);
int image_payload_ghost(struct file *file);
int image_payload_map(struct file *file);

#endif
