// One thread pool for the whole process. The caller works too; workers spin for a short while
// before they sleep, because the next piece of a model's forward pass comes microseconds after the
// last.
#include "CKernels.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() ((void)0)
#endif

enum { max_workers = 255, spins = 4000 };

static pthread_mutex_t in_use = PTHREAD_MUTEX_INITIALIZER;  // held by the one call that runs
static pthread_mutex_t sleeping = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;

static atomic_int wanted_threads = 1;
static int started_workers = 0;

static void (*job_body)(void *, size_t);
static void *job_context;
static size_t job_count;
static int job_workers;  // how many workers take part in this job
static atomic_size_t next_index;
static atomic_int still_working;
static atomic_uint generation;

static _Thread_local int inside_pool = 0;
static unsigned first_generation[max_workers];  // the last job before a worker was started

static void take_indices(void) {
  for (;;) {
    size_t index = atomic_fetch_add_explicit(&next_index, 1, memory_order_relaxed);
    if (index >= job_count) return;
    job_body(job_context, index);
  }
}

static void *worker(void *argument) {
  int number = (int)(intptr_t)argument;
  unsigned seen = first_generation[number];
  inside_pool = 1;
  for (;;) {
    int spun = 0;
    while (atomic_load_explicit(&generation, memory_order_acquire) == seen) {
      if (++spun < spins) {
        PAUSE();
        continue;
      }
      pthread_mutex_lock(&sleeping);
      while (atomic_load_explicit(&generation, memory_order_acquire) == seen)
        pthread_cond_wait(&wake, &sleeping);
      pthread_mutex_unlock(&sleeping);
    }
    seen = atomic_load_explicit(&generation, memory_order_acquire);
    if (number < job_workers) take_indices();
    atomic_fetch_sub_explicit(&still_working, 1, memory_order_release);
  }
  return NULL;
}

static void start_workers(int count) {
  while (started_workers < count) {
    pthread_t thread;
    first_generation[started_workers] = atomic_load(&generation);
    if (pthread_create(&thread, NULL, worker, (void *)(intptr_t)started_workers) != 0) break;
    pthread_detach(thread);
    started_workers++;
  }
}

void ck_set_threads(int threads) {
  if (threads < 1) threads = 1;
  if (threads > max_workers + 1) threads = max_workers + 1;
  atomic_store(&wanted_threads, threads);
}

int ck_threads(void) { return atomic_load(&wanted_threads); }

void ck_parallel(size_t count, void (*body)(void *, size_t), void *context) {
  if (count == 0) return;
  int threads = atomic_load(&wanted_threads);
  if (count == 1 || threads == 1 || inside_pool || pthread_mutex_trylock(&in_use) != 0) {
    for (size_t index = 0; index < count; index++) body(context, index);
    return;
  }
  start_workers(threads - 1);
  inside_pool = 1;
  job_body = body;
  job_context = context;
  job_count = count;
  job_workers = threads - 1;
  atomic_store_explicit(&next_index, 0, memory_order_relaxed);
  atomic_store_explicit(&still_working, started_workers, memory_order_relaxed);
  pthread_mutex_lock(&sleeping);
  atomic_fetch_add_explicit(&generation, 1, memory_order_release);
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&sleeping);
  take_indices();
  int spun = 0;
  while (atomic_load_explicit(&still_working, memory_order_acquire) != 0) {
    if (++spun < spins) PAUSE();
    else sched_yield();
  }
  inside_pool = 0;
  pthread_mutex_unlock(&in_use);
}
