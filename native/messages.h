/* Messages between the processes that start others: bytes and descriptors, by sockets that keep messages apart. */
#ifndef PILOTLIGHT_MESSAGES_H
#define PILOTLIGHT_MESSAGES_H
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

enum { message_max_descriptors = 16 };

struct message {
  char *bytes;
  size_t size;
  int descriptors[message_max_descriptors];
  unsigned descriptor_count;
};

union control {
  char bytes[CMSG_SPACE(sizeof(int) * message_max_descriptors)];
  struct cmsghdr align;
};

static inline void close_descriptors(struct message *message) {
  while (message->descriptor_count > 0) close(message->descriptors[--message->descriptor_count]);
}

/* Into `bytes`, of which there are `size`. 0 when there will be none any more; -1 with errno, which is EMSGSIZE for one that does not fit. */
static inline int receive_message(int socket, struct message *message) {
  union control control;
  struct iovec body = {message->bytes, message->size};
  struct msghdr header = {.msg_iov = &body, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t size;
  while ((size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0)
    if (errno != EINTR) return -1;
  message->descriptor_count = 0;
  struct cmsghdr *part = CMSG_FIRSTHDR(&header);
  if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
    message->descriptor_count = (unsigned)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(message->descriptors, CMSG_DATA(part), sizeof(int) * message->descriptor_count);
  }
  message->size = (size_t)size;
  if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
    close_descriptors(message);
    errno = EMSGSIZE;
    return -1;
  }
  return size > 0;
}

static inline int send_message(int socket, const struct message *message) {
  union control control;
  memset(&control, 0, sizeof control);
  struct iovec body = {message->bytes, message->size};
  struct msghdr header = {.msg_iov = &body, .msg_iovlen = 1, .msg_control = &control};
  header.msg_controllen = CMSG_SPACE(sizeof(int) * message->descriptor_count);
  struct cmsghdr *part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int) * message->descriptor_count);
  memcpy(CMSG_DATA(part), message->descriptors, sizeof(int) * message->descriptor_count);
  ssize_t size;
  while ((size = sendmsg(socket, &header, MSG_NOSIGNAL)) < 0)
    if (errno != EINTR) return -1;
  return 0;
}
#endif
