/*
 * The rounds of org.jvisor.benchmarks.jmh.KvmLoop in C: what an exit costs without a JVM.
 *
 *   exits LOOP MODE IRQCHIP CODE VECTOR HANDLER WARMUP_MS MEASURE_MS
 *
 * LOOP is the name of a GuestLoop in small letters, MODE is real or protected, CODE and HANDLER are
 * hexadecimal ("-" for none). Prints "count N", "mean NS" and a line "NS COUNT" for each bucket of
 * the latencies, which are exact to one in 512.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CODE = 0x1000, HANDLER = 0x2000, STACK = 0x8000, MEMORY = 1 << 20, STRING = 16 };
enum { DOORBELL_PORT = 0x510, GSI = 5, KICK_SIGNAL = 40 };
enum { SUB = 512, BUCKETS = 64 * SUB };
enum { SETTLE_NANOS = 100000 };

static int vm, vcpu, event;
static struct kvm_run *run;
static uint64_t buckets[BUCKETS];
static volatile long seen;
static volatile int kicked, running, vcpu_thread;
static volatile uint64_t sink;

static void die(const char *what) {
  fprintf(stderr, "exits: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- latencies: the upper ten bits of each count */

static unsigned bucket(uint64_t value) {
  if (value < 2 * SUB) return (unsigned)value;
  unsigned shift = 63 - (unsigned)__builtin_clzll(value) - 9;
  return shift * SUB + (unsigned)(value >> shift);
}

static uint64_t value_of(unsigned at) {
  if (at < 2 * SUB) return at;
  unsigned shift = at / SUB - 1;
  return (uint64_t)(at - shift * SUB) << shift;
}

/* ---- the machine */

static int require(int result, const char *what) {
  if (result < 0) die(what);
  return result;
}

static void put(char *memory, int address, const char *hex) {
  for (int i = 0; hex[2 * i] && hex[2 * i] != '-'; i++) {
    unsigned byte;
    sscanf(hex + 2 * i, "%2x", &byte);
    memory[address + i] = (char)byte;
  }
}

static void flat(struct kvm_segment *s, int selector, int type) {
  *s = (struct kvm_segment){.base = 0, .limit = 0xffffffff, .selector = (uint16_t)selector,
      .type = (uint8_t)type, .present = 1, .s = 1, .db = 1, .g = 1};
}

static void machine(int protected_mode, int irqchip, const char *code, int vector,
                    const char *handler) {
  int kvm = require(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
  vm = require(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
  char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) die("memory");
  struct kvm_userspace_memory_region region = {
      .memory_size = MEMORY, .userspace_addr = (uintptr_t)memory};
  require(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
  if (irqchip) require(ioctl(vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
  vcpu = require(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
  int size = require(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
  run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  if (run == MAP_FAILED) die("mmap of a vCPU");
  put(memory, CODE, code);
  put(memory, HANDLER, handler);
  if (vector) {
    uint32_t entry = HANDLER;
    memcpy(memory + vector * 4, &entry, 4);
  }
  struct kvm_sregs sregs;
  require(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
  if (protected_mode) {
    flat(&sregs.cs, 8, 11);
    flat(&sregs.ds, 16, 3);
    flat(&sregs.es, 16, 3);
    flat(&sregs.ss, 16, 3);
    sregs.cr0 = 0x31;
  } else {
    sregs.cs.selector = 0;
    sregs.cs.base = 0;
  }
  require(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
  struct kvm_regs regs = {.rip = CODE, .rsp = STACK, .rflags = 2};
  require(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
  event = require(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
}

static void expect(unsigned reason) {
  while (ioctl(vcpu, KVM_RUN, 0) < 0) {
    if (errno != EAGAIN) die("KVM_RUN");
  }
  if (run->exit_reason != reason) {
    fprintf(stderr, "exits: the guest left for %u and not for %u\n", run->exit_reason, reason);
    exit(1);
  }
}

/* ---- kicks, as in org.jvisor.kvm.KvmVcpu */

static void block_kicks(void) {
  struct {
    struct kvm_signal_mask head;
    uint64_t set;
  } __attribute__((packed)) mask;
  sigset_t set, old;
  signal(KICK_SIGNAL, SIG_IGN);
  sigemptyset(&set);
  sigaddset(&set, KICK_SIGNAL);
  pthread_sigmask(SIG_BLOCK, &set, &old);
  mask.head.len = 8;
  memcpy(&mask.set, &old, 8);
  require(ioctl(vcpu, KVM_SET_SIGNAL_MASK, &mask), "KVM_SET_SIGNAL_MASK");
  vcpu_thread = (int)syscall(SYS_gettid);
}

static void kick(void) {
  if (!__atomic_exchange_n(&kicked, 1, __ATOMIC_SEQ_CST)
      && __atomic_load_n(&running, __ATOMIC_SEQ_CST)) {
    syscall(SYS_tgkill, getpid(), vcpu_thread, KICK_SIGNAL);
  }
}

/* Runs the guest; returns 1 if a kick ended that. */
static int run_kickable(void) {
  int result = 0;
  __atomic_store_n(&running, 1, __ATOMIC_SEQ_CST);
  for (;;) {
    if (__atomic_load_n(&kicked, __ATOMIC_SEQ_CST)) run->immediate_exit = 1;
    if (ioctl(vcpu, KVM_RUN, 0) == 0) break;
    if (errno == EINTR) {
      sigset_t set;
      struct timespec at_once = {0};
      sigemptyset(&set);
      sigaddset(&set, KICK_SIGNAL);
      int got;
      do {
        got = sigtimedwait(&set, NULL, &at_once);
      } while (got == KICK_SIGNAL || (got < 0 && errno == EINTR));
      run->immediate_exit = 0;
      if (__atomic_exchange_n(&kicked, 0, __ATOMIC_SEQ_CST)) {
        result = 1;
        break;
      }
    } else if (errno != EAGAIN) {
      die("KVM_RUN");
    }
  }
  __atomic_store_n(&running, 0, __ATOMIC_RELEASE);
  return result;
}

/* ---- the rounds */

static void *io_data(void) { return (char *)run + run->io.data_offset; }

static void port_write(void) {
  expect(KVM_EXIT_IO);
  uint32_t value = 0;
  memcpy(&value, io_data(), run->io.size);
  sink = run->io.port + run->io.size + value;
}

static void port_read(void) {
  static uint32_t next;
  expect(KVM_EXIT_IO);
  next++;
  memcpy(io_data(), &next, run->io.size);
  sink = run->io.port + run->io.size;
}

static void port_string(void) {
  uint64_t sum = 0;
  for (unsigned done = 0; done < STRING; done += run->io.count) {
    expect(KVM_EXIT_IO);
    uint8_t *data = io_data();
    for (unsigned i = 0; i < run->io.count; i++) {
      if (run->io.direction == KVM_EXIT_IO_OUT) sum += data[i];
      else data[i] = (uint8_t)(done + i);
    }
  }
  sink = sum;
}

static void mmio_write(void) {
  uint32_t value;
  expect(KVM_EXIT_MMIO);
  memcpy(&value, run->mmio.data, 4);
  sink = run->mmio.phys_addr + value;
}

static void mmio_read(void) {
  static uint64_t next;
  expect(KVM_EXIT_MMIO);
  next++;
  memcpy(run->mmio.data, &next, 8);
  sink = run->mmio.phys_addr + run->mmio.len;
}

static void doorbell(void) {
  uint64_t count = 0;
  expect(KVM_EXIT_IO);
  if (read(event, &count, 8) != 8) die("the doorbell");
  sink = count;
}

static int vector_of_interrupt;

static void interrupt(void) {
  struct kvm_interrupt irq = {.irq = (unsigned)vector_of_interrupt};
  require(ioctl(vcpu, KVM_INTERRUPT, &irq), "KVM_INTERRUPT");
  expect(KVM_EXIT_IO);
  sink = run->io.port;
  expect(KVM_EXIT_HLT);
}

static void immediate(void) {
  kick();
  if (!run_kickable()) die("the kick was lost");
}

static void registers(void) {
  struct kvm_regs regs;
  require(ioctl(vcpu, KVM_GET_REGS, &regs), "KVM_GET_REGS");
  regs.rax++;
  require(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

/* ---- the rounds with a second thread */

static int by_kick;

__attribute__((noreturn)) static void *sleeper(void *unused) {
  (void)unused;
  block_kicks();
  for (;;) {
    int was_kicked = run_kickable();
    if (by_kick ? was_kicked : run->exit_reason == KVM_EXIT_IO) seen++;
  }
}

static void wake(void) {
  long before = seen;
  if (by_kick) {
    kick();
  } else {
    uint64_t one = 1;
    if (write(event, &one, 8) != 8) die("the irqfd");
  }
  while (seen == before) __builtin_ia32_pause();
}

static void settle(void) {
  uint64_t until = now() + SETTLE_NANOS;
  while (now() < until) __builtin_ia32_pause();
}

/* ---- */

static void measure(void (*round)(void), int settles, uint64_t nanos, int counts) {
  uint64_t end = now() + nanos, total = 0, count = 0, after;
  do {
    if (settles) settle();
    uint64_t before = now();
    round();
    after = now();
    total += after - before;
    count++;
    buckets[bucket(after - before)]++;
  } while (after < end);
  if (!counts) {
    memset(buckets, 0, sizeof buckets);
    return;
  }
  printf("count %llu\nmean %.3f\n", (unsigned long long)count, (double)total / (double)count);
  for (unsigned i = 0; i < BUCKETS; i++) {
    if (buckets[i])
      printf("%llu %llu\n", (unsigned long long)value_of(i), (unsigned long long)buckets[i]);
  }
}

int main(int argc, char **argv) {
  if (argc != 9) {
    fprintf(stderr, "exits: LOOP MODE IRQCHIP CODE VECTOR HANDLER WARMUP_MS MEASURE_MS\n");
    return 64;
  }
  static const struct {
    const char *name;
    void (*round)(void);
  } loops[] = {{"out8", port_write}, {"out16", port_write}, {"out32", port_write},
               {"in8", port_read}, {"in16", port_read}, {"in32", port_read},
               {"outs", port_string}, {"ins", port_string}, {"mmio_write", mmio_write},
               {"mmio_read", mmio_read}, {"doorbell", doorbell}, {"interrupt", interrupt},
               {"immediate", immediate}, {"registers", registers}, {"kick", wake},
               {"irqfd_wake", wake}};
  void (*round)(void) = NULL;
  for (unsigned i = 0; i < sizeof loops / sizeof *loops; i++) {
    if (!strcmp(loops[i].name, argv[1])) round = loops[i].round;
  }
  if (!round) {
    fprintf(stderr, "exits: there is no loop %s\n", argv[1]);
    return 64;
  }
  vector_of_interrupt = atoi(argv[5]);
  machine(!strcmp(argv[2], "protected"), atoi(argv[3]), argv[4], vector_of_interrupt, argv[6]);
  int two_threads = round == wake;
  by_kick = !strcmp(argv[1], "kick");
  if (round == doorbell) {
    struct kvm_ioeventfd request = {
        .addr = DOORBELL_PORT, .len = 2, .fd = event, .flags = KVM_IOEVENTFD_FLAG_PIO};
    require(ioctl(vm, KVM_IOEVENTFD, &request), "KVM_IOEVENTFD");
  } else if (round == interrupt) {
    expect(KVM_EXIT_HLT);
  } else if (two_threads) {
    if (!by_kick) {
      struct kvm_irqfd request = {.fd = (unsigned)event, .gsi = GSI};
      expect(KVM_EXIT_IO);
      require(ioctl(vm, KVM_IRQFD, &request), "KVM_IRQFD");
    }
    pthread_t thread;
    if (pthread_create(&thread, NULL, sleeper, NULL)) die("a thread");
    while (!vcpu_thread) __builtin_ia32_pause();
  }
  /* As every vCPU of kvm-ffm: whoever can be stopped has KVM change the signal mask. */
  if (!two_threads) block_kicks();
  measure(round, two_threads, strtoull(argv[7], NULL, 10) * 1000000u, 0);
  measure(round, two_threads, strtoull(argv[8], NULL, 10) * 1000000u, 1);
  fflush(stdout);
  _exit(0);
}
