/*
 * The twin of virtio.bench.RingLoop: a split virtqueue, both halves, with the same work for each buffer. Private shadow state, every check of
 * the other half's numbers, event indices, both full fences, the same sequence of calls, none of them inlined into the loop.
 *
 * usage: ring BATCH CYCLES RUNS    prints the best run's nanoseconds per buffer
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIZE 256
#define MASK (SIZE - 1)
#define BYTES 64
#define PARTS 8

#define VIRTQ_DESC_F_NEXT 1
#define VIRTQ_DESC_F_WRITE 2
#define VIRTQ_DESC_F_INDIRECT 4

#define HEAD_FREE 0
#define HEAD_USED 0xFFFE

#define CALL __attribute__((noinline))

struct virtq_desc {
  uint64_t addr;
  uint32_t len;
  uint16_t flags;
  uint16_t next;
};

struct virtq_avail {
  uint16_t flags;
  uint16_t idx;
  uint16_t ring[SIZE];
  uint16_t used_event;
};

struct virtq_used_elem {
  uint32_t id;
  uint32_t len;
};

struct virtq_used {
  uint16_t flags;
  uint16_t idx;
  struct virtq_used_elem ring[SIZE];
  uint16_t avail_event;
};

struct chain {
  uint64_t addr[PARTS];
  uint32_t len[PARTS];
  int parts;
  int readable;
  uint64_t readable_bytes;
  uint64_t writable_bytes;
  uint64_t written;
  int id;
};

struct shadow {
  uint32_t writable;
  uint16_t place;
  uint16_t count;
};

static struct virtq_desc *desc;
static struct virtq_avail *avail;
static struct virtq_used *used;

static struct {
  int well;
  uint16_t free_head, free, avail_idx, exposed, decided, used_idx, seen;
  uint16_t next[SIZE];
  struct shadow shadow[SIZE];
  void *token[SIZE];
  uint32_t written;
  uint64_t published, taken, raised;
} driver;

static struct {
  int well;
  uint16_t avail_idx, seen, used_idx, exposed, decided;
  uint8_t ours[SIZE];
  uint64_t region, region_end;
  uint64_t published, taken, raised;
} device;

static int passed(uint16_t event, uint16_t now, uint16_t decided) {
  return (uint16_t) (now - event - 1) < (uint16_t) (now - decided);
}

CALL static int violation(const char *cause) {
  fprintf(stderr, "%s\n", cause);
  exit(1);
}

static void chain_clear(struct chain *c) {
  c->parts = c->readable = 0;
  c->readable_bytes = c->writable_bytes = c->written = 0;
}

static int chain_writable(struct chain *c, uint64_t addr, uint32_t len) {
  if (len == 0 || c->parts == PARTS) {
    return violation("part");
  }
  c->addr[c->parts] = addr;
  c->len[c->parts++] = len;
  c->writable_bytes += len;
  return 1;
}

CALL static int add(struct chain *c, void *token) {
  if (!token || c->parts == 0) {
    return -1;
  }
  if (!driver.well || c->parts != 1 || driver.free == 0) {
    return 0;
  }
  uint16_t head = driver.free_head;
  driver.free_head = driver.next[head];
  driver.free--;
  desc[head].addr = c->addr[0];
  desc[head].len = c->len[0];
  desc[head].flags = c->readable ? 0 : VIRTQ_DESC_F_WRITE;
  desc[head].next = 0;
  driver.shadow[head].writable = c->writable_bytes;
  driver.shadow[head].place = driver.avail_idx;
  driver.shadow[head].count = 1;
  driver.token[head] = token;
  avail->ring[driver.avail_idx++ & MASK] = head;
  return 1;
}

CALL static void driver_sync(void) {
  uint16_t now = driver.avail_idx;
  if (!driver.well || now == driver.exposed) {
    return;
  }
  driver.published += (uint16_t) (now - driver.exposed);
  __atomic_store_n(&avail->idx, now, __ATOMIC_RELEASE);
  driver.exposed = now;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (passed(__atomic_load_n(&used->avail_event, __ATOMIC_RELAXED), now, driver.decided)) {
    driver.raised++;
  }
  driver.decided = now;
}

CALL static int take(struct chain *c) {
  chain_clear(c);
  if (!device.well) {
    return 0;
  }
  if (device.avail_idx == device.seen) {
    uint16_t idx = __atomic_load_n(&avail->idx, __ATOMIC_ACQUIRE);
    uint16_t news = idx - device.avail_idx;
    if (news > SIZE - (uint16_t) (device.avail_idx - device.used_idx)) {
      return violation("available index");
    }
    device.taken += news;
    device.seen = idx;
    if (news == 0) {
      return 0;
    }
  }
  uint16_t head = *(volatile uint16_t *) &avail->ring[device.avail_idx & MASK];
  if (head >= SIZE || device.ours[head]) {
    return violation("head");
  }
  device.ours[head] = 1;
  device.avail_idx++;
  c->id = head;
  uint64_t addr = *(volatile uint64_t *) &desc[head].addr;
  uint64_t tail = *(volatile uint64_t *) &desc[head].len;
  uint32_t len = (uint32_t) tail;
  uint16_t flags = (uint16_t) (tail >> 32);
  if (flags & (VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_INDIRECT)) {
    return violation("longer than this loop makes");
  }
  if (addr < device.region || addr > device.region_end || len > device.region_end - addr) {
    return violation("address");
  }
  if (flags & VIRTQ_DESC_F_WRITE) {
    return chain_writable(c, addr, len);
  }
  c->readable = 1;
  return 1;
}

static void chain_wrote(struct chain *c, uint64_t at, uint64_t bytes) {
  if (bytes > c->writable_bytes - at) {
    violation("wrote");
  }
  if (at <= c->written && at + bytes > c->written) {
    c->written = at + bytes;
  }
}

CALL static void push(struct chain *c) {
  int head = c->id;
  if (head < 0 || head >= SIZE || !device.ours[head]) {
    violation("not taken");
  }
  device.ours[head] = 0;
  struct virtq_used_elem *elem = &used->ring[device.used_idx++ & MASK];
  elem->id = head;
  elem->len = c->written;
}

CALL static void device_sync(void) {
  uint16_t now = device.used_idx;
  if (!device.well || now == device.exposed) {
    return;
  }
  device.published += (uint16_t) (now - device.exposed);
  __atomic_store_n(&used->idx, now, __ATOMIC_RELEASE);
  device.exposed = now;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (passed(__atomic_load_n(&avail->used_event, __ATOMIC_RELAXED), now, device.decided)) {
    device.raised++;
  }
  device.decided = now;
}

CALL static void *get(void) {
  if (!driver.well) {
    return NULL;
  }
  if (driver.used_idx == driver.seen) {
    uint16_t idx = __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
    uint16_t news = idx - driver.used_idx;
    if (news > (uint16_t) (driver.exposed - driver.used_idx)) {
      violation("used index");
    }
    driver.taken += news;
    driver.seen = idx;
    if (news == 0) {
      return NULL;
    }
  }
  uint64_t elem = *(volatile uint64_t *) &used->ring[driver.used_idx & MASK];
  uint32_t id = (uint32_t) elem;
  uint32_t len = (uint32_t) (elem >> 32);
  if (id >= SIZE) {
    violation("id");
  }
  struct shadow known = driver.shadow[id];
  if (known.count == HEAD_FREE || known.count >= HEAD_USED) {
    violation("no head");
  }
  if ((uint16_t) (driver.exposed - known.place - 1) >= SIZE) {
    violation("not synced");
  }
  if (len > known.writable) {
    violation("length");
  }
  driver.used_idx++;
  driver.written = len;
  void *token = driver.token[id];
  driver.token[id] = NULL;
  driver.shadow[id].count = HEAD_USED;
  driver.next[id] = driver.free_head;
  driver.free_head = id;
  driver.free++;
  return token;
}

static double run(int batch, long cycles) {
  static struct chain offered, taken;
  static int token;
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (long done = 0; done < cycles; done += batch) {
    for (int i = 0; i < batch; i++) {
      chain_clear(&offered);
      chain_writable(&offered, device.region + (uint64_t) i * BYTES, BYTES);
      if (add(&offered, &token) != 1) {
        violation("add");
      }
    }
    driver_sync();
    for (int i = 0; i < batch; i++) {
      if (!take(&taken)) {
        violation("take");
      }
      chain_wrote(&taken, 0, BYTES);
      push(&taken);
    }
    device_sync();
    for (int i = 0; i < batch; i++) {
      if (!get()) {
        violation("get");
      }
    }
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  return ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / cycles;
}

static void *page(size_t bytes) {
  size_t whole = (bytes + 4095) & ~(size_t) 4095;
  void *memory = aligned_alloc(4096, whole);
  if (!memory) {
    violation("memory");
  }
  return memset(memory, 0, whole);
}

int main(int count, char **argument) {
  if (count != 4) {
    fprintf(stderr, "usage: %s BATCH CYCLES RUNS\n", argument[0]);
    return 2;
  }
  desc = page(sizeof(struct virtq_desc) * SIZE);
  avail = page(sizeof *avail);
  used = page(sizeof *used);
  driver.free = SIZE;
  for (int i = 0; i < SIZE; i++) {
    driver.next[i] = i + 1;
  }
  driver.well = device.well = 1;
  device.region = 0x1000;
  device.region_end = device.region + (1 << 16);
  double best = 1e9;
  for (int i = atoi(argument[3]); i > 0; i--) {
    double ns = run(atoi(argument[1]), atol(argument[2]));
    best = ns < best ? ns : best;
  }
  printf("%.3f\n", best);
  return 0;
}
