/* SPDX-License-Identifier: MIT */
#include "rpc/packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

/* A packet without a byte can't be told from the end, and is no message. */
static ssize_t wait_for_size(int sock)
{
	ssize_t n;

	do
		n = recv(sock, NULL, 0, MSG_PEEK | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == ECONNRESET ? 0 : -errno;
	return n > RPC_PACKET_MAX ? -EMSGSIZE : n;
}

static int take_fd(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len >= CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

int rpc_packet_receive(int sock, bool leave, struct rpc_packet *ret)
{
	union control control = {0};
	struct msghdr msg = {0};
	struct iovec iov;
	ssize_t n;

	*ret = RPC_PACKET_NONE;
	n = wait_for_size(sock);
	if (n <= 0)
		return (int)n;
	ret->size = (size_t)n;
	ret->data = malloc(ret->size);
	if (!ret->data)
		return -ENOMEM;
	iov = (struct iovec){.iov_base = ret->data, .iov_len = ret->size};
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (!leave) {
		msg.msg_control = control.space;
		msg.msg_controllen = sizeof(control.space);
	}
	do
		n = recvmsg(sock, &msg,
			    MSG_CMSG_CLOEXEC | (leave ? MSG_PEEK : 0));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	ret->fd = leave ? -1 : take_fd(&msg);
	/* Somebody else reads from this socket, too. */
	return (size_t)n == ret->size ? 1 : -EBADMSG;
}

int rpc_packet_send(int sock, const struct rpc_packet *p)
{
	struct iovec iov = {.iov_base = p->data, .iov_len = p->size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control = {0};
	ssize_t n;

	if (p->fd >= 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &p->fd, sizeof(int));
		msg.msg_control = control.space;
		msg.msg_controllen = sizeof(control.space);
	}
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

void rpc_packet_free(struct rpc_packet *p)
{
	free(p->data);
	if (p->fd >= 0)
		close(p->fd);
	*p = RPC_PACKET_NONE;
}
