#include "Shared.h"
#include <pthread.h>
#include <signal.h>

int lx_in_thread(void *(*body)(void *), void *argument) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  int failed = pthread_create(&thread, NULL, body, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed ? failed : pthread_join(thread, NULL);
}
